import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { Highs } from 'highs'
import { goldenCase, improvement, prevents, problemOf, randomProblem, scenario } from '../../../test/support/investment.ts'
import { loadHighs } from '../../platform/solve/highs.ts'
import { checkCertificate } from './check.ts'
import { meanOfRange } from './estimates.ts'
import type { InvestmentProblem, Objective, Outcome } from './model.ts'
import { describePlan, markOf, spendOf, termsOf, valueOf } from './residual.ts'
import { keeps, rulesOf } from './rules.ts'
import { solveInvestment } from './solve.ts'

let highs: Highs
before(async () => {
  highs = await loadHighs()
})

function solved(problem: InvestmentProblem, objective: Objective = 'least-loss', more: { readonly thenLeastCareWithin?: number } = {}) {
  const outcome = solveInvestment(highs, problem, { objective, seed: 1, ...more })
  assert.equal(outcome.kind, 'solved')
  assert.ok(outcome.kind === 'solved')
  return outcome
}

describe('the worked example, to the penny', () => {
  const TABLE: readonly (readonly [budget: number, residual: number, spend: number, chosen: string])[] = [
    [0, 702_000, 0, ''],
    [20, 599_400, 20, 'Training'],
    [40, 447_000, 40, 'Backups'],
    [60, 381_900, 60, 'Backups Training'],
    // A ranking keeps Backups: 381,900.
    [80, 381_760, 80, 'MFA Training'],
    [100, 286_550, 100, 'MFA Backups'],
    [120, 250_010, 120, 'MFA Backups Training'],
    [150, 215_372.5, 150, 'MFA Backups Training Supplier'],
    [200, 188_523.13, 195, 'MFA Patch Backups Training Supplier'],
    // Patch is dropped for segmentation: the best sets are not nested.
    [250, 170_081.88, 240, 'MFA Backups Training Segmentation Supplier'],
    [300, 150_893.66, 285, 'MFA Patch Backups Training Segmentation Supplier'],
    [460, 111_929.75, 460, 'MFA Patch Backups EDR Training Segmentation Logs Supplier'],
  ]
  for (const [budget, residual, spend, chosen] of TABLE)
    it(`with £${budget},000`, () => {
      const problem = goldenCase(budget * 1000)
      const { plan, certificate } = solved(problem)
      assert.equal(plan.chosen.join(' '), chosen)
      assert.equal(Math.round(plan.after * 100) / 100, residual)
      assert.equal(plan.spend.annualCost, spend * 1000)
      assert.equal(certificate.isProven, true)
      assert.ok(certificate.gap <= 1e-6)
      assert.deepEqual(checkCertificate(problem, certificate), [])
    })

  it('has its largest net benefit at 150', () => {
    const { plan } = solved(goldenCase(null), 'net-benefit')
    assert.equal(plan.spend.annualCost, 150_000)
    assert.equal(plan.before - plan.after - plan.spend.annualCost, 336_627.5)
  })

  it('costs 150 to come within an appetite of 216,000', () => {
    const problem = goldenCase(null)
    const within = { ...problem, limits: { ...problem.limits, appetite: 216_000 } }
    const { plan, certificate } = solved(within, 'least-cost')
    assert.equal(plan.spend.annualCost, 150_000)
    assert.deepEqual(checkCertificate(within, certificate), [])
  })

  it('beats a ranking by saving for a pound, which at 250 claims more than there is to lose', () => {
    const ranked = (budget: number) => {
      const problem = goldenCase(budget * 1000)
      const { savings } = describePlan(problem, [])
      const worth = ({ id, yearly }: { id: string; yearly: number }) =>
        (savings.find(({ improvement }) => improvement === id)?.standAlone ?? 0) / yearly
      const chosen: string[] = []
      for (const one of problem.improvements.toSorted((one, other) => worth(other) - worth(one)))
        if (one.prerequisites.every(id => chosen.includes(id)) && describePlan(problem, [...chosen, one.id]).spend.annualCost <= budget * 1000)
          chosen.push(one.id)
      const plan = describePlan(problem, chosen)
      return {
        after: Math.round(plan.after),
        claimed: Math.round(savings.reduce((sum, saving) => sum + (chosen.includes(saving.improvement) ? saving.standAlone : 0), 0)),
      }
    }
    assert.equal(ranked(80).after, 381_900)
    assert.deepEqual(ranked(250), { after: 176_937, claimed: 821_900 })
    assert.ok(ranked(250).claimed > describePlan(goldenCase(null), []).before)
  })
})

describe('known optima of knapsacks', () => {
  // R falls by half of each chosen item's own loss, so the least loss is the most profit.
  const KNAPSACKS = {
    p01: { limit: 165, weights: [23, 31, 29, 44, 53, 38, 63, 85, 89, 82], profits: [92, 57, 49, 68, 60, 43, 67, 84, 87, 72], best: 309 },
    p02: { limit: 26, weights: [12, 7, 11, 8, 9], profits: [24, 13, 23, 15, 16], best: 51 },
    p03: { limit: 190, weights: [56, 59, 80, 64, 75, 17], profits: [50, 50, 64, 46, 50, 5], best: 150 },
    p04: { limit: 50, weights: [31, 10, 20, 19, 4, 3, 6], profits: [70, 20, 39, 37, 7, 5, 10], best: 107 },
    p05: { limit: 104, weights: [25, 35, 45, 5, 25, 3, 2, 2], profits: [350, 400, 450, 20, 70, 8, 5, 5], best: 900 },
    p06: { limit: 170, weights: [41, 50, 49, 59, 55, 57, 60], profits: [442, 525, 511, 593, 546, 564, 617], best: 1735 },
    p07: {
      limit: 750,
      weights: [70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120],
      profits: [135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240],
      best: 1458,
    },
    p08: {
      limit: 6_404_180,
      weights: [
        382745, 799601, 909247, 729069, 467902, 44328, 34610, 698150, 823460, 903959, 853665, 551830, 610856, 670702, 488960, 951111, 323046, 446298,
        931161, 31385, 496951, 264724, 224916, 169684,
      ],
      profits: [
        825594, 1677009, 1676628, 1523970, 943972, 97426, 69666, 1296457, 1679693, 1902996, 1844992, 1049289, 1252836, 1319836, 953277, 2067538,
        675367, 853655, 1826027, 65731, 901489, 577243, 466257, 369261,
      ],
      best: 13_549_094,
    },
  }
  for (const [name, { limit, weights, profits, best }] of Object.entries(KNAPSACKS))
    it(name, () => {
      const items = weights.map((weight, item) => improvement(`i${item}`, weight))
      const scenarios = profits.map((profit, item) => scenario(`s${item}`, 1, 2 * profit))
      const { plan } = solved(
        problemOf(
          items,
          scenarios,
          items.map(({ id }, item) => prevents(id, `s${item}`, 0.5)),
          { annualCost: limit },
        ),
      )
      assert.equal(Math.round(plan.before - plan.after), best)
    })
})

describe('what the literature gives', () => {
  it('means of losses from their range, as riskquant has them', () => {
    const close = (mean: number, known: number) => assert.ok(Math.abs(mean / known - 1) < 1e-12, `${mean} is not ${known}`)
    close(0.1 * meanOfRange(1, 10), 0.4040012826945718)
    close(3 * meanOfRange(1, 10), 12.120038480837177)
    close(0.1 * meanOfRange(100_000, 1_000_000), 40_400.128269457)
    close(meanOfRange(635_000, 19_000_000), 5_922_706.83351131)
  })

  // Gordon and Loeb 2002: the best spend of breach functions of class I, v / (alpha z + 1), and class II, v^(alpha z + 1).
  const ALPHA = 1e-5
  const LOSS = 400_000
  for (const { name, v, spend, breach } of [
    { name: 'I', v: 0.25, spend: 0, breach: (z: number, v: number) => v / (ALPHA * z + 1) },
    { name: 'I', v: 0.5, spend: 41_421.36, breach: (z: number, v: number) => v / (ALPHA * z + 1) },
    { name: 'I', v: 0.65, spend: 61_245.15, breach: (z: number, v: number) => v / (ALPHA * z + 1) },
    { name: 'I', v: 1, spend: 100_000, breach: (z: number, v: number) => v / (ALPHA * z + 1) },
    { name: 'II', v: 0.2, spend: 15_703.71, breach: (z: number, v: number) => v ** (ALPHA * z + 1) },
    { name: 'II', v: 0.5, spend: 47_123.36, breach: (z: number, v: number) => v ** (ALPHA * z + 1) },
    { name: 'II', v: 0.65, spend: 26_314.98, breach: (z: number, v: number) => v ** (ALPHA * z + 1) },
    { name: 'II', v: 0.7, spend: 0, breach: (z: number, v: number) => v ** (ALPHA * z + 1) },
  ])
    it(`Gordon and Loeb's best spend, class ${name} at v = ${v}`, () => {
      const levels = [...Array.from({ length: 40 }, (_, step) => (step + 1) * 3000), ...(spend === 0 ? [] : [spend])]
      const { plan } = solved(
        problemOf(
          levels.map(z => improvement(`z${z}`, z, { exclusiveGroup: 'spend' })),
          [scenario('breach', v, LOSS)],
          levels.map(z => prevents(`z${z}`, 'breach', 1 - breach(z, v) / v)),
        ),
        'net-benefit',
      )
      assert.equal(plan.spend.annualCost, spend)
    })

  for (const [rho, residual] of [
    [0, 25],
    [1, 50],
    [0.5, 35.3553],
  ] as const)
    it(`two controls of a half with an overlap of ${rho} leave ${residual} of 100`, () => {
      const items = [improvement('a', 1, { overlapGroup: 'g' }), improvement('b', 1, { overlapGroup: 'g' })]
      const problem = problemOf(
        items,
        [scenario('s', 1, 100)],
        [prevents('a', 's', 0.5), prevents('b', 's', 0.5)],
        {},
        { overlapGroups: [{ id: 'g', name: 'g', rho }] },
      )
      assert.equal(Math.round(describePlan(problem, ['a', 'b']).after * 10_000) / 10_000, residual)
      // Where the second changes nothing it is not bought.
      assert.equal(solved(problem).plan.chosen.length, rho === 1 ? 1 : 2)
    })
})

describe('invented problems beside every choice tried', () => {
  for (let seed = 1; seed <= 12; seed += 1)
    it(`seed ${seed}`, () => {
      const problem = randomProblem(seed, { items: 10 })
      const objectives: readonly Objective[] = ['least-loss', 'net-benefit', 'least-lost-care']
      const outcomes = objectives.map(objective => solveInvestment(highs, problem, { objective, seed }))
      for (const outcome of outcomes) {
        if (outcome.kind !== 'solved') {
          assert.deepEqual(allChoices(problem), [], 'It says that no choice is allowed, and one is.')
          continue
        }
        assert.equal(outcome.certificate.isProven, true)
        assert.deepEqual(checkCertificate(problem, outcome.certificate), [])
      }
    })

  it('within an appetite, and for the worst futures', () => {
    const problem = randomProblem(2, { items: 9, scenarios: 3 })
    const loosest = solved(problem).plan.after
    const within = { ...problem, limits: { ...problem.limits, annualCost: null, appetite: loosest * 1.1 } }
    const cheapest = solved(within, 'least-cost')
    assert.deepEqual(checkCertificate(within, cheapest.certificate), [])
    assert.ok(cheapest.plan.after <= loosest * 1.1)
    const outcome = solveInvestment(highs, problem, { objective: 'least-tail', seed: 3, tail: { confidence: 0.9, draws: 15 } })
    assert.ok(outcome.kind === 'solved' && outcome.certificate.isProven)
    assert.deepEqual(checkCertificate(problem, outcome.certificate), [])
  })

  it('loses less care for a hundredth more loss, and never more than that', () => {
    const problem = randomProblem(5, { items: 10 })
    const least = solved(problem)
    const caring = solved(problem, 'least-loss', { thenLeastCareWithin: 0.05 })
    assert.ok(caring.plan.careAfter <= least.plan.careAfter)
    assert.ok(caring.plan.after <= least.plan.after * 1.05 * (1 + 1e-9))
    assert.deepEqual(checkCertificate(problem, caring.certificate), [])
  })
})

describe('every plan', () => {
  it('keeps each limit, and loses no more when there is more money', () => {
    const problem = randomProblem(7, { items: 14 })
    let last = Infinity
    for (const share of [0.2, 0.5, 1, 1.5, 2]) {
      const limits = { ...problem.limits, annualCost: (problem.limits.annualCost ?? 0) * share, capital: null, peopleDays: null }
      const { plan } = solved({ ...problem, limits })
      assert.ok(plan.spend.annualCost <= limits.annualCost + 1e-4)
      assert.ok(plan.after <= last * (1 + 1e-9))
      last = plan.after
      const mark = markOf(problem, plan.chosen)
      assert.ok(rulesOf({ ...problem, limits }).every(rule => keeps(rule, mark)))
      assert.deepEqual(plan.spend, spendOf(problem, mark))
      assert.equal(plan.after, valueOf(termsOf(problem, 'money'), mark))
    }
  })

  it('is the same for the same seed', () => {
    const problem = randomProblem(9, { items: 14 })
    const answers = [1, 1].map(seed => solveInvestment(highs, problem, { objective: 'least-loss', seed }))
    assert.deepEqual(answers[0], answers[1])
  })

  it('is the cheaper of two that are equally good, and of those the first by id', () => {
    const items = [improvement('dear', 30), improvement('b', 20), improvement('a', 20), improvement('useless', 5)]
    const effects = ['dear', 'b', 'a'].map(id => prevents(id, 's', 0.5))
    const { plan } = solved(problemOf(items, [scenario('s', 1, 100)], effects, { annualCost: 35 }))
    assert.deepEqual(plan.chosen, ['a'])
  })

  it('is there without improvements, without scenarios, and when the time is too short for a proof', () => {
    assert.equal(solved(problemOf([], [scenario('s', 1, 100)], [])).plan.after, 100)
    assert.deepEqual(solved(problemOf([improvement('a', 1)], [], [])).plan.chosen, [])
    const outcome = solveInvestment(highs, randomProblem(3, { items: 60, scenarios: 30 }), {
      objective: 'least-loss',
      seed: 1,
      timeLimitSeconds: 0.001,
    })
    assert.ok(outcome.kind === 'solved' && !outcome.certificate.isProven)
  })

  it('counts an effect above 95 % as 95 %', () => {
    const problem = problemOf([improvement('a', 1)], [scenario('s', 1, 100)], [prevents('a', 's', 1)])
    assert.equal(Math.round(solved(problem).plan.after * 1000) / 1000, 5)
  })
})

describe('what cannot be had', () => {
  const conflict = (outcome: Outcome) => (outcome.kind === 'impossible' ? outcome.conflict.map(({ message }) => message).toSorted() : outcome.kind)
  const items = [
    improvement('Locks', 60, { mustDo: 'the Act, section 1' }),
    improvement('Keys', 50, { mustDo: 'the Act, section 2', prerequisites: ['Doors'] }),
    improvement('Doors', 30),
    improvement('Windows', 10),
  ]
  const scenarios = [scenario('s', 1, 1000)]
  const effects = [prevents('Windows', 's', 0.5), prevents('Doors', 's', 0.1)]

  it('names the must-dos and the budget that do not fit, and nothing else', () => {
    const outcome = solveInvestment(highs, problemOf(items, scenarios, effects, { annualCost: 120, peopleDays: 5 }), {
      objective: 'least-loss',
      seed: 1,
    })
    assert.deepEqual(conflict(outcome), [
      '"Keys" must be done: the Act, section 2.',
      '"Keys" needs "Doors".',
      '"Locks" must be done: the Act, section 1.',
      'The yearly cost may be at most £120.',
    ])
  })

  it('names an appetite that no choice within the budget reaches', () => {
    const problem = problemOf(items.slice(2), scenarios, effects, { annualCost: 30, appetite: 480 })
    assert.deepEqual(conflict(solveInvestment(highs, problem, { objective: 'least-cost', seed: 1 })), [
      'The expected loss left over may be at most £480 a year.',
      'The yearly cost may be at most £30.',
    ])
    const richer = { ...problem, limits: { ...problem.limits, annualCost: 40 } }
    assert.equal(solveInvestment(highs, richer, { objective: 'least-cost', seed: 1 }).kind, 'solved')
  })

  it('names two must-dos of which only one can be had', () => {
    const two = [improvement('A', 1, { mustDo: 'law', exclusiveGroup: 'g' }), improvement('B', 1, { mustDo: 'law', exclusiveGroup: 'g' })]
    assert.deepEqual(conflict(solveInvestment(highs, problemOf(two, scenarios, []), { objective: 'least-loss', seed: 1 })), [
      '"A" must be done: law.',
      '"B" must be done: law.',
      'At most one of these can be had: "A", "B".',
    ])
  })
})

describe('the checker', () => {
  it('refuses a plan that is not the best, a value that is not its own, and a choice that is not allowed', () => {
    const problem = goldenCase(80_000)
    const { certificate } = solved(problem)
    const ranked = describePlan(problem, ['Backups', 'Training'])
    const rules = (changed: object) => checkCertificate(problem, { ...certificate, ...changed }).map(({ rule }) => rule)
    assert.deepEqual(rules({ chosen: ranked.chosen, upper: ranked.after, lower: ranked.after }), ['investment.certificate.best'])
    assert.deepEqual(rules({ upper: certificate.upper - 1, lower: certificate.upper - 1 }), ['investment.certificate.value'])
    assert.deepEqual(rules({ chosen: ['EDR'] }), ['investment.certificate.allowed'])
    assert.deepEqual(rules({ lower: certificate.upper * 0.9 }), ['investment.certificate.gap'])
  })
})

function allChoices(problem: InvestmentProblem): readonly number[] {
  const rules = rulesOf(problem)
  return Array.from({ length: 2 ** problem.improvements.length }, (_, choice) => choice).filter(choice => {
    const mark = Uint8Array.from(problem.improvements, (_, item) => (choice >> item) & 1)
    return rules.every(rule => keeps(rule, mark))
  })
}
