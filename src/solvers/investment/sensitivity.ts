import { effectOf } from './estimates.ts'
import type { Estimate, InvestmentProblem, Sensitivity } from './model.ts'
import { expectedFuture, markOf, termsOf, valueOf, type Future } from './residual.ts'

/**
 * The judged inputs by how much each, alone, moves the plan's residual expected loss from one end of its range to the other: the most first. Those are the
 * numbers that are worth finding out. Inputs that move nothing are left out.
 */
export function sensitivitiesOf(problem: InvestmentProblem, chosen: readonly string[]): readonly Sensitivity[] {
  const mark = markOf(problem, chosen)
  const expected = expectedFuture(problem)
  const valueWith = (future: Future) => valueOf(termsOf(problem, 'money', future), mark)
  const of = (subject: Omit<Sensitivity, 'atLow' | 'atHigh' | 'swing'>, low: number, high: number, put: (value: number) => Future): Sensitivity[] => {
    if (low === high) return []
    const [atLow, atHigh] = [valueWith(put(low)), valueWith(put(high))]
    const swing = Math.abs(atHigh - atLow)
    return swing > 1e-9 * Math.abs(atLow) ? [{ ...subject, atLow, atHigh, swing }] : []
  }
  const scenarios = problem.scenarios.flatMap(({ id, frequency, losses }, at) => [
    ...of({ kind: 'frequency', scenario: id, channel: null, improvement: null }, frequency.low, frequency.high, value => ({
      ...expected,
      frequencies: expected.frequencies.with(at, value),
    })),
    ...losses.flatMap(({ id: channel, size }, place) =>
      of({ kind: 'loss', scenario: id, channel, improvement: null }, size.low, size.high, value => ({
        ...expected,
        losses: expected.losses.with(at, (expected.losses[at] ?? []).with(place, value)),
      })),
    ),
  ])
  const effects = problem.effects.flatMap(({ scenario, channel, improvement, prevention, mitigation }, at) => {
    const subject = { scenario, channel, improvement }
    return [
      ...of({ kind: 'prevention', ...subject }, ...endsOf(prevention), value => ({ ...expected, preventions: expected.preventions.with(at, value) })),
      ...of({ kind: 'mitigation', ...subject }, ...endsOf(mitigation), value => ({ ...expected, mitigations: expected.mitigations.with(at, value) })),
    ]
  })
  return [...scenarios, ...effects].toSorted((one, other) => other.swing - one.swing)
}

/** The ends of an effect as the model counts it, capped. */
function endsOf({ low, high }: Estimate): [low: number, high: number] {
  const capped = (value: number) => effectOf({ low: value, likely: value, high: value })
  return [capped(low), capped(high)]
}
