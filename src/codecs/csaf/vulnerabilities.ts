import type { ScoreCvss } from '../../kernel/cvss.ts'
import type { Complain } from '../../kernel/findings.ts'
import { parseCveId, parseCweId } from '../../kernel/identifiers.ts'
import type { VulnerabilityAssessment } from '../../kernel/intelligence.ts'
import { lineAt, linesAt, listAt, recordAt, textAt, type Json, type JsonRecord } from '../../kernel/json.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'
import { readMetrics, type Metrics, type StatedScore } from './metrics.ts'
import type { ProductIds } from './product-ids.ts'

/** What is kept of one entry of `vulnerabilities` (CSAF 2.0 §3.2.3). */
export interface Vulnerability {
  readonly cve: string | null
  /** What others call it, such as `Bugzilla 12345`. */
  readonly otherIds: readonly string[]
  readonly title: string | null
  readonly weaknesses: readonly string[]
  readonly metrics: Metrics
  /** The highest base score that is stated for it. */
  readonly score: StatedScore | null
  readonly description: string | null
  /** What is said of its impact and of its exploitation (CSAF 2.0 §3.2.3.14). */
  readonly threats: readonly Threat[]
  readonly remediations: readonly Remediation[]
  readonly references: readonly string[]
}

interface Threat {
  /** `impact`, `exploit_status`, `target_set`. */
  readonly category: string
  readonly details: string
}

interface Remediation {
  /** `vendor_fix`, `mitigation`, `workaround`, `none_available`, `no_fix_planned` and the like. */
  readonly category: string
  readonly details: string
  readonly url: string | null
  /** The names of the products that it is for; empty when it names none. */
  readonly products: readonly string[]
}

/** A list for people: more names than these are counted. */
const MOST_NAMES = 20

/** Reads the vulnerabilities of a document, and says of what it could not use. */
export function readVulnerabilities(document: JsonRecord, ids: ProductIds, scoreCvss: ScoreCvss, complain: Complain): readonly Vulnerability[] {
  return listAt(document, 'vulnerabilities').map((entry, index) => {
    const pointer = `/vulnerabilities/${index}`
    const notes = listAt(entry, 'notes')
    const noteOf = (category: string) =>
      textAt(
        notes.find(note => lineAt(note, 'category') === category),
        'text',
      )
    const metrics = readMetrics(entry, pointer, scoreCvss, complain)
    return {
      cve: readCve(entry, pointer, complain),
      otherIds: listAt(entry, 'ids').flatMap(
        id => [lineAt(id, 'system_name'), lineAt(id, 'text')].filter(part => part !== undefined).join(' ') || [],
      ),
      title: lineAt(entry, 'title') ?? null,
      weaknesses: readWeaknesses(entry, pointer, complain),
      metrics,
      score: metrics.scores.reduce<StatedScore | null>((best, score) => (best === null || score.tenths > best.tenths ? score : best), null),
      description: noteOf('summary') ?? noteOf('description') ?? noteOf('details') ?? null,
      threats: readThreats(entry),
      remediations: readRemediations(entry, ids),
      references: addressesOf(entry),
    }
  })
}

/** The web addresses in the `references` of a document or of a vulnerability. */
export function addressesOf(value: unknown): readonly string[] {
  const addresses = listAt(value, 'references').map(reference => parseWebAddress(lineAt(reference, 'url') ?? ''))
  return [...new Set(addresses.filter(address => address !== undefined))]
}

/** What the document says of each vulnerability, in the neutral shape. */
export function assessmentsOf(vulnerabilities: readonly Vulnerability[]): readonly VulnerabilityAssessment[] {
  return vulnerabilities
    .map(({ cve, metrics, weaknesses }) => ({
      cve,
      cvss: metrics.scores.flatMap(score => score.statement ?? []),
      ssvc: metrics.ssvc,
      cwes: weaknesses,
    }))
    .filter(({ cvss, ssvc, cwes }) => cvss.length > 0 || ssvc !== null || cwes.length > 0)
}

/** The vulnerabilities as `details` carry them. */
export function vulnerabilityDetails(vulnerabilities: readonly Vulnerability[], ids: ProductIds): Json {
  return vulnerabilities.map(({ score, metrics, remediations, threats, ...rest }) => ({
    ...rest,
    score: score === null ? null : scoreDetails(score),
    scores: metrics.scores.map(one => ({ ...scoreDetails(one), by: one.by, ...namesOf(one.productIds, ids) })),
    decisions: metrics.decisions,
    epss: metrics.epss === null ? null : { ...metrics.epss },
    threats: threats.map(threat => ({ ...threat })),
    remediations: remediations.map(({ products, ...remediation }) => ({ ...remediation, ...shownNames(products) })),
  }))
}

function scoreDetails({ version, tenths, vector }: StatedScore) {
  return { version, tenths, vector }
}

function namesOf(productIds: readonly string[], ids: ProductIds) {
  return shownNames([...new Set(productIds.flatMap(id => ids.names.get(id) ?? []))])
}

function shownNames(names: readonly string[]) {
  return { products: names.slice(0, MOST_NAMES), moreProducts: Math.max(0, names.length - MOST_NAMES) }
}

function readCve(entry: unknown, pointer: string, complain: Complain): string | null {
  const text = lineAt(entry, 'cve')
  const cve = text === undefined ? undefined : parseCveId(text)
  if (text !== undefined && cve === undefined) complain('cve', `${pointer}/cve`, `"${text.slice(0, 60)}" is not a CVE identifier, and was left out.`)
  return cve ?? null
}

/** CSAF 2.0 has one `cwe`, 2.1 a list of `cwes`. */
function readWeaknesses(entry: unknown, pointer: string, complain: Complain): readonly string[] {
  const texts = [recordAt(entry, 'cwe'), ...listAt(entry, 'cwes')].map(cwe => lineAt(cwe, 'id')).filter(id => id !== undefined)
  const ids = texts.flatMap(text => {
    const id = parseCweId(text)
    if (id === undefined) complain('cwe', `${pointer}/cwe`, `"${text.slice(0, 60)}" is not a CWE identifier, and was left out.`)
    return id ?? []
  })
  return [...new Set(ids)]
}

/** CSAF 2.1 says since when it has been exploited in dates of their own (`first_known_exploitation_dates`). */
function readThreats(entry: unknown): readonly Threat[] {
  const said = listAt(entry, 'threats').map(threat => ({ category: lineAt(threat, 'category') ?? '', details: textAt(threat, 'details') ?? '' }))
  const since = listAt(entry, 'first_known_exploitation_dates').map(known => lineAt(known, 'exploitation_date') ?? '')
  const exploited = since.map(date => ({ category: 'exploit_status', details: date === '' ? '' : `Known to be exploited since ${date}.` }))
  return distinct([...said, ...exploited].filter(threat => threat.details !== ''))
}

/** Large documents repeat one remediation for each product. */
function readRemediations(entry: unknown, ids: ProductIds): readonly Remediation[] {
  const byContent = new Map<string, Omit<Remediation, 'products'> & { readonly names: Set<string> }>()
  for (const remediation of listAt(entry, 'remediations')) {
    const category = lineAt(remediation, 'category') ?? ''
    const details = textAt(remediation, 'details') ?? ''
    const url = parseWebAddress(lineAt(remediation, 'url') ?? '') ?? null
    if (details === '' && url === null) continue
    const key = JSON.stringify([category, details, url])
    const known = byContent.get(key) ?? { category, details, url, names: new Set<string>() }
    byContent.set(key, known)
    const productIds = [...linesAt(remediation, 'product_ids'), ...linesAt(remediation, 'group_ids').flatMap(id => ids.groups.get(id) ?? [])]
    for (const id of productIds) {
      const name = ids.names.get(id)
      if (name !== undefined) known.names.add(name)
    }
  }
  return [...byContent.values()].map(({ names, ...remediation }) => ({ ...remediation, products: [...names] }))
}

function distinct<T>(list: readonly T[]): readonly T[] {
  return [...new Map(list.map(value => [JSON.stringify(value), value])).values()]
}
