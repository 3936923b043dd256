import type { CareCertError } from '../../../kernel/errors.ts'
import type { Instant } from '../../../kernel/instant.ts'
import type { Json, JsonRecord } from '../../../kernel/json.ts'
import type { Problem } from '../../../kernel/problem.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import { sleep } from '../../../platform/clock/clock.ts'
import { isAmongHosts } from '../../../platform/fetch/addresses.ts'
import type { Fetched, Fetcher, FetchWishes } from '../../../platform/fetch/fetch.ts'
import { filesIn, openedFolder, type FoundFile } from '../../../platform/fetch/folder.ts'
import type { SpooledFile } from '../../../platform/fetch/spool.ts'
import type { SourceFormat } from './model.ts'

/**
 * How documents come from a source. A loader knows one kind of source (`loaders/<kind>/loader.ts`): where its documents are listed, which of
 * them are new, and what proves that they are whole. It reads none of them and stores nothing; whoever runs it does.
 *
 * What holds for each loader:
 * 1. It asks for what is new since its cursor, and for nothing twice: nothing new costs a request or two.
 * 2. It may be stopped and started anew at any point. What was given since the last cursor that was kept is given again, and nothing is left out.
 * 3. A document that cannot be had delays no other: it is told (`failed`) and asked for again later.
 * 4. It throws when the source as a whole gives nothing, and what it gave before that stands.
 * 5. It reaches the network, and folders, by its `Outbound` alone.
 */
export interface Loader {
  readonly format: SourceFormat
  load(source: SourceToLoad, out: Outbound): AsyncIterable<Loaded>
}

export interface SourceToLoad {
  /** Where to begin: the source's own address. */
  readonly url: string
  /** What the last run left, as its loader wrote it; `null` at the first, or to look at everything anew. */
  readonly cursor: Json
  /** What a person chose for this source. The loader of its kind says which members there are, and ignores others. */
  readonly settings: Readonly<Record<string, Json>>
  readonly now: Instant
}

/** What a loader gives, one at a time. */
export type Loaded = { readonly cursor: CursorAfter } & (
  | LoadedDocument
  /** The source says that what was at this address is taken back: every item that came from there is withdrawn. */
  | { readonly kind: 'gone'; readonly address: string }
  | FailedDocument
  /** Something that a person should know about the source as a whole, such as a key that changed. */
  | { readonly kind: 'remark'; readonly remark: Problem }
  /** A list was looked through to its end, or has nothing new: there is no more to it than its cursor. */
  | { readonly kind: 'checked'; readonly address: string }
)

/**
 * The state after this one, to be kept with the source. Ask for it before the loader is asked for the next, and only when it is to be
 * kept: it may be large. Keeping it at every tenth document is as good as at each.
 */
export type CursorAfter = () => Json

export interface LoadedDocument {
  readonly kind: 'document'
  readonly address: string
  /** Empty when it lies in `file`. */
  readonly bytes: Uint8Array
  /** A large document, as a file that whoever takes it discards. */
  readonly file?: SpooledFile | null
  /** The label of the place in which it was found. The document may be marked narrower than that, and never wider. */
  readonly tlp: Tlp | null
  /** `null` for a kind of source that has no such proofs. */
  readonly integrity: Integrity | null
  /** Where the source departs from its standard in giving it. */
  readonly remarks: readonly Problem[]
  /** What earlier documents of this source held that this one may refer to, such as the markings of STIX. */
  readonly known?: readonly JsonRecord[]
  /** The `Content-Type` that it came with: a feed's letters may be encoded as only that says. */
  readonly contentType?: string | null
}

export interface FailedDocument {
  readonly kind: 'failed'
  readonly address: string
  readonly error: CareCertError
  /** What came, where it was refused for what it is. */
  readonly bytes: Uint8Array | null
}

/** What proves that a document is what its publisher wrote. One that a proof speaks against is never given. */
export interface Integrity {
  /** The algorithm of the hash that agrees; `null` when the source gives none. */
  readonly hash: 'sha256' | 'sha512' | null
  /** The fingerprint, in upper case, of the OpenPGP key whose signature holds; `null` when it is not signed. */
  readonly signedBy: string | null
}

/** A loader's only way out: to the hosts of its source and no others, and to the folder that the operator opened. */
export interface Outbound {
  /** The files of a folder on this machine. Throws `Invalid` for one that the operator did not open to sources. */
  filesIn(folder: string): AsyncIterable<FoundFile>
  /** The most bytes of a document that may be given as a file. */
  readonly largestFileBytes: number
  /** Whether requests carry something that proves who asks. */
  readonly hasCredentials: boolean
  /** Whether the address is at a host that this source may ask. */
  mayAsk(address: string): boolean
  /** As `Fetcher.get`. With `pauseMillis`, at least so long after the answer before. */
  get(address: string, wishes?: Omit<FetchWishes, 'hosts'> & { readonly pauseMillis?: number }): Promise<Fetched>
}

export interface OutboundPolicy {
  /** The source's own address: its host may be asked, and its subdomains. */
  readonly url: string
  /** Further hosts that a person allowed for this source. */
  readonly hosts: readonly string[]
  /** Headers that prove who asks. They go to the origin of `url` only. */
  readonly credentials: Readonly<Record<string, string>>
  /** The folder that sources may gather from; without it none. */
  readonly openedFolder?: string | null
}

/** Narrows the way to the network to what one source may ask. */
export function createOutbound(fetcher: Fetcher, policy: OutboundPolicy): Outbound {
  const own = URL.parse(policy.url)
  const hosts = [...(own === null ? [] : [own.host]), ...policy.hosts]
  let isFirst = true
  return {
    largestFileBytes: fetcher.largestFileBytes,
    async *filesIn(folder) {
      yield* filesIn(await openedFolder(folder, policy.openedFolder ?? null))
    },
    hasCredentials: Object.keys(policy.credentials).length > 0,
    mayAsk(address) {
      const url = URL.parse(address)
      return url !== null && isAmongHosts(url, hosts)
    },
    async get(address, { pauseMillis = 0, headers, ...wishes } = {}) {
      if (!isFirst && pauseMillis > 0) await sleep(pauseMillis)
      isFirst = false
      const isOwn = own !== null && URL.parse(address)?.origin === own.origin
      return fetcher.get(address, { ...wishes, hosts, headers: { ...headers, ...(isOwn ? policy.credentials : {}) } })
    },
  }
}
