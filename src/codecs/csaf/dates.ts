import type { Complain } from '../../kernel/findings.ts'
import { parseInstant, type Instant } from '../../kernel/instant.ts'
import { lineAt, listAt, memberOf, recordAt, type JsonRecord } from '../../kernel/json.ts'

export interface AdvisoryDates {
  readonly initial: Instant | null
  readonly current: Instant | null
}

/**
 * Reads the dates of an advisory and looks at all others. CSAF wants RFC 3339 (§2.2); a date without a zone is read as UTC, a day as its
 * beginning, both with a warning.
 */
export function readDates(json: JsonRecord, complain: Complain): AdvisoryDates {
  const tracking = recordAt(recordAt(json, 'document'), 'tracking')
  const initial = readDate(tracking, 'initial_release_date', '/document/tracking', complain)
  const current = readDate(tracking, 'current_release_date', '/document/tracking', complain)
  const lookAt = (holder: unknown, names: readonly string[], pointer: string) => {
    for (const name of names) if (memberOf(holder, name) !== undefined) readDate(holder, name, pointer, complain)
  }
  for (const [at, revision] of listAt(tracking, 'revision_history').entries()) lookAt(revision, ['date'], `/document/tracking/revision_history/${at}`)
  for (const [at, vulnerability] of listAt(json, 'vulnerabilities').entries()) {
    const pointer = `/vulnerabilities/${at}`
    lookAt(vulnerability, ['discovery_date', 'disclosure_date', 'release_date'], pointer)
    for (const list of ['flags', 'involvements', 'remediations', 'threats'])
      for (const [index, entry] of listAt(vulnerability, list).entries()) lookAt(entry, ['date'], `${pointer}/${list}/${index}`)
  }
  if (initial !== null && current !== null && current < initial)
    complain('date', '/document/tracking/current_release_date', 'The advisory is said to have been changed before it was first given out.')
  return { initial, current }
}

function readDate(holder: unknown, name: string, pointer: string, complain: Complain): Instant | null {
  const text = lineAt(holder, name) ?? ''
  const exact = parseInstant(text)
  // The standard wants the "T" and the colon in the zone, which `parseInstant` forgives.
  if (exact !== undefined && RFC_3339.test(text)) return exact
  const withoutZone = exact ?? parseInstant(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : `${text}Z`)
  const message =
    withoutZone === undefined
      ? `The date "${text.slice(0, 40)}" cannot be read.`
      : exact === undefined
        ? `The date "${text.slice(0, 40)}" has no zone. It was read as UTC.`
        : `The date "${text.slice(0, 40)}" is not written as the standard wants it.`
  complain('date', `${pointer}/${name}`, message)
  return withoutZone ?? null
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/
