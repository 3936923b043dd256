/**
 * The timestamps by which a TAXII server says when it was given an object (TAXII 2.1 §3.1): RFC 3339 in UTC to the microsecond, which is finer
 * than an `Instant`, and which must not be rounded: what came a microsecond later is another object.
 */
export function taxiiMicros(text: string): bigint | undefined {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/i.exec(text.trim())
  const seconds = match === null ? Number.NaN : Date.parse(`${match[1]}Z`)
  // A day that there is not, such as 30 February, is read as one of the next month.
  const isThere = !Number.isNaN(seconds) && new Date(seconds).toISOString().startsWith((match?.[1] ?? '').toUpperCase())
  return !isThere ? undefined : BigInt(seconds) * 1_000n + BigInt((match?.[2] ?? '').padEnd(6, '0').slice(0, 6))
}

/** Such a timestamp, of so many microseconds since 1970. */
export function taxiiTime(micros: bigint): string {
  const millis = new Date(Number(micros / 1_000n)).toISOString().slice(0, -1)
  return `${millis}${String(micros % 1_000n).padStart(3, '0')}Z`
}
