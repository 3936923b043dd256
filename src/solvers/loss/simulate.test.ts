import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FAIR_A, FAIR_B } from '../../../test/support/losses.ts'
import { drawPert, fillPoisson } from './draw.ts'
import { simulateFair } from './fair.ts'
import type { LossSummary } from './model.ts'
import { createRandom } from './random.ts'
import { simulateLosses } from './simulate.ts'

const TRIALS = 200_000

function agrees(result: LossSummary, mean: number): void {
  const errors = Math.abs(result.mean - mean) / result.standardError
  assert.ok(errors < 4, `The mean ${result.mean} lies ${errors.toFixed(1)} standard errors from ${mean}.`)
}

function near(value: number, known: number, share: number): void {
  assert.ok(Math.abs(value / known - 1) < share, `${value} is not ${known}`)
}

describe('numbers drawn', () => {
  const draws = (draw: () => number) => Float64Array.from({ length: TRIALS }, draw)
  const moments = (values: Float64Array) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const central = (power: number) => values.reduce((sum, value) => sum + (value - mean) ** power, 0) / values.length
    return { mean, variance: central(2), kurtosis: central(4) / central(2) ** 2 }
  }

  it('are normal, to the tails', () => {
    const random = createRandom(1)
    const values = draws(random.normal)
    const { mean, variance, kurtosis } = moments(values)
    assert.ok(Math.abs(mean) < 4 / Math.sqrt(TRIALS))
    near(variance, 1, 0.015)
    near(kurtosis, 3, 0.03)
    // Beyond the edge of the ziggurat's base, 3.654: 2.58 in ten thousand.
    const beyond = draws(random.normal).filter(value => Math.abs(value) > 3.6541528853610088).length
    assert.ok(Math.abs(beyond - TRIALS * 2.5802e-4) < 4 * Math.sqrt(TRIALS * 2.5802e-4), `${beyond} lie beyond`)
  })

  for (const shape of [0.5, 1, 7.3])
    it(`are gamma of shape ${shape}`, () => {
      const random = createRandom(2)
      const { mean, variance } = moments(draws(() => random.gamma(shape)))
      assert.ok(Math.abs(mean - shape) < 4 * Math.sqrt(shape / TRIALS))
      near(variance, shape, 0.03)
    })

  for (const mean of [0.2, 5, 29.9, 30.1, 250])
    it(`are Poisson of mean ${mean}, drawn one by one and from a table`, () => {
      const random = createRandom(3)
      for (const values of [draws(() => random.poisson(mean)), Float64Array.from(fillPoisson(random, mean, new Int32Array(TRIALS)))]) {
        const found = moments(values)
        assert.ok(Math.abs(found.mean - mean) < 4 * Math.sqrt(mean / TRIALS))
        near(found.variance, mean, 0.03)
      }
    })

  it('have the mean of the modified PERT, of which pyfair and the textbooks agree', () => {
    const random = createRandom(4)
    const mean = (low: number, likely: number, high: number) => moments(draws(() => drawPert(random, { low, likely, high }))).mean
    near(mean(20, 100, 900), 220, 0.01)
    near(mean(3e6, 3.5e6, 5e6), 3_666_666.67, 0.002)
    // (0, 5, 10): alpha 3, standard deviation 1.890, not the 1.667 of a sixth of the range.
    near(Math.sqrt(moments(draws(() => drawPert(random, { low: 0, likely: 5, high: 10 }))).variance), 1.89, 0.01)
  })

  it('are the same for the same seed, and others for another', () => {
    const five = (seed: number) => Array.from({ length: 5 }, createRandom(seed).normal)
    assert.deepEqual(five(7), five(7))
    assert.notDeepEqual(five(7), five(8))
  })
})

describe('the reference scenario by FAIR', () => {
  it('agrees with the exact mean, by events and by averages', () => {
    const options = { trials: TRIALS, seed: 5, convention: 'modified' } as const
    const events = simulateFair(FAIR_A, { ...options, years: 'events' })
    near(events.vulnerability, 0.342878, 1e-5)
    agrees(events, 1_488_890.4)
    near(events.standardDeviation, 1_585_540.8, 0.02)
    near(events.yearsWithoutLoss, 0.0532, 0.03)
    near(events.median, 926_700, 0.02)
    near(events.oneInTwenty, 4_696_000, 0.02)
    const average = simulateFair(FAIR_A, { ...options, years: 'average' })
    agrees(average, 1_488_890.4)
    near(average.standardDeviation, 1_476_349.5, 0.02)
    assert.equal(average.yearsWithoutLoss, 0)
  })

  it('agrees with pyfair where it is told to have its PERT: the two differ by 6 %', () => {
    const result = simulateFair(FAIR_A, { trials: TRIALS, seed: 6, convention: 'range-over-six', years: 'average' })
    near(result.vulnerability, 0.322983, 1e-5)
    agrees(result, 1_402_498.5)
    near(result.standardDeviation, 1_390_837.7, 0.02)
    near(result.median, 974_718, 0.02)
  })

  it("agrees with the means of pyfair's own two examples", () => {
    const certain = (value: number) => ({ low: value, likely: value, high: value })
    const none = {
      ...FAIR_A,
      contactFrequency: certain(1),
      probabilityOfAction: certain(1),
      threatCapability: certain(1),
      controlStrength: certain(0),
    }
    const options = { trials: TRIALS, seed: 7, convention: 'modified', years: 'average' } as const
    const pert = (low: number, likely: number, high: number) => ({ low, likely, high })
    const first = {
      ...none,
      contactFrequency: pert(20, 100, 900),
      primaryLoss: pert(3e6, 3.5e6, 5e6),
      secondaryFrequency: certain(1),
      secondaryLoss: certain(3.5e6),
    }
    agrees(simulateFair(first, options), 1_576_666_667)
    const second = { ...none, contactFrequency: certain(0.3), primaryLoss: pert(2e9, 3e9, 5e9), secondaryFrequency: certain(0) }
    agrees(simulateFair(second, options), 950_000_000)
  })
})

describe('simulated years', () => {
  it('of the eight reference scenarios agree with their exact mean', () => {
    const result = simulateLosses(FAIR_B, { trials: TRIALS, seed: 8 })
    agrees(result, 1_996_786.8)
    near(result.median, 675_100, 0.02)
    near(result.oneInTwenty, 7_480_000, 0.03)
    near(result.byScenario.find(({ scenario }) => scenario === 'data breach')?.yearsWithoutLoss ?? 0, Math.exp(-0.1), 0.01)
    const losses = result.exceedance.map(({ loss }) => loss)
    assert.deepEqual(
      losses,
      losses.toSorted((one, other) => one - other),
    )
    assert.equal(result.exceedance.find(({ chance }) => chance === 0.05)?.loss, result.oneInTwenty)
  })

  it('keep the mean that a size is given, whatever its range', () => {
    const size = { low: 10, mean: 500, high: 1000 }
    const result = simulateLosses([{ id: 's', frequency: { low: 1, likely: 2, high: 5 }, sizes: [size] }], { trials: TRIALS, seed: 9 })
    agrees(result, ((1 + 8 + 5) / 6) * 500)
  })

  it('are without loss where nothing happens', () => {
    const none = { low: 0, likely: 0, high: 0 }
    const result = simulateLosses([{ id: 's', frequency: none, sizes: [{ low: 1, high: 2 }] }], { trials: 100, seed: 1 })
    assert.deepEqual([result.mean, result.yearsWithoutLoss, result.oneInHundred], [0, 1, 0])
  })
})
