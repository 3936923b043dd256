import type { ServerResponse } from 'node:http'
import { sendJson, startTestServer, type Asked, type TestServer } from './loading.ts'

/** An object with the time at which the server was given it. */
export interface Added {
  readonly at: string
  readonly object: Readonly<Record<string, unknown>>
}

export interface TestCollection {
  readonly id: string
  readonly title: string
  readonly canRead: boolean
  readonly added: Added[]
}

export interface TaxiiServer extends TestServer {
  readonly collections: TestCollection[]
  /** Objects on a page. */
  size: number
  /** How it leads to the next page: by a token, by dates, or by dates with what was added at that very moment too. */
  paging: 'tokens' | 'dates' | 'inclusive dates'
  /** Whether it tells when objects were added. */
  tellsDates: boolean
  /** The `Authorization` that it wants; `null` for none. */
  secret: string | null
  /** When set, answers requests for objects in place of the server, unless it gives `false`. */
  objects: ((asked: Asked, response: ServerResponse) => boolean) | null
  /** Tokens that it has forgotten are refused from then on. */
  forgetTokens(): void
}

const MEDIA_TYPE = 'application/taxii+json;version=2.1'

/** A server of TAXII 2.1 with the API root `/api/`, as strict as the standard lets it be. */
export async function startTaxiiServer(): Promise<TaxiiServer> {
  let tokens = 'a'
  const server: TaxiiServer = Object.assign(await startTestServer(), {
    collections: [],
    size: 100,
    paging: 'tokens' as const,
    tellsDates: true,
    secret: null,
    objects: null,
    forgetTokens: () => void (tokens += 'a'),
  })
  server.answer = (asked, response) => {
    const { pathname } = new URL(asked.path, server.origin)
    if (asked.headers.accept !== MEDIA_TYPE) return void response.writeHead(406).end()
    if (server.secret !== null && asked.headers.authorization !== server.secret) return void response.writeHead(401).end()
    if (pathname === '/taxii2/') return reply(response, { title: 'Test', default: '/api/', api_roots: ['/api/'] })
    if (pathname === '/api/') return reply(response, { title: 'Test', versions: [MEDIA_TYPE], max_content_length: 1_000_000 })
    if (pathname === '/api/collections/') return reply(response, { collections: server.collections.map(describe) })
    const [, id, objects] = /^\/api\/collections\/([^/]+)\/(objects\/)?$/.exec(pathname) ?? []
    const collection = server.collections.find(one => one.id === id)
    if (collection === undefined) return void response.writeHead(404).end()
    if (objects === undefined) return reply(response, describe(collection))
    if (!collection.canRead) return void response.writeHead(403).end()
    if (server.objects?.(asked, response) === true) return
    givePage(server, collection, asked, response, tokens)
  }
  return server
}

function describe({ id, title, canRead }: TestCollection) {
  return { id, title, can_read: canRead, can_write: false, media_types: ['application/stix+json;version=2.1'] }
}

function reply(response: ServerResponse, body: unknown, headers: Record<string, string> = {}): void {
  sendJson(response, body, { 'content-type': MEDIA_TYPE, ...headers })
}

function givePage(server: TaxiiServer, { added }: TestCollection, { query }: Asked, response: ServerResponse, tokens: string): void {
  const after = query.get('added_after') ?? ''
  const isIncluded = (at: string) => (server.paging === 'inclusive dates' ? at >= after : at > after)
  const found = added.filter(({ at }) => isIncluded(at)).toSorted((a, b) => a.at.localeCompare(b.at))
  const token = query.get('next')
  if (token !== null && !token.startsWith(`${tokens}-`)) return void response.writeHead(404).end()
  const start = Number(token?.split('-')[1] ?? '0')
  const shown = found.slice(start, start + server.size)
  const [first, last] = [shown[0], shown.at(-1)]
  const more = start + shown.length < found.length
  const headers: Record<string, string> =
    first === undefined || last === undefined || !server.tellsDates
      ? {}
      : { 'x-taxii-date-added-first': first.at, 'x-taxii-date-added-last': last.at }
  const next = more && server.paging === 'tokens' ? { next: `${tokens}-${start + shown.length}` } : {}
  reply(response, shown.length === 0 ? {} : { ...(more ? { more, ...next } : {}), objects: shown.map(({ object }) => object) }, headers)
}
