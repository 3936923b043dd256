import type { FastifyInstance } from 'fastify'
import { NotFound } from '../../kernel/errors.ts'
import type { StaticFiles } from '../views.ts'

/** Serves the files that pages refer to, from memory. Their addresses carry a hash of the content, so browsers keep them for good. */
export function registerStaticFiles(server: FastifyInstance, { files }: StaticFiles): void {
  server.get('/assets/*', async (request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const file = files.get(path)
    if (file === undefined) throw new NotFound('platform.http.no-file', 'There is no such file.')
    reply.type(file.contentType).header('cache-control', 'public, max-age=31536000, immutable')
    const takesBrotli = file.brotli !== null && /\bbr\b/.test(request.headers['accept-encoding'] ?? '')
    if (!takesBrotli) return reply.send(file.body)
    return reply.header('content-encoding', 'br').header('vary', 'accept-encoding').send(file.brotli)
  })
}
