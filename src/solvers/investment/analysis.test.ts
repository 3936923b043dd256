import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { Highs } from 'highs'
import { goldenCase, improvement, prevents, problemOf, randomProblem, scenario } from '../../../test/support/investment.ts'
import { loadHighs } from '../../platform/solve/highs.ts'
import { explainPlan } from './explain.ts'
import { frontierOf } from './frontier.ts'
import { lossScenariosOf } from './losses.ts'
import type { InvestmentProblem, YearLimits } from './model.ts'
import { describePlan, spendOf, termsOf, valueOf } from './residual.ts'
import { roadMap } from './road-map.ts'
import { robustness, sampledPlan } from './robustness.ts'
import { keeps, rulesOf } from './rules.ts'
import { sensitivitiesOf } from './sensitivity.ts'
import { solveInvestment } from './solve.ts'
import { switchesOf } from './switching.ts'

let highs: Highs
before(async () => {
  highs = await loadHighs()
})

/** Every allowed choice with what it costs and loses. */
function choices(problem: InvestmentProblem) {
  const rules = rulesOf(problem)
  const terms = termsOf(problem, 'money')
  return Array.from({ length: 2 ** problem.improvements.length }, (_, bits) => Uint8Array.from(problem.improvements, (_, item) => (bits >> item) & 1))
    .filter(mark => rules.every(rule => keeps(rule, mark)))
    .map(mark => ({ mark, cost: spendOf(problem, mark).annualCost, after: valueOf(terms, mark) }))
}

function bestOf(problem: InvestmentProblem): { readonly chosen: readonly string[]; readonly after: number } {
  const outcome = solveInvestment(highs, problem, { objective: 'least-loss', seed: 1 })
  assert.ok(outcome.kind === 'solved')
  return outcome.plan
}

describe('the frontier', () => {
  it('of the worked example has every efficient point there is, and its largest net benefit at 150', () => {
    const problem = goldenCase(null)
    const { points, isComplete, largestNetBenefit } = frontierOf(highs, problem, { step: 1000, most: Infinity, seed: 1 })
    const efficient: { cost: number; after: number }[] = []
    for (const choice of choices(problem).toSorted((one, other) => one.cost - other.cost || one.after - other.after))
      if (choice.after < (efficient.at(-1)?.after ?? Infinity) - 1e-6) efficient.push(choice)
    assert.equal(isComplete, true)
    assert.ok(points.every(({ isProven }) => isProven))
    assert.deepEqual(
      points.map(({ annualCost, after }) => `${annualCost} ${after.toFixed(2)}`),
      efficient.map(({ cost, after }) => `${cost} ${after.toFixed(2)}`),
    )
    assert.equal(points[largestNetBenefit]?.annualCost, 150_000)
  })

  it('with fewer points has the ends, and each point is still efficient', () => {
    const problem = randomProblem(3, { items: 9 })
    const { points, isComplete } = frontierOf(highs, problem, { most: 6, seed: 1 })
    assert.equal(isComplete, false)
    const all = choices(problem)
    for (const { annualCost, after } of points) assert.ok(!all.some(other => other.cost < annualCost - 1 && other.after <= after * (1 - 1e-6)))
    assert.equal(points[0]?.annualCost, Math.min(...all.map(({ cost }) => cost)))
    assert.ok(Math.abs((points.at(-1)?.after ?? 0) / Math.min(...all.map(({ after }) => after)) - 1) < 1e-6)
  })

  it('that is cut by the time tells what it came to, and of no turning point that may lie below', () => {
    let asked = 0
    const { points, isComplete, largestNetBenefit } = frontierOf(highs, goldenCase(460_000), {
      step: 1000,
      most: Infinity,
      seed: 1,
      isOver: () => (asked += 1) > 3,
    })
    assert.deepEqual([points.length, isComplete, largestNetBenefit], [3, false, -1])
    let futures = 0
    assert.equal(robustness(highs, goldenCase(150_000), ['mfa'], { futures: 12, seed: 5, isOver: () => (futures += 1) > 4 }).futures, 4)
    const explained = explainPlan(highs, goldenCase(150_000), [], {
      seed: 1,
      items: goldenCase(150_000)
        .improvements.slice(0, 2)
        .map(({ id }) => id),
    })
    assert.equal(explained.length, 2)
    assert.deepEqual(explainPlan(highs, goldenCase(150_000), [], { seed: 1, isOver: () => true }), [])
  })

  it('has no point where nothing can be had', () => {
    const problem = problemOf([improvement('a', 10, { mustDo: 'law' })], [scenario('s', 1, 1)], [], { annualCost: 5 })
    assert.deepEqual(frontierOf(highs, problem, { seed: 1 }), { points: [], isComplete: true, largestNetBenefit: -1 })
  })
})

describe('what is told about a plan', () => {
  it('is what the best plan without, or with, each improvement would lose more', () => {
    const problem = goldenCase(250_000)
    const { chosen, after } = bestOf(problem)
    const all = choices(problem)
    for (const { improvement: id, isChosen, regret } of explainPlan(highs, problem, chosen, { seed: 1 })) {
      const item = problem.improvements.findIndex(one => one.id === id)
      const other = Math.min(...all.filter(({ mark }) => (mark[item] === 1) !== isChosen).map(choice => choice.after))
      assert.ok(Math.abs((regret ?? NaN) - (other - after)) < 1, `${id}: ${regret}, not ${other - after}`)
    }
  })

  it('has no regret for what must be done: there is no plan without it', () => {
    const problem = problemOf([improvement('a', 1, { mustDo: 'law' })], [scenario('s', 1, 100)], [prevents('a', 's', 0.5)])
    assert.equal(explainPlan(highs, problem, ['a'], { seed: 1 })[0]?.regret, null)
  })

  it('is how often each improvement is in the plans of other futures, the same for the same seed', () => {
    const problem = randomProblem(4, { items: 9 })
    const { chosen } = bestOf(problem)
    const told = robustness(highs, problem, chosen, { futures: 12, seed: 5 })
    assert.deepEqual(told, robustness(highs, problem, chosen, { futures: 12, seed: 5 }))
    assert.equal(told.futures, 12)
    assert.ok(told.inclusion.every(({ futures }) => futures >= 0 && futures <= 12))
    assert.ok(told.inclusion.some(({ futures, isChosen }) => isChosen && futures > 6))
    assert.ok(told.after.low <= told.after.mean && told.after.mean <= told.after.high && told.after.high <= told.after.tail * (1 + 1e-9))
    const certain = robustness(highs, goldenCase(150_000), bestOf(goldenCase(150_000)).chosen, { futures: 3, seed: 5 })
    assert.deepEqual([certain.bestIn, Math.round(certain.regret), Math.round(certain.after.mean)], [3, 0, 215_373])
  })

  it('is what the plan for the average over futures would lose less: never less than nothing', () => {
    const problem = randomProblem(4, { items: 9 })
    const sampled = sampledPlan(highs, problem, bestOf(problem).chosen, { futures: 10, seed: 5 })
    assert.ok(sampled !== null && sampled.best <= sampled.value * (1 + 1e-4))
  })

  it('is what would change our mind', () => {
    // Both cost 10 and there is 10: a saves half of 100, b half of 60, so b takes the place of a when its scenario comes 100 / 60 as often.
    const problem = problemOf(
      [improvement('a', 10), improvement('b', 10)],
      [scenario('A', 1, 100), scenario('B', 1, 60)],
      [prevents('a', 'A', 0.5), prevents('b', 'B', 0.5)],
      { annualCost: 10 },
    )
    const told = switchesOf(highs, problem, ['a'], { seed: 1 })
    const near = (value: number | null | undefined, known: number) =>
      assert.ok(Math.abs((value ?? NaN) / known - 1) < 1e-4, `${value} is not ${known}`)
    const of = (kind: string, subject: string) => told.find(one => one.kind === kind && one.subject === subject)
    near(of('frequency', 'B')?.above, 100 / 60)
    near(of('frequency', 'A')?.below, 0.6)
    assert.equal(of('frequency', 'A')?.above, null)
    near(of('cost', 'a')?.above, 1)
    // Even for a tenth of its price there is no money for it beside a.
    assert.equal(of('cost', 'b')?.below, null)
  })

  it('is which judged number moves it most', () => {
    const base = problemOf([improvement('a', 10)], [scenario('A', 1, 100), scenario('B', 1, 50)], [prevents('a', 'A', 0.5)])
    const [first, second] = base.scenarios
    assert.ok(first !== undefined && second !== undefined)
    const problem = {
      ...base,
      scenarios: [
        { ...first, frequency: { low: 0.5, likely: 1, high: 1.5 } },
        { ...second, frequency: { low: 0, likely: 1, high: 2 } },
      ],
    }
    assert.deepEqual(
      sensitivitiesOf(problem, ['a']).map(({ scenario, atLow, atHigh, swing }) => [
        scenario,
        Math.round(atLow),
        Math.round(atHigh),
        Math.round(swing),
      ]),
      [
        ['B', 50, 150, 100],
        ['A', 75, 125, 50],
      ],
    )
  })

  it('are years whose expected losses add up to what is left', () => {
    for (const seed of [2, 3, 4]) {
      const problem = randomProblem(seed, { items: 9 })
      const { chosen, after } = bestOf(problem)
      const mean = lossScenariosOf(problem, chosen, 'money').reduce((sum, { frequency, sizes }) => {
        const events = (frequency.low + 4 * frequency.likely + frequency.high) / 6
        return sum + events * sizes.reduce((size, one) => size + (one.mean ?? NaN), 0)
      }, 0)
      assert.ok(Math.abs(mean / after - 1) < 1e-9)
    }
  })
})

describe('the road map', () => {
  const yearly = (annualCost: number): YearLimits => ({ annualCost, capital: null, revenue: null, peopleDays: null })

  it('keeps what was bought, at a price: from 200 to 250 the best plan would drop patching', () => {
    const map = roadMap(highs, goldenCase(null), [yearly(200_000), yearly(250_000)], { seed: 1, gap: 1e-6 })
    assert.ok(map.kind === 'solved' && map.isProven)
    const [first, second] = map.years
    assert.ok(first !== undefined && second !== undefined)
    assert.ok(first.chosen.every(id => second.chosen.includes(id)))
    assert.equal(Math.round(second.freeAfter * 100) / 100, 170_081.88)
    // Every pair of nested choices, tried.
    const all = choices(goldenCase(250_000))
    let least = Infinity
    for (const one of all)
      for (const other of all)
        if (one.cost <= 200_000 && one.mark.every((value, item) => value <= (other.mark[item] ?? 0))) least = Math.min(least, one.after + other.after)
    assert.ok(Math.abs(first.after + second.after - least) < 1e-3)
    assert.ok(map.priceOfNesting > 0)
    assert.ok(Math.abs(map.priceOfNesting - (first.after - first.freeAfter + second.after - second.freeAfter)) < 1e-6)
  })

  it('pays once in the year of buying, counts what takes a year from the next, and keeps a day that is set', () => {
    const problem = problemOf(
      [
        improvement('slow', 0, { capital: 10, life: 5, deliveryMonths: 12 }),
        improvement('quick', 0, { capital: 10, life: 5 }),
        improvement('due', 0, { capital: 5 }),
      ],
      [scenario('s', 1, 100)],
      [prevents('slow', 's', 0.6), prevents('quick', 's', 0.5)],
      { targets: [{ improvement: 'due', byYear: 3 }] },
    )
    const capital = (most: number): YearLimits => ({ annualCost: null, capital: most, revenue: null, peopleDays: null })
    const map = roadMap(highs, problem, [capital(10), capital(10), capital(5)], { seed: 1, gap: 1e-6 })
    assert.ok(map.kind === 'solved')
    assert.deepEqual(
      map.years.map(({ bought, after, spend }) => [bought.join(), Math.round(after), spend.capital]),
      [
        // Slow first would leave 100, 20 and 20.
        ['quick', 50, 10],
        ['slow', 50, 10],
        ['due', 20, 5],
      ],
    )
  })

  it('names what cannot hold in the first year in which it cannot', () => {
    const problem = problemOf([improvement('a', 10, { mustDo: 'law' })], [scenario('s', 1, 1)], [])
    const map = roadMap(highs, problem, [yearly(20), yearly(5)], { seed: 1 })
    assert.ok(map.kind === 'impossible' && map.year === 2)
    assert.deepEqual(map.conflict.map(({ kind }) => kind).toSorted(), ['annual-cost', 'must-do'])
  })
})

describe('a plan as it is told', () => {
  it('keeps what one saves alone apart from what it saves beside the rest', () => {
    const plan = describePlan(goldenCase(null), ['MFA', 'Backups'])
    const backups = plan.savings.find(({ improvement }) => improvement === 'Backups')
    assert.deepEqual([backups?.standAlone, Math.round(backups?.marginal ?? 0)], [255_000, 154_250])
    assert.equal(
      plan.byScenario.reduce((sum, { after }) => sum + after, 0),
      plan.after,
    )
  })
})
