import { stringify } from 'csv-stringify/sync'

/**
 * A table as CSV (RFC 4180), for a spreadsheet: with a byte order mark, so that it is read as UTF-8, and with what a spreadsheet would
 * take for a formula made harmless (OWASP, CSV injection), because names come from outside.
 */
export function csvText(head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  return stringify([[...head], ...rows.map(row => [...row])], { bom: true, escape_formulas: true, record_delimiter: 'windows' })
}
