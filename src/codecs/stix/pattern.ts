import { readIndicator } from '../../kernel/indicator.ts'
import type { IndicatorType } from '../../kernel/intelligence.ts'

/** One value that a pattern looks for. */
export interface PatternValue {
  readonly type: IndicatorType
  readonly value: string
}

/** What a pattern could be taken apart into. */
export interface PatternReading {
  readonly values: readonly PatternValue[]
  /** Whether those values, each alone, say all that the pattern does. If not, only its text does. */
  readonly isWhole: boolean
}

/**
 * Takes a STIX pattern (STIX 2.1 §9) apart. A value counts when meeting it alone is what the pattern asks for: compared by `=`, `IN` or
 * `ISSUBSET`, and joined to others by `OR`. Of what is joined by `AND` or `FOLLOWEDBY` only hashes count, since each names one file, and
 * the address that traffic goes to. A pattern that cannot be read gives no values.
 */
export function readPattern(pattern: string): PatternReading {
  const tokens = tokensOf(pattern)
  if (tokens === undefined) return NOTHING
  const parser = new Parser(tokens)
  const read = parser.expression(0)
  if (read === undefined || !parser.isAtEnd()) return NOTHING
  const seen = new Set<string>()
  const values = read.flatMap(({ type, value, isSole, isStrong }) => {
    if (value === undefined || type === undefined || !(isSole || isStrong)) return []
    const isNew = seen.size < seen.add(`${type} ${value}`).size
    return isNew ? [{ type, value }] : []
  })
  return { values, isWhole: read.length > 0 && read.every(({ value, isSole }) => value !== undefined && isSole) }
}

const NOTHING: PatternReading = { values: [], isWhole: false }
const LONGEST_PATTERN = 100_000
const DEEPEST = 40

/** One comparison. `isSole`: nothing else need be met; `isStrong`: its value alone says enough. */
interface Comparison {
  readonly type: IndicatorType | undefined
  readonly value: string | undefined
  readonly isSole: boolean
  readonly isStrong: boolean
}

type Token = { readonly kind: 'path' | 'text' | 'number' | 'time'; readonly text: string } | { readonly kind: 'sign' | 'word'; readonly text: string }

const TOKEN =
  /\s*(?:(?<path>[a-z][\w-]*:(?:[\w-]+|'[^']*')(?:\.(?:[\w-]+|'[^']*')|\[(?:\d+|\*)\])*)|[bht]'(?<time>[^']*)'|'(?<text>(?:[^'\\]|\\[^])*)'|(?<number>-?\d+(?:\.\d+)?)|(?<sign>[[\](),]|!=|<>|<=|>=|==?|<|>)|(?<word>[a-z]+))/iy

function tokensOf(pattern: string): readonly Token[] | undefined {
  const text = pattern.trim()
  if (text.length > LONGEST_PATTERN) return undefined
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const groups = TOKEN.exec(text)?.groups
    if (groups === undefined) return undefined
    for (const kind of ['path', 'time', 'text', 'number', 'sign', 'word'] as const) {
      const found = groups[kind]
      if (found !== undefined)
        tokens.push({ kind, text: kind === 'text' ? found.replace(/\\([^])/g, '$1') : kind === 'word' ? found.toUpperCase() : found })
    }
  }
  return tokens
}

/** Reads observations and the comparisons in them alike: what matters is only what is joined by `OR`. Gives `undefined` where it does not fit. */
class Parser {
  private readonly tokens: readonly Token[]
  private at = 0

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  isAtEnd(): boolean {
    return this.at === this.tokens.length
  }

  /** What stands between brackets, or the whole: parts joined by words. `AND` binds closer than `OR`, but here only its presence counts. */
  expression(depth: number): readonly Comparison[] | undefined {
    if (depth > DEEPEST) return undefined
    const alternatives: Comparison[] = []
    let joined: Comparison[] = []
    let count = 0
    for (;;) {
      const part = this.part(depth)
      if (part === undefined) return undefined
      joined.push(...part)
      count++
      const word = this.takeWord('AND', 'OR', 'FOLLOWEDBY')
      if (word === 'AND' || word === 'FOLLOWEDBY') continue
      alternatives.push(...(count > 1 ? joined.map(comparison => ({ ...comparison, isSole: false })) : joined))
      if (word === undefined) return alternatives
      joined = []
      count = 0
    }
  }

  private part(depth: number): readonly Comparison[] | undefined {
    const closing = this.takeSign('[') ? ']' : this.takeSign('(') ? ')' : undefined
    if (closing === undefined) return this.comparison()
    const inner = this.expression(depth + 1)
    if (inner === undefined || !this.takeSign(closing)) return undefined
    return this.qualifiers() ? inner : undefined
  }

  /** `WITHIN 5 SECONDS`, `REPEATS 2 TIMES`, `START t'…' STOP t'…'`: how often and when, which does not change what is looked for. */
  private qualifiers(): boolean {
    for (;;) {
      const word = this.takeWord('WITHIN', 'REPEATS', 'START')
      if (word === undefined) return true
      if (this.take('number', 'time', 'text') === undefined) return false
      if (
        word === 'START'
          ? this.takeWord('STOP') === undefined || this.take('time', 'text') === undefined
          : this.takeWord('SECONDS', 'TIMES') === undefined
      )
        return false
    }
  }

  private comparison(): readonly Comparison[] | undefined {
    const path = this.take('path')?.text
    if (path === undefined) return this.takeWord('EXISTS') !== undefined && this.take('path') !== undefined ? [UNREADABLE] : undefined
    const isNegated = this.takeWord('NOT') !== undefined
    const operator = this.takeWord('IN', 'LIKE', 'MATCHES', 'ISSUBSET', 'ISSUPERSET') ?? this.takeOperator()
    if (operator === undefined) return undefined
    const operands = operator === 'IN' ? this.list() : [this.operand()]
    if (operands === undefined || operands.some(operand => operand === undefined)) return undefined
    const isEqual = !isNegated && (operator === '=' || operator === '==' || operator === 'IN' || operator === 'ISSUBSET')
    return operands.map(operand => (isEqual && operand !== undefined ? comparisonOf(path, operand) : UNREADABLE))
  }

  private list(): readonly (string | undefined)[] | undefined {
    if (!this.takeSign('(')) return undefined
    const operands: (string | undefined)[] = []
    do operands.push(this.operand())
    while (this.takeSign(','))
    return this.takeSign(')') ? operands : undefined
  }

  private operand(): string | undefined {
    return this.take('text', 'number', 'time')?.text ?? this.takeWord('TRUE', 'FALSE')
  }

  private takeOperator(): string | undefined {
    const token = this.tokens[this.at]
    if (token?.kind !== 'sign' || !/^(?:=|==|!=|<>|<|>|<=|>=)$/.test(token.text)) return undefined
    this.at++
    return token.text
  }

  private takeSign(sign: string): boolean {
    const token = this.tokens[this.at]
    if (token?.kind !== 'sign' || token.text !== sign) return false
    this.at++
    return true
  }

  private takeWord(...words: readonly string[]): string | undefined {
    const token = this.tokens[this.at]
    if (token?.kind !== 'word' || !words.includes(token.text)) return undefined
    this.at++
    return token.text
  }

  private take(...kinds: readonly Token['kind'][]): Token | undefined {
    const token = this.tokens[this.at]
    if (token === undefined || !kinds.includes(token.kind)) return undefined
    this.at++
    return token
  }
}

const UNREADABLE: Comparison = { type: undefined, value: undefined, isSole: true, isStrong: false }

function comparisonOf(path: string, operand: string): Comparison {
  const type = typeOf(path.replaceAll("'", ''), operand)
  const value = type === undefined ? undefined : readIndicator(type, operand)
  const isStrong = /\.?hashes\./i.test(path) || /^network-traffic:dst_ref\.value$/i.test(path)
  return { type, value, isSole: true, isStrong }
}

const PATHS: Readonly<Record<string, IndicatorType>> = {
  'domain-name:value': 'domain',
  'email-addr:value': 'email',
  'email-message:from_ref.value': 'email',
  'email-message:sender_ref.value': 'email',
  'file:name': 'file-name',
  'process:image_ref.name': 'file-name',
  'windows-registry-key:key': 'registry-key',
}

const HASHES: Readonly<Record<string, IndicatorType>> = { md5: 'md5', sha1: 'sha1', sha256: 'sha256', sha512: 'sha512' }

/** The type of what a path leads to. The names of hashes are written in many ways: `'SHA-256'`, `SHA256`, `sha_256`. */
function typeOf(path: string, operand: string): IndicatorType | undefined {
  const lower = path.toLowerCase()
  const hash = /^(?:file|artifact|process):(?:\w+_ref\.)?hashes\.([\w-]+)$/.exec(lower)?.[1]
  if (hash !== undefined) return HASHES[hash.replace(/[-_]/g, '')]
  if (/^(?:ipv[46]-addr:value|network-traffic:(?:src|dst)_ref\.value)$/.test(lower))
    return operand.includes(':') ? 'ipv6' : readIndicator('ipv4', operand) === undefined ? 'domain' : 'ipv4'
  if (lower === 'url:value') return readIndicator('url', operand) === undefined ? 'domain' : 'url'
  return Object.hasOwn(PATHS, lower) ? PATHS[lower] : undefined
}
