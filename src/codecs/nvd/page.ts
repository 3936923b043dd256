import { parseCveId } from '../../kernel/identifiers.ts'
import { parseInstant } from '../../kernel/instant.ts'
import type { IntelligenceBatch, IntelligenceItem, RejectedItem } from '../../kernel/intelligence.ts'
import { excerptOf, isRecord, lineAt, listAt, memberOf, numberAt, pointerTo, recordAt, type JsonRecord } from '../../kernel/json.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import type { NvdReaders } from './readers.ts'
import { readVulnerability } from './vulnerability.ts'

/**
 * The National Vulnerability Database, API 2.0 (https://nvd.nist.gov/developers/vulnerabilities): a page of answers, a yearly or daily feed
 * (the same shape in one page), or one vulnerability alone.
 */

/** Where a page stands among the others of its answer. */
export interface NvdPaging {
  readonly startIndex: number
  /** How many vulnerabilities stand on this page. */
  readonly count: number
  /** How many the answer has in all, as this page says. Another page may say more. */
  readonly total: number
}

/** Whether parsed JSON is a page of the NVD, a feed, or one vulnerability, of whatever version. */
export function recognisesNvd(json: unknown): boolean {
  if (isLegacyFeed(json) || isVulnerability(json) || isVulnerability(memberOf(json, 'cve'))) return true
  const entries = listAt(json, 'vulnerabilities')
  return Array.isArray(memberOf(json, 'vulnerabilities')) && (lineAt(json, 'format') === 'NVD_CVE' || entries.some(isEntry))
}

/**
 * Reads parsed JSON as a page. A vulnerability that cannot be taken in is put in `rejected`, the rest goes on. A page is never `complete`:
 * what it lacks stands on another, and the NVD takes nothing back but by calling it rejected.
 * Fails with `nvd.not-nvd` or `nvd.version`; warns with `nvd.count`. What single vulnerabilities break stands in their `faults`.
 */
export function readNvd(json: unknown, readers: NvdReaders): Result<IntelligenceBatch> {
  if (!recognisesNvd(json))
    return refuse(
      'nvd.not-nvd',
      'This is JSON, but no page of the National Vulnerability Database: it has no "vulnerabilities" with a "cve" in each.',
    )
  if (isLegacyFeed(json))
    return refuse('nvd.version', 'This is a feed of the NVD in version 1, which ended in 2023. Gather a feed of version 2.0, or the API.')
  const entries = entriesOf(json)
  const items: IntelligenceItem[] = []
  const rejected: RejectedItem[] = []
  const seen = new Set<string>()
  for (const { vulnerability, position } of entries) {
    const cve = parseCveId(lineAt(vulnerability, 'id') ?? '')
    if (cve === undefined || seen.has(cve)) {
      const reason =
        cve === undefined
          ? `The vulnerability's CVE cannot be read: "cve.id" should look like CVE-2024-12345.`
          : `${cve} stands twice on this page: the first was kept.`
      rejected.push({ position, externalId: cve ?? null, reason, excerpt: excerptOf(vulnerability) })
      continue
    }
    seen.add(cve)
    items.push(readVulnerability(cve, vulnerability, position, readers))
  }
  return succeed(
    {
      format: 'nvd',
      complete: false,
      label: labelOf(json, items),
      released: parseInstant(`${lineAt(json, 'timestamp') ?? ''}Z`) ?? null,
      publisher: { name: 'National Vulnerability Database', namespace: 'https://nvd.nist.gov/' },
      items,
      rejected,
    },
    countProblems(json, entries.length),
  )
}

/** Where a page stands among the others, for whoever fetches the next (see `walk.ts`). `undefined` when the page does not say. */
export function nvdPaging(json: unknown): NvdPaging | undefined {
  const startIndex = numberAt(json, 'startIndex')
  const total = numberAt(json, 'totalResults')
  if (startIndex === undefined || total === undefined || startIndex < 0 || total < 0) return undefined
  return { startIndex, count: listAt(json, 'vulnerabilities').length, total }
}

interface Entry {
  readonly vulnerability: JsonRecord
  readonly position: string
}

function entriesOf(json: unknown): readonly Entry[] {
  if (isRecord(json) && isVulnerability(json)) return [{ vulnerability: json, position: '' }]
  const alone = recordAt(json, 'cve')
  if (alone !== undefined) return [{ vulnerability: alone, position: '/cve' }]
  return listAt(json, 'vulnerabilities').map((entry, index) => ({
    vulnerability: recordAt(entry, 'cve') ?? {},
    position: pointerTo('vulnerabilities', index, 'cve'),
  }))
}

function isEntry(entry: unknown): boolean {
  return lineAt(recordAt(entry, 'cve'), 'id') !== undefined
}

function isVulnerability(value: unknown): boolean {
  return lineAt(value, 'id') !== undefined && lineAt(value, 'vulnStatus') !== undefined
}

/** `nvdcve-1.1-2024.json` and its like. */
function isLegacyFeed(json: unknown): boolean {
  return Array.isArray(memberOf(json, 'CVE_Items'))
}

function labelOf(json: unknown, items: readonly IntelligenceItem[]): string {
  const paging = nvdPaging(json)
  const [only] = items
  if (items.length === 1 && only !== undefined) return `NVD vulnerability ${only.externalId}`
  if (paging === undefined || paging.count === 0) return 'NVD vulnerabilities'
  return `NVD vulnerabilities ${paging.startIndex + 1} to ${paging.startIndex + paging.count} of ${paging.total}`
}

function countProblems(json: unknown, length: number): readonly Problem[] {
  const claimed = numberAt(json, 'resultsPerPage')
  if (claimed === undefined || claimed === length) return []
  const message = `The page says that it holds ${claimed} vulnerabilities, and holds ${length}: some may have been lost.`
  return [{ rule: 'nvd.count', pointer: '/resultsPerPage', severity: 'warning', message }]
}

function refuse(rule: string, message: string): Result<never> {
  return fail({ rule, pointer: '', severity: 'error', message })
}
