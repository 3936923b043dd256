import { createHash } from 'node:crypto'
import type { Json } from '../../kernel/json.ts'

/**
 * What is signed, as one text and its hash. The text is JSON with the members of every object in the order of their code units and nothing between them, as in
 * RFC 8785; so the same content has the same hash, whoever makes it and in whichever order the database gave it.
 */
export interface SignedContent {
  readonly text: string
  /** SHA-256 of the text's UTF-8, as 64 hexadecimal digits. */
  readonly hash: string
}

export function signedContent(content: Json): SignedContent {
  const text = JSON.stringify(ordered(content))
  return { text, hash: createHash('sha256').update(text, 'utf8').digest('hex') }
}

function ordered(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map(ordered)
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, ordered(member)]))
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
