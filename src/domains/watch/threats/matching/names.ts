import { parseVersion } from '../../../../codecs/version-range/version.ts'
import { align, type Alignment } from './align.ts'
import type { MakerBook, MakerRelation } from './makers.ts'
import { isSeveral, readProduct, variantsOf, type ReadProduct } from './read-product.ts'
import { bothWithoutMakers, relateNames, type Relation, type WrittenName } from './relation.ts'
import { commonnessOfMisspelt } from './vocabulary.ts'
import type { Word } from './words.ts'

export interface NameMatch {
  readonly outcome: 'runs' | 'may-run'
  /** For a person: why it is taken for the product, or why it only may be. Whole sentences. */
  readonly why: string
  /** A version that stands in the organisation's name for it. */
  readonly version: string | null
}

/**
 * Whether the name that an organisation wrote is the product that an advisory names, by the names alone; `undefined` when it is another.
 * `hasVersions`: whether the advisory says which versions, so that a number left over may be one.
 *
 * - It **is** when the makers are one and the names say the same words, whatever their order and spelling. Words that say nothing ("system"),
 *   what it is for ("infusion") and what stands in brackets may be missing.
 * - It **may be** when one of the two says less (the family without the model), when no maker is named and the words are common, or when
 *   another maker is named though the rest is the same.
 * - A model that differs, or a word of its own on either side, makes another product.
 */
export function matchNames(advisory: WrittenName, told: WrittenName, book: MakerBook, hasVersions: boolean): NameMatch | undefined {
  const relation = relateNames(advisory, told, book)
  if (isSeveral(withoutMaker(advisory.product, advisory.maker)))
    return relation.kind === 'same' ? may('The advisory speaks of several products of this maker without naming them.') : undefined
  const known = readProduct(told.product)
  const found = variantsOf(advisory.product).map(variant => matchOne(readProduct(variant), known, relation, advisory, told, hasVersions))
  return found.find(match => match?.outcome === 'runs') ?? found.find(match => match !== undefined)
}

function withoutMaker(product: string, maker: string): string {
  return maker !== '' && product.toLowerCase().startsWith(`${maker.toLowerCase()} `) ? product.slice(maker.length + 1) : product
}

function may(why: string): NameMatch {
  return { outcome: 'may-run', why, version: null }
}

function matchOne(
  theirs: ReadProduct,
  ours: ReadProduct,
  relation: Relation,
  advisory: WrittenName,
  told: WrittenName,
  hasVersions: boolean,
): NameMatch | undefined {
  const [left, right] = bothWithoutMakers(theirs.words, ours.words, relation.names)
  const alignment = align(left, right, relation.kind === 'same')
  const anchors = anchorsOf(left, alignment.left)
  const less = restOf(left, alignment.left, anchors)
  const all = restOf(right, alignment.right, anchors)
  const isAnswered = less.distinct.length + less.models.length === 0
  const numbers = isAnswered && hasVersions ? all.models.filter(isVersionLike) : []
  const version = ours.versions[0] ?? numbers[0]?.text ?? null
  const more = { ...all, models: all.models.filter(model => !numbers.includes(model)) }

  if (areApart(less, more, anchors, relation.kind === 'same')) return undefined
  if (!left.some(isOwn)) return matchCommon(left, right, alignment, relation, version, hasVersions)
  if (anchors.names + anchors.models === 0 || (anchors.names === 0 && relation.kind !== 'same' && anchors.code < 4)) return undefined
  const [isLess, isMore] = [saysLess(less), saysLess(more)]
  if (relation.kind === 'different') {
    const isDistinctive = anchors.names + anchors.models + anchors.shorts > 1
    return isLess || isMore || !isDistinctive
      ? undefined
      : { ...may(`The name is the same, but the maker named is ${quoted(told.maker)}, not ${quoted(advisory.maker)}.`), version }
  }
  if (isLess) return { ...may(`They name ${quoted(nameOf(told))}, without ${saidOf([...less.distinct, ...less.models])}.`), version }
  if (isMore) return { ...may(`They also say ${saidOf([...more.distinct, ...more.models])}, which the advisory does not.`), version }
  if (less.isDescribed && more.isDescribed && anchors.models === 0) return { ...may('The two names differ in what the product is for.'), version }
  if (relation.kind === 'unnamed' && anchors.longest < 5 && anchors.code < 6)
    return { ...may('No maker is named, and the name is so short that others may have it.'), version }
  return { outcome: 'runs', why: sameWords(alignment, relation.kind, advisory, told), version }
}

/** What one name says and the other does not. */
interface Rest {
  /** Words that make it another product, or a part or kind of it. */
  readonly distinct: readonly Word[]
  /** Models that no model of the other side answers, one for each group of alternatives. */
  readonly models: readonly Word[]
  /** Whether it says a name that the other does not, be it one that a model makes needless. */
  readonly isNamed: boolean
  readonly hasField: boolean
  readonly isDescribed: boolean
}

function saysLess({ distinct, models }: Rest): boolean {
  return distinct.length > 0 || models.some(model => !model.isAside)
}

/** Whether each name says what the other does not, so that they are two products. */
function areApart(less: Rest, more: Rest, anchors: Anchors, isSameMaker: boolean): boolean {
  if ((less.models.length > 0 && more.models.length > 0) || (less.isNamed && more.isNamed)) return true
  const [isLess, isMore] = [saysLess(less), saysLess(more)]
  // Who gives an edition its year leaves out that it is a server: "Exchange 2016" is an Exchange Server.
  const isLeftOut = less.models.length === 0 && less.distinct.every(word => word.kind === 'part')
  const isEdition = more.distinct.length === 0 && more.models.every(isEditionName)
  if (isLess && isMore && isLeftOut && isEdition && (isSameMaker || anchors.names > 0)) return false
  if ((isLess && (isMore || more.hasField)) || (isMore && less.hasField)) return true
  // The family with its form ("IntelliVue monitor") beside one of its models or kinds is less said, not otherwise said.
  const saysPart = (rest: Rest) =>
    rest.distinct.some(word => word.kind === 'name' || word.kind === 'part' || (word.kind === 'short' && word.text.length > 2))
  if ((saysPart(less) && more.isDescribed) || (saysPart(more) && less.isDescribed)) return true
  return less.hasField && more.hasField && anchors.models === 0
}

const ENOUGH_COMMON_WORDS = 4

/** Names of common words alone are one only when they agree in every word, and the maker is named or the words are many. */
function matchCommon(
  left: readonly Word[],
  right: readonly Word[],
  alignment: Alignment,
  relation: Relation,
  told: string | null,
  hasVersions: boolean,
): NameMatch | undefined {
  const isWhole = (words: readonly Word[], marked: readonly boolean[]) =>
    words.every((word, index) => marked[index] === true || word.kind === 'filler' || word.isAside)
  const numbers = hasVersions ? right.filter((word, index) => alignment.right[index] !== true && word.kind === 'model' && isVersionLike(word)) : []
  const version = told ?? numbers[0]?.text ?? null
  const isAllLeft = isWhole(left, alignment.left)
  const isAllRight = right.every((word, index) => alignment.right[index] === true || word.kind === 'filler' || word.isAside || numbers.includes(word))
  const shared = left.filter((word, index) => alignment.left[index] === true && word.kind !== 'filler').length
  if (relation.kind === 'different' || (shared === 0 && !(isAllLeft && isAllRight && left.length === right.length))) return undefined
  if (isAllLeft && isAllRight) {
    if (relation.kind === 'same') return { outcome: 'runs', why: 'Maker and name are the same.', version }
    return shared >= ENOUGH_COMMON_WORDS
      ? { outcome: 'runs', why: 'The names are the same.', version }
      : { ...may('No maker is named, and the name consists of words that many products have.'), version }
  }
  if (relation.kind !== 'same') return undefined
  if (isAllRight) return { ...may('They name it in common words that fit several products of this maker.'), version }
  return isAllLeft ? { ...may('The advisory names it in common words that fit several products of this maker.'), version } : undefined
}

interface Anchors {
  /** Names that both say. */
  readonly names: number
  /** Models that both say and that are long enough to stand for one product. */
  readonly models: number
  readonly shorts: number
  /** Signs of the longest model of letters and digits that both say: a long one is a name by itself. */
  readonly code: number
  /** Letters of the longest name that both say. */
  readonly longest: number
}

function isOwn(word: Word): boolean {
  return word.kind === 'name' || (word.kind === 'model' && isSpecific(word.text))
}

function anchorsOf(words: readonly Word[], marked: readonly boolean[]): Anchors {
  const both = words.filter((_, index) => marked[index])
  const names = both.filter(word => word.kind === 'name')
  return {
    names: names.length,
    models: new Set(both.filter(word => word.kind === 'model' && isSpecific(word.text)).map(word => word.group)).size,
    code: Math.max(
      0,
      ...both.filter(word => word.kind === 'model' && isSpecific(word.text) && /\p{L}/u.test(word.text)).map(word => word.text.length),
    ),
    shorts: both.filter(word => word.kind === 'short').length,
    longest: Math.max(0, ...names.map(word => word.text.length)),
  }
}

/** Three signs or more with at least two digits: `8015`, `mx40`, but not `7`. */
function isSpecific(model: string): boolean {
  return model.length >= 3 && model.replace(/\D/g, '').length >= 2
}

function restOf(words: readonly Word[], marked: readonly boolean[], anchors: Anchors): Rest {
  const unsaid = words
    .filter((_, index) => !marked[index])
    .map(word => (word.kind === 'name' ? { ...word, kind: commonnessOfMisspelt(word.text) ?? word.kind, from: word } : { ...word, from: word }))
  const lastModel = words.findLastIndex((word, index) => word.kind === 'model' && marked[index] === true && isSpecific(word.text))
  // A model that both say identifies it: the family in front of it and the part that it is need not be said; what stands behind may be a variant.
  const isSaidByModel = (word: Word & { readonly from: Word }) => anchors.models > 0 && (word.kind === 'part' || words.indexOf(word.from) < lastModel)
  const isModelAnswered = words.some((word, index) => word.kind === 'model' && marked[index] === true && !word.isAside)
  return {
    distinct: unsaid.filter(word => DISTINCT.has(word.kind) && !word.isAside && !isSaidByModel(word)),
    models: [...new Map(unsaid.filter(word => word.kind === 'model' && !(word.isAside && isModelAnswered)).map(word => [word.group, word])).values()],
    isNamed: unsaid.some(word => word.kind === 'name' && !word.isAside),
    hasField: unsaid.some(word => word.kind === 'field' && !word.isAside && anchors.models === 0),
    isDescribed: unsaid.some(word => word.kind === 'description' && !word.isAside),
  }
}

const DISTINCT: ReadonlySet<Word['kind']> = new Set(['name', 'short', 'part', 'variant'])

/** A year, or a number with a letter (`19c`). */
function isEditionName(model: Word): boolean {
  return /^(?:19|20)\d\d$|^\d{1,2}[a-z]$/.test(model.text)
}

/** A small number left over, where the advisory says which versions. */
function isVersionLike(model: Word): boolean {
  return /^\d{1,3}$|^\d{1,2}[a-z]$|^\d+\.\d/.test(model.text) && parseVersion(model.text) !== undefined
}

function nameOf({ maker, product }: WrittenName): string {
  return maker === '' || product.toLowerCase().startsWith(maker.toLowerCase()) ? product : `${maker} ${product}`
}

function quoted(text: string): string {
  return `“${text}”`
}

function saidOf(words: readonly Word[]): string {
  return quoted(words.map(word => word.text).join(' '))
}

function sameWords(alignment: Alignment, kind: MakerRelation, advisory: WrittenName, told: WrittenName): string {
  const spelt = alignment.respelt.map(([a, b]) => `${quoted(b)} is read as ${quoted(a)}`)
  const names = spelt.length === 0 ? 'The names are the same.' : `The names are the same: ${spelt.join(', ')}.`
  const isRenamed = kind === 'same' && advisory.maker !== '' && told.maker !== '' && advisory.maker.toLowerCase() !== told.maker.toLowerCase()
  return isRenamed ? `${names} ${quoted(told.maker)} is taken for ${quoted(advisory.maker)}.` : names
}
