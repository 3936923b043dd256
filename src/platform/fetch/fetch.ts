import { open, readFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { Invalid, Unavailable } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/json.ts'
import { assertMayAsk, pinnedLookup, resolveHost, type Resolve } from './addresses.ts'
import { createExchange, type Answer } from './exchange.ts'
import { LARGE_DOCUMENT_BYTES, LARGEST_SPOOLED_BYTES, type SpooledFile } from './spool.ts'
import { unpack } from './unpack.ts'

/** The one way out to the network: only http and https, never to a private address, with limits on size, time and redirects. */
export interface Fetcher {
  /**
   * What is at an address. Throws `Invalid` for one that must not be asked or is too large, `Unsuccessful` when it answers with an error,
   * `Unavailable` when it gives nothing.
   */
  get(address: string, wishes?: FetchWishes): Promise<Fetched>
  /** The most bytes of a document that goes to a file. */
  readonly largestFileBytes: number
}

export interface FetchWishes {
  /**
   * The hosts that may be asked, redirects included: `example.org` is that host and its subdomains, `example.org:8443` that port of them.
   * Without it any host in public.
   */
  readonly hosts?: readonly string[]
  /** What the last answer gave: the document comes only if it is another one by now. */
  readonly validators?: Validators
  /** Further headers, such as an API key. They go to the origin of the address only: a redirect elsewhere does not take them along. */
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON by POST. */
  readonly body?: Json
  /** Most bytes, packed and unpacked. */
  readonly largestBytes?: number
  /** Whether a large document may be given as a file, and so be larger than what may be held. */
  readonly intoFile?: boolean
  /** For all of it: redirects, head and body. */
  readonly timeoutMillis?: number
}

/** By which a server knows whether a document is still the one that it gave (RFC 9110 §8.8). */
export interface Validators {
  readonly etag: string | null
  readonly lastModified: string | null
}

export interface Fetched {
  /** Whether the server said that the document is still the one of the validators. Then `bytes` is empty. */
  readonly isUnchanged: boolean
  /** Empty when it lies in `file`. */
  readonly bytes: Buffer
  /** A large document, where that was wished. Whoever asked discards it. */
  readonly file: SpooledFile | null
  /** Its declared media type. What it is, its bytes say. */
  readonly type: string | null
  readonly validators: Validators
  /** Where it was found in the end. */
  readonly address: string
  header(name: string): string | null
}

/** The address answered with an error of HTTP. Codes: `platform.fetch.missing`, `.not-allowed`, `.busy`, `.status`. */
export class Unsuccessful extends Unavailable {
  /** 404, 503 … */
  readonly status: number
  /** How long the server asks to be left alone, if it says. */
  readonly retryAfterSeconds: number | null

  constructor(status: number, retryAfterSeconds: number | null) {
    const [kind, message] = REFUSALS[status] ?? ['status', `That address answered ${status}. Check it, or try again later.`]
    super(`platform.fetch.${kind}`, message, String(status))
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

const REFUSALS: Readonly<Record<number, readonly [string, string]>> = {
  401: ['not-allowed', 'That address wants to know who asks (401). Give the source a key or a sign-in.'],
  403: ['not-allowed', 'That address does not let us in (403). Check the key of the source, or ask its owner.'],
  404: ['missing', 'There is nothing at that address (404). Check it.'],
  410: ['missing', 'What was at that address has been taken away (410).'],
  429: ['busy', 'That address has been asked too often (429). It is left alone for a while.'],
  503: ['busy', 'That address is too busy to answer (503). It is left alone for a while.'],
}

const LARGEST_DOCUMENT_BYTES = 64 * 1024 * 1024
const TIMEOUT_MILLIS = 60_000
const FILE_TIMEOUT_MILLIS = 5 * 60_000
const MOST_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export interface FetcherOptions {
  /** Hosts, with their ports, inside private networks that may be asked all the same: the operator names them. */
  readonly allowPrivate: readonly string[]
  /** Finds the addresses of a host. The system's own by default. */
  readonly resolve?: Resolve
  /** The most bytes of a document that goes to a file. */
  readonly largestFileBytes?: number
}

export function createFetcher(options: FetcherOptions = { allowPrivate: [] }): Fetcher {
  const exchange = createExchange()
  const resolve = options.resolve ?? resolveHost
  const largestFileBytes = options.largestFileBytes ?? LARGEST_SPOOLED_BYTES

  return {
    largestFileBytes,
    async get(address, wishes = {}) {
      const intoFile = wishes.intoFile ?? false
      const largestBytes = wishes.largestBytes ?? (intoFile ? largestFileBytes : LARGEST_DOCUMENT_BYTES)
      const signal = AbortSignal.timeout(wishes.timeoutMillis ?? (intoFile ? FILE_TIMEOUT_MILLIS : TIMEOUT_MILLIS))
      const body = wishes.body === undefined ? null : JSON.stringify(wishes.body)
      const start = parseUrl(address)
      let url = start
      for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
        const mayBePrivate = options.allowPrivate.includes(url.host)
        assertMayAsk(url, wishes.hosts, mayBePrivate)
        const headers = headersFor(wishes, url.origin === start.origin)
        const answer = await exchange({ url, headers, body, lookup: pinnedLookup(resolve, mayBePrivate), signal, largestBytes, intoFile })
        const { location } = answer.headers
        if (REDIRECTS.has(answer.status) && location !== undefined && body === null) {
          url = nextStep(url, location)
          continue
        }
        return fetchedOf(answer, url, wishes.validators, largestBytes)
      }
      throw new Unavailable('platform.fetch.redirects', 'That address leads round in circles.')
    },
  }
}

/** Where a redirect leads. Throws `Invalid` for one that would give up the encryption of the connection. */
export function nextStep(from: URL, location: string): URL {
  const next = parseUrl(URL.parse(location, from.href)?.href ?? location)
  if (from.protocol === 'https:' && next.protocol === 'http:')
    throw new Invalid('platform.fetch.downgrade', 'That address leads from an encrypted connection to an open one. It was not followed.')
  return next
}

function headersFor(wishes: FetchWishes, isSameOrigin: boolean): Record<string, string> {
  const { etag, lastModified } = wishes.validators ?? { etag: null, lastModified: null }
  return {
    ...(isSameOrigin ? wishes.headers : {}),
    'user-agent': 'CareCERT',
    // What "deflate" means is told by the first byte only (`unpack`), which is not at hand while a body streams.
    'accept-encoding': wishes.intoFile === true ? 'gzip, br' : 'gzip, deflate, br',
    ...(wishes.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(etag === null ? {} : { 'if-none-match': etag }),
    ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
  }
}

async function fetchedOf(answer: Answer, url: URL, asked: Validators | undefined, largestBytes: number): Promise<Fetched> {
  const { status, headers } = answer
  const isUnchanged = status === 304 && asked !== undefined
  if (!isUnchanged && (status < 200 || status > 299)) throw new Unsuccessful(status, retryAfter(headers))
  const isLarge = answer.file !== null && answer.file.bytes > LARGE_DOCUMENT_BYTES
  return {
    isUnchanged,
    bytes: isUnchanged || isLarge ? Buffer.alloc(0) : await bytesOf(answer, largestBytes),
    file: isLarge ? answer.file : null,
    type: headers['content-type'] ?? null,
    validators: {
      etag: headers.etag ?? (isUnchanged ? asked.etag : null),
      lastModified: headers['last-modified'] ?? (isUnchanged ? asked.lastModified : null),
    },
    address: url.href,
    header(name) {
      const value = headers[name.toLowerCase()]
      return (Array.isArray(value) ? value[0] : value) ?? null
    },
  }
}

async function bytesOf({ body, file, headers }: Answer, largestBytes: number): Promise<Buffer> {
  if (file === null) return unpack(body, headers['content-encoding'] ?? '', largestBytes)
  try {
    return await readFile(file.path)
  } finally {
    await file.discard()
  }
}

/** Seconds, or a date (RFC 9110 §10.2.3), which is set beside the server's own clock. */
function retryAfter(headers: IncomingHttpHeaders): number | null {
  const value = headers['retry-after']
  if (value === undefined) return null
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const seconds = (Date.parse(value) - Date.parse(headers.date ?? '')) / 1_000
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : null
}

/** Reads a file, up to the same limit as a download. Throws `Invalid` when it is missing, no file, or too large. */
export async function readFileLimited(path: string, largest = LARGEST_DOCUMENT_BYTES): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => {
    throw new Invalid('platform.file.missing', `The file ${path} is not there or cannot be read. Check the path.`)
  })
  try {
    const { size } = await file.stat().then(stat => (stat.isFile() ? stat : { size: -1 }))
    if (size < 0) throw new Invalid('platform.file.not-a-file', `${path} is not a file. Name the file itself.`)
    if (size > largest) throw new Invalid('platform.file.too-large', `${path} is larger than ${Math.round(largest / 1_048_576)} MB. Split it.`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

function parseUrl(address: string): URL {
  const url = URL.parse(address)
  if (url === null) throw new Invalid('platform.fetch.address', 'That is not an address. It must look like https://example.org/feed.json.')
  return url
}
