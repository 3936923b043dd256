import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify'
import type { FormBody, Route, UploadedFile } from './route.ts'

const LARGEST_FIELDS_BYTES = 65_536
const LARGEST_UNASKED_BYTES = 16_384

const uploaded = new WeakMap<FastifyRequest, ReadonlyMap<string, UploadedFile>>()
const NO_FILES: ReadonlyMap<string, UploadedFile> = new Map()

/** The files of a form, by the names of their fields; a field in which nothing was chosen is absent. */
export function filesOf(request: FastifyRequest): ReadonlyMap<string, UploadedFile> {
  return uploaded.get(request) ?? NO_FILES
}

/** How many bytes a route takes: of its file, and what the other fields need. */
export function bodyLimitOf({ largestFile }: Route): { readonly bodyLimit?: number } {
  return largestFile === null ? {} : { bodyLimit: largestFile + LARGEST_FIELDS_BYTES }
}

/**
 * Takes `multipart/form-data` (RFC 7578) where a route says that it takes files. Mail programs may post so elsewhere (RFC 8058 §3.2), to a route that
 * may be posted to from other sites: its address alone proves the right, and the body says nothing that is needed. Everywhere else it is refused.
 */
export function registerUploads(server: FastifyInstance, routes: readonly Route[]): void {
  const fromElsewhere = new Set(routes.filter(route => route.crossSite !== null).map(({ path }) => path))
  const takesFiles = new Set(routes.filter(route => route.largestFile !== null).map(({ path }) => path))
  server.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit: LARGEST_UNASKED_BYTES },
    async (request: FastifyRequest, body: Buffer) => {
      const path = request.routeOptions.url ?? ''
      if (takesFiles.has(path)) return formOf(request, body)
      if (fromElsewhere.has(path)) return {}
      throw new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE('multipart/form-data')
    },
  )
}

async function formOf(request: FastifyRequest, body: Buffer): Promise<FormBody> {
  const type = request.headers['content-type'] ?? ''
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData().catch(() => {
    throw new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE('multipart/form-data')
  })
  const fields = new Map<string, string | string[]>()
  const files = new Map<string, UploadedFile>()
  for (const [name, value] of form) {
    if (typeof value !== 'string') {
      // What a browser sends for a field in which nothing was chosen has neither name nor bytes.
      if (value.name !== '' || value.size > 0) files.set(name, { name: value.name, bytes: Buffer.from(await value.arrayBuffer()) })
      continue
    }
    const before = fields.get(name)
    fields.set(name, before === undefined ? value : [before, value].flat())
  }
  uploaded.set(request, files)
  return Object.fromEntries(fields)
}
