import type { ScoreCvss } from '../../kernel/cvss.ts'
import { gatherFindings } from '../../kernel/findings.ts'
import { parseCveId } from '../../kernel/identifiers.ts'
import type { IntelligenceBatch, IntelligenceItem, RejectedItem } from '../../kernel/intelligence.ts'
import { excerptOf, lineAt, linesAt, listAt, memberOf, recordAt } from '../../kernel/json.ts'
import { fail, succeed, type Result } from '../../kernel/problem.ts'
import { severityOfCvss } from '../../kernel/severity.ts'
import { cleanLine, shorten } from '../../kernel/text.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'
import { readProducts } from './affected.ts'
import { readAssessments } from './assessments.ts'
import { containersOf, englishOf, instantOf, latest, remediationsOf, type Container } from './containers.ts'

/**
 * Records of the CVE Program (CVE Record Format 5.0 to 5.2, https://cveproject.github.io/cve-schema/). One document is one record: what
 * the authority that numbered the vulnerability says (CNA), and beside it what others add (ADP), of whom CISA adds SSVC and the flag of KEV.
 */

/** Whether parsed JSON is a CVE record, of whatever version and quality, or the list of changes that comes with records. */
export function recognisesCve(json: unknown): boolean {
  return memberOf(json, 'dataType') === 'CVE_RECORD' || recordAt(json, 'cveMetadata') !== undefined || isVersion4(json) || isListOfChanges(json)
}

/**
 * Reads parsed JSON as one record: a batch of one item, or of none with the record in `rejected` when its identifier cannot be read. What
 * it breaks of its format stands in the item's `faults`: `cve.date`, `.state`, `.description`, `.container`, `.ssvc`, `.kev` and those
 * of `readCvss` (`cve.cvss.stated` …). Fails with `cve.not-cve`, `cve.version` or `cve.listing`.
 *
 * `details` has `state`, `assigner`, `containers` (who says something, and when last), `vulnerabilities` and `notes` in the shape of CSAF.
 */
export function readCve(json: unknown, scoreCvss: ScoreCvss): Result<IntelligenceBatch> {
  if (!recognisesCve(json)) return refuse('cve.not-cve', 'This is JSON, but not a CVE record: it has no "cveMetadata".')
  if (isListOfChanges(json)) {
    const message = 'This file lists which CVE records changed, and is no record itself. Gather the records that it names.'
    return refuse('cve.listing', message)
  }
  const version = lineAt(json, 'dataVersion')
  if (isVersion4(json) || (version !== undefined && !/^5(\.|$)/.test(version))) {
    const message = `This CVE record is in version ${(version ?? '4').slice(0, 20)} of its format. Version 5 can be read: fetch the record from cve.org again.`
    return refuse('cve.version', message)
  }
  const reading = readRecord(json, scoreCvss)
  const isRejected = 'reason' in reading
  return succeed({
    format: 'cve',
    complete: false,
    label: isRejected ? 'CVE record' : `CVE record ${reading.externalId}`,
    released: isRejected ? null : reading.updated,
    publisher: { name: 'CVE Program', namespace: 'https://www.cve.org/' },
    items: isRejected ? [] : [reading],
    rejected: isRejected ? [reading] : [],
  })
}

function readRecord(json: unknown, scoreCvss: ScoreCvss): IntelligenceItem | RejectedItem {
  const metadata = recordAt(json, 'cveMetadata')
  const written = lineAt(metadata, 'cveId')
  const cve = parseCveId(written ?? '')
  if (cve === undefined) {
    const shown = written === undefined ? 'missing' : `"${written.slice(0, 60)}"`
    const reason = `The record's CVE cannot be read: "cveMetadata.cveId" should look like CVE-2024-12345, and is ${shown}.`
    return { position: '/cveMetadata/cveId', externalId: null, reason, excerpt: excerptOf(metadata ?? json) }
  }
  const { complain, problems } = gatherFindings('cve')
  const containers = containersOf(json)
  const cna = containers.find(container => container.isCna)
  const state = lineAt(metadata, 'state')?.toUpperCase() ?? null
  if (state !== 'PUBLISHED' && state !== 'REJECTED')
    complain('state', '/cveMetadata/state', `The state of ${cve} should be PUBLISHED or REJECTED, and is ${state ?? 'missing'}.`)
  if (cna === undefined) complain('container', '/containers/cna', `${cve} says nothing of the authority that numbered it.`)

  const description = englishOf(cna?.content, 'descriptions') ?? ''
  const rejectedReason = englishOf(cna?.content, 'rejectedReasons') ?? ''
  const summary = state === 'REJECTED' && rejectedReason !== '' ? rejectedReason : description
  if (summary === '') complain('description', '/containers/cna/descriptions', `${cve} has no description.`)
  const said = readAssessments(cve, containers, scoreCvss, complain)
  const title = cna === undefined ? undefined : lineAt(cna.content, 'title')
  const dateOf = (name: string) => instantOf(metadata, name, '/cveMetadata', complain)
  const referenced = containers.flatMap(({ content }) => listAt(content, 'references').map(reference => lineAt(reference, 'url') ?? ''))
  const references = [...new Set(referenced.map(parseWebAddress).filter(address => address !== undefined))]

  return {
    externalId: cve,
    title: title ?? titleFrom(summary, cve),
    summary,
    url: `https://www.cve.org/CVERecord?id=${cve}`,
    published: dateOf('datePublished') ?? null,
    updated: latest([dateOf('dateUpdated'), dateOf('dateRejected'), ...containers.map(container => container.updated)]),
    cves: [cve],
    severity: said.cvssTenths === null ? null : severityOfCvss(said.cvssTenths),
    cvssTenths: said.cvssTenths,
    products: readProducts(containers.map(container => container.content)),
    kev: said.kev,
    tlp: null,
    withdrawn: state === 'REJECTED',
    references,
    details: {
      state,
      assigner: lineAt(metadata, 'assignerShortName') ?? null,
      containers: containers.map(({ by, title: heading, updated }) => ({ by, title: heading, updated: updated?.toISOString() ?? null })),
      replacedBy: linesAt(cna?.content, 'replacedBy'),
      vulnerabilities: [{ cve, title: title ?? null, weaknesses: said.assessment.cwes, remediations: containers.flatMap(remediationsOf) }],
      notes: notesOf(containers),
    },
    assessments: [said.assessment],
    tags: tagsOf(containers),
    faults: problems(),
  }
}

/** A record need not have a title, and most have none: the start of the description stands in. */
function titleFrom(summary: string, cve: string): string {
  return shorten(cleanLine(summary), 150) || cve
}

function notesOf(containers: readonly Container[]) {
  return containers.flatMap(({ content }) => {
    const exploits = englishOf(content, 'exploits')
    const configurations = englishOf(content, 'configurations')
    return [
      ...(exploits === undefined ? [] : [{ category: 'general', title: 'Exploitation', text: exploits }]),
      ...(configurations === undefined ? [] : [{ category: 'general', title: 'Configurations affected', text: configurations }]),
    ]
  })
}

/** What the containers call it: `disputed`, `unsupported-when-assigned`. Those that begin with `x_` are of one program's making. */
function tagsOf(containers: readonly Container[]): readonly string[] {
  const tags = containers.flatMap(({ content }) => linesAt(content, 'tags'))
  return [...new Set(tags.filter(tag => !tag.startsWith('x_')))]
}

function isVersion4(json: unknown): boolean {
  return memberOf(json, 'data_type') === 'CVE' && recordAt(json, 'CVE_data_meta') !== undefined
}

/** `delta.json` and `deltaLog.json` of the list of records. */
function isListOfChanges(json: unknown): boolean {
  const list: unknown = Array.isArray(json) ? json[0] : json
  return memberOf(list, 'fetchTime') !== undefined && memberOf(list, 'numberOfChanges') !== undefined
}

function refuse(rule: string, message: string): Result<never> {
  return fail({ rule, pointer: '', severity: 'error', message })
}
