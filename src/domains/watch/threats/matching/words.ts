import { commonness, isStopWord, type Commonness } from './vocabulary.ts'

/**
 * A product's name as words that can be compared. `model`: it holds a digit, and is the same or another, never misspelt. `short`: up to
 * three letters, which tell products apart ("GS", "ES") and are not misspelt either. `name`: what the product is called.
 */
export interface Word {
  readonly text: string
  readonly kind: 'name' | 'short' | 'model' | Commonness
  /** It stood in brackets: who leaves it out says the same. */
  readonly isAside: boolean
  /** Of a model written in parts, the first ("1516-3"): who says only that says less. */
  readonly stem: string | null
  /** Which words are alternatives of each other: those with one number, as in `MX800/700`. */
  readonly group: number
}

/** Text as it is compared: lower case, without accents, trade marks and apostrophes, and what was decoded wrongly put right. */
export function plainText(text: string): string {
  return repairEncoding(text)
    .replace(/[®™©]|\((?:r|tm|c)\)/gi, '')
    .toLowerCase()
    .replace(/[øœæßłđðþı]/g, letter => PLAIN_LETTERS[letter] ?? letter)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/['’‘`´]/g, '')
    .replace(/&/g, ' and ')
    .replace(/\b([sfh])\/w\b/g, '$1w')
    .replace(/\bw\/st(?=atio?n|n\b)/g, 'workst')
}

const PLAIN_LETTERS: Readonly<Record<string, string>> = { ø: 'o', œ: 'oe', æ: 'ae', ß: 'ss', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' }

/** UTF-8 that was read as Windows-1252 (`DrÃ¤ger`) is turned back; a letter that was lost outright stays a sign that any letter is like. */
function repairEncoding(text: string): string {
  return text.replace(/[Â-Å][^\0-\x7f]/g, pair => GARBLED.get(pair) ?? pair)
}

/** Each letter of Latin-1 and Latin Extended-A under the two signs that it becomes. */
const GARBLED: ReadonlyMap<string, string> = new Map(
  Array.from({ length: 0x180 - 0xa0 }, (_, index) => {
    const letter = String.fromCodePoint(0xa0 + index)
    return [new TextDecoder('windows-1252').decode(new TextEncoder().encode(letter)), letter] as const
  }),
)

/** `1.5t` is a strength, `xc-2` and `pws-01-bt` are models, `anydana-a` two words. */
const TOKEN = /[\p{L}\p{N}\uFFFD]+(?:\.\d+[\p{L}\p{N}]*)*\+?(?:[-‐‑–]+[\p{L}\p{N}\uFFFD]+(?:\.\d+)*)*\+?|[()[\]]|[/|,;.]/gu

interface Token {
  readonly text: string
  readonly stem: string | null
  readonly isAside: boolean
  /** What stood before it: nothing but blanks, or a sign. */
  readonly after: string
}

/** The words of a name, in order. */
export function wordsOf(text: string): readonly Word[] {
  const tokens: Token[] = []
  let depth = 0
  let after = ''
  for (const [found] of plainText(text)
    .replace(/_/g, ' ')
    .replace(/\bincluding(?=\w)/g, ' ')
    .matchAll(TOKEN)) {
    if (found === '(' || found === '[') depth += 1
    else if (found === ')' || found === ']') depth = Math.max(0, depth - 1)
    else if (/^[/|,;.]$/.test(found)) after = found
    else {
      tokens.push(...partsOf(found).map((part, index) => ({ ...part, isAside: depth > 0, after: index === 0 ? after : '-' })))
      after = ''
    }
  }
  return grouped(
    tokens
      .filter(token => !isStopWord(token.text))

      .map(token => ({ ...token, text: ROMAN[token.text] ?? token.text })),
  )
}

/** Cuts at hyphens, but keeps together what is one model and spells out what stands for several. */
function partsOf(token: string): readonly Pick<Token, 'text' | 'stem'>[] {
  const parts = token.split(/[-‐‑–]+/)
  const [first = '', second = ''] = parts
  if (parts.length === 1 || (parts.length === 2 && isRange(first, second))) return [{ text: token, stem: null }]
  const isModel = parts.some(hasDigit) && parts.every(part => hasDigit(part) || part.length <= 3)
  if (!isModel) return parts.map(text => ({ text, stem: null }))
  return [{ text: parts.join(''), stem: /\d{2}/.test(first) ? first : null }]
}

/** `iv` is left alone: it is intravenous, too. */
const ROMAN: Readonly<Record<string, string>> = { ii: '2', iii: '3' }

/** Models that follow each other and are alike are alternatives: `TC10 TC20 TC30`, `515/715`, `MX800/700/600`. */
function grouped(tokens: readonly Token[]): readonly Word[] {
  const words: Word[] = []
  for (const token of tokens) {
    const last = words.at(-1)
    const text = token.after === '/' && last?.kind === 'model' ? inherited(last.text, token.text) : token.text
    const kind = kindOf(text)
    const isAlternative =
      kind === 'model' && last?.kind === 'model' && last.isAside === token.isAside && (/[/|,]/.test(token.after) || isSameSort(last.text, text))
    words.push({ text, kind, stem: token.stem, isAside: token.isAside, group: isAlternative ? last.group : words.length })
  }
  return words
}

function kindOf(text: string): Word['kind'] {
  if (hasDigit(text)) return 'model'
  return commonness(text) ?? (text.length <= 3 ? 'short' : 'name')
}

/** `MX800/700` means MX700, `865240/41` means 865241, `EC40/80` means EC80. */
function inherited(before: string, text: string): string {
  if (!/^\d+$/.test(text)) return text
  const [letters = '', digits = ''] = /^(\p{L}*)(\d+)$/u.exec(before)?.slice(1) ?? []
  if (digits === '') return text
  return text.length >= digits.length
    ? letters + text
    : text.length <= 2 && digits.length > 4
      ? letters + digits.slice(0, -text.length) + text
      : letters + text
}

/** `TC10` and `TC20`, but not `10` and `1809`: the second of those says more about the first. */
function isSameSort(a: string, b: string): boolean {
  const [left, right] = [a.replace(/\d+/g, '0'), b.replace(/\d+/g, '0')]
  return left === right && /\p{L}/u.test(left)
}

function hasDigit(text: string): boolean {
  return /\d/.test(text)
}

/** `mx400-mx850` and `mx400-550` span models; `s7-1500` does not. */
function isRange(from: string, to: string): boolean {
  return rangeOf(`${from}-${to}`) !== undefined
}

function rangeOf(text: string): { readonly letters: string; readonly from: number; readonly to: number } | undefined {
  const { letters, from, again, to } = /^(?<letters>\p{L}+)(?<from>\d+)-(?<again>\p{L}*)(?<to>\d+)$/u.exec(text)?.groups ?? {}
  if (letters === undefined || from === undefined || to === undefined) return undefined
  const isSpan = again === letters || (again === '' && from.length === to.length && from.length > 1)
  return isSpan && Number(from) < Number(to) ? { letters, from: Number(from), to: Number(to) } : undefined
}

/**
 * Whether two models are one: equal, one within the span of the other (`MX400-MX850`), or one fitting the other's open digit (`IGS 5x0`).
 * A model that differs is another product.
 */
export function isSameModel(a: string, b: string): boolean {
  return a === b || spans(a, b) || spans(b, a) || fits(a, b) || fits(b, a)
}

function spans(range: string, model: string): boolean {
  const span = rangeOf(range)
  const digits = span === undefined || !model.startsWith(span.letters) ? '' : model.slice(span.letters.length)
  return span !== undefined && /^\d+$/.test(digits) && Number(digits) >= span.from && Number(digits) <= span.to
}

function fits(pattern: string, model: string): boolean {
  if (!/\dx\d/.test(pattern)) return false
  const expression = pattern.replace(/[.+]/g, '\\$&').replace(/(?<=\d)x(?=\d)/g, '\\d')
  return new RegExp(`^${expression}$`, 'u').test(model)
}
