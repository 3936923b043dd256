import { fail, succeed, type Problem, type Result } from './problem.ts'
import { cleanLine, cleanText, shorten } from './text.ts'

/** What JSON can say (RFC 8259). */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** An object read from JSON, whose members are not known to be of any kind. Read it with the functions below, never by `record.name`. */
export type JsonRecord = Readonly<Record<string, unknown>>

/** Deeper than any document of ours; shallow enough for every function that walks a document by calling itself. */
const DEEPEST = 200

/**
 * Reads JSON from outside. The problem says what a person can do: a file that was cut off, a web page in place of JSON, nesting
 * that no honest document has. The caller limits the size. Rules: `json.empty`, `json.not-json`, `json.cut-off`, `json.too-deep`.
 */
export function parseJson(source: string): Result<unknown> {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source
  const start = /\S/.exec(text)?.[0]
  if (start === undefined) return fail(unreadable('json.empty', 'The file is empty.'))
  if (start === '<') return fail(unreadable('json.not-json', 'This is XML or a web page, where JSON was expected. Fetch the JSON file itself.'))
  if (text.includes('\0')) return fail(unreadable('json.not-json', 'This is not UTF-8 text. Save it as UTF-8 and try again.'))
  const { deepest, isOpen } = scan(text)
  if (deepest > DEEPEST)
    return fail(unreadable('json.too-deep', `This nests more than ${DEEPEST} levels deep, which no document of this kind does. It was not read.`))
  try {
    return succeed(JSON.parse(text))
  } catch (error) {
    const why = error instanceof Error ? error.message : ''
    if (isOpen) {
      return fail(unreadable('json.cut-off', 'The file ends in the middle: it was cut off while it was fetched or copied. Fetch it again.'))
    }
    return fail(unreadable('json.not-json', `This is not JSON${placeOf(why, text)}. Check that it is the file that was meant, and fetch it again.`))
  }
}

/** Whether the value is a JSON object: not null, not a list. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The member of that name, or `undefined`. Only the object's own: `__proto__` and `constructor` reach nothing else. */
export function memberOf(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** The member when it is an object, else `undefined`. */
export function recordAt(value: unknown, name: string): JsonRecord | undefined {
  const member = memberOf(value, name)
  return isRecord(member) ? member : undefined
}

/** The member when it is a list, else an empty list. */
export function listAt(value: unknown, name: string): readonly unknown[] {
  const member = memberOf(value, name)
  return Array.isArray(member) ? member : []
}

/** The member as one clean line, or `undefined` when it is not text or is blank. */
export function lineAt(value: unknown, name: string): string | undefined {
  const member = memberOf(value, name)
  return typeof member === 'string' ? cleanLine(member) || undefined : undefined
}

/** The member as clean text that may have several lines, or `undefined` when it is not text or is blank. */
export function textAt(value: unknown, name: string): string | undefined {
  const member = memberOf(value, name)
  return typeof member === 'string' ? cleanText(member) || undefined : undefined
}

/** The member when it is a number that is finite, else `undefined`. */
export function numberAt(value: unknown, name: string): number | undefined {
  const member = memberOf(value, name)
  return typeof member === 'number' && Number.isFinite(member) ? member : undefined
}

/** The texts of a list, each on one clean line; what is not text is left out. */
export function linesAt(value: unknown, name: string): readonly string[] {
  return listAt(value, name)
    .filter(member => typeof member === 'string')
    .map(cleanLine)
    .filter(line => line !== '')
}

/** The JSON Pointer (RFC 6901) to a place in a document: `pointerTo('vulnerabilities', 3)` is `/vulnerabilities/3`. */
export function pointerTo(...steps: readonly (string | number)[]): string {
  return steps.map(step => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The start of a value as it stood in the file, for the person who looks at what could not be read. */
export function excerptOf(value: unknown): string {
  return shorten(cleanText(JSON.stringify(value) ?? ''), 2_000)
}

function unreadable(rule: string, message: string): Problem {
  return { rule, pointer: '', severity: 'error', message }
}

function placeOf(why: string, text: string): string {
  const position = /position (\d+)/.exec(why)?.[1]
  return position === undefined ? '' : ` (it breaks at line ${text.slice(0, Number(position)).split('\n').length})`
}

/** Counts brackets outside strings, so that a hostile file is turned away before anything is built from it, and a cut one is known. */
function scan(text: string): { deepest: number; isOpen: boolean } {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let at = 0; at < text.length && deepest <= DEEPEST; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === BACKSLASH) at++
      else if (code === QUOTE) inString = false
    } else if (code === QUOTE) inString = true
    else if (code === OPEN_LIST || code === OPEN_OBJECT) deepest = Math.max(deepest, ++depth)
    else if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth--
  }
  return { deepest, isOpen: inString || depth > 0 }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
