import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'

const expand = promisify(gunzip)

export async function documentIsKept(db: Reader<Visible>, hash: string): Promise<boolean> {
  return (await db.selectFrom('watch_document').select('hash').where('hash', '=', hash).executeTakeFirst()) !== undefined
}

/** How the bytes under that SHA-256 are kept: in how many pieces, of what size together. `undefined` when they were not kept. */
export async function keptDocument(db: Reader<Visible>, hash: string): Promise<{ readonly bytes: number; readonly pieces: number } | undefined> {
  return db
    .selectFrom('watch_document')
    .select(['bytes'])
    .select(eb =>
      eb
        .selectFrom('watch_document_piece')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .whereRef('watch_document_piece.hash', '=', 'watch_document.hash')
        .as('pieces'),
    )
    .where('hash', '=', hash)
    .executeTakeFirst()
    .then(row => (row === undefined ? undefined : { bytes: row.bytes, pieces: Number(row.pieces) }))
}

/** The bytes of a document that is kept as one. `undefined` when it is not. */
export async function documentBytes(db: Reader<Visible>, hash: string): Promise<Buffer | undefined> {
  const row = await db.selectFrom('watch_document').select('gzip').where('hash', '=', hash).executeTakeFirst()
  return row === undefined || row.gzip === null ? undefined : expand(row.gzip)
}

/** A piece of a large document. */
export async function documentPiece(db: Reader<Visible>, hash: string, number: number): Promise<Buffer> {
  const row = await db
    .selectFrom('watch_document_piece')
    .select('gzip')
    .where('hash', '=', hash)
    .where('number', '=', number)
    .executeTakeFirstOrThrow()
  return expand(row.gzip)
}

export async function pieceIsKept(db: Reader<Visible>, hash: string, number: number): Promise<boolean> {
  const query = db.selectFrom('watch_document_piece').select('number').where('hash', '=', hash).where('number', '=', number)
  return (await query.executeTakeFirst()) !== undefined
}
