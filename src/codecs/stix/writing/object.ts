import { v5 as uuidv5 } from 'uuid'
import type { Instant } from '../../../kernel/instant.ts'
import type { Json } from '../../../kernel/json.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import { MARKING_IDS } from './markings.ts'

/** An object of STIX 2.1 as it is written: plain JSON. */
export interface StixObject {
  readonly type: string
  readonly id: string
  readonly [member: string]: Json
}

/** What the objects of one thing have in common. */
export interface Origin {
  /** The id of the thing in CareCERT, such as `bul_…`: unique everywhere, so the ids made from it are too. */
  readonly key: string
  /** The id of the identity that says it. */
  readonly createdBy: string
  readonly tlp: Tlp
  readonly created: Instant
  readonly modified: Instant
}

/** The namespace of the ids that CareCERT makes (RFC 9562 §5.5). It never changes: the ids of what was published depend on it. */
const NAMESPACE = '41d8e593-5daa-4421-9880-76b00a3e9cbb'

/** The id of an object: the same from the same names, whatever version it is of. */
export function stixId(type: string, ...names: readonly string[]): string {
  return `${type}--${uuidv5(names.join('\n'), NAMESPACE)}`
}

/** A STIX timestamp (STIX 2.1 §3.2): UTC, to the millisecond. */
export function stixTime(at: Instant): string {
  return at.toISOString()
}

/**
 * A domain or relationship object (STIX 2.1 §3.2) of that origin. `name` tells it from others of its type. Members that are absent, empty
 * lists or empty texts are left out, as §3.1 asks.
 */
export function objectOf(origin: Origin, type: string, name: string, members: Readonly<Record<string, Json | undefined>>): StixObject {
  return {
    type,
    spec_version: '2.1',
    id: stixId(type, origin.key, name),
    created_by_ref: origin.createdBy,
    created: stixTime(origin.created),
    modified: stixTime(origin.modified),
    object_marking_refs: [MARKING_IDS[origin.tlp]],
    ...filled(members),
  }
}

/** The members that say something. */
export function filled(members: Readonly<Record<string, Json | undefined>>): Record<string, Json> {
  const said: Record<string, Json> = {}
  for (const [name, value] of Object.entries(members))
    if (value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)) said[name] = value
  return said
}

/** A bundle (STIX 2.1 §8). Its id is made from what it is of and when, so that the same is the same. */
export function bundleOf(name: string, objects: readonly StixObject[]): StixObject {
  return { type: 'bundle', id: stixId('bundle', name), objects: [...objects] }
}
