import { constants, gunzipSync } from 'node:zlib'
import { CareCertError } from '../../../kernel/errors.ts'
import { fail, succeed, type Result } from '../../../kernel/problem.ts'
import { unpack } from '../../../platform/fetch/unpack.ts'

/** Larger than any document that is read; small enough that one that unpacks without end is no harm. */
export const LARGEST_UNPACKED_BYTES = 256 * 1024 * 1024

/** Whether the bytes are packed with gzip (RFC 1952 §2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * The start of a document: of what is in it where it is packed, else its own. Empty where that cannot be read.
 */
export function startOf(bytes: Uint8Array, count: number): Uint8Array {
  if (!isGzip(bytes)) return bytes.subarray(0, count)
  // A thousand bytes never make more than a thousand times as many (RFC 1951 packs no tighter).
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 2 * 1024 * 1024 }
  try {
    return gunzipSync(bytes.subarray(0, 1_024), options).subarray(0, count)
  } catch {
    return new Uint8Array()
  }
}

/**
 * What is in a document that is packed with gzip, once; the document itself where it is not. What is packed again stays packed, and is no text
 * then. Fails with `gather.unpack` when it is damaged or would be too large.
 */
export async function unpackDocument(bytes: Uint8Array, largest = LARGEST_UNPACKED_BYTES): Promise<Result<Uint8Array>> {
  if (!isGzip(bytes)) return succeed(bytes)
  try {
    return succeed(await unpack(Buffer.from(bytes), 'gzip', largest))
  } catch (error) {
    if (!(error instanceof CareCertError)) throw error
    const isTooLarge = error.code === 'platform.fetch.too-large'
    const message = isTooLarge
      ? `This is packed, and unpacks to more than ${Math.floor(largest / 1_048_576)} MB, so it was not read.`
      : 'This is packed with gzip, and is damaged or was cut off. Fetch it again.'
    return fail({ rule: 'gather.unpack', pointer: '', severity: 'error', message })
  }
}
