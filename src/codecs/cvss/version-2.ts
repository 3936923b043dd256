import type { CvssScore } from '../../kernel/cvss.ts'
import { METRIC_TABLES } from './metrics.ts'
import { defines, type CvssVector } from './vector.ts'

/**
 * The equations of CVSS 2.0 (https://www.first.org/cvss/v2/guide §3.2). They are our own because `ae-cvss-calculator` computes on with
 * numbers that the guide rounds first, and so misses by 0.1 two of the guide's own examples (§3.3.1 and §3.3.3).
 */

const WEIGHTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { L: 0.395, A: 0.646, N: 1 },
  AC: { H: 0.35, M: 0.61, L: 0.71 },
  Au: { M: 0.45, S: 0.56, N: 0.704 },
  C: { N: 0, P: 0.275, C: 0.66 },
  I: { N: 0, P: 0.275, C: 0.66 },
  A: { N: 0, P: 0.275, C: 0.66 },
  E: { U: 0.85, POC: 0.9, F: 0.95, H: 1, ND: 1 },
  RL: { OF: 0.87, TF: 0.9, W: 0.95, U: 1, ND: 1 },
  RC: { UC: 0.9, UR: 0.95, C: 1, ND: 1 },
  CDP: { N: 0, L: 0.1, LM: 0.3, MH: 0.4, H: 0.5, ND: 0 },
  TD: { N: 0, L: 0.25, M: 0.75, H: 1, ND: 1 },
  CR: { L: 0.5, M: 1, H: 1.51, ND: 1 },
  IR: { L: 0.5, M: 1, H: 1.51, ND: 1 },
  AR: { L: 0.5, M: 1, H: 1.51, ND: 1 },
}

export function scoreVersion2(vector: CvssVector): CvssScore {
  const weight = (metric: string) => WEIGHTS[metric]?.[vector.values.get(metric) ?? 'ND'] ?? 0
  const exploitability = 20 * weight('AV') * weight('AC') * weight('Au')
  const baseOf = (impact: number) => toTenth(impact === 0 ? 0 : (0.6 * impact + 0.4 * exploitability - 1.5) * 1.176)
  const temporalOf = (base: number) => toTenth(base * weight('E') * weight('RL') * weight('RC'))

  const base = baseOf(10.41 * (1 - (1 - weight('C')) * (1 - weight('I')) * (1 - weight('A'))))
  const adjustedImpact = 10.41 * (1 - (1 - weight('C') * weight('CR')) * (1 - weight('I') * weight('IR')) * (1 - weight('A') * weight('AR')))
  const adjustedTemporal = temporalOf(baseOf(Math.min(10, adjustedImpact)))
  const environmental = toTenth((adjustedTemporal + (10 - adjustedTemporal) * weight('CDP')) * weight('TD'))
  const tenths = (score: number) => Math.round(score * 10)
  return {
    version: '2.0',
    vector: vector.text,
    baseTenths: tenths(base),
    temporalTenths: defines(vector, METRIC_TABLES['2.0'].temporal) ? tenths(temporalOf(base)) : null,
    environmentalTenths: defines(vector, METRIC_TABLES['2.0'].environmental) ? tenths(environmental) : null,
  }
}

/** Rounds half up. What is half in decimals may be a trifle less in binary: 9 × 0.95 is 8.549…, and means 8.55. */
function toTenth(score: number): number {
  return Math.round(score * 10 + 1e-9) / 10
}
