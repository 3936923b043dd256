import { parseInstant } from '../../kernel/instant.ts'
import type { IntelligenceBatch, IntelligenceItem, RejectedItem } from '../../kernel/intelligence.ts'
import { excerptOf, lineAt, listAt, memberOf, numberAt, parseJson, pointerTo } from '../../kernel/json.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { cveOf, readEntry } from './entry.ts'

/**
 * CISA's catalogue of known exploited vulnerabilities, as JSON (see `csv.ts` for the other form; https://www.cisa.gov/known-exploited-vulnerabilities-catalog).
 * Two shapes are in use: with and without `knownRansomwareCampaignUse` (since October 2023) and `cwes` (since 2024).
 */

/** Whether parsed JSON is such a catalogue. */
export function recognisesKev(json: unknown): boolean {
  return (
    Array.isArray(memberOf(json, 'vulnerabilities')) &&
    (memberOf(json, 'catalogVersion') !== undefined || listAt(json, 'vulnerabilities').some(entry => memberOf(entry, 'cveID') !== undefined))
  )
}

/** Reads the text of a catalogue. See `readKevCatalogue`; further rules are those of `parseJson`. */
export function parseKevCatalogue(text: string): Result<IntelligenceBatch> {
  const json = parseJson(text)
  return json.ok ? readKevCatalogue(json.value) : json
}

/**
 * Reads parsed JSON as a catalogue. An entry that cannot be taken in is put in `rejected`, the rest goes on. The batch is `complete`
 * (what it lacks is withdrawn) only when its own count is right and the CVE of every entry can be read.
 * Fails with `kev.not-kev`; warns with `kev.count`, `kev.empty` and `kev.entry.incomplete`.
 */
export function readKevCatalogue(json: unknown): Result<IntelligenceBatch> {
  if (!recognisesKev(json)) {
    const message =
      'This is JSON, but not the CISA catalogue of known exploited vulnerabilities: it has no list named "vulnerabilities" with "cveID" in it.'
    return fail({ rule: 'kev.not-kev', pointer: '', severity: 'error', message })
  }
  const entries = listAt(json, 'vulnerabilities')
  const { items, rejected, problems } = readEntries(entries, index => pointerTo('vulnerabilities', index))
  const version = lineAt(json, 'catalogVersion')
  return succeed(
    {
      format: 'kev-json',
      complete: entries.length > 0 && countIsRight(json, entries.length) && rejected.every(entry => entry.externalId !== null),
      label: version === undefined ? 'CISA KEV catalogue' : `CISA KEV catalogue ${version}`,
      released: parseInstant(lineAt(json, 'dateReleased') ?? '') ?? null,
      publisher: { name: 'CISA', namespace: 'https://www.cisa.gov/' },
      items,
      rejected,
    },
    [...problems, ...countProblems(json, entries.length)],
  )
}

export interface EntriesReading {
  readonly items: readonly IntelligenceItem[]
  readonly rejected: readonly RejectedItem[]
  readonly problems: readonly Problem[]
}

/** Reads the entries of a catalogue, whichever form it came in. `positionOf` says where an entry stands. Warns with `kev.entry.incomplete`. */
export function readEntries(entries: readonly unknown[], positionOf: (index: number) => string): EntriesReading {
  const items: IntelligenceItem[] = []
  const rejected: RejectedItem[] = []
  const problems: Problem[] = []
  const firstSeenAt = new Map<string, number>()

  for (const [index, entry] of entries.entries()) {
    const position = positionOf(index)
    const cve = cveOf(entry)
    const earlier = cve === null ? undefined : firstSeenAt.get(cve)
    const reading =
      earlier === undefined ? readEntry(entry) : { reason: `${cve} is listed twice: entry ${earlier + 1} was kept, entry ${index + 1} was not.` }
    if ('reason' in reading) {
      rejected.push({ position, externalId: cve, reason: reading.reason, excerpt: excerptOf(entry) })
      continue
    }
    items.push(reading.item)
    firstSeenAt.set(reading.item.externalId, index)
    problems.push(...reading.warnings.map(message => warning('kev.entry.incomplete', position, message)))
  }
  return { items, rejected, problems }
}

/** A catalogue without a count says nothing against itself. */
function countIsRight(json: unknown, length: number): boolean {
  return memberOf(json, 'count') === undefined || numberAt(json, 'count') === length
}

function countProblems(json: unknown, length: number): Problem[] {
  const kept = 'Its entries were taken in, but nothing is withdrawn on its word.'
  if (length === 0) return [warning('kev.empty', '/vulnerabilities', `The catalogue lists no vulnerabilities at all. ${kept}`)]
  if (countIsRight(json, length)) return []
  const claimed = excerptOf(memberOf(json, 'count')).slice(0, 20)
  return [
    warning('kev.count', '/count', `The catalogue says that it holds ${claimed} entries, and holds ${length}: some may have been lost. ${kept}`),
  ]
}

/** A finding that stops nothing. */
export function warning(rule: string, pointer: string, message: string): Problem {
  return { rule, pointer, severity: 'warning', message }
}
