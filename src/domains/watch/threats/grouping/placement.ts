import { nameKey } from '../../../../kernel/name-key.ts'
import { evidenceBetween, inWords, listed, type Evidence, type Worded } from './evidence.ts'
import { isRollUp, titleWords, type ItemTraits } from './traits.ts'

/**
 * How items become threats. The rule:
 *
 * 1. An item joins the oldest threat of which it shares a CVE with an item; without that, the one to whose items the strongest evidence
 *    ties it (`evidence.ts`); of several to which it refers the oldest.
 * 2. An item that nothing ties to a threat is a threat of its own; so is one that only likeness ties, and to several equally.
 * 3. An item never moves by itself, and threats never merge by themselves. Where an item speaks of CVEs that two threats hold, it joins
 *    the older, and both say so: nothing is merged unseen, and nothing is lost.
 *
 * The outcome depends only on the order in which items were gathered. Splitting and merging by hand is the analyst's, and stays.
 */

/** A threat with those of its items that may tie others to it. Oldest first in every list of them. */
export interface KnownThreat {
  readonly id: string
  readonly items: readonly ItemTraits[]
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
  /** The threats that are so alike that it might belong to any of them: it stands alone until a person says to which. */
  readonly doubtful: readonly string[]
}

/** Places each item, in the order given. `newId` makes the id of a new threat. */
export function placeItems(items: readonly ItemTraits[], oldestFirst: readonly KnownThreat[], newId: () => string): readonly Placement[] {
  const threats = new ThreatIndex()
  for (const threat of oldestFirst) for (const item of threat.items) threats.add(threat.id, worded(item))
  return items.map(item => {
    const asked = worded(item)
    const ties = threats.tiedTo(asked)
    const doubtful = doubtfulOf(ties)
    const [best, ...rest] = doubtful.length > 0 ? [] : ties
    const threatId = best?.threatId ?? newId()
    threats.add(threatId, asked)
    const others = rest.flatMap(tie => (tie.evidence.rule === 'cve' ? [{ threatId: tie.threatId, cves: tie.evidence.cves }] : []))
    const why = doubtful.length > 0 ? DOUBTFUL : whyOf(item, best?.evidence, others)
    return { itemId: item.id, threatId, why, isFounder: best === undefined, others, doubtful }
  })
}

const DOUBTFUL = 'It reads like more than one threat, so it stands alone until a person says to which it belongs.'

/** Two flaws of one product in one week read alike: likeness alone cannot choose between them. */
function doubtfulOf([best, next, ...rest]: readonly Tie[]): readonly string[] {
  if (best === undefined || next === undefined || !IS_LIKENESS.has(best.evidence.rule) || next.evidence.rule !== best.evidence.rule) return []
  return [best, next, ...rest].filter(tie => tie.evidence.rule === best.evidence.rule).map(tie => tie.threatId)
}

const IS_LIKENESS: ReadonlySet<Evidence['rule']> = new Set(['title', 'product'])

/**
 * Places items that only say more about what others opened, such as the records of a database of all vulnerabilities: each with the oldest
 * threat that holds one of its CVEs. One whose CVEs no threat holds is left out, and waits.
 */
export function attachItems(items: readonly ItemTraits[], oldestFirst: readonly KnownThreat[]): readonly Placement[] {
  const threats = new ThreatIndex()
  for (const threat of oldestFirst) for (const item of threat.items) threats.add(threat.id, worded(item))
  return items.flatMap(item => {
    const [tie] = threats.tiedTo(worded(item))
    if (tie?.evidence.rule !== 'cve') return []
    return [{ itemId: item.id, threatId: tie.threatId, why: inWords(tie.evidence), isFounder: false, others: [], doubtful: [] }]
  })
}

function worded(traits: ItemTraits): Worded {
  return { traits, words: titleWords(traits.title) }
}

function whyOf(item: ItemTraits, evidence: Evidence | undefined, others: Placement['others']): string {
  if (evidence === undefined) {
    if (isRollUp(item)) return `It lists ${item.cves.length} CVEs at once, so it stands alone.`
    return item.cves.length === 0 ? 'Nothing gathered before is about the same.' : `It was the first gathered about ${listed(item.cves)}.`
  }
  const elsewhere = [...new Set(others.flatMap(({ cves }) => cves))]
  return elsewhere.length === 0 ? inWords(evidence) : `${inWords(evidence)} It is also about ${listed(elsewhere)}, which a newer threat holds.`
}

interface Tie {
  readonly threatId: string
  readonly evidence: Evidence
}

const STRENGTH: readonly Evidence['rule'][] = ['cve', 'reference', 'title', 'product']

/** The items of threats by all that could tie another to them, so that each is compared with few. */
class ThreatIndex {
  readonly #rank = new Map<string, number>()
  readonly #byKey = new Map<string, { threatId: string; item: Worded }[]>()

  add(threatId: string, item: Worded): void {
    if (!this.#rank.has(threatId)) this.#rank.set(threatId, this.#rank.size)
    for (const key of keysOf(item)) {
      const held = this.#byKey.get(key)
      if (held === undefined) this.#byKey.set(key, [{ threatId, item }])
      else held.push({ threatId, item })
    }
  }

  /** One tie a threat, the strongest; the strongest of all first, of equals the oldest threat's. */
  tiedTo(asked: Worded): readonly Tie[] {
    const best = new Map<string, Tie>()
    const compared = new Set<Worded>()
    for (const key of keysAskedFor(asked)) {
      for (const { threatId, item } of this.#byKey.get(key) ?? []) {
        if (compared.has(item)) continue
        compared.add(item)
        const evidence = evidenceBetween(asked, item)
        if (evidence === null) continue
        const held = best.get(threatId)
        best.set(threatId, { threatId, evidence: held === undefined ? evidence : together(asked, held.evidence, evidence) })
      }
    }
    const rank = ({ threatId }: Tie) => this.#rank.get(threatId) ?? 0
    return [...best.values()].toSorted((a, b) => strength(a.evidence) - strength(b.evidence) || rank(a) - rank(b))
  }
}

function strength(evidence: Evidence): number {
  return STRENGTH.indexOf(evidence.rule)
}

/** The stronger of two; of two ties by CVE, one by all the CVEs of both. */
function together(asked: Worded, a: Evidence, b: Evidence): Evidence {
  if (a.rule !== 'cve' || b.rule !== 'cve') return strength(a) <= strength(b) ? a : b
  const cves = new Set([...a.cves, ...b.cves])
  return { rule: 'cve', cves: asked.traits.cves.filter(cve => cves.has(cve)) }
}

/**
 * Two items between which there is evidence share at least one of these. Words tie nothing where both name CVEs, so those who do are
 * kept apart from those who do not: a large catalogue has hundreds of entries with one maker's name.
 */
function keysOf(item: Worded): readonly string[] {
  const kind = item.traits.cves.length > 0 ? 'with' : 'without'
  return [...exactKeys(item.traits), ...wordsOf(item).map(word => `${kind}:${word}`)]
}

function keysAskedFor(item: Worded): readonly string[] {
  const kinds = item.traits.cves.length > 0 ? ['without'] : ['without', 'with']
  return [...exactKeys(item.traits), ...kinds.flatMap(kind => wordsOf(item).map(word => `${kind}:${word}`))]
}

function exactKeys({ cves, identities, references }: ItemTraits): readonly string[] {
  return [...cves, ...identities, ...references]
}

/** A title may name a maker of whom the other's title says nothing. */
function wordsOf({ traits, words }: Worded): readonly string[] {
  const makers = traits.products.map(({ maker }) => nameKey(maker).split(' ')[0] ?? '').filter(word => word !== '')
  return [...new Set([...words.words, ...makers])]
}
