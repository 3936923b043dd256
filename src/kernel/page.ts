/**
 * One page of a long list, by keyset: the cursor names the last row shown, so pages stay right while rows are added.
 * `total` is true at any size: it is counted by the query, never guessed.
 */
export interface Page<T> {
  readonly rows: readonly T[]
  /** Opaque; pass it back as `cursor` for the rows after these. `null` on the last page. */
  readonly next: string | null
  readonly total: number
}

export interface PageRequest {
  /** Rows wanted, 1 to 500. */
  readonly limit: number
  readonly cursor: string | null
}

/** Packs the sort values of the last row into an opaque cursor. */
export function encodeCursor(values: readonly (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

/** Unpacks a cursor. A cursor that was tampered with or belongs to another list gives `null`, which means the first page. */
export function decodeCursor(cursor: string | null, length: number): (string | number | null)[] | null {
  if (cursor === null) return null
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    // PostgreSQL takes no NUL in a text.
    const isScalar = (value: unknown) => value === null || Number.isSafeInteger(value) || (typeof value === 'string' && !value.includes('\0'))
    return Array.isArray(values) && values.length === length && values.every(isScalar) ? values : null
  } catch {
    return null
  }
}

const MOST_INTEGER = 2_147_483_647

/** A value of a cursor that a column of PostgreSQL's type `integer` can be compared with; `null` for what somebody made up. */
export function integerIn(value: string | number | null | undefined): number | null {
  const number = value === null || value === undefined || value === '' ? Number.NaN : Number(value)
  return Number.isInteger(number) && Math.abs(number) <= MOST_INTEGER ? number : null
}

/** Whether the text is a cursor of some list. Which one, and whether it is whole, `decodeCursor` says. */
export function isCursor(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
  } catch {
    return false
  }
}
