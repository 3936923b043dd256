import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Opens an answer to programs in browsers on whatever page, errors too, and tells them its tag, by which they ask again (Fetch §3.3.3). No cookie goes with it. */
const READABLE = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'etag, retry-after',
  'cross-origin-resource-policy': 'cross-origin',
}

/** What a browser asks before it sends a header that is not of its own making, such as `If-None-Match` (Fetch §3.3.2). */
const PREFLIGHT = {
  ...READABLE,
  allow: 'GET, HEAD, OPTIONS',
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-allow-headers': '*',
  'access-control-max-age': '86400',
}

/** Answers the questions that browsers ask beforehand at this path, and gives the hook by which its answers can be read. */
export function openToAnyOrigin(server: FastifyInstance, path: string) {
  server.options(path, async (_request, reply) => reply.code(204).headers(PREFLIGHT).send())
  return { onRequest: async (_request: FastifyRequest, reply: FastifyReply) => void reply.headers(READABLE) }
}
