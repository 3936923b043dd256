import calculator from 'ae-cvss-calculator'
import type { CvssScore } from '../../kernel/cvss.ts'
import { METRIC_TABLES } from './metrics.ts'
import { defines, type CvssVector } from './vector.ts'

/**
 * CVSS 3.0 and 3.1. The calculator gives the base score, and the base score of the modified metrics. What is known of exploits and fixes
 * is brought in here (3.1 specification §7.2 and §7.3) in whole numbers, because the calculator rounds up what binary fractions leave
 * over: 5.0 × 0.92 becomes 4.7.
 */
export function scoreVersion3(vector: CvssVector, version: '3.0' | '3.1'): CvssScore {
  const { prefix, temporal, environmental } = METRIC_TABLES[version]
  const untimed = [...vector.values].filter(([metric]) => !temporal.has(metric)).map(([metric, value]) => `${metric}:${value}`)
  const text = prefix + untimed.join('/')
  const scores = (version === '3.0' ? new calculator.Cvss3P0(text) : new calculator.Cvss3P1(text)).calculateScores()
  const base = tenths(scores.base)
  return {
    version,
    vector: vector.text,
    baseTenths: base,
    temporalTenths: defines(vector, temporal) ? timed(base, vector) : null,
    environmentalTenths: defines(vector, environmental) ? timed(tenths(scores.environmental), vector) : null,
  }
}

/** In hundredths. What is not defined weighs 100. */
const WEIGHTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  E: { F: 97, P: 94, U: 91 },
  RL: { W: 97, T: 96, O: 95 },
  RC: { R: 96, U: 92 },
}

function timed(baseTenths: number, { values }: CvssVector): number {
  const millionths = Object.entries(WEIGHTS).reduce((product, [metric, weights]) => product * (weights[values.get(metric) ?? ''] ?? 100), baseTenths)
  return Math.ceil(millionths / 1_000_000)
}

/** The calculator leaves a score out only when metrics are missing, which a vector read strictly does not allow. */
function tenths(score: number | undefined): number {
  return Math.round((score ?? 0) * 10)
}
