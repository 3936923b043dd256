import { CVSS_VERSIONS, type CvssVersion } from '../../kernel/intelligence.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { METRIC_TABLES, type Metrics, type MetricTable } from './metrics.ts'

/** A vector that follows its specification: every base metric is there, and every metric has one of its values, once. */
export interface CvssVector {
  readonly version: CvssVersion
  readonly text: string
  readonly values: ReadonlyMap<string, string>
}

/** No sound vector is longer: all 32 metrics of CVSS 4.0 take 200 characters. */
const LONGEST = 300

/**
 * Reads a CVSS vector strictly: its prefix (none in CVSS 2.0), known metrics with known values in the right case, all base metrics, each
 * metric once. The order is free, as in CVSS 2 and 3; in CVSS 4.0 it is fixed (§7), but makers do not keep it and no score rests on it.
 *
 * Fails with all that is wrong: `cvss.empty`, `cvss.long`, `cvss.prefix`, `cvss.form`, `cvss.metric`, `cvss.value`, `cvss.repeated` and
 * `cvss.missing`.
 */
export function parseCvssVector(text: string): Result<CvssVector> {
  const vector = text.trim()
  if (vector === '') return fail(problem('cvss.empty', 'The CVSS vector is empty.'))
  if (vector.length > LONGEST) return fail(problem('cvss.long', `The CVSS vector is longer than ${LONGEST} characters, which none is.`))
  const version = versionOf(vector)
  if (version === undefined) return fail(problem('cvss.prefix', prefixMessage(vector)))
  const table = METRIC_TABLES[version]
  const values = new Map<string, string>()
  const problems: Problem[] = []
  for (const part of vector.slice(table.prefix.length).split('/')) {
    const [name = '', value, ...rest] = part.split(':')
    const allowed = valuesOf(table, name)
    if (name === '' || value === undefined || value === '' || rest.length > 0)
      problems.push(problem('cvss.form', `"${part}" is not a metric and its value, such as AV:N.`))
    else if (allowed === undefined) problems.push(problem('cvss.metric', `CVSS ${version} has no metric "${name}".`))
    else if (!allowed.includes(value))
      problems.push(problem('cvss.value', `In CVSS ${version} the metric ${name} is one of ${allowed.join(', ')}, and not "${value}".`))
    else if (values.has(name)) problems.push(problem('cvss.repeated', `The metric ${name} stands more than once.`))
    else values.set(name, value)
  }
  const missing = [...table.base.keys()].filter(name => !values.has(name))
  if (missing.length > 0) problems.push(problem('cvss.missing', `A CVSS ${version} vector must have ${missing.join(', ')}.`))
  return problems.length > 0 ? fail(...problems) : succeed({ version, text: vector, values })
}

/** Whether the vector defines one of those metrics: `X` and `ND` say that it does not. */
export function defines({ version, values }: CvssVector, metrics: Metrics): boolean {
  return [...metrics.keys()].some(name => (values.get(name) ?? METRIC_TABLES[version].undefinedValue) !== METRIC_TABLES[version].undefinedValue)
}

function versionOf(vector: string): CvssVersion | undefined {
  const prefixed = CVSS_VERSIONS.find(version => METRIC_TABLES[version].prefix !== '' && vector.startsWith(METRIC_TABLES[version].prefix))
  if (prefixed !== undefined) return prefixed
  // Two metrics of CVSS 3 and 4 that CVSS 2.0 has not: such a vector has lost its prefix.
  return /^[A-Z]+:/i.test(vector) && !/^CVSS/i.test(vector) && !/\/(PR|UI):/.test(vector) ? '2.0' : undefined
}

function prefixMessage(vector: string): string {
  const versions = CVSS_VERSIONS.map(version => METRIC_TABLES[version].prefix).filter(prefix => prefix !== '')
  return `A CVSS vector starts with ${versions.join(', ')} or, in CVSS 2.0, with AV:. This one starts with "${vector.slice(0, 12)}".`
}

function valuesOf({ base, temporal, environmental, supplemental }: MetricTable, name: string): readonly string[] | undefined {
  return base.get(name) ?? temporal.get(name) ?? environmental.get(name) ?? supplemental.get(name)
}

function problem(rule: string, message: string): Problem {
  return { rule, pointer: '', severity: 'error', message }
}
