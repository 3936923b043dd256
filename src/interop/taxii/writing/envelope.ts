import { parseInstant, type Instant } from '../../../kernel/instant.ts'
import { isRecord, lineAt, memberOf, numberAt, type JsonRecord } from '../../../kernel/json.ts'

/** What an envelope that somebody sends holds (TAXII 2.1 §3.7), and what is wrong with it. */

/** Objects in one request. More are several requests. */
const MOST_OBJECTS = 1_000

/** A sighting (STIX 2.1 §5.2) as far as it is taken. */
export interface SightingObject {
  readonly id: string
  readonly modified: Instant
  readonly of: string
  readonly count: number
  readonly firstSeen: Instant | null
  readonly lastSeen: Instant | null
  readonly isRevoked: boolean
  readonly object: JsonRecord
}

/** The objects of an envelope, or why it is none. */
export function objectsIn(body: unknown): { readonly objects: readonly unknown[] } | { readonly refusal: string } {
  const objects = memberOf(body, 'objects')
  if (!Array.isArray(objects)) return { refusal: 'The body must be an envelope: {"objects": […]}.' }
  if (objects.length === 0) return { refusal: 'The envelope holds no object.' }
  if (objects.length > MOST_OBJECTS) return { refusal: `Send ${MOST_OBJECTS.toLocaleString('en-GB')} objects or fewer in one envelope.` }
  return { objects }
}

const ID = /^sighting--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const REF = /^[a-z][a-z0-9-]{1,250}--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const LONGEST_OBJECT = 20_000
const MOST_SEEN = 999_999_999

/** Reads one object as a sighting. The reason says what is wrong with it. */
export function readSighting(value: unknown): { readonly sighting: SightingObject } | { readonly reason: string } {
  if (!isRecord(value)) return { reason: 'This is no object.' }
  if (lineAt(value, 'type') !== 'sighting') return { reason: 'Only objects of the type "sighting" are taken.' }
  if (lineAt(value, 'spec_version') !== '2.1') return { reason: 'Its spec_version must be "2.1".' }
  const [id, of] = [lineAt(value, 'id') ?? '', lineAt(value, 'sighting_of_ref') ?? '']
  if (!ID.test(id)) return { reason: 'Its id must be sighting-- and a UUID.' }
  if (!REF.test(of)) return { reason: 'Its sighting_of_ref must be the id of an object.' }
  const [created, modified] = [timeAt(value, 'created'), timeAt(value, 'modified')]
  if (created === null || modified === null || created === 'bad' || modified === 'bad' || modified < created)
    return { reason: 'Its created and modified must be times, and modified no earlier.' }
  const [firstSeen, lastSeen] = [timeAt(value, 'first_seen'), timeAt(value, 'last_seen')]
  if (firstSeen === 'bad' || lastSeen === 'bad') return { reason: 'Its first_seen and last_seen must be times.' }
  if (firstSeen !== null && lastSeen !== null && lastSeen < firstSeen) return { reason: 'Its last_seen must not be before its first_seen.' }
  const count = memberOf(value, 'count') === undefined ? 1 : numberAt(value, 'count')
  if (count === undefined || !Number.isInteger(count) || count < 0 || count > MOST_SEEN)
    return { reason: `Its count must be a whole number from 0 to ${MOST_SEEN.toLocaleString('en-GB')}.` }
  const text = JSON.stringify(value)
  if (text.length > LONGEST_OBJECT || text.includes('\\u0000')) return { reason: 'It is too long, or holds signs that no text holds.' }
  return { sighting: { id, of, modified, count, firstSeen, lastSeen, isRevoked: memberOf(value, 'revoked') === true, object: value } }
}

function timeAt(value: JsonRecord, name: string): Instant | null | 'bad' {
  if (memberOf(value, name) === undefined) return null
  return parseInstant(lineAt(value, name) ?? '') ?? 'bad'
}
