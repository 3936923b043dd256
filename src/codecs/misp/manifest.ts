import type { Instant } from '../../kernel/instant.ts'
import { isRecord, lineAt, memberOf } from '../../kernel/json.ts'
import { epochOf } from './attribute.ts'

/**
 * The manifest of a MISP feed (`manifest.json`): the events that the feed has, each a file `<uuid>.json` beside it, by which a reader fetches
 * only what has changed.
 */
export interface ManifestEntry {
  readonly uuid: string
  readonly title: string
  /** When the event last changed. */
  readonly updated: Instant | null
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether parsed JSON is such a manifest. An empty object is the manifest of an empty feed, but nothing can be known by it. */
export function recognisesMispManifest(json: unknown): boolean {
  const names = isRecord(json) ? Object.keys(json) : []
  return names.length > 0 && names.every(name => UUID.test(name) && lineAt(memberOf(json, name), 'info') !== undefined)
}

/** The events of a manifest, in lower case, in its order. What has no UUID for a name is left out: the name becomes part of an address. */
export function readMispManifest(json: unknown): readonly ManifestEntry[] {
  return Object.entries(isRecord(json) ? json : {})
    .filter(([uuid]) => UUID.test(uuid))
    .map(([uuid, entry]) => ({
      uuid: uuid.toLowerCase(),
      title: lineAt(entry, 'info') ?? '',
      updated: epochOf(memberOf(entry, 'timestamp')) ?? null,
    }))
}
