import calculator from 'ae-cvss-calculator'
import type { CvssScore } from '../../kernel/cvss.ts'
import { succeed, type Result } from '../../kernel/problem.ts'
import { METRIC_TABLES } from './metrics.ts'
import { defines, parseCvssVector, type CvssVector } from './vector.ts'
import { scoreVersion2 } from './version-2.ts'
import { scoreVersion3 } from './version-3.ts'

/**
 * Scores a CVSS vector of version 2.0, 3.0, 3.1 or 4.0. One that breaks its specification in any way is refused, with all that is wrong
 * with it (see `parseCvssVector`), because the calculator would score what is left of it.
 */
export function scoreCvss(text: string): Result<CvssScore> {
  const vector = parseCvssVector(text)
  return vector.ok ? succeed(scoreVector(vector.value)) : vector
}

function scoreVector(vector: CvssVector): CvssScore {
  switch (vector.version) {
    case '2.0':
      return scoreVersion2(vector)
    case '3.0':
    case '3.1':
      return scoreVersion3(vector, vector.version)
    case '4.0':
      return scoreVersion4(vector)
  }
}

function scoreVersion4(vector: CvssVector): CvssScore {
  const { temporal, environmental } = METRIC_TABLES['4.0']
  const scores = new calculator.Cvss4P0(vector.text).calculateScores()
  const tenths = (score: number | undefined) => Math.round((score ?? scores.overall) * 10)
  return {
    version: '4.0',
    vector: vector.text,
    baseTenths: tenths(scores.baseMetricsOnly),
    temporalTenths: defines(vector, temporal) ? tenths(scores.threat) : null,
    environmentalTenths: defines(vector, environmental) ? tenths(scores.overall) : null,
  }
}
