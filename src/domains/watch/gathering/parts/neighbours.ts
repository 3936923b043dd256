import { ITEM_TYPES } from '../../../../codecs/stix/item.ts'
import { lineAt, linesAt, listAt } from '../../../../kernel/json.ts'
import type { StixIndex } from './stix-index.ts'

/** Objects of a bundle by their place in it. */
export type ObjectsAt = ReadonlyMap<number, unknown>

/** Reads the object at a place; `undefined` when reading it would be too much. */
export type ReadAt = (at: number) => Promise<unknown>

export interface Neighbourhood {
  /** The objects themselves and those around them, in the order of the bundle. */
  readonly objects: readonly (readonly [at: number, object: unknown])[]
  /** The ids of those of the objects that are items of this part: each belongs to the part in which it stands first. */
  readonly own: ReadonlySet<string>
  /** Ids whose versions could not all be read, so that nobody knows which is the newest. */
  readonly unsure: ReadonlySet<string>
  /** Whether everything around was read. */
  readonly isWhole: boolean
}

/** How much around the objects of one part is read at most. */
const MOST_OBJECTS = 20_000

/**
 * What an item of a bundle is told with: the other versions of its object, what it refers to, what refers to it, the other end of its relationships,
 * the sightings of the indicators it contains, and the markings of all of these (codecs/stix). An object is read with all its versions or not at
 * all, since an older one may be marked wider than the newest.
 */
export async function neighbourhoodOf(objects: ObjectsAt, index: StixIndex, readAt: ReadAt): Promise<Neighbourhood> {
  const read = new Map(objects)
  let isWhole = true
  const fetch = async (places: readonly number[]): Promise<boolean> => {
    const missing = places.filter(at => !read.has(at))
    const found: [number, unknown][] = []
    for (const at of missing) {
      const object = read.size + found.length > objects.size + MOST_OBJECTS ? undefined : await readAt(at)
      if (object === undefined) {
        isWhole = false
        return false
      }
      found.push([at, object])
    }
    for (const [at, object] of found) read.set(at, object)
    return true
  }
  const asked = new Map<string, boolean>()
  const fetchIds = async (ids: Iterable<string>) => {
    for (const id of ids) if (!asked.has(id)) asked.set(id, await fetch(index.versionsOf(id)))
  }
  /** What tells of an object stands under an id of its own. */
  const fetchTellers = async (places: readonly number[]): Promise<readonly unknown[]> => {
    const tellers: unknown[] = []
    for (const at of new Set(places)) {
      const object = read.get(at) ?? (await readAt(at))
      const id = lineAt(object, 'id')
      if (id === undefined) {
        isWhole = false
        continue
      }
      await fetchIds([id])
      if (asked.get(id) === true) tellers.push(object)
    }
    return tellers
  }

  const ids = new Set([...objects.values()].filter(isItem).flatMap(object => lineAt(object, 'id') ?? []))
  await fetchIds(ids)
  const first = firstPlaces(read)
  const roots = [...read.values()].filter(object => ids.has(lineAt(object, 'id') ?? ''))
  // Markings come first, so that no limit makes anything wider or narrower than it is.
  await fetchIds(roots.flatMap(markingsOf))
  await fetchIds(roots.flatMap(refsOf))
  const tellers = await fetchTellers([...ids].flatMap(id => index.tellersOf(id)))
  await fetchIds(tellers.flatMap(refsOf))
  const indicators = [...read.values()].flatMap(object => (lineAt(object, 'type') === 'indicator' ? (lineAt(object, 'id') ?? []) : []))
  await fetchTellers([...new Set(indicators)].filter(id => !ids.has(id)).flatMap(id => index.sightingsOf(id)))
  await fetchIds([...read.values()].flatMap(markingsOf))

  return {
    // Where a newer version could not be read, an older one is not told either.
    objects: [...read].filter(([, object]) => asked.get(lineAt(object, 'id') ?? '') !== false).toSorted(([a], [b]) => a - b),
    own: new Set([...ids].filter(id => objects.has(first.get(id) ?? -1))),
    unsure: new Set([...ids].filter(id => asked.get(id) === false)),
    isWhole,
  }
}

function isItem(object: unknown): boolean {
  return ITEM_TYPES.includes(lineAt(object, 'type') ?? '')
}

function firstPlaces(objects: ObjectsAt): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  for (const [at, object] of objects) {
    const id = lineAt(object, 'id')
    if (id !== undefined) places.set(id, Math.min(at, places.get(id) ?? at))
  }
  return places
}

function markingsOf(object: unknown): readonly string[] {
  return [...linesAt(object, 'object_marking_refs'), ...listAt(object, 'granular_markings').flatMap(part => lineAt(part, 'marking_ref') ?? [])]
}

const REFERENCES = ['created_by_ref', 'source_ref', 'target_ref', 'sighting_of_ref'] as const
const LISTS_OF_REFERENCES = ['object_refs', 'sample_refs', 'where_sighted_refs'] as const

function refsOf(object: unknown): readonly string[] {
  return [...REFERENCES.flatMap(name => lineAt(object, name) ?? []), ...LISTS_OF_REFERENCES.flatMap(name => linesAt(object, name))]
}
