import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { certain, goldenCase, improvement, prevents, problemOf, randomProblem, scenario } from '../../../test/support/investment.ts'
import { canonicalInputs } from './canonical.ts'
import type { Effect, Improvement, InvestmentProblem, Scenario } from './model.ts'
import { validateProblem } from './validate.ts'

const SCENARIO = scenario('Theft', 1, 100)

function found(improvements: readonly Improvement[], more: Partial<InvestmentProblem> = {}): readonly string[] {
  return validateProblem({ ...problemOf(improvements, [SCENARIO], []), ...more }).map(({ severity, message }) => `${severity}: ${message}`)
}

function ofEffect(effect: Effect): readonly string[] {
  return found([improvement('Locks', 1)], { effects: [effect] })
}

function ofScenario(more: Partial<Scenario>): readonly string[] {
  return found([], { scenarios: [{ ...SCENARIO, ...more }] })
}

describe('a problem that lies', () => {
  it('finds nothing wrong where nothing is', () => {
    assert.deepEqual(validateProblem(goldenCase(1)), [])
    for (let seed = 1; seed < 10; seed += 1)
      assert.deepEqual(
        validateProblem(randomProblem(seed)).filter(({ severity }) => severity === 'error'),
        [],
      )
  })

  it('names the circle of prerequisites', () => {
    const circle = [
      improvement('A', 1, { prerequisites: ['B'] }),
      improvement('B', 1, { prerequisites: ['C'] }),
      improvement('C', 1, { prerequisites: ['B'] }),
    ]
    assert.deepEqual(found(circle), ['error: These need each other in a circle, so none can come first: "B" needs "C" needs "B".'])
    assert.deepEqual(found([improvement('A', 1, { prerequisites: ['A'] })]), ['error: "A" needs itself.'])
  })

  it('says what an improvement cannot be', () => {
    assert.deepEqual(found([improvement('Locks', -1)]), [
      'error: The yearly cost of "Locks" is below 0. Leave out what it saves: that is what the effects are for.',
    ])
    assert.deepEqual(found([improvement('Locks', 1, { capital: Number.NaN })]), ['error: The capital cost of "Locks" is not a number.'])
    assert.deepEqual(found([improvement('Locks', 1, { life: 0 })]), ['error: The life of "Locks" must be more than 0 years.'])
    assert.deepEqual(found([improvement('Locks', 1, { prerequisites: ['Doors'] })]), [
      'error: "Locks" needs an improvement that is not in the list: Doors.',
    ])
    assert.deepEqual(found([improvement('Locks', 1, { overlapGroup: 'hole' })]), [
      'error: "Locks" is in an overlap group that is not in the list: hole.',
    ])
    assert.deepEqual(found([improvement('Locks', 1), improvement('Locks', 2)]), ['error: "Locks" has the same id as another: Locks.'])
    assert.deepEqual(
      found([improvement('Bronze', 1, { exclusiveGroup: 'level' }), improvement('Gold', 2, { exclusiveGroup: 'level', prerequisites: ['Bronze'] })]),
      ['error: "Gold" needs "Bronze", but only one of the two can be had.'],
    )
  })

  it('says what an effect cannot be, and warns where it is capped', () => {
    const effect = prevents('Locks', 'Theft', 0.5)
    assert.deepEqual(ofEffect({ ...effect, prevention: certain(1.2) }), ['error: The prevention of "Theft" by "Locks" must lie from 0 to 1.'])
    assert.deepEqual(ofEffect({ ...effect, prevention: certain(0.97) }), [
      'warning: The prevention of "Theft" by "Locks" goes above 95 %. Nothing stops everything: it is counted as 95 % at most.',
    ])
    assert.deepEqual(ofEffect({ ...effect, mitigation: { low: 0.5, likely: 0.2, high: 0.6 } }), [
      'error: The mitigation of "Theft" by "Locks" must have its low value first, then the likeliest, then the high one.',
    ])
    assert.deepEqual(ofEffect({ ...effect, channel: 'fines' }), ['error: "Theft" has no loss named "fines". It has all, care, all-of-it.'])
    assert.deepEqual(ofEffect({ ...effect, improvement: 'Dogs' }), ['error: An effect is of an improvement that is not in the list: Dogs.'])
    assert.deepEqual(ofEffect({ ...effect, scenario: 'Fire' }), ['error: An effect is on a scenario that is not in the list: Fire.'])
  })

  it('says what a scenario cannot be', () => {
    assert.deepEqual(ofScenario({ frequency: certain(Number.NaN) }), ['error: The frequency of "Theft" is not a number.'])
    assert.deepEqual(ofScenario({ frequency: certain(-1) }), ['error: The frequency of "Theft" is below 0.'])
    assert.deepEqual(ofScenario({ lostCare: { low: 5, mean: 4, high: 9 } }), [
      'error: The lost care of "Theft" must have its mean between its low and its high value.',
    ])
    assert.deepEqual(ofScenario({ losses: [{ id: 'care', size: { low: 0, mean: 4, high: 9 } }] }), [
      'error: "Theft" has a loss named "care" twice, or a name that is kept for another use.',
      'error: The care loss of "Theft" has 0 as its low value. Give the smallest size that is still such an event.',
    ])
  })

  it('says what a limit or an overlap cannot be', () => {
    const limits = { ...goldenCase(1).limits, annualCost: -5, required: ['Locks', 'Dogs'], excluded: ['Locks'] }
    assert.deepEqual(found([improvement('Locks', 1)], { limits, dayRate: Number.NaN, overlapGroups: [{ id: 'g', name: 'Doors', rho: 2 }] }), [
      'error: The overlap of "Doors" must lie from 0 (independent) to 1 (the same hole).',
      'error: The budget is below 0.',
      'error: What a day of our people costs must be 0 or more.',
      'error: A decision is about an improvement that is not in the list: Dogs.',
      'error: "Locks" is decided to be both in and out.',
    ])
  })
})

describe('the text that a certificate is of', () => {
  it('is the same whatever the order of the fields, and another for another input', () => {
    const problem = goldenCase(80_000)
    const turned = Object.fromEntries(Object.entries(problem).toReversed()) as unknown as InvestmentProblem
    assert.equal(canonicalInputs(turned), canonicalInputs(problem))
    assert.notEqual(canonicalInputs(goldenCase(80_001)), canonicalInputs(problem))
  })
})
