import type { CvssStatement, CvssVersion } from './intelligence.ts'
import { lineAt, numberAt } from './json.ts'
import type { Problem, Result } from './problem.ts'

/** The scores of a CVSS vector, each in tenths: 98 for 9.8. */
export interface CvssScore {
  readonly version: CvssVersion
  readonly vector: string
  /** Of the base metrics alone. */
  readonly baseTenths: number
  /** Of the base metrics and those of exploits and fixes: "temporal" in CVSS 2 and 3, "threat" in CVSS 4.0. `null` when it defines none. */
  readonly temporalTenths: number | null
  /** Of all metrics. `null` when the vector defines none of the environment. */
  readonly environmentalTenths: number | null
}

/** Scores a vector. Codecs that meet vectors take it as an argument, because no codec knows another; `codecs/cvss` has it. */
export type ScoreCvss = (vector: string) => Result<CvssScore>

/** What was read of a CVSS object. */
export interface CvssReading {
  /** `null` when its vector cannot be read. */
  readonly statement: CvssStatement | null
  /** The base score that the object itself gives, in tenths; of a vector that can be read and has no score beside it, the computed one. */
  readonly baseTenths: number | null
  readonly problems: readonly Problem[]
}

/**
 * Reads an object of FIRST's JSON schemas (`cvss-v2.0.json` to `cvss-v4.0.json`), which many formats embed: a vector with the score that
 * its author gave it. Warns with the rules of the scoring, `cvss.stated` for a score that is not the vector's, `cvss.no-vector`, and
 * `cvss.version` for a vector of another version than the object says.
 */
export function readCvss(cvss: unknown, by: string | null, pointer: string, scoreCvss: ScoreCvss): CvssReading {
  const stated = numberAt(cvss, 'baseScore')
  const statedTenths = stated === undefined || stated < 0 || stated > 10 ? null : Math.round(stated * 10)
  const vector = lineAt(cvss, 'vectorString')
  if (vector === undefined) {
    return { statement: null, baseTenths: statedTenths, problems: [warning('cvss.no-vector', pointer, 'A CVSS score has no vector.')] }
  }
  const score = scoreCvss(vector)
  if (!score.ok) {
    const problems = score.problems.map(problem => warning(problem.rule, pointer, problem.message))
    return { statement: null, baseTenths: statedTenths, problems }
  }
  const { version, baseTenths, temporalTenths, environmentalTenths } = score.value
  const problems: Problem[] = []
  const claimed = lineAt(cvss, 'version')
  if (claimed !== undefined && claimed !== version)
    problems.push(warning('cvss.version', pointer, `This score is said to be of CVSS ${claimed.slice(0, 20)}, and its vector is of CVSS ${version}.`))
  // CVSS 4.0 knows one score, whatever the metrics (§1.3), so some call the score of all metrics the base score.
  if (statedTenths !== null && ![baseTenths, temporalTenths, environmentalTenths].includes(statedTenths))
    problems.push(warning('cvss.stated', pointer, `The score is said to be ${inWords(statedTenths)}, and its vector gives ${inWords(baseTenths)}.`))
  return {
    statement: { version, vector, baseTenths, statedTenths: statedTenths === baseTenths ? null : statedTenths, by },
    baseTenths: statedTenths ?? baseTenths,
    problems,
  }
}

function inWords(tenths: number): string {
  return (tenths / 10).toFixed(1)
}

function warning(rule: string, pointer: string, message: string): Problem {
  return { rule, pointer, severity: 'warning', message }
}
