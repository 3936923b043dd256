import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { download } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import type { Visible } from '../tables.ts'
import { documentBytes } from './queries.ts'

/** Handed over as a file and as nothing that a browser would show: what strangers wrote must not run here. */
const document = route({
  method: 'GET',
  path: '/documents/:hash',
  access: { permission: 'watch.threat.view' },
  params: z.object({ hash: z.string().max(64) }),
  async handle({ params, read }) {
    const bytes = await read<Visible, Buffer | undefined>(db => documentBytes(db, params.hash))
    if (bytes === undefined)
      throw new NotFound('watch.document.unknown', 'These bytes were not kept. They were gathered before documents were, or the address is wrong.')
    return download(`${params.hash.slice(0, 16)}.bin`, bytes)
  },
})

export const documentRoutes: readonly Route[] = [document]
