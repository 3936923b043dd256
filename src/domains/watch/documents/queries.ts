import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'

const expand = promisify(gunzip)

export async function documentIsKept(db: Reader<Visible>, hash: string): Promise<boolean> {
  return (await db.selectFrom('watch_document').select('hash').where('hash', '=', hash).executeTakeFirst()) !== undefined
}

/** The bytes under that SHA-256 as they were gathered, or `undefined` when they were not kept. */
export async function documentBytes(db: Reader<Visible>, hash: string): Promise<Buffer | undefined> {
  const row = await db.selectFrom('watch_document').select('gzip').where('hash', '=', hash).executeTakeFirst()
  return row === undefined ? undefined : expand(row.gzip)
}
