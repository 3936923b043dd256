import { unzipSync } from 'fflate'
import readXlsxFile from 'read-excel-file/node'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'

/** What a workbook may hold when it is unpacked: far more than any framework, far less than harms. */
const LARGEST_UNPACKED_BYTES = 60_000_000
const MOST_CELLS = 500_000

export interface Sheet {
  readonly name: string
  readonly rows: readonly (readonly string[])[]
}

/** Whether the bytes are a ZIP archive, as an .xlsx workbook (ECMA-376) is. */
export function isWorkbook(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04
}

/** Reads every sheet of an .xlsx workbook as text. What would unpack to too much is refused before it is unpacked. Rules: `sheet.workbook`, `sheet.too-large`. */
export async function readWorkbook(bytes: Uint8Array): Promise<Result<readonly Sheet[]>> {
  let unpacked = 0
  try {
    // Looks at the directory of the archive only.
    unzipSync(bytes, {
      filter: file => {
        unpacked += file.originalSize
        return false
      },
    })
  } catch {
    return fail(refusal('sheet.workbook', 'This workbook is damaged or was cut off. Save it again as .xlsx.'))
  }
  if (unpacked > LARGEST_UNPACKED_BYTES)
    return fail(refusal('sheet.too-large', 'This workbook unpacks to more than 60 MB, which no framework does. It was not read.'))
  try {
    const sheets = await readXlsxFile(Buffer.from(bytes))
    const read = sheets.map(({ sheet, data }) => ({ name: sheet, rows: data.map(row => row.map(textOf)) }))
    const cells = read.reduce((sum, { rows }) => sum + rows.reduce((more, row) => more + row.length, 0), 0)
    if (cells > MOST_CELLS)
      return fail(
        refusal(
          'sheet.too-large',
          `This workbook has more than ${MOST_CELLS.toLocaleString('en-GB')} cells. Delete the empty columns and rows, and save it again.`,
        ),
      )
    return succeed(read)
  } catch {
    return fail(refusal('sheet.workbook', 'This is not an Excel workbook that can be read. Save it again as .xlsx, or as CSV.'))
  }
}

/** A spreadsheet makes a number of `3.2`, and a date of what looks like one. */
function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return ''
  if (cell instanceof Date) return cell.toISOString().slice(0, 10)
  return typeof cell === 'string' ? cell : typeof cell === 'number' || typeof cell === 'boolean' ? String(cell) : ''
}

function refusal(rule: string, message: string): Problem {
  return { rule, pointer: '', severity: 'error', message }
}
