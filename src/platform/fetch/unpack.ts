import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'
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
      throw new Unavailable('platform.fetch.encoding', 'That address answered in an encoding that was not asked for. Try again later.')
  }
}

const ZLIB_METHOD = 8

async function limited(run: () => Promise<Buffer>, largest: number): Promise<Buffer> {
  try {
    return await run()
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(largest)
    throw new Unavailable(
      'platform.fetch.damaged',
      'What that address sent is packed and cannot be unpacked: it is damaged. Try again later.',
      undefined,
      {
        cause,
      },
    )
  }
}

export function tooLarge(largest: number): Invalid {
  return new Invalid('platform.fetch.too-large', `That document is larger than ${inWords(largest)}.`)
}

function inWords(bytes: number): string {
  return bytes >= 1_048_576 ? `${Math.floor(bytes / 1_048_576)} MB` : `${Math.ceil(bytes / 1_024)} KB`
}
