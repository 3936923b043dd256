import { parseLocalDate, type LocalDate } from '../../kernel/instant.ts'
import { cleanLine } from '../../kernel/text.ts'

/** The cell, or `null` when it is blank. `NA` and `NULL` are how the tools that make local lists write a blank. */
export function cellOf(text: string | undefined): string | null {
  const clean = cleanLine(text ?? '')
  return clean === '' || clean === 'NA' || clean === 'NULL' ? null : clean
}

/** Reads `20130401`; `null` when blank, `undefined` when it is no such date. */
export function dateOf(text: string | undefined): LocalDate | null | undefined {
  const clean = (text ?? '').trim()
  if (clean === '') return null
  return /^\d{8}$/.test(clean) ? parseLocalDate(`${clean.slice(0, 4)}-${clean.slice(4, 6)}-${clean.slice(6)}`) : undefined
}

/** Local lists pass through spreadsheets, which take the leading 0 off a telephone number. */
export function phoneOf(text: string | undefined): string | null {
  const phone = cellOf(text)
  return phone !== null && /^[1-9]\d{9}$/.test(phone) ? `0${phone}` : phone
}

/** An address in one cell, cut at its commas. */
export function linesOf(address: string | undefined): readonly string[] {
  return (cellOf(address) ?? '')
    .split(',')
    .map(cleanLine)
    .filter(line => line !== '')
}
