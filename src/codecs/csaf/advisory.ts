import { parseInstant, type Instant } from '../../kernel/instant.ts'
import type { IntelligenceBatch, IntelligenceItem, RejectedItem } from '../../kernel/intelligence.ts'
import { excerptOf, isRecord, lineAt, listAt, memberOf, parseJson, recordAt, textAt, type JsonRecord } from '../../kernel/json.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { parseSeverity, severityOfCvss } from '../../kernel/severity.ts'
import { parseTlp, type Tlp } from '../../kernel/tlp.ts'
import { readProducts } from './products.ts'
import { addressesOf, readVulnerabilities, vulnerabilityDetails } from './vulnerabilities.ts'

/**
 * Security advisories in the Common Security Advisory Framework (OASIS, CSAF 2.0; 2.1 is read alike). One document is one advisory.
 *
 * Makers break the standard in small ways (a date without a zone, a missing `$schema`), and their advisories still matter: such a
 * document is taken in, with warnings. This is no validator.
 */

type Complain = (rule: string, pointer: string, message: string) => void

/** Whether parsed JSON is a CSAF document, of whatever version and quality. */
export function recognisesCsaf(json: unknown): boolean {
  const document = recordAt(json, 'document')
  return (
    memberOf(document, 'csaf_version') !== undefined ||
    (recordAt(document, 'tracking') !== undefined && recordAt(document, 'publisher') !== undefined)
  )
}

/** Reads the text of an advisory. See `readCsaf`; further rules are those of `parseJson`. */
export function parseCsaf(text: string): Result<IntelligenceBatch> {
  if (/^\s*</.test(text) && /cvrf/i.test(text.slice(0, 2_000))) {
    return refuse(
      'csaf.cvrf',
      'This is CVRF, the XML forerunner of CSAF, which is not read here. Ask the publisher for the CSAF 2.0 JSON of the same advisory.',
    )
  }
  const json = parseJson(text)
  return json.ok ? readCsaf(json.value) : json
}

/**
 * Reads parsed JSON as one advisory: a batch of one item, or of none with the document in `rejected` when it cannot be identified.
 * Fails with `csaf.not-csaf`, `csaf.listing` or `csaf.version`; warns with `csaf.schema`, `csaf.date`, `csaf.status`, `csaf.tlp`,
 * `csaf.cve`, `csaf.score`, `csaf.title` and `csaf.publisher`.
 */
export function readCsaf(json: unknown): Result<IntelligenceBatch> {
  const document = recordAt(json, 'document')
  if (!isRecord(json) || document === undefined || !recognisesCsaf(json)) return refuseOther(json)
  const version = lineAt(document, 'csaf_version')
  if (version !== undefined && version !== '2.0' && version !== '2.1') {
    return refuse(
      'csaf.version',
      `This document says that it is CSAF ${version.slice(0, 20)}. CSAF 2.0 and 2.1 can be read.`,
      '/document/csaf_version',
    )
  }
  const problems: Problem[] = []
  const complain: Complain = (rule, pointer, message) => problems.push({ rule, pointer, severity: 'warning', message })
  if (version === undefined)
    complain('csaf.schema', '/document/csaf_version', 'The document does not say which version of CSAF it is. It was read as 2.0.')
  if (version === '2.1' && memberOf(json, '$schema') === undefined)
    complain('csaf.schema', '/$schema', 'A CSAF 2.1 document must name its schema, and this one does not.')

  const publisherName = lineAt(recordAt(document, 'publisher'), 'name')
  if (publisherName === undefined) complain('csaf.publisher', '/document/publisher/name', 'The document does not name its publisher.')
  const reading = readAdvisory(json, document, complain)
  const isRejected = 'reason' in reading
  return succeed(
    {
      format: 'csaf',
      complete: false,
      label: isRejected ? 'CSAF advisory' : `CSAF advisory ${reading.externalId}`,
      released: isRejected ? null : reading.updated,
      publisher:
        publisherName === undefined ? null : { name: publisherName, namespace: lineAt(recordAt(document, 'publisher'), 'namespace') ?? null },
      items: isRejected ? [] : [reading],
      rejected: isRejected ? [reading] : [],
    },
    problems,
  )
}

function readAdvisory(json: JsonRecord, document: JsonRecord, complain: Complain): IntelligenceItem | RejectedItem {
  const tracking = recordAt(document, 'tracking')
  const id = lineAt(tracking, 'id')
  if (id === undefined) {
    return {
      position: '/document/tracking/id',
      externalId: null,
      reason: 'The advisory has no id ("document.tracking.id"), so it could not be told from others.',
      excerpt: excerptOf(document),
    }
  }
  const title = lineAt(document, 'title')
  if (title === undefined) complain('csaf.title', '/document/title', `${id} has no title.`)
  const publisher = recordAt(document, 'publisher')
  const publisherIsVendor = lineAt(publisher, 'category') === 'vendor'
  const vulnerabilities = readVulnerabilities(json, complain)
  const scores = vulnerabilities.flatMap(vulnerability => (vulnerability.score === null ? [] : [vulnerability.score.tenths]))
  const cvssTenths = scores.length === 0 ? null : Math.max(...scores)
  const aggregate = lineAt(recordAt(document, 'aggregate_severity'), 'text')
  const notes = listAt(document, 'notes')
  const noteOf = (category: string) =>
    textAt(
      notes.find(note => lineAt(note, 'category') === category),
      'text',
    )

  return {
    externalId: id,
    title: title ?? id,
    summary:
      noteOf('summary') ?? noteOf('description') ?? vulnerabilities.find(entry => entry.description !== null)?.description ?? noteOf('details') ?? '',
    url: pageOf(document),
    published: readDate(tracking, 'initial_release_date', complain),
    updated: readDate(tracking, 'current_release_date', complain),
    cves: [...new Set(vulnerabilities.map(vulnerability => vulnerability.cve).filter(cve => cve !== null))],
    severity: cvssTenths === null ? (parseSeverity(aggregate ?? '') ?? null) : severityOfCvss(cvssTenths),
    cvssTenths,
    products: readProducts(json, publisherIsVendor ? (lineAt(publisher, 'name') ?? '') : ''),
    kev: null,
    tlp: readTlp(document, complain),
    withdrawn: isWithdrawn(document, title ?? ''),
    references: addressesOf(document),
    details: {
      category: lineAt(document, 'category') ?? null,
      version: lineAt(tracking, 'version') ?? null,
      status: readStatus(tracking, complain),
      publisher: {
        name: lineAt(publisher, 'name') ?? null,
        category: lineAt(publisher, 'category') ?? null,
        namespace: lineAt(publisher, 'namespace') ?? null,
      },
      aggregateSeverity: aggregate ?? null,
      distribution: textAt(recordAt(document, 'distribution'), 'text') ?? null,
      notes: notes.map(note => ({ category: lineAt(note, 'category') ?? '', title: lineAt(note, 'title') ?? '', text: textAt(note, 'text') ?? '' })),
      revisions: listAt(tracking, 'revision_history').map(revision => ({
        number: lineAt(revision, 'number') ?? '',
        date: lineAt(revision, 'date') ?? '',
        summary: textAt(revision, 'summary') ?? '',
      })),
      vulnerabilities: vulnerabilityDetails(vulnerabilities),
    },
  }
}

/** CSAF wants RFC 3339 (§2.2); a date without a zone is read as UTC. */
function readDate(tracking: unknown, name: string, complain: Complain): Instant | null {
  const pointer = `/document/tracking/${name}`
  const text = lineAt(tracking, name) ?? ''
  const exact = parseInstant(text)
  if (exact !== undefined) return exact
  const withoutZone = parseInstant(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : `${text}Z`)
  complain(
    'csaf.date',
    pointer,
    withoutZone === undefined ? `The date "${text.slice(0, 40)}" cannot be read.` : `The date "${text}" has no zone. It was read as UTC.`,
  )
  return withoutZone ?? null
}

function readStatus(tracking: unknown, complain: Complain): string | null {
  const status = lineAt(tracking, 'status')
  if (status !== 'final' && status !== 'interim') {
    complain(
      'csaf.status',
      '/document/tracking/status',
      status === 'draft' ? 'This advisory is a draft: it may change, or never be published.' : 'The advisory does not say whether it is final.',
    )
  }
  return status ?? null
}

/** A label that is there and cannot be read is taken for the narrowest: what is restricted must not leak because it is misspelt. */
function readTlp(document: JsonRecord, complain: Complain): Tlp | null {
  const tlp = memberOf(recordAt(document, 'distribution'), 'tlp')
  if (tlp === undefined) return null
  const label = lineAt(tlp, 'label')
  const read = parseTlp(label ?? '')
  if (read === undefined)
    complain(
      'csaf.tlp',
      '/document/distribution/tlp/label',
      `The TLP label "${(label ?? '').slice(0, 40)}" is not known. The advisory is treated as TLP:RED.`,
    )
  return read ?? 'RED'
}

/** CSAF 2.1 has categories for it (§4.6, §4.7). CSAF 2.0 has no mark, so publishers say so at the head of the title. */
function isWithdrawn(document: JsonRecord, title: string): boolean {
  const category = lineAt(document, 'category')?.toLowerCase()
  return category === 'csaf_withdrawn' || category === 'csaf_superseded' || /^[^\p{L}\p{N}]*withdrawn\b/iu.test(title)
}

/** The address of the advisory itself, of a page for people rather than of the JSON where both are given. */
function pageOf(document: JsonRecord): string | null {
  const selves = listAt(document, 'references').filter(reference => lineAt(reference, 'category') === 'self')
  const addresses = addressesOf({ references: selves })
  return addresses.find(address => !address.endsWith('.json')) ?? addresses[0] ?? null
}

function refuseOther(json: unknown): Result<never> {
  const isListing =
    recordAt(json, 'feed') !== undefined || memberOf(json, 'canonical_url') !== undefined || memberOf(json, 'aggregator') !== undefined
  if (isListing)
    return refuse(
      'csaf.listing',
      'This file lists where CSAF advisories are found, and is not an advisory itself. Gather the advisories that it names.',
    )
  return refuse('csaf.not-csaf', 'This is JSON, but not a CSAF advisory: it has no "document" with a "csaf_version".')
}

function refuse(rule: string, message: string, pointer = ''): Result<never> {
  return fail({ rule, pointer, severity: 'error', message })
}
