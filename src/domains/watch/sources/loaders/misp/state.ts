import { z } from 'zod'
import type { Json } from '../../../../../kernel/json.ts'
import type { Validators } from '../../../../../platform/fetch/fetch.ts'

/** What a MISP source remembers from run to run. */
export interface MispState {
  /** What is at the address; `null` until it was looked at. */
  place: MispPlace | null
  /** Of the document, or the manifest of the feed, as it was dealt with to its end. */
  validators: Validators
  /** The events of a feed that were given, or set aside: when each had changed last, in seconds, by its UUID. */
  readonly events: Map<string, number>
  /** The events of a feed that could not be had, by their UUID. */
  readonly retries: Map<string, Retry>
  /** When the last passage through an instance began: all that had changed by then has been gathered. In seconds. */
  since: number | null
  /** When the last passage through all of an instance began. In seconds. */
  wholeAt: number | null
  /** The events of an instance that changed so lately that they will come again: when each had, in seconds, by its UUID. */
  readonly recent: Map<string, number>
  passage: Passage | null
}

/** A folder with a manifest and a file for each event; a server of MISP; or events at the address itself. */
export interface MispPlace {
  readonly kind: 'feed' | 'instance' | 'document'
  /** The folder, the server, or the document. */
  readonly address: string
}

export interface Retry {
  readonly tries: number
  /** ISO instant: not to be asked for before. */
  readonly after: string
}

/** One passage through the events of an instance. Times in seconds. */
export interface Passage {
  /** Events that changed before are left out; `null` for none. */
  readonly since: number | null
  readonly begunAt: number
  /** How many events have been asked for. */
  offset: number
  /** The mark of the events on the last page. */
  page: string
  pages: number
}

export const NO_VALIDATORS: Validators = { etag: null, lastModified: null }

const text = z.nullable(z.string())
const seconds = z.nullable(z.number())
const stored = z.object({
  version: z.literal(1),
  place: z.nullable(z.object({ kind: z.enum(['feed', 'instance', 'document']), address: z.string() })),
  validators: z.object({ etag: text, lastModified: text }),
  events: z.record(z.string(), z.number()),
  retries: z.record(z.string(), z.object({ tries: z.number(), after: z.string() })),
  since: seconds,
  wholeAt: seconds,
  recent: z.record(z.string(), z.number()),
  passage: z.nullable(z.object({ since: seconds, begunAt: z.number(), offset: z.number(), page: z.string(), pages: z.number() })),
})

export function restore(cursor: Json): MispState {
  const read = stored.safeParse(cursor)
  if (!read.success) {
    const maps = { events: new Map(), retries: new Map(), recent: new Map() }
    return { place: null, validators: NO_VALIDATORS, since: null, wholeAt: null, passage: null, ...maps }
  }
  const { events, retries, recent, ...rest } = read.data
  return { ...rest, events: mapOf(events), retries: mapOf(retries), recent: mapOf(recent) }
}

function mapOf<T>(record: Readonly<Record<string, T>>): Map<string, T> {
  return new Map(Object.entries(record))
}

export function snapshot({ place, validators, events, retries, since, wholeAt, recent, passage }: MispState): Json {
  return {
    version: 1,
    place: place === null ? null : { ...place },
    validators: { ...validators },
    events: Object.fromEntries(events),
    retries: Object.fromEntries([...retries].map(([uuid, retry]) => [uuid, { ...retry }])),
    since,
    wholeAt,
    recent: Object.fromEntries(recent),
    passage: passage === null ? null : { ...passage },
  }
}
