import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { createOutbound, type Loaded, type Loader, type Outbound } from '../../src/domains/watch/sources/loader.ts'
import type { CareCertError } from '../../src/kernel/errors.ts'
import type { Json } from '../../src/kernel/json.ts'
import { createFetcher } from '../../src/platform/fetch/fetch.ts'

/** One request as the server saw it, with its body. */
export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface TestServer {
  /** `http://127.0.0.1:4711`. */
  readonly origin: string
  /** `127.0.0.1:4711`. */
  readonly host: string
  /** What was asked, in order. Empty it to begin anew. */
  readonly asked: Asked[]
  /** What answers. Set another one at any time. */
  answer: (asked: Asked, response: ServerResponse) => void
}

/** A web server on this machine, closed after the tests of the file. Until it is told otherwise it answers 404. */
export async function startTestServer(): Promise<TestServer> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      const one: Asked = {
        method: request.method ?? '',
        path,
        query: new URL(path, 'http://127.0.0.1').searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      }
      asked.push(one)
      started.answer(one, response)
    })
  }).listen(0, '127.0.0.1')
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise(resolve => server.once('listening', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const started: TestServer = { origin: `http://${host}`, host, asked, answer: (_, response) => void response.writeHead(404).end('Not found') }
  return started
}

export function sendJson(response: ServerResponse, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

interface LoadOptions {
  readonly url: string
  readonly cursor?: Json
  readonly settings?: Record<string, Json>
  readonly hosts?: readonly string[]
  readonly credentials?: Record<string, string>
  readonly now?: Date
  /** Hosts beside the source's own that stand for such of the outside. */
  readonly outside?: readonly string[]
  /** The folder that sources may gather from. */
  readonly openedFolder?: string | null
  /** To stop after so many, as a crash would. */
  readonly most?: number
  /** For each request, in place of what the loader asks for. */
  readonly timeoutMillis?: number
  /** The most that is taken into a file (GATHER_LARGEST_MB). */
  readonly largestFileBytes?: number
}

export interface Outcome {
  readonly given: readonly Loaded[]
  /** As it stood after the last thing that was given. */
  readonly cursor: Json
  readonly thrown: CareCertError | null
  readonly documents: readonly { readonly address: string; readonly text: string }[]
  readonly gone: readonly string[]
  /** Address and code of each failure. */
  readonly failed: readonly (readonly [string, string])[]
  readonly remarks: readonly string[]
  /** The pauses that were asked for, in milliseconds. None is made. */
  readonly pauses: readonly number[]
}

/** When the loaders are run unless a test says otherwise. */
export const LOADING_AT = new Date('2026-01-01T00:00:00Z')

/** Runs a loader once, keeping the cursor after each thing that it gives. It may ask the host of `url` though that is this machine. */
export async function runLoader(loader: Loader, options: LoadOptions): Promise<Outcome> {
  const { url } = options
  const own = URL.parse(url)?.host
  const fetcher = createFetcher({
    allowPrivate: [...(own === undefined ? [] : [own]), ...(options.outside ?? [])],
    ...(options.largestFileBytes === undefined ? {} : { largestFileBytes: options.largestFileBytes }),
  })
  const { hosts = [], credentials = {}, openedFolder = null } = options
  const outbound = createOutbound(fetcher, { url, hosts, credentials, openedFolder })
  const pauses: number[] = []
  const out: Outbound = {
    ...outbound,
    get(address, { pauseMillis, ...wishes } = {}) {
      pauses.push(pauseMillis ?? 0)
      return outbound.get(address, { ...wishes, ...(options.timeoutMillis === undefined ? {} : { timeoutMillis: options.timeoutMillis }) })
    },
  }
  const given: Loaded[] = []
  let cursor: Json = options.cursor ?? null
  let thrown: CareCertError | null = null
  try {
    for await (const loaded of loader.load({ url, cursor, settings: options.settings ?? {}, now: options.now ?? LOADING_AT }, out)) {
      // As it is kept with the source: as text.
      cursor = JSON.parse(JSON.stringify(loaded.cursor())) as Json
      given.push(loaded)
      if (given.length === options.most) break
    }
  } catch (error) {
    thrown = error as CareCertError
  }
  return {
    given,
    cursor,
    thrown,
    documents: given.flatMap(one => (one.kind === 'document' ? [{ address: one.address, text: Buffer.from(one.bytes).toString('utf8') }] : [])),
    gone: given.flatMap(one => (one.kind === 'gone' ? [one.address] : [])),
    failed: given.flatMap(one => (one.kind === 'failed' ? [[one.address, one.error.code] as const] : [])),
    remarks: given.flatMap(one => (one.kind === 'remark' ? [one.remark.rule] : [])),
    pauses,
  }
}
