import { z } from 'zod'
import type { Json, JsonRecord } from '../../../../../kernel/json.ts'
import type { Validators } from '../../../../../platform/fetch/fetch.ts'

/** What a STIX source remembers from run to run. */
export interface TaxiiState {
  /** What a person had chosen: another choice looks for the collections anew. */
  basis: string
  /** Set where the address holds STIX itself, without a server of TAXII. */
  document: Validators | null
  /** When the collections were looked for last; `null` for never. ISO instant. */
  listedAt: string | null
  /** What was to be said about the collections then: it is said at each run until they are looked for again. */
  remarks: readonly { readonly rule: string; readonly message: string }[]
  /** By the address of their objects. */
  readonly collections: Map<string, CollectionState>
  /** Markings and identities by their id, which objects on later pages refer to. */
  readonly known: Map<string, JsonRecord>
}

export interface CollectionState {
  readonly url: string
  readonly title: string
  /** All that was added before has been gathered; asked for with `added_after`. As the server writes it. */
  after: string | null
  /** Whether the server gives what was added at that very moment too, against the standard. */
  isInclusive: boolean
  sweep: Sweep | null
}

/** One passage through the pages of a collection. */
export interface Sweep {
  /** `added_after` of its requests. It moves on where the server pages by dates. */
  after: string | null
  /** The token of the page to ask for. */
  next: string | null
  /** When it began, by the server's clock where it tells the time. ISO instant. */
  begunAt: string
  /** When the newest object so far was added. As the server writes it. */
  last: string | null
  /** The marks of the objects on the last page that held any, in one text. */
  page: string
  /** The marks of the tokens so far, in one text. */
  tokens: string
  pages: number
  /** How many pages in a row held nothing but the page before did. */
  idle: number
}

const text = z.nullable(z.string())
const stored = z.object({
  version: z.literal(1),
  basis: z.string(),
  document: z.nullable(z.object({ etag: text, lastModified: text })),
  listedAt: text,
  remarks: z.array(z.object({ rule: z.string(), message: z.string() })),
  collections: z.array(
    z.object({
      url: z.string(),
      title: z.string(),
      after: text,
      isInclusive: z.boolean(),
      sweep: z.nullable(
        z.object({
          after: text,
          next: text,
          begunAt: z.string(),
          last: text,
          page: z.string(),
          tokens: z.string(),
          pages: z.number(),
          idle: z.number(),
        }),
      ),
    }),
  ),
  known: z.array(z.looseObject({ id: z.string() })),
})

export function restore(cursor: Json, basis: string): TaxiiState {
  const read = stored.safeParse(cursor)
  if (!read.success) return { basis, document: null, listedAt: null, remarks: [], collections: new Map(), known: new Map() }
  const { collections, known, listedAt, remarks, document } = read.data
  return {
    basis,
    document,
    // What was gathered of a collection stands, whatever was chosen since.
    listedAt: read.data.basis === basis ? listedAt : null,
    remarks,
    collections: new Map(collections.map(collection => [collection.url, collection])),
    known: new Map(known.map(object => [object.id, object])),
  }
}

export function snapshot({ basis, document, listedAt, remarks, collections, known }: TaxiiState): Json {
  return {
    version: 1,
    basis,
    document: document === null ? null : { ...document },
    listedAt,
    remarks: remarks.map(remark => ({ ...remark })),
    collections: [...collections.values()].map(({ sweep, ...rest }) => ({ ...rest, sweep: sweep === null ? null : { ...sweep } })),
    // They came out of JSON.
    known: [...known.values()] as Json[],
  }
}
