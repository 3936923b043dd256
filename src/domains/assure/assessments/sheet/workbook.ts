import writeXlsxFile from 'write-excel-file/node'
import { SHEET_HEAD } from './model.ts'

const WIDTHS = [10, 30, 18, 12, 70, 16, 40, 40, 10]

/** The table as an .xlsx workbook, its head fixed. Texts are texts: nothing in them is a formula. */
export async function sheetWorkbook(rows: readonly (readonly (string | number)[])[]): Promise<Buffer> {
  const head = SHEET_HEAD.map(value => ({ value, type: String, fontWeight: 'bold' as const }))
  const body = rows.map(row =>
    row.map(value => (typeof value === 'number' ? { value, type: Number } : value === '' ? null : { value, type: String, wrap: true })),
  )
  return writeXlsxFile([head, ...body], { sheet: 'Answers', columns: WIDTHS.map(width => ({ width })), stickyRowsCount: 1 }).toBuffer()
}
