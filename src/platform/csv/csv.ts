import { stringify } from 'csv-stringify/sync'
import type { Page } from '../../kernel/page.ts'

/** One line of a CSV file. */
export type CsvLine = readonly (string | number | null)[]

/**
 * A table as CSV (RFC 4180), for a spreadsheet: with a byte order mark, so that it is read as UTF-8, and with what a spreadsheet would
 * take for a formula made harmless (OWASP, CSV injection), because names come from outside.
 */
export function csvText(head: readonly string[], rows: readonly CsvLine[]): string {
  return text([head, ...rows], true)
}

/**
 * A list of any length as the same CSV, in parts, so that it is never held at once. `ask` gives the rows after a cursor, those at
 * the start for `null`; each part is read by itself, by keyset, so that what changes meanwhile neither doubles nor hides another row.
 */
export async function* csvPages<T>(
  head: readonly string[],
  line: (row: T) => CsvLine,
  ask: (cursor: string | null) => Promise<Pick<Page<T>, 'rows' | 'next'>>,
): AsyncGenerator<string> {
  yield csvText(head, [])
  let cursor: string | null = null
  do {
    const part: Pick<Page<T>, 'rows' | 'next'> = await ask(cursor)
    yield text(part.rows.map(line), false)
    cursor = part.next
  } while (cursor !== null)
}

function text(lines: readonly CsvLine[], hasMark: boolean): string {
  return stringify(
    lines.map(line => [...line]),
    { bom: hasMark, escape_formulas: true, record_delimiter: 'windows' },
  )
}
