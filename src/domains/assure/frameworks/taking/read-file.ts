import { CsvError, parse } from 'csv-parse/sync'
import { isCafAnswers, isCafYaml, isProfileLookup, readCafYaml, readProfileLookup } from '../../../../codecs/caf-yaml/framework.ts'
import { isCisoLibrary, readCisoLibrary } from '../../../../codecs/ciso-assistant/library.ts'
import { isFrameworkSheet, readFrameworkSheet, sheetRows, type SheetRow } from '../../../../codecs/framework-sheet/sheet.ts'
import { isWorkbook, readWorkbook, type Sheet } from '../../../../codecs/framework-sheet/workbook.ts'
import { oscalRoot, readOscal } from '../../../../codecs/oscal/document.ts'
import { readYaml } from '../../../../codecs/yaml/read.ts'
import type { FrameworkFile } from '../../../../kernel/framework.ts'
import { parseJson } from '../../../../kernel/json.ts'
import { fail, succeed, type Problem, type Result } from '../../../../kernel/problem.ts'

/** Larger than any framework: what the command takes. */
export const LARGEST_FRAMEWORK_BYTES = 10 * 1024 * 1024
/** What a page and the API take. It is read while others wait: a megabyte of YAML costs more than half a second. */
export const LARGEST_UPLOAD_BYTES = 2 * 1024 * 1024

/**
 * Reads a file of frameworks, crosswalks or profiles. What it is, is seen from what is in it: a name is never believed. A file that is known and holds none
 * of these says what it is in `others`; one that is not known is refused.
 */
export async function readFrameworkFile(bytes: Uint8Array): Promise<Result<FrameworkFile>> {
  if (bytes.length > LARGEST_FRAMEWORK_BYTES) return fail(unknown('The file is larger than 10 MB, which no framework is. It was not read.'))
  if (isWorkbook(bytes)) return workbook(bytes)
  const text = new TextDecoder('utf-8').decode(bytes).replace(/^\uFEFF/, '')
  if (text.includes('\0') || text.includes('\uFFFD'))
    return fail(unknown('This is neither text in UTF-8 nor an Excel workbook. Give YAML, JSON, CSV or .xlsx.'))
  const start = /\S/.exec(text)?.[0]
  if (start === undefined) return fail(unknown('The file is empty.'))
  if (start === '<') return fail(unknown('This is XML or a web page. Give the framework as YAML, JSON, CSV or .xlsx; OSCAL as JSON or YAML.'))
  const [firstLine = ''] = text.trimStart().split('\n', 1)
  if (isFrameworkSheet([firstLine.split(/[,;\t]/).map(cell => cell.replaceAll('"', ''))])) return csvSheet(text)
  const data = start === '{' || start === '[' ? parseJson(text) : readYaml(text)
  return data.ok ? readData(data.value) : data
}

function readData(data: unknown): Result<FrameworkFile> {
  if (isCafYaml(data)) return readCafYaml(data)
  if (isCisoLibrary(data)) return readCisoLibrary(data)
  if (oscalRoot(data) !== undefined) return readOscal(data)
  if (isProfileLookup(data)) return readProfileLookup(data)
  if (isCafAnswers(data)) {
    const others = ['These are the answers of one organisation to the Cyber Assessment Framework, and no framework. Nothing of it was taken.']
    return succeed({ kind: 'answers to the Cyber Assessment Framework', frameworks: [], crosswalks: [], profiles: [], others })
  }
  return fail(
    unknown(
      'This is no file of frameworks that is known: the Cyber Assessment Framework in the form of WebCAF, a library of CISO Assistant, an OSCAL catalogue or profile, or a framework sheet.',
    ),
  )
}

function csvSheet(text: string): Result<FrameworkFile> {
  try {
    const rows: readonly (readonly string[])[] = parse(text, { delimiter: [',', ';', '\t'], relax_column_count: true, skip_empty_lines: false })
    return sheets([{ name: 'File', rows }])
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    return fail(unknown(`Line ${Number(error['lines'])} of the CSV file cannot be read: a quotation mark is missing or stands in the wrong place.`))
  }
}

async function workbook(bytes: Uint8Array): Promise<Result<FrameworkFile>> {
  const read = await readWorkbook(bytes)
  return read.ok ? sheets(read.value) : read
}

/** All sheets with the headings of the form are one framework; others, such as notes, are left. */
function sheets(all: readonly Sheet[]): Result<FrameworkFile> {
  const rows: SheetRow[] = []
  const ours = all.filter(sheet => isFrameworkSheet(sheet.rows))
  if (ours.length === 0)
    return fail(unknown('No sheet of this workbook has the headings kind, code, of, level, text and more. See the form of the framework sheet.'))
  for (const sheet of ours) {
    const read = sheetRows(sheet.rows, sheet.name)
    if (!read.ok) return read
    rows.push(...read.value)
  }
  return readFrameworkSheet(rows)
}

function unknown(message: string): Problem {
  return { rule: 'framework.file', pointer: '', severity: 'error', message }
}
