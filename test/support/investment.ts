import { createRandom } from '../../src/app/sample/random.ts'
import {
  CARE_CHANNEL,
  type Effect,
  type Estimate,
  type Improvement,
  type InvestmentProblem,
  type Limits,
  type Scenario,
} from '../../src/solvers/investment/model.ts'

export function certain(value: number): Estimate {
  return { low: value, likely: value, high: value }
}

const NO_LIMITS: Limits = {
  annualCost: null,
  capital: null,
  revenue: null,
  peopleDays: null,
  appetite: null,
  lostCare: null,
  required: [],
  excluded: [],
  targets: [],
}

/** An improvement that costs so much a year, and nothing else is special about it. */
export function improvement(id: string, yearly: number, more: Partial<Improvement> = {}): Improvement {
  return {
    id,
    name: id,
    capital: 0,
    yearly,
    peopleDays: 0,
    life: 1,
    deliveryMonths: 1,
    fundingType: 'capital',
    prerequisites: [],
    exclusiveGroup: null,
    mustDo: null,
    overlapGroup: null,
    ...more,
  }
}

/** A scenario of so many events a year of exactly that size. */
export function scenario(id: string, frequency: number, size: number, more: Partial<Scenario> = {}): Scenario {
  return {
    id,
    name: id,
    frequency: certain(frequency),
    losses: [{ id: 'all-of-it', size: { low: size, mean: size, high: size } }],
    lostCare: null,
    ...more,
  }
}

export function prevents(improvement: string, scenario: string, share: number): Effect {
  return { improvement, scenario, channel: 'all', prevention: certain(share), mitigation: certain(0) }
}

export function problemOf(
  improvements: readonly Improvement[],
  scenarios: readonly Scenario[],
  effects: readonly Effect[],
  limits: Partial<Limits> = {},
  more: Partial<InvestmentProblem> = {},
): InvestmentProblem {
  return { improvements, scenarios, effects, overlapGroups: [], dayRate: 0, limits: { ...NO_LIMITS, ...limits }, ...more }
}

/** The worked example whose optima are known to the penny: four scenarios, eight improvements. */
export function goldenCase(annualCost: number | null): InvestmentProblem {
  const costs = { MFA: 60, Patch: 45, Backups: 40, EDR: 120, Training: 20, Segmentation: 90, Logs: 55, Supplier: 30 }
  const names = Object.keys(costs)
  const shares = {
    Ransomware: [0.4, 0.2, 0.5, 0.35, 0.15, 0.3, 0.05, 0.05],
    Mailbox: [0.6, 0, 0, 0.1, 0.3, 0, 0.05, 0],
    Breach: [0.15, 0.05, 0.05, 0.1, 0, 0.15, 0.05, 0.35],
    Insider: [0.1, 0, 0, 0.05, 0.2, 0.05, 0.15, 0],
  }
  return problemOf(
    Object.entries(costs).map(([name, cost]) => improvement(name, cost * 1000, { prerequisites: name === 'EDR' ? ['Logs'] : [] })),
    [scenario('Ransomware', 0.2, 2_500_000), scenario('Mailbox', 0.6, 120_000), scenario('Breach', 0.25, 400_000), scenario('Insider', 0.5, 60_000)],
    Object.entries(shares).flatMap(([id, row]) => row.flatMap((share, item) => (share > 0 ? [prevents(names[item] ?? '', id, share)] : []))),
    { annualCost },
  )
}

/** An invented problem with every kind of rule: groups that overlap, prerequisites, exclusives, must-dos, days, capital and lost care. */
export function randomProblem(seed: number, { items = 12, scenarios = 5, share = 0.35 } = {}): InvestmentProblem {
  const random = createRandom(seed * 7919)
  const range = (most: number): Estimate => {
    const likely = Math.round(100 * (0.05 + most * random.next() * random.next())) / 100
    return { low: likely * 0.5, likely, high: Math.min(1, likely * 1.4) }
  }
  const improvements = Array.from({ length: items }, (_, item) =>
    improvement(`i${String(item).padStart(2, '0')}`, 1000 * random.between(1, 40), {
      capital: 1000 * random.between(0, 150),
      life: random.between(1, 5),
      peopleDays: random.between(0, 60),
      fundingType: random.chance(0.7) ? 'capital' : 'revenue',
      prerequisites: item > items / 2 && random.chance(0.4) ? [`i${String(random.between(0, Math.floor(items / 2))).padStart(2, '0')}`] : [],
      exclusiveGroup: item >= 1 && item <= 3 && seed % 2 === 0 ? 'levels' : null,
      mustDo: item === 4 && seed % 3 === 0 ? 'a regulation' : null,
      overlapGroup: random.chance(0.5) ? random.pick(['hole', 'half']) : null,
    }),
  )
  const all = Array.from({ length: scenarios }, (_, index) => {
    const size = random.longTailed(200_000, 1.2)
    return scenario(`s${index}`, random.between(1, 30) / 10, 1, {
      losses: [
        { id: 'recovery', size: { low: size * 0.2, mean: size, high: size * 4 } },
        { id: 'legal', size: { low: size * 0.05, mean: size * 0.3, high: size } },
      ],
      lostCare: random.chance(0.6) ? { low: 1, mean: random.between(5, 90), high: 300 } : null,
    })
  })
  const effects = all.flatMap(({ id }) =>
    improvements.flatMap(one =>
      random.chance(0.5)
        ? [
            {
              improvement: one.id,
              scenario: id,
              channel: random.pick(['all', 'recovery', CARE_CHANNEL]),
              prevention: random.chance(0.6) ? range(0.7) : certain(0),
              mitigation: random.chance(0.6) ? range(0.8) : certain(0),
            },
          ]
        : [],
    ),
  )
  const total = (use: (one: Improvement) => number) => Math.round(share * improvements.reduce((sum, one) => sum + use(one), 0))
  return problemOf(
    improvements,
    all,
    effects,
    {
      annualCost: total(one => (one.capital + one.peopleDays * 300) / one.life + one.yearly),
      capital: total(one => one.capital),
      peopleDays: total(one => one.peopleDays),
    },
    {
      dayRate: 300,
      overlapGroups: [
        { id: 'hole', name: 'The same hole', rho: 1 },
        { id: 'half', name: 'Half the same', rho: 0.5 },
      ],
    },
  )
}
