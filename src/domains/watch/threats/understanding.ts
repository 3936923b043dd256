import { parseInstant, type Instant } from '../../../kernel/instant.ts'
import type { SsvcStatement } from '../../../kernel/intelligence.ts'
import { compareSeverity, type Severity } from '../../../kernel/severity.ts'
import { narrowestTlp, type Tlp } from '../../../kernel/tlp.ts'
import { worstSsvc } from '../enrichment/model.ts'
import type { StoredItem } from '../gathering/model.ts'
import { NOTIFICATION } from '../sources/model.ts'
import { affectedProducts, type AffectedProduct } from './matching/affected.ts'

/** An item of a threat, in the order in which they were gathered. */
export interface ThreatItem {
  readonly externalId: string
  readonly format: string
  readonly isWithdrawn: boolean
  readonly content: StoredItem
}

export interface ThreatFacts {
  readonly title: string
  readonly summary: string
  readonly cves: readonly string[]
  readonly publishedAt: Instant | null
  readonly kevSince: string | null
  readonly kevDue: string | null
  readonly ransomware: boolean | null
  readonly cvssTenths: number | null
  readonly ssvc: SsvcStatement | null
  readonly severity: Severity | null
  readonly reportedCareAffected: boolean
  readonly tlp: Tlp
  readonly isWithdrawn: boolean
  readonly products: readonly AffectedProduct[]
  /** What the search box looks in. */
  readonly search: string
}

/**
 * What a threat's items say together: the first gathered gives title and summary, the worst gives severity and score, the narrowest
 * the TLP label. Withdrawn items do not count, unless all are.
 */
export function factsOf(items: readonly ThreatItem[]): ThreatFacts {
  const live = items.filter(item => !item.isWithdrawn)
  const said = (live.length > 0 ? live : items).map(item => item.content)
  const first = said[0]
  const kev = said.map(item => item.kev).filter(entry => entry !== null)
  const ransomware = kev.map(entry => entry.knownRansomwareUse).filter(use => use !== null)
  const products = affectedProducts(said.flatMap(item => item.products))
  const cves = [...new Set(items.flatMap(item => item.content.cves))]
  const makersAndProducts = products.flatMap(product => [product.maker, product.product])
  const searched = [...items.map(item => item.externalId), ...items.map(item => item.content.title), ...cves, ...makersAndProducts]
  return {
    title: first?.title ?? '',
    summary: said.map(item => item.summary).find(summary => summary !== '') ?? '',
    cves,
    publishedAt: latest(said.map(item => parseInstant(item.published ?? ''))),
    kevSince: kev.map(entry => entry.dateAdded).toSorted()[0] ?? null,
    kevDue:
      kev
        .map(entry => entry.dueDate)
        .filter(due => due !== null)
        .toSorted()[0] ?? null,
    ransomware: ransomware.length === 0 ? null : ransomware.includes(true),
    cvssTenths: said.reduce<number | null>((worst, item) => (item.cvssTenths === null ? worst : Math.max(worst ?? 0, item.cvssTenths)), null),
    ssvc: worstSsvc(said.flatMap(item => (item.assessments ?? []).map(assessment => assessment.ssvc)).filter(statement => statement !== null)),
    severity:
      said
        .map(item => item.severity)
        .filter(severity => severity !== null)
        .toSorted(compareSeverity)[0] ?? null,
    reportedCareAffected: live.some(item => item.format === NOTIFICATION && item.content.details['isCareAffectedReported'] === true),
    tlp: narrowestTlp(items.map(item => labelOf(item.format, item.content.tlp))),
    isWithdrawn: live.length === 0,
    products,
    search: [...new Set(searched)].join(' ').toLowerCase(),
  }
}

/** The label of an item: its own, or what holds for its format. */
export function labelOf(format: string, own: Tlp | null): Tlp {
  return own ?? DEFAULT_TLP[format] ?? 'AMBER'
}

/** The label of what its source leaves unmarked. What is published to all is public; an unmarked advisory is kept within the sector, and what others share is kept narrower. */
const DEFAULT_TLP: Readonly<Record<string, Tlp>> = {
  'kev-json': 'CLEAR',
  'nhs-cyber-alerts': 'CLEAR',
  nvd: 'CLEAR',
  cve: 'CLEAR',
  feed: 'CLEAR',
  csaf: 'GREEN',
}

function latest(instants: readonly (Instant | undefined)[]): Instant | null {
  return instants.reduce<Instant | null>((newest, at) => (at !== undefined && (newest === null || at > newest) ? at : newest), null)
}
