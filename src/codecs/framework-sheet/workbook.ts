import { Unzip, UnzipInflate, unzipSync, zipSync } from 'fflate'
import readXlsxFile from 'read-excel-file/node'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'

/** What a workbook may hold when it is unpacked: far more than any framework, far less than harms. */
const LARGEST_UNPACKED_BYTES = 60_000_000
const MOST_CELLS = 500_000
/** So much is unpacked at a time: it is a thousand times as much at most. */
const CHUNK_BYTES = 16_384

export interface Sheet {
  readonly name: string
  readonly rows: readonly (readonly string[])[]
}

/** Whether the bytes are a ZIP archive, as an .xlsx workbook (ECMA-376) is. */
export function isWorkbook(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04
}

/**
 * Reads every sheet of an .xlsx workbook as text. What would unpack to too much, or spread over too many cells, is refused before it is. Rules:
 * `sheet.workbook`, `sheet.too-large`.
 */
export async function readWorkbook(bytes: Uint8Array): Promise<Result<readonly Sheet[]>> {
  let parts: Record<string, Uint8Array>
  try {
    let declared = 0
    // Looks at the directory of the archive only.
    unzipSync(bytes, {
      filter: ({ originalSize }) => {
        declared += originalSize
        return false
      },
    })
    const unpacked = declared > LARGEST_UNPACKED_BYTES ? undefined : unpack(bytes)
    if (unpacked === undefined)
      return fail(refusal('sheet.too-large', 'This workbook unpacks to more than 60 MB, which no framework does. It was not read.'))
    parts = unpacked
  } catch {
    return fail(refusal('sheet.workbook', 'This workbook is damaged or was cut off. Save it again as .xlsx.'))
  }
  const cells = Object.values(parts).reduce((sum, part) => sum + cellsOf(part), 0)
  if (Number.isNaN(cells)) return fail(unreadable())
  if (cells > MOST_CELLS)
    return fail(
      refusal(
        'sheet.too-large',
        `This workbook has more than ${MOST_CELLS.toLocaleString('en-GB')} cells. Delete the empty columns and rows, and save it again.`,
      ),
    )
  try {
    // What was looked at is what is read.
    const sheets = await readXlsxFile(Buffer.from(zipSync(parts, { level: 0 })))
    return succeed(sheets.map(({ sheet, data }) => ({ name: sheet, rows: data.map(row => row.map(textOf)) })))
  } catch {
    return fail(unreadable())
  }
}

/** The parts in XML; `undefined` as soon as they are more than they may be, whatever the archive says of their sizes. */
function unpack(bytes: Uint8Array): Record<string, Uint8Array> | undefined {
  const pieces = new Map<string, Uint8Array[]>()
  let size = 0
  const archive = new Unzip(file => {
    if (!/\.xml(?:\.rels)?$/.test(file.name)) return
    const held: Uint8Array[] = []
    pieces.set(file.name, held)
    file.ondata = (error, piece) => {
      if (error) throw error
      size += piece.length
      held.push(piece)
    }
    file.start()
  })
  archive.register(UnzipInflate)
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    archive.push(bytes.subarray(at, at + CHUNK_BYTES), at + CHUNK_BYTES >= bytes.length)
    if (size > LARGEST_UNPACKED_BYTES) return undefined
  }
  return Object.fromEntries([...pieces].map(([name, held]) => [name, Uint8Array.from(Buffer.concat(held))]))
}

/**
 * How many cells a sheet spreads over: its reader makes one for every gap, so that a single cell in the last corner is seventeen thousand million of them. 0 for a
 * part that is no sheet, `NaN` for one with an address that is none.
 */
function cellsOf(part: Uint8Array): number {
  const text = new TextDecoder().decode(part)
  if (!text.includes('sheetData')) return 0
  let [rows, columns] = [0, 0]
  for (const [, quote, address = '', end] of text.matchAll(/(?<![\w:.-])r\s*=\s*(["'])([^"']{0,12})(.?)/gs)) {
    const found = /^([A-Z]{0,3})(\d{1,7})$/.exec(address)
    if (found === null || end !== quote) return Number.NaN
    const [, letters = '', digits = ''] = found
    rows = Math.max(rows, Number(digits))
    columns = Math.max(
      columns,
      [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0),
    )
  }
  return rows * columns
}

function unreadable(): Problem {
  return refusal('sheet.workbook', 'This is not an Excel workbook that can be read. Save it again as .xlsx, or as CSV.')
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
