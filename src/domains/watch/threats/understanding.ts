import { parseInstant, type Instant } from '../../../kernel/instant.ts'
import { nameKey } from '../../../kernel/name-key.ts'
import { compareSeverity, type Severity } from '../../../kernel/severity.ts'
import { narrowestTlp, type Tlp } from '../../../kernel/tlp.ts'
import type { StoredItem } from '../gathering/model.ts'

/**
 * How items become threats. The rule:
 *
 * 1. An item joins the oldest threat that holds one of its CVEs; a threat holds the CVEs of all its items.
 * 2. An item whose CVEs no threat holds, or that names none, is a threat of its own.
 * 3. An item never moves by itself. When it speaks of CVEs that two threats hold, it joins the older, and both threats say so:
 *    nothing is merged unseen, and nothing is lost.
 *
 * The outcome depends only on the order in which items were gathered. Splitting and merging by hand is the analyst's.
 */

/** A threat as far as grouping needs. Oldest first in every list of them. */
export interface KnownThreat {
  readonly id: string
  readonly cves: readonly string[]
}

export interface NewItem {
  readonly id: string
  readonly cves: readonly string[]
}

export interface Placement {
  readonly itemId: string
  readonly threatId: string
  /** Why it belongs there, in words. */
  readonly why: string
  /** Whether the threat was made for it. */
  readonly isFounder: boolean
  /** The other threats that hold some of its CVEs, with those CVEs. */
  readonly others: readonly { readonly threatId: string; readonly cves: readonly string[] }[]
}

/** Places each item, in the order given. `newId` makes the id of a new threat. */
export function placeItems(items: readonly NewItem[], oldestFirst: readonly KnownThreat[], newId: () => string): readonly Placement[] {
  const rank = new Map<string, number>()
  const holders = new Map<string, string[]>()
  const hold = (threatId: string, cves: readonly string[]) => {
    if (!rank.has(threatId)) rank.set(threatId, rank.size)
    for (const cve of cves) {
      const held = holders.get(cve) ?? []
      if (!held.includes(threatId)) holders.set(cve, [...held, threatId])
    }
  }
  for (const threat of oldestFirst) hold(threat.id, threat.cves)

  return items.map(item => {
    const found = [...new Set(item.cves.flatMap(cve => holders.get(cve) ?? []))].toSorted((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0))
    const [oldest, ...rest] = found
    const threatId = oldest ?? newId()
    const sharedWith = (id: string) => item.cves.filter(cve => holders.get(cve)?.includes(id) === true)
    const others = rest.map(id => ({ threatId: id, cves: sharedWith(id) }))
    const why =
      oldest === undefined
        ? founding(item.cves)
        : joining(
            sharedWith(oldest),
            others.flatMap(other => other.cves),
          )
    hold(threatId, item.cves)
    return { itemId: item.id, threatId, why, isFounder: oldest === undefined, others }
  })
}

function founding(cves: readonly string[]): string {
  if (cves.length === 0) return 'It names no CVE, so it stands alone.'
  return `It was the first gathered about ${listed(cves)}.`
}

function joining(shared: readonly string[], elsewhere: readonly string[]): string {
  const why = `It is about ${listed(shared)}, as this threat is.`
  return elsewhere.length === 0 ? why : `${why} It is also about ${listed([...new Set(elsewhere)])}, which a newer threat holds.`
}

/** A few by name, the rest as a number. */
export function listed(cves: readonly string[]): string {
  if (cves.length > 4) return `${cves.slice(0, 3).join(', ')} and ${cves.length - 3} more`
  return cves.length < 2 ? cves.join('') : `${cves.slice(0, -1).join(', ')} and ${cves.at(-1) ?? ''}`
}

/** An item of a threat, in the order in which they were gathered. */
export interface ThreatItem {
  readonly externalId: string
  readonly format: string
  readonly isWithdrawn: boolean
  readonly content: StoredItem
}

export interface ThreatProduct {
  readonly maker: string
  readonly product: string
  readonly makerKey: string
  readonly productKey: string
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
  readonly severity: Severity | null
  readonly tlp: Tlp
  readonly isWithdrawn: boolean
  readonly products: readonly ThreatProduct[]
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
  const products = productsOf(said)
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
    severity:
      said
        .map(item => item.severity)
        .filter(severity => severity !== null)
        .toSorted(compareSeverity)[0] ?? null,
    tlp: narrowestTlp(items.map(item => item.content.tlp ?? DEFAULT_TLP[item.format] ?? 'AMBER')),
    isWithdrawn: live.length === 0,
    products,
    search: [...new Set(searched)].join(' ').toLowerCase(),
  }
}

/** The label of what its source leaves unmarked. The catalogue and the alerts are public; an unmarked advisory is kept within the sector. */
const DEFAULT_TLP: Readonly<Record<string, Tlp>> = { 'kev-json': 'CLEAR', 'nhs-cyber-alerts': 'CLEAR', csaf: 'GREEN' }

/** Each product once, by its keys; those that a source says are not affected are left out. */
function productsOf(items: readonly StoredItem[]): readonly ThreatProduct[] {
  const products = new Map<string, ThreatProduct>()
  for (const { maker, product, affected } of items.flatMap(item => item.products)) {
    const [makerKey, productKey] = [nameKey(maker), nameKey(product)]
    const key = `${makerKey}\n${productKey}`
    if (affected !== false && productKey !== '' && !products.has(key)) products.set(key, { maker, product, makerKey, productKey })
  }
  return [...products.values()]
}

function latest(instants: readonly (Instant | undefined)[]): Instant | null {
  return instants.reduce<Instant | null>((newest, at) => (at !== undefined && (newest === null || at > newest) ? at : newest), null)
}
