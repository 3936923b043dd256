import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { download, type FileReply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import type { Visible } from '../tables.ts'
import { documentBytes, documentPiece, keptDocument } from './queries.ts'

export const ofDocument = z.object({ hash: z.string().max(64) })

/** Handed over as a file and as nothing that a browser would show: what strangers wrote must not run here. */
const document = route({
  method: 'GET',
  path: '/documents/:hash',
  access: { permission: 'watch.threat.view' },
  params: ofDocument,
  handle: documentFile,
})

export async function documentFile({
  params: { hash },
  read,
}: Pick<RouteRequest<z.infer<typeof ofDocument>>, 'params' | 'read'>): Promise<FileReply> {
  const kept = await read<Visible, Awaited<ReturnType<typeof keptDocument>>>(db => keptDocument(db, hash))
  if (kept === undefined)
    throw new NotFound('watch.document.unknown', 'These bytes were not kept. They were gathered before documents were, or the address is wrong.')
  const bytes = await read<Visible, Buffer | undefined>(db => documentBytes(db, hash))
  return download(`${hash.slice(0, 16)}.bin`, bytes ?? piecesOf(kept.pieces, number => read<Visible, Buffer>(db => documentPiece(db, hash, number))))
}

/** One at a time: a large document is never held whole. */
async function* piecesOf(count: number, piece: (number: number) => Promise<Buffer>): AsyncGenerator<Buffer> {
  for (let number = 0; number < count; number += 1) yield await piece(number)
}

export const documentRoutes: readonly Route[] = [document]
