import { relateMakers, type MakerBook, type MakerRelation, type ReadMaker } from './makers.ts'
import { isMisspelling } from './spelling.ts'
import { wordsOf, type Word } from './words.ts'

/** A maker and a product as somebody wrote them. The maker may be empty, or stand in the product's name. */
export interface WrittenName {
  readonly maker: string
  readonly product: string
}

/** Longer than any name: a paragraph in its place is not worth the time. */
const LONGEST_NAME = 300

/** The name, cut where no name goes on. */
export function shortened<T extends WrittenName>(name: T): T {
  return { ...name, maker: name.maker.slice(0, LONGEST_NAME), product: name.product.slice(0, LONGEST_NAME) }
}

/** How the makers of two names relate, those that stand in the products' names included. */
export interface Relation {
  readonly kind: MakerRelation
  /** Names of the makers, as words, longest first: they are taken out of the products' names. */
  readonly names: readonly MakerName[]
}

export interface MakerName {
  readonly words: readonly string[]
  /** Whether one side wrote it. The others, brands among them, are left in when the product would have no name without. */
  readonly isWritten: boolean
}

export function relateNames(advisory: WrittenName, told: WrittenName, book: MakerBook): Relation {
  const [theirs, ours] = [book.read(makerOf(advisory)), book.read(makerOf(told))]
  const [names, ownNames] = [namesOf(theirs, book), namesOf(ours, book)]
  const kind = relateMakers(theirs, ours)
  const isSame = kind === 'same' || saysOneOf(told.product, names) || saysOneOf(advisory.product, ownNames)
  return { kind: isSame ? 'same' : kind, names: [...names, ...ownNames].toSorted((a, b) => b.words.length - a.words.length) }
}

export function namesOf(maker: ReadMaker, book: MakerBook): readonly MakerName[] {
  const written = new Set([...maker.names, ...maker.cores])
  return [...new Set([...written, ...book.namesOf(maker.groups)])].map(name => ({ words: name.split(' '), isWritten: written.has(name) }))
}

function saysOneOf(product: string, names: readonly MakerName[]): boolean {
  if (names.length === 0) return false
  const texts = wordsOf(product).map(word => word.text)
  return names.some(({ words }) => findName(texts, words) !== undefined)
}

/** A list that gives the product's name for the maker names no maker. */
function makerOf({ maker, product }: WrittenName): string {
  return maker.trim().toLowerCase() === product.trim().toLowerCase() ? '' : maker
}

/** Where the name stands among the words: as it is, written together or apart, or misspelt. */
function findName(texts: readonly string[], name: readonly string[]): { readonly at: number; readonly length: number } | undefined {
  const joined = name.join('')
  for (const [at, text] of texts.entries()) {
    if (text[0] !== joined[0]) continue
    const isThere = name.every((part, index) => part === texts[at + index] || isMisspelling(part, texts[at + index] ?? ''))
    if (isThere) return { at, length: name.length }
    for (let length = 1; length <= name.length + 1 && at + length <= texts.length; length += 1)
      if (joined === texts.slice(at, at + length).join('')) return { at, length }
  }
  return undefined
}

/** Leaves the makers' names out, but never the whole name. */
export function withoutMakers(words: readonly Word[], names: readonly MakerName[]): readonly Word[] {
  return names.reduce((rest, name) => without(rest, name) ?? rest, words)
}

/** As `withoutMakers` of two names: what one of them cannot do without stays in both. */
export function bothWithoutMakers(a: readonly Word[], b: readonly Word[], names: readonly MakerName[]): readonly [readonly Word[], readonly Word[]] {
  return names.reduce<readonly [readonly Word[], readonly Word[]]>(
    ([left, right], name) => {
      const [less, other] = [without(left, name), without(right, name)]
      return less === null || other === null ? [left, right] : [less, other]
    },
    [a, b],
  )
}

/** The words without the name wherever it stands; `null` when they cannot do without. */
function without(words: readonly Word[], name: MakerName): readonly Word[] | null {
  let rest = words
  for (;;) {
    const found = findName(
      rest.map(word => word.text),
      name.words,
    )
    if (found === undefined) return rest
    rest = [...rest.slice(0, found.at), ...behind(rest, found.at + found.length)]
    const willDo = (word: Word) => (name.isWritten ? word.kind !== 'filler' : isTelling(word))
    if (!rest.some(willDo)) return null
  }
}

function isTelling(word: Word): boolean {
  return word.kind === 'name' || word.kind === 'model' || (word.kind === 'short' && word.text.length > 2)
}

/** What follows a maker's name, its legal form left out. */
function behind(words: readonly Word[], at: number): readonly Word[] {
  const rest = words.slice(at)
  const first = rest.findIndex(word => !LEGAL_FORMS.has(word.text))
  return first === -1 ? [] : rest.slice(first)
}

const LEGAL_FORMS: ReadonlySet<string> = new Set(
  'ag se sa sas kg kgaa nv bv ab as oy spa srl co company group pty pte ltd limited plc llc inc gmbh corp uk usa europe'.split(' '),
)
