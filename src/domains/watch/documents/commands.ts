import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { documentIsKept, pieceIsKept } from './queries.ts'

const compress = promisify(gzip)

/** What was gathered, ready to be kept. */
export interface PackedDocument {
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly hash: string
  readonly bytes: number
  /** `null` when its pieces are kept already. */
  readonly gzip: Buffer | null
}

/** Compresses a document, outside the unit of work that keeps it: a large one takes a second. */
export async function packDocument(bytes: Uint8Array, hash: string): Promise<PackedDocument> {
  return { hash, bytes: bytes.length, gzip: await compress(bytes) }
}

/** Compresses a piece of a large document, as `packDocument`. */
export async function packPiece(bytes: Uint8Array): Promise<Buffer> {
  return compress(bytes)
}

/** Keeps the bytes of a document; those that are kept already, once. */
export async function keepDocument(work: Work<Visible>, { hash, bytes, gzip: packed }: PackedDocument): Promise<void> {
  if (await documentIsKept(work.db, hash)) return
  await work.db
    .insertInto('watch_document')
    .values({ hash, bytes, gzip: packed, first_gathered_at: work.now })
    .onConflict(conflict => conflict.column('hash').doNothing())
    .execute()
}

/** Keeps a piece of a large document. It is there for people once all are, and `keepDocument` was called. */
export async function keepPiece(work: Work<Visible>, hash: string, number: number, packed: Buffer): Promise<void> {
  if (await pieceIsKept(work.db, hash, number)) return
  await work.db
    .insertInto('watch_document_piece')
    .values({ hash, number, gzip: packed })
    .onConflict(conflict => conflict.columns(['hash', 'number']).doNothing())
    .execute()
  work.record({ verb: 'watch.document.piece-kept', subject: { kind: 'document', id: hash }, change: { number, packed: packed.length } })
}
