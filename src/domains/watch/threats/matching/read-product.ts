import { wordsOf, type Word } from './words.ts'

/** A product's name, taken apart. */
export interface ReadProduct {
  readonly words: readonly Word[]
  /** Versions that stand in the name: people write `Gateway v2.4` in one column. */
  readonly versions: readonly string[]
}

const QUALIFIER = String.raw`(?:[\s_-]*(?:sp|service pack|hf|hotfix|update|upd|build|patch|sr|rc|beta)[\s_.]?\d[\w.]*)*`
const LABELLED = String.raw`\b(?:software\s+|firmware\s+)?(?:version|ver|rev|revision|release|rel|firmware|fw|build|v)\b[.:\s]*(?:[a-z]{1,2}[.-]?)?\d[\w.-]*${QUALIFIER}`
const GLUED = String.raw`\bv?[a-z]\.\d+(?:\.\d+)*\b|\bv\d[\w.]*\b${QUALIFIER}`
/** A dotted number with a letter behind it may be a strength ("1.5T"). */
const DOTTED = String.raw`(?<![\w.-])(?:[a-z]\.)?\d+(?:\.\d+)+(?:[a-su-z]\w*)?(?![\w-])${QUALIFIER}`
/** What Microsoft calls its updates and half-yearly releases: "Exchange 2016 CU23", "Windows 10 22H2". */
const NUMBERED = String.raw`\b(?:cu|cumulative\s+update|sp|service\s+pack)[\s-]?\d{1,2}\b|\b(?:1[5-9]|2\d)h[12]\b`
const VERSIONS = new RegExp(`${LABELLED}|${GLUED}|${DOTTED}|${NUMBERED}`, 'gi')

/** What it runs on, or is not: neither is its name. */
const BESIDE_THE_NAME =
  /\s+for\s+(?:x64|x86|32-bit|64-bit|arm64|itanium)(?:[\s-]based)?\s+systems?\b|\(\s*(?:except|excluding|other\s+than|not)\b[^)]*\)|[\s,]+(?:except(?:\s+for)?|excluding|other\s+than)\s.*$/gi

export function readProduct(written: string): ReadProduct {
  const product = written.replace(BESIDE_THE_NAME, ' ')
  const versions = product.match(VERSIONS) ?? []
  const words = wordsOf(versions.length === 0 ? product : product.replace(VERSIONS, ' '))
  return words.length === 0 ? { words: wordsOf(product), versions: [] } : { words, versions: versions.map(version => version.trim()) }
}

/** Words that begin to say which versions, though the first of them stands before the number. */
const RANGE_WORDS = /[\s,(]+(?:(?:all|any)\s+versions?|versions?|releases?|prior\s+to|before|earlier\s+than|up\s+to|from|[<>]=?|≤|≥)(?=[\s\d(]|$)/i

/** A name in which its versions stand, cut in two where they begin ("Gateway prior to 2.4"); `undefined` when none stand at its end. */
export function cutAtVersions(written: string): { readonly product: string; readonly versions: string } | undefined {
  const text = written.replace(BESIDE_THE_NAME, ' ').trim()
  VERSIONS.lastIndex = 0
  const starts = [RANGE_WORDS.exec(text)?.index, VERSIONS.exec(text)?.index].filter(index => index !== undefined)
  const at = Math.min(...starts)
  return starts.length === 0 || at === 0 ? undefined : { product: text.slice(0, at).replace(/[\s,;:(–-]+$/, ''), versions: text.slice(at).trim() }
}

/** Whether an advisory speaks of a maker's products without naming them. */
export function isSeveral(product: string): boolean {
  return /^(?:various|multiple|several|all|certain)\b(?:\s+\w+){0,2}\s*(?:products?|devices?|systems?|applications?)?$/i.test(product.trim())
}

/**
 * The names that one name of an advisory stands for: itself; with the letters in brackets in place of the words that they abbreviate
 * ("Connex Spot Monitor (CSM)"); and each side of a stroke where each is a name of its own ("Coronary Tools/Stentboost Live").
 */
export function variantsOf(product: string): readonly string[] {
  const shortened = [...product.matchAll(/\((?<letters>[A-Za-z]{2,8})\)/g)].flatMap(found => {
    const before = product.slice(0, found.index)
    const length = lengthOfSpelling(before, found.groups?.['letters'] ?? '')
    return length === 0
      ? []
      : [`${before.slice(0, before.length - length)} ${found.groups?.['letters'] ?? ''} ${product.slice(found.index + found[0].length)}`]
  })
  const sides = product.split(/\s*\/\s*/)
  const isList = sides.length > 1 && sides.every(isOwnName)
  return [...new Set([product, ...shortened, ...(isList ? sides : [])])]
}

/** How many characters at the end of the text the letters abbreviate: `PCU` of "Point-of-Care Unit". */
function lengthOfSpelling(text: string, letters: string): number {
  const words = [...text.matchAll(/[A-Za-z]+/g)]
  for (let first = words.length - 1; first >= Math.max(0, words.length - letters.length - 2); first -= 1) {
    const some = words.slice(first).map(([word]) => word)
    if (some.length > 1 && spells(letters, some)) return text.length - (words[first]?.index ?? 0)
  }
  return 0
}

/** Whether the letters are the first ones of the words, in order; a little word may be left out, or stand as it is. */
export function spells(letters: string, words: readonly string[]): boolean {
  const [word, ...rest] = words
  const wanted = letters.toLowerCase()
  if (word === undefined) return wanted === ''
  const lower = word.toLowerCase()
  if (lower.length <= 3 && spells(wanted, rest)) return true
  if (lower.length <= 3 && wanted.startsWith(lower) && spells(wanted.slice(lower.length), rest)) return true
  return wanted !== '' && wanted[0] === lower[0] && spells(wanted.slice(1), rest)
}

function isOwnName(side: string): boolean {
  return wordsOf(side).some(word => word.kind === 'name' && word.text.length >= 5)
}
