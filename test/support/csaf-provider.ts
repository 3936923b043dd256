import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { createMessage, generateKey, readPrivateKey, sign } from 'openpgp'
import { createOutbound, type Loaded } from '../../src/domains/watch/sources/loader.ts'
import { csafLoader } from '../../src/domains/watch/sources/loaders/csaf/loader.ts'
import type { CareCertError } from '../../src/kernel/errors.ts'
import type { Json } from '../../src/kernel/json.ts'
import { createFetcher } from '../../src/platform/fetch/fetch.ts'

/** A key to sign with, as a provider has one. */
export interface SigningKey {
  readonly publicKey: string
  readonly privateKey: string
  /** In upper case. */
  readonly fingerprint: string
}

export async function createSigningKey(): Promise<SigningKey> {
  const made = new Date('2024-01-01T00:00:00Z')
  const { publicKey, privateKey } = await generateKey({ type: 'ecc', userIDs: [{ name: 'Acme' }], date: made })
  const key = await readPrivateKey({ armoredKey: privateKey })
  return { publicKey, privateKey, fingerprint: key.getFingerprint().toUpperCase() }
}

export async function signDetached(bytes: Uint8Array, key: SigningKey): Promise<string> {
  const signature: unknown = await sign({
    message: await createMessage({ binary: bytes }),
    signingKeys: await readPrivateKey({ armoredKey: key.privateKey }),
    detached: true,
    date: new Date('2025-01-01T00:00:00Z'),
  })
  return String(signature)
}

type Answer = string | Uint8Array | ((request: IncomingMessage, response: ServerResponse) => void)

export interface CsafProvider {
  /** `http://127.0.0.1:4711`. */
  readonly origin: string
  /** `127.0.0.1:4711`. */
  readonly host: string
  /** What is at each path. Texts and bytes come with an ETag. A path that is not there is answered with 404. */
  readonly files: Map<string, Answer>
  /** The paths asked for, in order. Empty it to begin anew. */
  readonly asked: string[]
  /** Puts an advisory at a path, with its hash, and its signature when a key is given. */
  publish(path: string, bytes: Uint8Array, key: SigningKey | null): Promise<void>
}

/** A CSAF provider on this machine. */
export async function startCsafProvider(): Promise<CsafProvider> {
  const files = new Map<string, Answer>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const file = files.get(path)
    if (typeof file === 'function') return file(request, response)
    if (file === undefined) return response.writeHead(404).end('<html>Not found</html>')
    const etag = `"${createHash('sha256').update(file).digest('hex').slice(0, 16)}"`
    if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end()
    response.writeHead(200, { etag }).end(file)
  }).listen(0, '127.0.0.1')
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise(resolve => server.once('listening', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin: `http://${host}`,
    host,
    files,
    asked,
    async publish(path, bytes, key) {
      files.set(path, bytes)
      files.set(`${path}.sha512`, `${createHash('sha512').update(bytes).digest('hex')}  ${path.split('/').at(-1)}\n`)
      if (key !== null) files.set(`${path}.asc`, await signDetached(bytes, key))
    },
  }
}

export const NOW = new Date('2026-01-01T00:00:00Z')
export const FEED = '/csaf/feed.json'
export const METADATA = '/.well-known/csaf/provider-metadata.json'

/** One thing that the loader gave, with the cursor as it stood then. */
type Given = Loaded & { readonly kept: Json }

interface RunOptions {
  readonly url?: string
  readonly cursor?: Json
  readonly settings?: Record<string, Json>
  readonly hosts?: readonly string[]
  readonly credentials?: Record<string, string>
  readonly now?: Date
  /** Hosts beside the provider's that stand for such of the outside. */
  readonly outside?: readonly string[]
  /** To stop after so many, as a crash would. */
  readonly most?: number
}

interface Outcome {
  readonly given: readonly Given[]
  readonly cursor: Json
  readonly thrown: CareCertError | null
  readonly documents: readonly string[]
  /** Address and code of each failure. */
  readonly failed: readonly (readonly [string, string])[]
  readonly remarks: readonly string[]
}

/** Runs the loader against the provider once, keeping the cursor with each thing that it gives. */
export async function runCsafLoader(provider: CsafProvider, options: RunOptions = {}): Promise<Outcome> {
  const url = options.url ?? provider.origin + METADATA
  const fetcher = createFetcher({ allowPrivate: [provider.host, ...(options.outside ?? [])] })
  const out = createOutbound(fetcher, { url, hosts: options.hosts ?? [], credentials: options.credentials ?? {} })
  const given: Given[] = []
  let thrown: CareCertError | null = null
  let cursor: Json = options.cursor ?? null
  provider.asked.length = 0
  try {
    const source = { url, cursor, settings: options.settings ?? {}, now: options.now ?? NOW }
    for await (const loaded of csafLoader.load(source, out)) {
      // As it is kept with the source: as text.
      cursor = JSON.parse(JSON.stringify(loaded.cursor())) as Json
      given.push({ ...loaded, kept: cursor })
      if (given.length === options.most) break
    }
  } catch (error) {
    thrown = error as CareCertError
  }
  const pathOf = (address: string) => address.replace(provider.origin, '')
  return {
    given,
    cursor,
    thrown,
    documents: given.flatMap(one => (one.kind === 'document' ? pathOf(one.address) : [])),
    failed: given.flatMap(one => (one.kind === 'failed' ? [[pathOf(one.address), one.error.code] as const] : [])),
    remarks: given.flatMap(one => (one.kind === 'remark' ? [one.remark.rule] : [])),
  }
}

/** A small advisory. Another note makes another document of it. */
export function advisory(id: string, note = ''): Buffer {
  return Buffer.from(JSON.stringify({ document: { csaf_version: '2.0', title: id, tracking: { id } }, note }))
}

interface Listed {
  readonly path: string
  readonly updated: string
}

/** Puts the feed that lists these. */
export function writeFeed(provider: CsafProvider, documents: readonly Listed[], path = FEED): void {
  const entry = documents.map(document => {
    const address = document.path.startsWith('http') ? document.path : provider.origin + document.path
    return {
      id: document.path,
      updated: document.updated,
      content: { src: address, type: 'application/json' },
      link: [
        { rel: 'self', href: address },
        { rel: 'hash', href: `${address}.sha512` },
        { rel: 'signature', href: `${address}.asc` },
      ],
    }
  })
  provider.files.set(path, JSON.stringify({ feed: { id: 'feed', link: [], entry } }))
}

/** Puts the metadata of a trusted provider with one feed, and its key. */
export function writeMetadata(provider: CsafProvider, key: SigningKey, changes: Record<string, unknown> = {}): void {
  const text = JSON.stringify({
    canonical_url: provider.origin + METADATA,
    metadata_version: '2.0',
    role: 'csaf_trusted_provider',
    publisher: { category: 'vendor', name: 'Acme', namespace: 'https://acme.example' },
    public_openpgp_keys: [{ url: `${provider.origin}/key.asc`, fingerprint: key.fingerprint.toLowerCase() }],
    distributions: [{ rolie: { feeds: [{ url: provider.origin + FEED, tlp_label: 'WHITE' }] } }],
    ...changes,
  })
  provider.files.set(METADATA, text)
  if (!provider.files.has('/key.asc')) provider.files.set('/key.asc', key.publicKey)
}

/** The paths of so many advisories, each a month newer. */
function listed(count: number): Listed[] {
  return Array.from({ length: count }, (_, at) => ({ path: `/csaf/2025/a-${at + 1}.json`, updated: `2025-0${at + 1}-01T00:00:00.000Z` }))
}

/** A trusted provider with so many advisories in one feed, the last of them the newest. */
export async function trustedProvider(key: SigningKey, count = 3): Promise<{ provider: CsafProvider; documents: Listed[] }> {
  const provider = await startCsafProvider()
  const documents = listed(count)
  for (const { path } of documents) await provider.publish(path, advisory(path), key)
  writeFeed(provider, documents)
  writeMetadata(provider, key)
  return { provider, documents }
}
