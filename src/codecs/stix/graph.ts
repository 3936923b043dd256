import { isRecord, lineAt, linesAt, listAt, memberOf, type JsonRecord } from '../../kernel/json.ts'
import { readMarkings, type Marking } from './markings.ts'
import { parseTime } from './time.ts'

/**
 * The objects of a bundle and how they hang together. Only one step is ever walked from an object, so that neither cycles nor references into
 * nothing matter.
 */
export interface StixGraph {
  /** The newest version of each object, in the order in which the ids first stand. */
  readonly objects: readonly GraphObject[]
  find(id: string): JsonRecord | undefined
  /** How an object may be shared. */
  markingOf(object: JsonRecord): Marking
  /** Relationships that begin or end at the object and are not revoked. */
  relationshipsOf(id: string): readonly JsonRecord[]
  /** Sightings of the object that are not revoked. */
  sightingsOf(id: string): readonly JsonRecord[]
  /** Notes and opinions about the object that are not revoked. */
  notesOn(id: string): readonly JsonRecord[]
}

export interface GraphObject {
  readonly id: string
  readonly type: string
  readonly object: JsonRecord
  /** Its place in the list that was read. */
  readonly index: number
}

/** Builds the graph of those of the objects that have a type and an id. `known` are objects from elsewhere that may be referred to. */
export function graphOf(objects: readonly unknown[], known: readonly unknown[]): StixGraph {
  const byId = new Map<string, GraphObject>()
  for (const [index, object] of objects.entries()) {
    const [id, type] = [lineAt(object, 'id'), lineAt(object, 'type')]
    if (!isRecord(object) || id === undefined || type === undefined) continue
    const earlier = byId.get(id)
    if (earlier === undefined || isNewer(object, earlier.object)) byId.set(id, { id, type, object, index })
  }
  const others = new Map(known.filter(isRecord).map(object => [lineAt(object, 'id') ?? '', object]))
  const relationships = new Map<string, JsonRecord[]>()
  const sightings = new Map<string, JsonRecord[]>()
  const notes = new Map<string, JsonRecord[]>()
  const list = (map: Map<string, JsonRecord[]>, id: string | undefined, object: JsonRecord) => {
    if (id === undefined) return
    const held = map.get(id)
    if (held === undefined) map.set(id, [object])
    else held.push(object)
  }
  for (const { type, object } of byId.values()) {
    if (memberOf(object, 'revoked') === true) continue
    if (type === 'relationship')
      for (const end of new Set([lineAt(object, 'source_ref'), lineAt(object, 'target_ref')])) list(relationships, end, object)
    if (type === 'sighting') list(sightings, lineAt(object, 'sighting_of_ref'), object)
    if (type === 'note' || type === 'opinion') for (const ref of new Set(linesAt(object, 'object_refs'))) list(notes, ref, object)
  }
  const find = (id: string) => byId.get(id)?.object ?? others.get(id)
  const markings = new WeakMap<JsonRecord, Marking>()
  const markingOf = (object: JsonRecord) => {
    const marking = markings.get(object) ?? readMarkings(object, find)
    markings.set(object, marking)
    return marking
  }
  return {
    objects: [...byId.values()],
    find,
    markingOf,
    relationshipsOf: id => relationships.get(id) ?? [],
    sightingsOf: id => sightings.get(id) ?? [],
    notesOn: id => notes.get(id) ?? [],
  }
}

/** STIX 2.1 §3.6: the version with the later `modified` counts. */
function isNewer(object: JsonRecord, other: JsonRecord): boolean {
  const [mine, theirs] = [object, other].map(version => parseTime(lineAt(version, 'modified') ?? '')?.getTime() ?? 0)
  return (mine ?? 0) > (theirs ?? 0)
}

/** The objects that a report, grouping or bundle of notes names, each once. */
export function refsOf(object: JsonRecord, member = 'object_refs'): readonly string[] {
  return [...new Set(listAt(object, member).filter(ref => typeof ref === 'string'))]
}
