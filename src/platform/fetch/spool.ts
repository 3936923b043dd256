import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { Invalid, Unavailable } from '../../kernel/errors.ts'
import { tooLarge } from './unpack.ts'

/** A document that is too large to be held, in a private temporary file. Whoever asked for it discards it. */
export interface SpooledFile {
  readonly path: string
  readonly bytes: number
  /** SHA-256 of its bytes, in hexadecimal. */
  readonly hash: string
  /** Its first bytes, by which it is recognised. */
  readonly start: Uint8Array
  /** Removes it. May be called again. */
  discard(): Promise<void>
}

/** Above this a document is not held whole where that can be helped. */
export const LARGE_DOCUMENT_BYTES = 8 * 1024 * 1024

/** The most of a document that goes to a temporary file, packed and unpacked, unless the operator says otherwise. */
export const LARGEST_SPOOLED_BYTES = 1024 * 1024 * 1024

/**
 * Writes what comes into a private temporary file. Throws `Invalid` (`platform.fetch.too-large`) above `largest` bytes, `Unavailable` when there is no
 * room for it (`platform.spool.full`), and what the pieces themselves throw; then nothing is left.
 */
export async function spool(pieces: AsyncIterable<Uint8Array>, largest: number): Promise<SpooledFile> {
  const { file, failure } = await spoolAsFarAs(pieces, largest)
  if (failure === null) return file
  await file.discard()
  throw failure
}

/**
 * What is packed in a file with gzip, in another. `isCutOff` says that the file is damaged or ends in the middle: then it holds what could be unpacked
 * until there. Throws `Invalid` (`platform.fetch.too-large`) when more than `largest` bytes come out, and keeps nothing then.
 */
export async function spoolUnpacked(packed: SpooledFile, largest: number): Promise<{ readonly file: SpooledFile; readonly isCutOff: boolean }> {
  const { file, failure } = await spoolAsFarAs(gunzipped(packed.path), largest)
  const isCutOff = failure instanceof Damaged
  if (failure === null || isCutOff) return { file, isCutOff }
  await file.discard()
  throw failure
}

/**
 * Reads a file of this machine: a large one by way of a temporary file, up to `largest` bytes, so that nobody changes it meanwhile. Throws `Invalid` when it
 * is missing, no file, or too large.
 */
export async function readLocalFile(path: string, largest: number): Promise<{ readonly bytes: Buffer; readonly file: SpooledFile | null }> {
  const file = await open(path, 'r').catch(() => {
    throw new Invalid('platform.file.missing', `The file ${path} is not there or cannot be read. Check the path.`)
  })
  try {
    const found = await file.stat()
    if (!found.isFile()) throw new Invalid('platform.file.not-a-file', `${path} is not a file. Name the file itself.`)
    if (found.size > largest) {
      const message = `${path} is larger than ${Math.round(largest / 1_048_576)} MB. Split it, or raise GATHER_LARGEST_MB.`
      throw new Invalid('platform.file.too-large', message)
    }
    if (found.size <= LARGE_DOCUMENT_BYTES) return { bytes: await file.readFile(), file: null }
    return { bytes: Buffer.alloc(0), file: await spool(file.createReadStream({ autoClose: false }), largest) }
  } finally {
    await file.close()
  }
}

/** The bytes of a file, or some of them, in pieces. `end` is the first that is not given. */
export function piecesOfFile(path: string, range: { readonly start?: number; readonly end?: number } = {}): AsyncIterable<Buffer> {
  const { start = 0, end = Infinity } = range
  return createReadStream(path, { start, end: end - 1, highWaterMark: 65_536 })
}

async function* gunzipped(path: string): AsyncGenerator<Buffer> {
  const packed = createReadStream(path)
  const unpacked = packed.pipe(createGunzip())
  packed.once('error', error => unpacked.destroy(error))
  try {
    // Without an encoding it gives buffers.
    for await (const piece of unpacked as AsyncIterable<Buffer>) yield piece
  } catch (error) {
    if (codeOf(error).startsWith('Z_')) throw new Damaged()
    throw error
  } finally {
    packed.destroy()
    unpacked.destroy()
  }
}

/** Enough to see through packing. */
const START_BYTES = 2_000

class Damaged extends Error {}

async function spoolAsFarAs(pieces: AsyncIterable<Uint8Array>, largest: number): Promise<{ readonly file: SpooledFile; readonly failure: unknown }> {
  const folder = await mkdtemp(join(tmpdir(), 'carecert-'))
  const path = join(folder, 'document')
  const discard = () => rm(folder, { recursive: true, force: true })
  const hash = createHash('sha256')
  let bytes = 0
  let start = Buffer.alloc(0)
  let failure: unknown = null
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      for await (const piece of pieces) {
        if (bytes + piece.length > largest) throw tooLarge(largest)
        await file.writeFile(piece)
        hash.update(piece)
        if (start.length < START_BYTES) start = Buffer.concat([start, piece.subarray(0, START_BYTES - start.length)])
        bytes += piece.length
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    failure = codeOf(error) === 'ENOSPC' ? new Unavailable('platform.spool.full', FULL, undefined, { cause: error }) : error
  }
  return { file: { path, bytes, hash: hash.digest('hex'), start, discard }, failure }
}

const FULL = 'There is no room left for temporary files on this machine. Make room, or lower GATHER_LARGEST_MB, and try again.'

function codeOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}
