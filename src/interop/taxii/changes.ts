import { revoked } from '../../codecs/stix/writing/bulletin.ts'
import type { StixObject } from '../../codecs/stix/writing/object.ts'
import { parseInstant, type Instant } from '../../kernel/instant.ts'

/** An object as it stands in a collection. */
export interface Standing {
  readonly objectId: string
  readonly version: Instant
  readonly body: string
}

/** What is to be added so that a collection says what it should. */
export type Changes =
  | { readonly kind: 'add'; readonly objects: readonly StixObject[] }
  /** An object that was taken back for good would have to come back: all must be said anew under other ids. */
  | { readonly kind: 'anew' }

/**
 * Compares what should be said with what stands: what is new or says something else is added as a new version, what is not said any more is taken
 * back. An object that says the same keeps its version, so that nobody fetches it again.
 */
export function changesBetween(standing: readonly Standing[], wanted: readonly StixObject[], at: Instant): Changes {
  const before = new Map(standing.map(row => [row.objectId, row]))
  const objects: StixObject[] = []
  for (const object of wanted) {
    const row = before.get(object.id)
    if (row === undefined) objects.push(object)
    else if (isRevoked(row) && object['revoked'] !== true) return { kind: 'anew' }
    else if (JSON.stringify(asOf(object, row)) !== row.body) objects.push(laterThan(row.version, object, at))
  }
  const ids = new Set(wanted.map(object => object.id))
  return {
    kind: 'add',
    objects: [
      ...objects,
      ...takingBack(
        standing.filter(row => !ids.has(row.objectId)),
        at,
      ),
    ],
  }
}

/** The versions that take all of those back (STIX 2.1 §3.6), but for what is taken back already or knows no versions. */
export function takingBack(standing: readonly Standing[], at: Instant): readonly StixObject[] {
  return standing.flatMap(row => {
    const object = parsed(row)
    const taken = revoked(object)
    return taken === object || isRevoked(row) ? [] : [laterThan(row.version, taken, at)]
  })
}

function isRevoked(row: Standing): boolean {
  return parsed(row)['revoked'] === true
}

function parsed({ body }: Standing): StixObject {
  // Our own text of an object, made in this module.
  return JSON.parse(body) as StixObject
}

/** The object with the time of change of what stands, so that only what they say is compared. */
function asOf(object: StixObject, row: Standing): StixObject {
  const { modified } = parsed(row)
  return object['modified'] === undefined || modified === undefined ? object : { ...object, modified }
}

/** A new version is later than the one before, by a millisecond at least. */
function laterThan(before: Instant, object: StixObject, at: Instant): StixObject {
  if (object['modified'] === undefined) return object
  const millis = Math.max(before.getTime() + 1, at.getTime())
  return { ...object, modified: new Date(millis).toISOString() }
}

/** What a row's version is (TAXII 2.1 §3.4.2): the object's `modified`, else its `created`, else when it was added. */
export function versionOf(object: StixObject, added: Instant): Instant {
  const said = object['modified'] ?? object['created']
  return (typeof said === 'string' ? parseInstant(said) : undefined) ?? added
}
