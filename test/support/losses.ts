import type { FairScenario } from '../../src/solvers/loss/fair.ts'
import type { LossScenario } from '../../src/solvers/loss/model.ts'

/** Reference scenarios whose means are known exactly, by formula and quadrature. Frequencies a year, losses in pounds. */
export const FAIR_A: FairScenario = {
  contactFrequency: { low: 10, likely: 50, high: 200 },
  probabilityOfAction: { low: 0.05, likely: 0.2, high: 0.6 },
  threatCapability: { low: 0.2, likely: 0.55, high: 0.95 },
  controlStrength: { low: 0.3, likely: 0.65, high: 0.9 },
  primaryLoss: { low: 5_000, likely: 40_000, high: 600_000 },
  secondaryFrequency: { low: 0.01, likely: 0.1, high: 0.4 },
  secondaryLoss: { low: 20_000, likely: 250_000, high: 5_000_000 },
}

export const FAIR_B: readonly LossScenario[] = (
  [
    ['ransomware', 0.25, 200_000, 12_000_000],
    ['phishing', 12, 500, 40_000],
    ['supplier outage', 1.5, 10_000, 900_000],
    ['lost device', 6, 200, 15_000],
    ['data breach', 0.1, 100_000, 18_000_000],
    ['insider', 0.4, 5_000, 700_000],
    ['web defacement', 0.8, 1_000, 60_000],
    ['denial of service', 2, 3_000, 150_000],
  ] as const
).map(([id, rate, low, high]) => ({ id, frequency: { low: rate, likely: rate, high: rate }, sizes: [{ low, high }] }))
