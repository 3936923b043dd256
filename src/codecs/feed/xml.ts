import { fail, succeed, type Result } from '../../kernel/problem.ts'

/** XML that may be handed to a parser: without a document type, its plain entities filled in. */
export interface SafeXml {
  readonly text: string
  /** The local name of the root element, in lower case. */
  readonly root: string
  /** `xml:base` of the root and of the channel in it, outermost first. */
  readonly bases: readonly string[]
}

const DEEPEST = 200
const MOST_ELEMENTS = 1_000_000
const MOST_ENTITIES = 300
const LONGEST_ENTITY = 300
const MOST_GROWTH = 1_000_000

/**
 * Looks XML from outside over before anything is built from it. A document type is cut away and nothing that it names is fetched; entities
 * in it count only when they stand for plain text. Fails with `feed.entity` (external, nested or exploding entities), `feed.too-deep`,
 * `feed.too-large`, `feed.cut-off` and `feed.not-xml`.
 */
export function checkXml(source: string): Result<SafeXml> {
  const typed = takeDocumentType(source)
  if (!typed.ok) return typed
  const text = typed.value
  const open: string[] = []
  const bases: string[] = []
  let root: string | undefined
  let elements = 0
  let length = text.length
  for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', at)) {
    const tag = tagAt(text, at)
    if (tag === undefined) return cutOff()
    at = tag.end
    if (tag.kind === 'other') continue
    if (tag.kind === 'close') {
      // Unclosed HTML inside a description is common; the end of the description ends it.
      const opened = open.lastIndexOf(tag.name)
      if (opened !== -1) open.length = opened
      if (open.length > 0 || root === undefined) continue
      length = at
      break
    }
    elements++
    const base = open.length < 2 ? /\sxml:base\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(tag.attributes) : null
    if (base !== null && (open.length === 0 || localName(tag.name) === 'channel')) bases.push(base[1] ?? base[2] ?? '')
    root ??= tag.name
    if (tag.kind === 'open') open.push(tag.name)
    else if (open.length === 0) break
    if (open.length > DEEPEST) return refuse('feed.too-deep', `This nests more than ${DEEPEST} elements deep, which no feed does. It was not read.`)
    if (elements > MOST_ELEMENTS)
      return refuse('feed.too-large', `This holds more than ${MOST_ELEMENTS} elements, which no feed does. It was not read.`)
  }
  if (root === undefined) return refuse('feed.not-xml', 'This begins like XML, but holds no element. Check that it is the file that was meant.')
  return open.length > 0 ? cutOff() : succeed({ text: text.slice(0, length), root: localName(root), bases })
}

/** The local name of the first element, in lower case, without looking at the rest; `undefined` for what is no XML. */
export function rootOf(source: string): string | undefined {
  const start = source.slice(0, 100_000)
  const bare = start.replace(/<!--[^]*?-->|<\?[^]*?\?>/g, '').replace(/<!DOCTYPE[^[>]*(?:\[[^\]]*\])?[^>]*>/i, '')
  const name = /^\s*<([^\s/>!?]+)/.exec(bare)?.[1]
  return name === undefined ? undefined : localName(name)
}

type Tag =
  | { readonly kind: 'other'; readonly end: number }
  | { readonly kind: 'open' | 'empty' | 'close'; readonly end: number; readonly name: string; readonly attributes: string }

/** The tag, comment, section or instruction that begins there; `undefined` when it never ends. */
function tagAt(text: string, at: number): Tag | undefined {
  const closing = text.startsWith('<!--', at) ? '-->' : text.startsWith('<![CDATA[', at) ? ']]>' : text.startsWith('<?', at) ? '?>' : undefined
  if (closing !== undefined) {
    const end = text.indexOf(closing, at + 2)
    return end === -1 ? undefined : { kind: 'other', end: end + closing.length }
  }
  NAME.lastIndex = at
  const found = NAME.exec(text)
  // A bare "<" in text is no tag.
  if (found === null) return { kind: 'other', end: at + 1 }
  const [whole, slash = '', name = ''] = found
  let end = at + whole.length
  for (; text[end] !== '>'; end++) {
    const character = text[end]
    if (character === undefined) return undefined
    // An apostrophe in an attribute of HTML that has no quotes opens nothing.
    if ((character === '"' || character === "'") && /=\s?$/.test(text.slice(end - 2, end))) {
      end = text.indexOf(character, end + 1)
      if (end === -1) return undefined
    }
  }
  const kind = slash === '/' ? 'close' : text[end - 1] === '/' ? 'empty' : 'open'
  return { kind, end: end + 1, name: name.toLowerCase(), attributes: text.slice(at + whole.length, end) }
}

const NAME = /<(\/?)([\p{L}_:][^\s/>"'<=]*)/uy

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1).toLowerCase()
}

/** The text without its document type, with the plain entities that it declares filled in. */
function takeDocumentType(source: string): Result<string> {
  const before = /^(?:\s|\uFEFF|<\?[^]*?\?>|<!--[^]*?-->)*/.exec(source)?.[0].length ?? 0
  if (!/^<!DOCTYPE/i.test(source.slice(before, before + 9))) return succeed(source)
  const end = endOfDocumentType(source, before)
  if (end === undefined) return cutOff()
  const type = source.slice(before, end)
  const entities = new Map<string, string>()
  for (const { 0: declaration } of type.matchAll(/<!ENTITY[^>]*>/gi)) {
    const plain = /^<!ENTITY\s+([\w.-]{1,60})\s+(?:"([^"]*)"|'([^']*)')\s*>$/i.exec(declaration)
    const [name, value] = [plain?.[1], plain?.[2] ?? plain?.[3] ?? '']
    if (name === undefined || value.length > LONGEST_ENTITY || /[<%]|&(?!#)/.test(value)) {
      return refuse('feed.entity', 'The feed declares entities that load other files or stand for further entities, as attacks do. It was not read.')
    }
    entities.set(name, value)
  }
  if (entities.size > MOST_ENTITIES)
    return refuse('feed.entity', `The feed declares more than ${MOST_ENTITIES} entities, as attacks do. It was not read.`)
  const rest = source.slice(end)
  let growth = 0
  const filled =
    entities.size === 0
      ? rest
      : rest.replace(/&([\w.-]{1,60});/g, (reference, name: string) => {
          const value = growth > MOST_GROWTH ? undefined : entities.get(name)
          growth += value?.length ?? 0
          return value ?? reference
        })
  if (growth > MOST_GROWTH)
    return refuse('feed.entity', 'The entities that the feed declares make it many times as long, as attacks do. It was not read.')
  return succeed(source.slice(0, before) + filled)
}

/** Past its `>`: quoted texts and declarations in brackets may hold one of their own. */
function endOfDocumentType(source: string, from: number): number | undefined {
  let isInside = false
  for (let at = from + 9; at < source.length; at++) {
    const character = source[at]
    if (character === '"' || character === "'") {
      at = source.indexOf(character, at + 1)
      if (at === -1) return undefined
    } else if (source.startsWith('<!--', at)) {
      at = source.indexOf('-->', at)
      if (at === -1) return undefined
    } else if (character === '[') isInside = true
    else if (character === ']') isInside = false
    else if (character === '>' && !isInside) return at + 1
  }
  return undefined
}

function cutOff(): Result<never> {
  return refuse('feed.cut-off', 'The feed ends in the middle: it was cut off while it was fetched, or is damaged. Fetch it again.')
}

function refuse(rule: string, message: string): Result<never> {
  return fail({ rule, pointer: '', severity: 'error', message })
}
