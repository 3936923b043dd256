import { hash } from 'node:crypto'
import { lineAt, linesAt } from '../../../../kernel/json.ts'

/**
 * Which objects of a large bundle have which id, and which of them tell something of another: relationships, sightings, notes and opinions. It keeps
 * numbers alone. Two ids may share a number, so that more is found than was asked for: whoever asks looks at the objects.
 */
export interface StixIndex {
  /** Where the versions of an object stand in the list, in that order. */
  versionsOf(id: string): readonly number[]
  /** Where objects stand that tell of it. */
  tellersOf(id: string): readonly number[]
  /** Where sightings of it stand. */
  sightingsOf(id: string): readonly number[]
  /** Who made most of the objects. */
  readonly creator: string | null
}

export interface StixIndexBuilder {
  add(object: unknown, at: number): void
  finish(): StixIndex
}

const MOST_CREATORS = 10_000
/** What is told beyond that is left out, which never shows anything to more people. */
const MOST_PAIRS = 5_000_000

export function createStixIndex(): StixIndexBuilder {
  const ids: Pairs = { keys: [], places: [] }
  const tellers: Pairs = { keys: [], places: [] }
  const sightings: Pairs = { keys: [], places: [] }
  const creators = new Map<string, number>()
  return {
    add(object, at) {
      const [id, type] = [lineAt(object, 'id'), lineAt(object, 'type')]
      if (id === undefined || type === undefined) return
      put(ids, id, at)
      const creator = lineAt(object, 'created_by_ref')
      if (creator !== undefined && (creators.size < MOST_CREATORS || creators.has(creator))) creators.set(creator, (creators.get(creator) ?? 0) + 1)
      if (type === 'sighting') put(sightings, lineAt(object, 'sighting_of_ref'), at)
      for (const told of toldBy(object, type)) put(tellers, told, at)
    },
    finish() {
      const [most] = [...creators].toSorted((a, b) => b[1] - a[1])
      return { versionsOf: finderIn(ids), tellersOf: finderIn(tellers), sightingsOf: finderIn(sightings), creator: most?.[0] ?? null }
    },
  }
}

function toldBy(object: unknown, type: string): readonly (string | undefined)[] {
  if (type === 'relationship') return [...new Set([lineAt(object, 'source_ref'), lineAt(object, 'target_ref')])]
  if (type === 'sighting') return [lineAt(object, 'sighting_of_ref')]
  return type === 'note' || type === 'opinion' ? [...new Set(linesAt(object, 'object_refs'))] : []
}

/** Numbers only, so that a million of them are a few megabytes. */
interface Pairs {
  readonly keys: number[]
  readonly places: number[]
}

function put(pairs: Pairs, id: string | undefined, at: number): void {
  if (id === undefined || pairs.keys.length >= MOST_PAIRS) return
  pairs.keys.push(keyOf(id))
  pairs.places.push(at)
}

/** 48 bits of a hash: a whole number that JavaScript holds exactly. */
function keyOf(id: string): number {
  return hash('sha256', id, 'buffer').readUIntBE(0, 6)
}

function finderIn({ keys, places }: Pairs): (id: string) => readonly number[] {
  const order = Uint32Array.from(keys.keys()).toSorted((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b)
  const keyAt = (index: number) => keys[order[index] ?? -1] ?? Infinity
  return id => {
    const key = keyOf(id)
    let [low, high] = [0, order.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (keyAt(middle) < key) low = middle + 1
      else high = middle
    }
    const found: number[] = []
    for (; keyAt(low) === key; low += 1) found.push(places[order[low] ?? -1] ?? 0)
    return found
  }
}
