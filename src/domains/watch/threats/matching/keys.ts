import { parseCpe, type CpeValue } from '../../../../codecs/cpe/name.ts'
import { parsePurl } from '../../../../codecs/purl/purl.ts'
import type { IdentifiedName } from './decide.ts'
import type { MakerBook } from './makers.ts'
import { isSeveral, readProduct, variantsOf } from './read-product.ts'
import { namesOf, shortened, withoutMakers } from './relation.ts'
import { foldSpelling, spellingKeys } from './spelling.ts'
import type { Word } from './words.ts'

/**
 * Keys by which an advisory's product finds the names that may be it, among hundreds of thousands, by an index: whatever `matchProduct`
 * finds shares a key, and what shares none need not be looked at. Keys of names stand bare, those of makers, codes and common
 * words behind a prefix.
 */

/** Under which keys a name that organisations wrote can be found. */
export function keysToBeFoundBy(name: IdentifiedName, book: MakerBook): readonly string[] {
  const told = shortened(name)
  const { words } = readProduct(told.product)
  const maker = book.read(told.maker)
  return unique([
    ...words.flatMap(keysOfWord),
    ...lettersKeys(words),
    ...joinedKeys(words),
    ...initialsKeys(words),
    ...words.filter(word => word.kind !== 'filler').map(word => `common:${foldSpelling(word.text)}`),
    ...[...maker.groups, ...maker.cores].map(name => `maker:${name}`),
    ...told.identifiers.flatMap(keysOfIdentifier),
  ])
}

/** Under which keys to look for a product of an advisory. */
export function keysToLookUnder(name: IdentifiedName, book: MakerBook): readonly string[] {
  const advisory = shortened(name)
  const maker = book.read(advisory.maker)
  const isAnyProduct = isSeveral(advisory.product)
  // What has no name of its own without its maker's ("EMIS Web") is looked for with it, too.
  const readings = isAnyProduct
    ? []
    : variantsOf(advisory.product).flatMap(variant => {
        const { words } = readProduct(variant)
        const rest = withoutMakers(words, namesOf(maker, book))
        return isCommon(rest) && rest.length < words.length ? [rest, words] : [rest]
      })
  return unique([
    ...(isAnyProduct ? [...maker.groups, ...maker.cores].map(name => `maker:${name}`) : []),
    ...readings.flatMap(words => [
      ...words.flatMap(keysOfWord),
      ...words.flatMap(spanKeys),
      ...joinedKeys(words),
      ...initialsKeys(words),
      ...(isCommon(words) ? commonKeys(words) : []),
    ]),
    ...advisory.identifiers.flatMap(keysOfIdentifier),
  ])
}

function keysOfWord(word: Word): readonly string[] {
  if (word.kind === 'name') return spellingKeys(word.text)
  return word.kind === 'model' ? [word.text, ...(word.stem === null ? [] : [word.stem])] : []
}

/** Spans and open digits (`mx400-mx850`, `5x0`) are looked for by the letters in front, or by each number that they stand for. */
function spanKeys(word: Word): readonly string[] {
  if (word.kind !== 'model') return []
  if (/^\dx\d$/.test(word.text)) return Array.from({ length: 10 }, (_, digit) => word.text.replace('x', String(digit)))
  const letters = /^\p{L}+(?=\d+-|\dx\d)/u.exec(word.text)?.[0]
  return letters === undefined ? [] : [`${letters}#`]
}

function lettersKeys(words: readonly Word[]): readonly string[] {
  return words.flatMap((word, index) => {
    const letters = /^\p{L}{1,3}(?=\d)/u.exec(word.text)?.[0] ?? (word.kind === 'short' && words[index + 1]?.kind === 'model' ? word.text : undefined)
    return letters === undefined ? [] : [`${letters}#`]
  })
}

/** Words in a row, as if they were written together: "Page Writer" is found by `pagewriter`. */
function joinedKeys(words: readonly Word[]): readonly string[] {
  return words.flatMap((word, index) => {
    const pair = word.text + (words[index + 1]?.text ?? '')
    const triple = pair + (words[index + 2]?.text ?? '')
    return [pair, triple].filter(text => text.length >= 4 && text !== word.text).map(text => (/\d/.test(text) ? text : foldSpelling(text)))
  })
}

const LONGEST_INITIALS = 6

/** Initials, and words in a row by theirs: "Adaptive Security Appliance" is found by `asa`. */
function initialsKeys(words: readonly Word[]): readonly string[] {
  return words.flatMap((word, first) => {
    if (word.kind === 'model') return []
    const run = words.slice(first, first + LONGEST_INITIALS)
    const end = run.findIndex(({ kind }) => kind === 'model')
    const letters = (end === -1 ? run : run.slice(0, end)).map(({ text }) => text[0] ?? '').join('')
    const own = word.text.length >= 3 && word.text.length <= LONGEST_INITIALS ? [word.text] : []
    const rows = Array.from({ length: Math.max(0, letters.length - 2) }, (_, index) => letters.slice(0, index + 3))
    return [...own, ...rows].map(text => `initials:${text}`)
  })
}

function isCommon(words: readonly Word[]): boolean {
  return !words.some(word => word.kind === 'name')
}

/** A name of common words alone is looked for by those that say most. */
function commonKeys(words: readonly Word[]): readonly string[] {
  const telling = words.filter(word => word.kind === 'part' || word.kind === 'short' || word.kind === 'field' || word.kind === 'variant')
  return (telling.length > 0 ? telling : words.filter(word => word.kind !== 'filler')).map(word => `common:${foldSpelling(word.text)}`)
}

function keysOfIdentifier(identifier: string): readonly string[] {
  const cpe = parseCpe(identifier)
  if (cpe !== undefined) return [`cpe:${plain(cpe.vendor)}:${plain(cpe.product)}`]
  const found = parsePurl(identifier)
  return found === undefined ? [] : [`purl:${found.identity}`]
}

function plain(value: CpeValue): string {
  return typeof value === 'string' ? '*' : value.text
}

function unique(keys: readonly string[]): readonly string[] {
  return [...new Set(keys)]
}
