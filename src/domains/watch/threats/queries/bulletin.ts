import { toPlainText } from '../../../../codecs/nhs-cyber-alerts/html.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import { isRecord, lineAt, listAt, textAt } from '../../../../kernel/json.ts'
import { severityOfCvss, type Severity } from '../../../../kernel/severity.ts'
import type { Tlp } from '../../../../kernel/tlp.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { StoredItem } from '../../gathering/model.ts'
import type { Visible } from '../../tables.ts'
import { itemsOfThreat, threatById } from './show.ts'

/** What a bulletin's draft is filled with. All texts are plain. */
export interface ThreatForBulletin {
  readonly id: string
  readonly title: string
  readonly summary: string
  readonly cves: readonly string[]
  /** What its sources call it; without that, what its CVSS score or its being exploited makes it. */
  readonly severity: Exclude<Severity, 'critical'>
  /** Why it is pressing, in a sentence. */
  readonly reason: string
  readonly published: Instant | null
  /** The narrowest label of what it was understood from: a bulletin must not be wider. */
  readonly tlp: Tlp
  /** "Vulnerability" where it has a CVE; what an NHS cyber alert says it is. `null` when nothing says. */
  readonly threatType: string | null
  readonly affects: readonly AffectedProduct[]
  /** Web addresses, each once; the sources' own pages first. */
  readonly references: readonly string[]
  readonly kev: { readonly since: string; readonly due: string | null; readonly ransomware: boolean | null; readonly requiredAction: string } | null
  readonly remediation: readonly RemediationStep[]
  /** Where each statement comes from. */
  readonly sources: readonly { readonly name: string; readonly externalId: string; readonly url: string | null }[]
}

export interface AffectedProduct {
  readonly maker: string
  readonly product: string
  /** As the sources write them; empty for "not said". */
  readonly versions: readonly string[]
}

export interface RemediationStep {
  /** The four of an NHS cyber alert (domain.md §1.2). */
  readonly type: 'Patch' | 'Guidance' | 'Action' | 'Aware'
  readonly text: string
  readonly link: string | null
}

const MOST_STEPS = 20
const MOST_REFERENCES = 40

/** The threat as a bulletin's draft needs it, or `undefined` when there is none of that id. */
export async function threatForBulletin(db: Reader<Visible>, id: string): Promise<ThreatForBulletin | undefined> {
  const threat = await threatById(db, id)
  if (threat === undefined) return undefined
  const all = await itemsOfThreat(db, id)
  const live = all.filter(row => row.withdrawn_at === null)
  const items = live.length > 0 ? live : all
  const contents = items.map(row => row.content)
  const listings = contents.map(item => item.kev).filter(entry => entry !== null)
  // A record of the CVE repeats the date alone; the catalogue itself says what to do.
  const kev = listings.find(entry => entry.requiredAction !== '') ?? listings[0]
  return {
    id,
    // What an organisation reported is its own: a draft does not begin with its name.
    title: lineAt(contents[0]?.details ?? {}, 'bulletinTitle') ?? threat.title,
    summary: threat.summary,
    cves: threat.cves,
    severity: severityOf(threat.severity, threat.cvss_tenths, threat.kev_since !== null),
    reason: threat.reason,
    published: threat.published_at,
    tlp: threat.tlp,
    threatType:
      contents.map(item => lineAt(item.details, 'threatType')).find(type => type !== undefined) ?? (threat.cves.length > 0 ? 'Vulnerability' : null),
    affects: affectedOf(contents),
    references: [...new Set([...contents.map(item => item.url).filter(url => url !== null), ...contents.flatMap(item => item.references)])].slice(
      0,
      MOST_REFERENCES,
    ),
    kev:
      kev === undefined ? null : { since: kev.dateAdded, due: kev.dueDate, ransomware: kev.knownRansomwareUse, requiredAction: kev.requiredAction },
    remediation: distinct(items.flatMap(row => remediationOf(row.format, row.content))).slice(0, MOST_STEPS),
    sources: items.map(row => ({ name: row.sourceName, externalId: row.external_id, url: row.url })),
  }
}

/** A bulletin knows no "critical": the worst is high. */
function severityOf(severity: Severity | null, cvssTenths: number | null, isExploited: boolean): Exclude<Severity, 'critical'> {
  const said = severity ?? (cvssTenths === null ? (isExploited ? 'high' : 'medium') : severityOfCvss(cvssTenths))
  return said === 'critical' ? 'high' : said
}

function affectedOf(contents: readonly StoredItem[]): readonly AffectedProduct[] {
  const products = contents.flatMap(item => item.products).filter(product => product.affected !== false)
  const named = Map.groupBy(products, ({ maker, product }) => JSON.stringify([maker.toLowerCase(), product.toLowerCase()]))
  return [...named.values()].flatMap(same => {
    const first = same[0]
    if (first === undefined) return []
    const versions = [...new Set(same.map(product => product.version).filter(version => version !== null))]
    return [{ maker: first.maker, product: first.product, versions }]
  })
}

function remediationOf(format: string, item: StoredItem): RemediationStep[] {
  if (format === 'kev-json')
    return item.kev === null || item.kev.requiredAction === '' ? [] : [{ type: 'Action', text: item.kev.requiredAction, link: null }]
  if (format === 'nhs-cyber-alerts') {
    const intro = toPlainText(textAt(item.details, 'remediationIntroHtml') ?? '')
    const steps = listAt(item.details, 'remediationSteps').map((step): RemediationStep => ({
      type: NHS_TYPES.find(known => known === lineAt(step, 'type')) ?? 'Guidance',
      text: toPlainText(textAt(step, 'stepHtml') ?? ''),
      link: lineAt(step, 'link') ?? null,
    }))
    return [{ type: 'Guidance' as const, text: intro, link: null }, ...steps].filter(step => step.text !== '' || step.link !== null)
  }
  const remedies = listAt(item.details, 'vulnerabilities')
    .filter(isRecord)
    .flatMap(vulnerability => listAt(vulnerability, 'remediations'))
  return remedies.flatMap(remedy => {
    const [text, link] = [textAt(remedy, 'details') ?? '', lineAt(remedy, 'url') ?? null]
    return text === '' && link === null ? [] : [{ type: CSAF_TYPES[lineAt(remedy, 'category') ?? ''] ?? 'Guidance', text, link }]
  })
}

const NHS_TYPES = ['Patch', 'Guidance', 'Action', 'Aware'] as const

/** The categories of a CSAF remediation (CSAF 2.0 §3.2.3.12.1) as the types of a bulletin's step. */
const CSAF_TYPES: Readonly<Record<string, RemediationStep['type']>> = {
  vendor_fix: 'Patch',
  optional_patch: 'Patch',
  mitigation: 'Action',
  workaround: 'Action',
  none_available: 'Aware',
  no_fix_planned: 'Aware',
  fix_planned: 'Aware',
}

function distinct(steps: readonly RemediationStep[]): readonly RemediationStep[] {
  return [...new Map(steps.map(step => [JSON.stringify([step.text, step.link]), step])).values()]
}
