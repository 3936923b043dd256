import type { Readable, Transform } from 'node:stream'
import { promisify } from 'node:util'
import { brotliDecompress, createBrotliDecompress, createGunzip, createInflate, gunzip, inflate, inflateRaw } from 'node:zlib'
import { Invalid, Unavailable } from '../../kernel/errors.ts'

const unzip = { gzip: promisify(gunzip), br: promisify(brotliDecompress), deflate: promisify(inflate), raw: promisify(inflateRaw) }

/**
 * Undoes a `Content-Encoding` (RFC 9110 §8.4). Throws `Invalid` when more than `largest` bytes come out, before they are all in memory
 * (a small file that unpacks without end is an attack), `Unavailable` when it is damaged or of a kind that was not asked for.
 */
export async function unpack(bytes: Buffer, encoding: string, largest: number): Promise<Buffer> {
  switch (encoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return bytes
    case 'gzip':
    case 'x-gzip':
      return limited(() => unzip.gzip(bytes, { maxOutputLength: largest }), largest)
    case 'br':
      return limited(() => unzip.br(bytes, { maxOutputLength: largest }), largest)
    case 'deflate':
      // The standard says zlib; some servers send the bare stream.
      return limited(() => ((bytes[0] ?? 0) % 16 === ZLIB_METHOD ? unzip.deflate : unzip.raw)(bytes, { maxOutputLength: largest }), largest)
    default:
      throw notAskedFor()
  }
}

const ZLIB_METHOD = 8

/** As `unpack`, of what comes in pieces: whoever takes them counts them. Throws what the packed pieces throw, and `Unavailable` as above. */
export async function* unpackPieces(packed: Readable, encoding: string): AsyncGenerator<Uint8Array> {
  const unpacking = unpackingOf(encoding)
  if (unpacking === null) {
    // A body without an encoding of letters yields buffers.
    yield* packed as AsyncIterable<Buffer>
    return
  }
  let failure: unknown
  packed.once('error', error => {
    failure = error
    unpacking.destroy(error)
  })
  try {
    yield* packed.pipe(unpacking) as AsyncIterable<Buffer>
  } catch (cause) {
    throw failure ?? damaged(cause)
  } finally {
    packed.destroy()
    unpacking.destroy()
  }
}

function unpackingOf(encoding: string): Transform | null {
  switch (encoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return null
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'br':
      return createBrotliDecompress()
    case 'deflate':
      return createInflate()
    default:
      throw notAskedFor()
  }
}

async function limited(run: () => Promise<Buffer>, largest: number): Promise<Buffer> {
  try {
    return await run()
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(largest)
    throw damaged(cause)
  }
}

function damaged(cause: unknown): Unavailable {
  const message = 'What that address sent is packed and cannot be unpacked: it is damaged. Try again later.'
  return new Unavailable('platform.fetch.damaged', message, undefined, { cause })
}

function notAskedFor(): Unavailable {
  return new Unavailable('platform.fetch.encoding', 'That address answered in an encoding that was not asked for. Try again later.')
}

export function tooLarge(largest: number): Invalid {
  return new Invalid('platform.fetch.too-large', `That document is larger than ${inWords(largest)}.`)
}

function inWords(bytes: number): string {
  return bytes >= 1_048_576 ? `${Math.floor(bytes / 1_048_576)} MB` : `${Math.ceil(bytes / 1_024)} KB`
}
