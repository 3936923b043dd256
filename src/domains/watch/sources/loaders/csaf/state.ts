import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { ListedDocument } from '../../../../../codecs/csaf-provider/listed.ts'
import { PROVIDER_ROLES, type ProviderMetadata } from '../../../../../codecs/csaf-provider/metadata.ts'
import type { Json } from '../../../../../kernel/json.ts'
import { TLP, type Tlp } from '../../../../../kernel/tlp.ts'
import type { Validators } from '../../../../../platform/fetch/fetch.ts'

/** What a CSAF source remembers from run to run. `restore` and `snapshot` turn it from and into the JSON that is kept with the source. */
export interface CsafState {
  root: Root | null
  provider: ProviderMetadata | null
  /** Whether the provider ever promised to sign. A promise is not taken back by a change of its metadata. */
  hasPromisedSignatures: boolean
  /** Every key that the provider has signed with, so that one that is new is told. */
  knownKeys: KnownKey[]
  /** By the address of the feed or folder. */
  readonly lists: Map<string, ListState>
  /** Documents that could not be had, to be asked for again. */
  retries: Retry[]
}

/** Where the source begins, and what was found there. */
export interface Root {
  readonly address: string
  readonly kind: 'provider' | 'feed' | 'directory' | 'document'
  readonly validators: Validators
}

export interface KnownKey {
  readonly url: string
  readonly fingerprint: string
}

export interface ListState {
  /** Of the state that was looked through to its end; empty before the first end. */
  validators: Validators
  /** What CSAF 2.1's metadata said of it at that time. */
  lastUpdated: string | null
  /** The marks (`markOf`) of what has been dealt with: given, or set aside to be asked for again. */
  readonly seen: Set<string>
}

export interface Retry extends ListedDocument {
  readonly list: string
  readonly tlp: Tlp | null
  readonly tries: number
  /** ISO instant: not to be asked for before. */
  readonly after: string
}

export const NO_VALIDATORS: Validators = { etag: null, lastModified: null }

const MARK_LENGTH = 8

/**
 * Eight characters (48 bits of SHA-256) for one state of one document. A set of them is small enough to keep for hundreds of thousands of
 * documents, and tells a document that came with an old date, which a high-water mark of dates would miss.
 */
export function markOf(address: string, updated: string): string {
  return createHash('sha256').update(`${address}\n${updated}`).digest('base64url').slice(0, MARK_LENGTH)
}

const validators = z.object({ etag: z.nullable(z.string()), lastModified: z.nullable(z.string()) })
const tlp = z.nullable(z.enum(TLP))
const listed = { address: z.string(), hashes: z.array(z.string()), signature: z.nullable(z.string()), updated: z.nullable(z.string()) }
const place = z.object({ url: z.string(), tlp, lastUpdated: z.nullable(z.string()) })

const stored = z.object({
  version: z.literal(1),
  root: z.nullable(z.object({ address: z.string(), kind: z.enum(['provider', 'feed', 'directory', 'document']), validators })),
  provider: z.nullable(
    z.object({
      canonicalUrl: z.nullable(z.string()),
      role: z.enum(PROVIDER_ROLES),
      publisher: z.nullable(z.object({ name: z.string(), namespace: z.nullable(z.string()) })),
      keys: z.array(z.object({ url: z.string(), fingerprint: z.nullable(z.string()) })),
      feeds: z.array(place),
      directories: z.array(place),
      maintainedUntil: z.nullable(z.string()),
    }),
  ),
  hasPromisedSignatures: z.boolean(),
  knownKeys: z.array(z.object({ url: z.string(), fingerprint: z.string() })),
  lists: z.record(z.string(), z.object({ validators, lastUpdated: z.nullable(z.string()), seen: z.string() })),
  retries: z.array(z.object({ ...listed, list: z.string(), tlp, tries: z.number(), after: z.string() })),
})

/** The state that a cursor holds; an empty one for `null`, and for a cursor that cannot be read: everything is then looked at anew. */
export function restore(cursor: Json): CsafState {
  const read = stored.safeParse(cursor)
  if (!read.success) return { root: null, provider: null, hasPromisedSignatures: false, knownKeys: [], lists: new Map(), retries: [] }
  const { lists, version: _version, ...rest } = read.data
  return { ...rest, lists: new Map(Object.entries(lists).map(([url, list]) => [url, { ...list, seen: new Set(marksIn(list.seen)) }])) }
}

export function snapshot(state: CsafState): Json {
  return {
    version: 1,
    root: state.root === null ? null : { ...state.root, validators: { ...state.root.validators } },
    provider: state.provider === null ? null : providerJson(state.provider),
    hasPromisedSignatures: state.hasPromisedSignatures,
    knownKeys: state.knownKeys.map(key => ({ ...key })),
    lists: Object.fromEntries(
      [...state.lists].map(([url, list]) => [url, { ...list, validators: { ...list.validators }, seen: [...list.seen].join('') }]),
    ),
    retries: state.retries.map(retry => ({ ...retry })),
  }
}

function providerJson({ publisher, keys, feeds, directories, ...rest }: ProviderMetadata): Json {
  return {
    ...rest,
    publisher: publisher === null ? null : { ...publisher },
    keys: keys.map(key => ({ ...key })),
    feeds: feeds.map(feed => ({ ...feed })),
    directories: directories.map(directory => ({ ...directory })),
  }
}

function marksIn(text: string): string[] {
  return Array.from({ length: Math.floor(text.length / MARK_LENGTH) }, (_, at) => text.slice(at * MARK_LENGTH, (at + 1) * MARK_LENGTH))
}
