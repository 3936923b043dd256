import { agreementOf, type Agreement } from '../../solvers/agreement/agreement.ts'

/** What was compared when the independent view was handed over: kept as it was then, whatever the organisation answers afterwards. */
export interface Compared {
  readonly outcomes: readonly { readonly code: string; readonly objective: string; readonly self: string; readonly independent: string }[]
  /** `good`: whether yes speaks for the organisation. Only what both answered yes or no. */
  readonly indicators: readonly { readonly objective: string; readonly good: boolean; readonly self: boolean; readonly independent: boolean }[]
}

/** How the self-assessment leans where the two differ. */
export interface Direction {
  /** The organisation saw itself better than the assessor did. */
  readonly flattering: number
  readonly harsh: number
}

export interface Veracity {
  readonly indicators: Agreement & Direction
  readonly outcomes: Agreement & Direction
  readonly objectives: readonly ({ readonly code: string } & Agreement & Direction)[]
}

/**
 * How true the self-assessment was: the agreement of both views beyond chance, per indicator (yes or no) and per outcome (levels in their order, weighted), and per
 * objective over its outcomes, with the direction in which they differ. `levels` are those of the framework, the best first. What either left unanswered, or said not to
 * apply, is not compared.
 */
export function veracityOf(compared: Compared, levels: readonly string[]): Veracity {
  const outcomes = compared.outcomes
    .map(({ objective, self, independent }) => ({ objective, self: levels.indexOf(self), independent: levels.indexOf(independent) }))
    .filter(({ self, independent }) => self !== -1 && independent !== -1)
  const objectives = [...new Set(outcomes.map(({ objective }) => objective))]
  return {
    indicators: {
      ...agreementOf(
        compared.indicators.map(({ self, independent }) => [Number(self), Number(independent)] as const),
        2,
      ),
      flattering: compared.indicators.filter(({ good, self, independent }) => self !== independent && self === good).length,
      harsh: compared.indicators.filter(({ good, self, independent }) => self !== independent && self !== good).length,
    },
    outcomes: ordered(outcomes, levels.length),
    objectives: objectives.map(code => ({
      code,
      ...ordered(
        outcomes.filter(({ objective }) => objective === code),
        levels.length,
      ),
    })),
  }
}

function ordered(pairs: readonly { readonly self: number; readonly independent: number }[], levels: number): Agreement & Direction {
  return {
    ...agreementOf(
      pairs.map(({ self, independent }) => [self, independent] as const),
      Math.max(levels, 1),
      'linear',
    ),
    flattering: pairs.filter(({ self, independent }) => self < independent).length,
    harsh: pairs.filter(({ self, independent }) => self > independent).length,
  }
}

/** Below so many things compared, no interval is shown: its formula is for many (Fleiss, Cohen and Everitt 1969). */
const FEWEST = 10

/** A coefficient as pages show it: with its 95 % interval where enough was compared. */
export function coefficientText(one: Agreement['kappa'], n: number): string {
  if (one === null) return 'Not defined'
  const value = one.value.toFixed(2)
  return n < FEWEST ? `${value} (too few to say how sure)` : `${value} (${one.low.toFixed(2)} to ${one.high.toFixed(2)})`
}

/**
 * In words, for the reader who knows no coefficients. The bands of Landis and Koch (1977) for the value beyond chance; where the two coefficients lie in different ones,
 * both are named, for neither is the true one: nothing is made to look better than it is by the choice of a formula.
 */
export function agreementWords({ kappa, ac1, n }: Pick<Agreement, 'kappa' | 'ac1' | 'n'>): string {
  const values = [kappa, ac1].flatMap(one => (one === null ? [] : [one.value])).toSorted((a, b) => a - b)
  const [lower, higher = lower] = values
  if (lower === undefined || higher === undefined || n < FEWEST) return 'Too little to say'
  return bandOf(lower) === bandOf(higher) ? bandOf(lower) : `Between “${bandOf(lower).toLowerCase()}” and “${bandOf(higher).toLowerCase()}”`
}

function bandOf(value: number): string {
  return BANDS.find(({ from }) => value >= from)?.words ?? 'Worse than chance'
}

const BANDS = [
  { from: 0.81, words: 'Almost the same' },
  { from: 0.61, words: 'Close' },
  { from: 0.41, words: 'Moderate' },
  { from: 0.21, words: 'Fair' },
  { from: 0, words: 'Slight' },
] as const
