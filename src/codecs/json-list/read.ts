import { Tokenizer, TokenParser, TokenType } from '@streamparser/json'
import type { JsonRecord } from '../../kernel/json.ts'
import type { Problem } from '../../kernel/problem.ts'

/**
 * A large document of JSON that is a list, or whose one list lies under a name at its top, read element by element as its bytes come. The whole
 * is never held: only one element, the few facts beside the list, and where each element begins and ends.
 */
export interface JsonListElement {
  readonly value: unknown
  /** Where its bytes begin in the document, and where they have ended. */
  readonly start: number
  readonly end: number
}

export interface JsonListLimits {
  /** Most bytes of one element. */
  readonly elementBytes: number
  /** Most bytes of what stands outside the list. */
  readonly besideBytes: number
  /** Most elements. */
  readonly elements: number
}

export interface JsonListReader {
  /** The elements that are whole after these bytes. None after the fault. */
  take(piece: Uint8Array): readonly JsonListElement[]
  /** After the last byte. */
  end(): JsonListEnd
  /** Why it was not read further; `null` while it is sound. */
  readonly fault: Problem | null
}

export interface JsonListEnd {
  /** The name of the list, `''` when the document itself is one; `null` when there is none. */
  readonly list: string | null
  /** What stands beside the list, as far as it was read. */
  readonly beside: JsonRecord
  readonly count: number
  readonly fault: Problem | null
}

/** As `parseJson` of the kernel. */
const DEEPEST = 200
/** Of this size the tokenizer is asked for at once, so that a limit is noticed soon after it is passed. */
const PIECE_BYTES = 65_536

/**
 * Reads such a document. `names` are those under which its list may lie; the first that comes counts, and others are part of what stands beside.
 * Faults: `json.cut-off`, `json.not-json`, `json.not-text`, `json.too-deep`, `json-list.element`, `json-list.beside`, `json-list.too-many`.
 */
export function createJsonListReader(names: readonly string[], limits: JsonListLimits): JsonListReader {
  const tokenizer = new Tokenizer({ stringBufferSize: PIECE_BYTES })
  /** Given every token outside the elements, and a `null` for each of those: it proves the form of what lies around them. */
  const frame = new TokenParser()
  const beside = new Map<string, unknown>()
  let list: string | null = null
  /** How many brackets are open inside the list, at least 1 in it; `null` outside of it. */
  let listDepth: number | null = null
  let depth = 0
  let member = ''
  let fault: Problem | null = null
  let position = 0
  let besideBytes = 0
  let outsideSince = 0
  /** Where the element that is being read begins, and what is held of its bytes. */
  let start: number | null = null
  /** The element, where it is no object or list: its token said it. */
  let plain: { readonly value: unknown } | null = null
  let held: Uint8Array[] = []
  let piece: Uint8Array = new Uint8Array()
  let whole: JsonListElement[] = []
  let count = 0

  const stop = (rule: string, message: string): never => {
    fault ??= { rule, pointer: list === null ? '' : `${list === '' ? '' : `/${list}`}/${count}`, severity: 'error', message }
    throw new Stopped()
  }
  const stopBy = ([rule, message]: Reason) => stop(rule, message)
  const parse = (bytes: Uint8Array): unknown => {
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    } catch (error) {
      return stopBy(error instanceof TypeError ? NOT_TEXT : NOT_JSON)
    }
  }
  const bytesSince = (from: number, to: number): Uint8Array =>
    from >= position ? piece.subarray(from - position, to - position) : joined([...held, piece.subarray(0, to - position)])
  const finish = (end: number) => {
    if (start === null) return
    if (end - start > limits.elementBytes) stop('json-list.element', tooLarge(limits.elementBytes))
    whole.push({ value: plain === null ? parse(bytesSince(start, end)) : plain.value, start, end })
    count += 1
    start = null
    plain = null
    held = []
    outsideSince = end
    if (count > limits.elements)
      stop('json-list.too-many', `This lists more than ${limits.elements.toLocaleString('en-GB')} things. It was not read further.`)
  }

  frame.onError = () => stopBy(NOT_JSON)
  frame.onValue = ({ key, value, stack }) => {
    if (stack.length === 1 && typeof key === 'string' && key !== list) beside.set(key, value)
  }
  tokenizer.onError = error => {
    if (error instanceof Stopped) throw error
    stopBy(error instanceof TypeError ? NOT_TEXT : NOT_JSON)
  }
  tokenizer.onToken = token => {
    const opens = token.token === TokenType.LEFT_BRACE || token.token === TokenType.LEFT_BRACKET
    const closes = token.token === TokenType.RIGHT_BRACE || token.token === TokenType.RIGHT_BRACKET
    const isBetween = token.token === TokenType.COMMA || closes
    if (opens) depth += 1
    if (depth > DEEPEST)
      stop('json.too-deep', `This nests more than ${DEEPEST} levels deep, which no document of this kind does. It was not read further.`)
    if (start !== null) {
      if (plain !== null && !isBetween) stopBy(NOT_JSON)
      if (plain !== null) finish(token.offset)
      else {
        if (closes) depth -= 1
        if (closes && depth === listDepth) finish(token.offset + 1)
        return
      }
    } else if (listDepth !== null && !isBetween && (depth === listDepth || (opens && depth === listDepth + 1))) {
      frame.write({ token: TokenType.NULL, value: null })
      start = token.offset
      plain = opens ? null : { value: token.value }
      return
    }
    if (depth === 1 && token.token === TokenType.STRING) member = String(token.value)
    const isList = list === null && token.token === TokenType.LEFT_BRACKET
    frame.write(token)
    if (isList && (depth === 1 || (depth === 2 && names.includes(member)))) {
      list = depth === 1 ? '' : member
      listDepth = depth
      besideBytes += token.offset - outsideSince
      outsideSince = token.offset
    }
    if (closes) {
      if (depth === listDepth) {
        listDepth = null
        outsideSince = token.offset
      }
      depth -= 1
    }
  }

  const write = (bytes: Uint8Array) => {
    // The byte order mark would shift the places that the tokenizer tells.
    piece = position < 3 ? bytes.map((byte, at) => (byte === BYTE_ORDER_MARK[position + at] ? SPACE : byte)) : bytes
    tokenizer.write(piece)
    position += bytes.length
    if (start === null) {
      if (besideBytes + position - outsideSince > limits.besideBytes) stop('json-list.beside', BESIDE)
      return
    }
    if (plain !== null) {
      if (position - start > limits.besideBytes) stop('json-list.beside', BESIDE)
      return
    }
    if (position - start > limits.elementBytes) stop('json-list.element', tooLarge(limits.elementBytes))
    held.push(bytes.subarray(Math.max(0, start - (position - bytes.length))).slice())
  }

  return {
    get fault() {
      return fault
    },
    take(bytes) {
      whole = []
      if (fault !== null) return whole
      try {
        for (let at = 0; at < bytes.length; at += PIECE_BYTES) write(bytes.subarray(at, at + PIECE_BYTES))
      } catch (error) {
        if (!(error instanceof Stopped)) throw error
      }
      return whole
    },
    end() {
      if (fault === null && (depth > 0 || start !== null || !frame.isEnded)) {
        const message = 'The file ends in the middle: it was cut off while it was fetched or copied. Fetch it again.'
        fault = { rule: 'json.cut-off', pointer: list === null || list === '' ? '' : `/${list}/${count}`, severity: 'error', message }
      }
      return { list, beside: Object.fromEntries(beside), count, fault }
    },
  }
}

const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf]
const SPACE = 0x20

/** Leaves the tokenizer in the middle of a piece. The reason stands in `fault`. */
class Stopped extends Error {}

type Reason = readonly [rule: string, message: string]

const NOT_JSON: Reason = ['json.not-json', 'This is not JSON from here on. Check that it is the file that was meant, and fetch it again.']
const NOT_TEXT: Reason = ['json.not-text', 'This is not text in UTF-8 from here on. Save it as UTF-8, or fetch it again.']
const BESIDE = 'There is more beside its list than in any such document. It was not read further.'

function tooLarge(bytes: number): string {
  return `One thing in this list is larger than ${Math.floor(bytes / 1_048_576)} MB, which none of this kind is. It was not read further.`
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const one of pieces) {
    whole.set(one, at)
    at += one.length
  }
  return whole
}
