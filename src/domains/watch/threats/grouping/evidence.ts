import { isRollUp, namesProduct, type ItemTraits, type TitleWords } from './traits.ts'

/** Why two items are about one thing, strongest first. The sentence is kept with the item and shown to people. */
export type Evidence =
  | { readonly rule: 'cve'; readonly cves: readonly string[] }
  | { readonly rule: 'reference'; readonly key: string; readonly title: string }
  | { readonly rule: 'title'; readonly title: string; readonly days: number }
  | { readonly rule: 'product'; readonly maker: string; readonly product: string; readonly days: number }

const DAY_MILLIS = 86_400_000
export const TITLE_DAYS = 14
const PRODUCT_DAYS = 7
/** So much of all the words of two titles must be in both. */
const ALIKE = 0.6
const FEWEST_WORDS_IN_COMMON = 3

/**
 * What ties an item to another. CVEs decide where both name some: two items about different CVEs are two threats however alike they read.
 * Where one names none, a page of the one that the other refers to, titles that nearly agree within a fortnight, or a title that names the maker and the product of
 * the other within a week, tie them. `null` when nothing does.
 */
export function evidenceBetween(item: Worded, other: Worded): Evidence | null {
  if (isRollUp(item.traits) || isRollUp(other.traits)) return null
  const shared = item.traits.cves.filter(cve => other.traits.cves.includes(cve))
  if (shared.length > 0) return { rule: 'cve', cves: shared }
  if (item.traits.cves.length > 0 && other.traits.cves.length > 0) return null
  return byReference(item.traits, other.traits) ?? byTitle(item, other) ?? byProduct(item.traits, other.traits)
}

/** An item with the words of its title, which are compared often. */
export interface Worded {
  readonly traits: ItemTraits
  readonly words: TitleWords
}

function byReference(item: ItemTraits, other: ItemTraits): Evidence | null {
  const mine = new Set([...item.identities, ...item.references])
  const key = other.identities.find(identity => mine.has(identity)) ?? item.identities.find(identity => other.references.includes(identity))
  return key === undefined ? null : { rule: 'reference', key, title: other.title }
}

function byTitle(item: Worded, other: Worded): Evidence | null {
  const days = daysBetween(item.traits, other.traits)
  if (days === null || days > TITLE_DAYS || !agree(item.words.figures, other.words.figures)) return null
  const common = [...item.words.words].filter(word => other.words.words.has(word)).length
  const all = item.words.words.size + other.words.words.size - common
  if (common < FEWEST_WORDS_IN_COMMON || common / all < ALIKE) return null
  return { rule: 'title', title: other.traits.title, days }
}

/** Whether one has no figure that the other lacks: "Firefox" and "Firefox 115" may be one, "Firefox 102" and "Firefox 115" are not. */
function agree(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [fewer, more] = a.size <= b.size ? [a, b] : [b, a]
  return [...fewer].every(figure => more.has(figure))
}

function byProduct(item: ItemTraits, other: ItemTraits): Evidence | null {
  const days = daysBetween(item, other)
  if (days === null || days > PRODUCT_DAYS) return null
  const named =
    other.products.find(({ maker, product }) => item.cves.length === 0 && namesProduct(item.title, maker, product)) ??
    item.products.find(({ maker, product }) => other.cves.length === 0 && namesProduct(other.title, maker, product))
  return named === undefined ? null : { rule: 'product', ...named, days }
}

function daysBetween(a: ItemTraits, b: ItemTraits): number | null {
  if (a.publishedAt === null || b.publishedAt === null) return null
  return Math.abs(a.publishedAt.getTime() - b.publishedAt.getTime()) / DAY_MILLIS
}

/** The sentence that the threat's page shows beside the item. */
export function inWords(evidence: Evidence): string {
  switch (evidence.rule) {
    case 'cve':
      return `It is about ${listed(evidence.cves)}, as this threat is.`
    case 'reference':
      return `It and “${evidence.title}” refer to one page or number (${evidence.key.slice(evidence.key.indexOf(':') + 1)}).`
    case 'title':
      return `Its title nearly agrees with “${evidence.title}”, ${apart(evidence.days)}.`
    case 'product':
      return `It names ${evidence.maker} ${evidence.product}, as this threat does, ${apart(evidence.days)}.`
  }
}

function apart(days: number): string {
  if (days < 1) return 'within a day'
  return `${Math.round(days)} ${Math.round(days) === 1 ? 'day' : 'days'} apart`
}

/** A few by name, the rest as a number. */
export function listed(cves: readonly string[]): string {
  if (cves.length > 4) return `${cves.slice(0, 3).join(', ')} and ${cves.length - 3} more`
  return cves.length < 2 ? cves.join('') : `${cves.slice(0, -1).join(', ')} and ${cves.at(-1) ?? ''}`
}
