import type { ScoreCvss } from '../../kernel/cvss.ts'
import { gatherFindings, type Complain } from '../../kernel/findings.ts'
import type { IntelligenceBatch, IntelligenceItem, RejectedItem } from '../../kernel/intelligence.ts'
import { excerptOf, isRecord, lineAt, listAt, memberOf, parseJson, recordAt, textAt, type JsonRecord } from '../../kernel/json.ts'
import { fail, succeed, type Result } from '../../kernel/problem.ts'
import { compareSeverity, parseSeverity, severityOfCvss, type Severity } from '../../kernel/severity.ts'
import { readDates } from './dates.ts'
import { readProductIds } from './product-ids.ts'
import { readProducts } from './products.ts'
import { readSharing, sharingGroupDetails } from './sharing.ts'
import { addressesOf, assessmentsOf, readVulnerabilities, vulnerabilityDetails, type Vulnerability } from './vulnerabilities.ts'

/**
 * Security advisories in the Common Security Advisory Framework (OASIS, CSAF 2.0; 2.1 is read alike). One document is one advisory.
 *
 * Makers break the standard in small ways (a date without a zone, a missing `$schema`), and their advisories still matter: such a
 * document is taken in, with warnings. This is no validator.
 */

/** Whether parsed JSON is a CSAF document, of whatever version and quality. */
export function recognisesCsaf(json: unknown): boolean {
  const document = recordAt(json, 'document')
  return (
    memberOf(document, 'csaf_version') !== undefined ||
    (recordAt(document, 'tracking') !== undefined && recordAt(document, 'publisher') !== undefined)
  )
}

/** Reads the text of an advisory. See `readCsaf`; further rules are those of `parseJson`, and `csaf.cvrf`. */
export function parseCsaf(text: string, scoreCvss: ScoreCvss): Result<IntelligenceBatch> {
  if (/^\s*</.test(text) && /cvrf/i.test(text.slice(0, 2_000))) {
    return refuse(
      'csaf.cvrf',
      'This is CVRF, the XML forerunner of CSAF, which is not read here. Ask the publisher for the CSAF 2.0 JSON of the same advisory.',
    )
  }
  const json = parseJson(text)
  return json.ok ? readCsaf(json.value, scoreCvss) : json
}

/**
 * Reads parsed JSON as one advisory: a batch of one item, or of none with the document in `rejected` when it cannot be identified.
 * `scoreCvss` scores the vectors that stand in it. Fails with `csaf.not-csaf`, `csaf.listing` or `csaf.version`. Warns, in the batch's
 * problems and in the item's `faults`, with `csaf.schema`, `.publisher`, `.title`, `.category`, `.date`, `.status`, `.tlp`,
 * `.sharing-group`, `.product-id`, `.contradiction`, `.cpe`, `.purl`, `.cve`, `.cwe`, `.score` and those of `readCvss` (`csaf.cvss.stated` …).
 */
export function readCsaf(json: unknown, scoreCvss: ScoreCvss): Result<IntelligenceBatch> {
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
  const { complain, problems } = gatherFindings('csaf')
  if (version === undefined)
    complain('schema', '/document/csaf_version', 'The document does not say which version of CSAF it is. It was read as 2.0.')
  if (version === '2.1' && memberOf(json, '$schema') === undefined)
    complain('schema', '/$schema', 'A CSAF 2.1 document must name its schema, and this one does not.')

  const publisher = recordAt(document, 'publisher')
  const publisherName = lineAt(publisher, 'name')
  if (publisherName === undefined) complain('publisher', '/document/publisher/name', 'The document does not name its publisher.')
  const id = lineAt(recordAt(document, 'tracking'), 'id')
  const item = id === undefined ? null : readAdvisory(json, id, version ?? '2.0', scoreCvss, complain)
  return succeed(
    {
      format: 'csaf',
      complete: false,
      label: item === null ? 'CSAF advisory' : `CSAF advisory ${item.externalId}`,
      released: item?.updated ?? null,
      publisher: publisherName === undefined ? null : { name: publisherName, namespace: lineAt(publisher, 'namespace') ?? null },
      items: item === null ? [] : [{ ...item, faults: problems() }],
      rejected: item === null ? [withoutId(document)] : [],
    },
    problems(),
  )
}

function withoutId(document: JsonRecord): RejectedItem {
  return {
    position: '/document/tracking/id',
    externalId: null,
    reason: 'The advisory has no id ("document.tracking.id"), so it could not be told from others.',
    excerpt: excerptOf(document),
  }
}

function readAdvisory(json: JsonRecord, id: string, version: string, scoreCvss: ScoreCvss, complain: Complain): IntelligenceItem {
  const document = recordAt(json, 'document') ?? {}
  const title = lineAt(document, 'title')
  if (title === undefined) complain('title', '/document/title', `${id} has no title.`)
  const tracking = recordAt(document, 'tracking')
  const publisher = recordAt(document, 'publisher')
  const publisherIsVendor = lineAt(publisher, 'category') === 'vendor'
  const dates = readDates(json, complain)
  const sharing = readSharing(document, version, complain)
  const ids = readProductIds(json, complain)
  const vulnerabilities = readVulnerabilities(json, ids, scoreCvss, complain)
  const aggregate = lineAt(recordAt(document, 'aggregate_severity'), 'text')
  const cvssTenths = highestScore(vulnerabilities)
  const ending = readEnding(document, title ?? '', complain)
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
    published: dates.initial,
    updated: dates.current,
    cves: [...new Set(vulnerabilities.map(vulnerability => vulnerability.cve).filter(cve => cve !== null))],
    severity: cvssTenths === null ? (worstRating(vulnerabilities) ?? parseSeverity(aggregate ?? '') ?? null) : severityOfCvss(cvssTenths),
    cvssTenths,
    products: readProducts(json, publisherIsVendor ? (lineAt(publisher, 'name') ?? '') : '', complain),
    kev: null,
    tlp: sharing.tlp,
    withdrawn: ending !== null,
    references: addressesOf(document),
    assessments: assessmentsOf(vulnerabilities),
    details: {
      category: lineAt(document, 'category') ?? null,
      csafVersion: version,
      version: lineAt(tracking, 'version') ?? null,
      status: readStatus(tracking, complain),
      ending,
      // CSAF 2.1 §4.7: a superseded advisory names its successors as external references.
      supersededBy: ending === 'superseded' ? externalAddressesOf(document) : [],
      publisher: {
        name: lineAt(publisher, 'name') ?? null,
        category: lineAt(publisher, 'category') ?? null,
        namespace: lineAt(publisher, 'namespace') ?? null,
      },
      aggregateSeverity: aggregate ?? null,
      distribution: textAt(recordAt(document, 'distribution'), 'text') ?? null,
      sharingGroup: sharingGroupDetails(sharing),
      notes: notes.map(note => ({ category: lineAt(note, 'category') ?? '', title: lineAt(note, 'title') ?? '', text: textAt(note, 'text') ?? '' })),
      revisions: listAt(tracking, 'revision_history').map(revision => ({
        number: lineAt(revision, 'number') ?? '',
        date: lineAt(revision, 'date') ?? '',
        summary: textAt(revision, 'summary') ?? '',
      })),
      vulnerabilities: vulnerabilityDetails(vulnerabilities, ids),
    },
  }
}

function highestScore(vulnerabilities: readonly Vulnerability[]): number | null {
  const scores = vulnerabilities.flatMap(({ score }) => score?.tenths ?? [])
  return scores.length === 0 ? null : Math.max(...scores)
}

function worstRating(vulnerabilities: readonly Vulnerability[]): Severity | undefined {
  return vulnerabilities.flatMap(({ metrics }) => metrics.rating ?? []).toSorted(compareSeverity)[0]
}

/** CSAF 2.0 §3.2.1.12.7: a draft may change or never be published, an interim state changes soon, a final one is what stands. */
function readStatus(tracking: unknown, complain: Complain): string | null {
  const status = lineAt(tracking, 'status')
  if (status !== 'final' && status !== 'interim') {
    complain(
      'status',
      '/document/tracking/status',
      status === 'draft' ? 'This advisory is a draft: it may change, or never be published.' : 'The advisory does not say whether it is final.',
    )
  }
  return status ?? null
}

/** CSAF 2.1 has categories for it (§4.6, §4.7). CSAF 2.0 has no mark, so publishers say so at the head of the title. */
function readEnding(document: JsonRecord, title: string, complain: Complain): 'withdrawn' | 'superseded' | null {
  const category = lineAt(document, 'category') ?? ''
  const word = category.toLowerCase().replace(/^csaf[^a-z]*/, '')
  const ending = word === 'withdrawn' || word === 'superseded' ? word : null
  if (ending !== null && category !== `csaf_${ending}`)
    complain('category', '/document/category', `The category "${category.slice(0, 40)}" was read as "csaf_${ending}".`)
  return ending ?? (/^[^\p{L}\p{N}]*withdrawn\b/iu.test(title) ? 'withdrawn' : null)
}

function externalAddressesOf(document: JsonRecord): readonly string[] {
  // "external" is the value that CSAF takes for a reference that says nothing (§3.2.1.10.1).
  return addressesOf({ references: listAt(document, 'references').filter(reference => (lineAt(reference, 'category') ?? 'external') === 'external') })
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
