import type { FastifyInstance, FastifyRequest } from 'fastify'
import { errorCodes } from 'fastify'
import { Invalid } from '../../kernel/errors.ts'
import { isRecord, parseJson } from '../../kernel/json.ts'
import type { Route } from './route.ts'

/** Reads JSON bodies, those of types of a standard's own (`application/taxii+json`) too. An empty one is none. */
export function registerJson(server: FastifyInstance): void {
  server.removeContentTypeParser('application/json')
  server.addContentTypeParser(
    /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i,
    { parseAs: 'string' },
    async (_request: FastifyRequest, body: string) => {
      if (body.trim() === '') return undefined
      const read = parseJson(body)
      // A member of that name is no honest one, and some code would take it for the object's prototype.
      if (read.ok && !body.includes('"__proto__"')) return read.value
      throw new Invalid('platform.http.json', 'The body is not JSON that can be read. Check that it is whole, and UTF-8.', read.problems[0]?.rule)
    },
  )
}

/** The JSON API takes JSON and nothing else: what a form of another site could send is not read. Throws the 415 of the server. */
export function assertJson(request: FastifyRequest): void {
  const type = request.headers['content-type']
  if (request.body === undefined || request.body === null) return
  if (type !== undefined && /^application\/json(?:\s*;|$)/i.test(type)) return
  throw new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(type ?? '')
}

/** The parameters or the query as the schema reads them. Throws `Invalid`. */
export function parseInput(schema: Route['params'], value: unknown): unknown {
  if (schema === null) return {}
  const parsed = schema.safeParse(Object.fromEntries(Object.entries(value ?? {}).map(([name, text]) => [name, withoutNul(text)])))
  if (parsed.success) return parsed.data
  throw new Invalid(
    'platform.http.address',
    `Part of this address cannot be read${namesOf(parsed.error.issues)}. Check it, or start again from the list.`,
    parsed.error.issues.map(issue => issue.path.join('.')).join(', '),
  )
}

type Issues = readonly { readonly code: string; readonly message: string; readonly path: readonly PropertyKey[]; readonly keys?: readonly string[] }[]

/** Which parts, by the names that the schema gives them, and what it takes there: never what was typed. */
function namesOf(issues: Issues): string {
  const known = issues.flatMap(({ path, message }) => (typeof path[0] === 'string' ? [`${path[0]} (${message.replace(/\.$/, '')})`] : []))
  const unknown = issues.flatMap(({ code, keys }) => (code === 'unrecognized_keys' ? (keys ?? []) : [])).map(key => key.slice(0, 40))
  const said = [...new Set(known), ...unknown.map(key => `${key} (nothing of that name is taken here)`)]
  return said.length === 0 ? '' : `: ${said.join(', ')}`
}

/** PostgreSQL takes neither a NUL nor half a character (a lone surrogate, which JSON can write) in text, and nobody types one. */
export function withoutNul(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '').toWellFormed()
  if (Array.isArray(value)) return value.map(withoutNul)
  // Fields of a form, or JSON: bytes are left alone.
  const isPlain = isRecord(value) && [Object.prototype, null].includes(Reflect.getPrototypeOf(value))
  return isPlain ? Object.fromEntries(Object.entries(value).map(([name, part]) => [withoutNul(name), withoutNul(part)])) : value
}
