import { CsvError, parse } from 'csv-parse/sync'
import { parseLocalDate, type LocalDate } from '../../kernel/instant.ts'
import { nameKey } from '../../kernel/name-key.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { cleanLine, cleanText, shorten } from '../../kernel/text.ts'
import { NAMED_MAPPINGS, OWN_MAPPING, type TechnologyMapping } from './mapping.ts'
import type { RejectedRow, TechnologyFile, TechnologyRow } from './technology.ts'

const LONGEST_ROW = 65_536
const LONGEST_NAME = 300
const MOST = 10_000_000

type Field = keyof TechnologyMapping
type Columns = ReadonlyMap<Field, number>

/**
 * Reads a CSV file with a header that says what organisations run. Without a `mapping`, the one whose headings the file has is taken.
 * A row that cannot be used is put in `rejected` with its line; the rest counts.
 *
 * A cell that a spreadsheet would run as a formula is never taken in, so that no export of ours can pass it on.
 * Fails with `technology.empty`, `technology.header`, `technology.cut-off` or `technology.quotes`.
 */
export function parseTechnologyCsv(text: string, mapping?: TechnologyMapping): Result<TechnologyFile> {
  if (/^\s*[<{]/.test(text))
    return refuse('technology.header', 'This is XML, a web page or JSON, where CSV was expected. For a CycloneDX inventory say --format cyclonedx.')
  const records = readRecords(text)
  if (!records.ok) return records
  const [header, ...body] = records.value
  if (header === undefined) return refuse('technology.empty', 'The file is empty.')
  const columns = locate(header.cells, mapping)
  if (!columns.ok) return columns

  const rows: TechnologyRow[] = []
  const rejected: RejectedRow[] = []
  const firstLineOf = new Map<string, number>()
  for (const { cells, line } of body) {
    const position = `line ${line}`
    const row =
      cells.length === header.cells.length
        ? readRow(cells, columns.value, position)
        : `This row has ${cells.length} columns, and the header has ${header.cells.length}.`
    const key = typeof row === 'string' ? '' : keyOf(row)
    const earlier = firstLineOf.get(key)
    if (typeof row === 'string' || earlier !== undefined) {
      const reason = typeof row === 'string' ? row : `Line ${earlier} says the same of this organisation already. That line was kept.`
      rejected.push({ position, reason, excerpt: shorten(cleanText(cells.join(',')), 2_000) })
      continue
    }
    firstLineOf.set(key, line)
    rows.push(row)
  }
  return succeed({ format: 'csv', label: 'Technology list (CSV)', rows, rejected })
}

interface CsvRecord {
  readonly cells: readonly string[]
  readonly line: number
}

function readRecords(text: string): Result<readonly CsvRecord[]> {
  try {
    const options = {
      relax_column_count: true,
      skip_empty_lines: true,
      info: true,
      bom: true,
      max_record_size: LONGEST_ROW,
      delimiter: delimiterOf(text),
    }
    const rows: unknown = parse(text, options)
    // With `info`, csv-parse gives {record, info} for each row; its types do not say so.
    return succeed((rows as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({ cells: record, line: info.lines })))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = typeof error['lines'] === 'number' ? error['lines'] : undefined
    if (error.code === 'CSV_QUOTE_NOT_CLOSED')
      return refuse('technology.cut-off', 'The file ends inside a quotation, so it was cut off. Fetch or export it again.', line)
    return refuse(
      'technology.quotes',
      `The quotation marks on line ${line ?? '?'} do not match, so the columns cannot be told apart. Export the file again.`,
      line,
    )
  }
}

/** Spreadsheets of other languages write semicolons; copies from a page have tabs. */
function delimiterOf(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/))
  const count = (delimiter: string) => header.split(delimiter).length
  return [',', ';', '\t'].toSorted((a, b) => count(b) - count(a))[0] ?? ','
}

function locate(header: readonly string[], mapping: TechnologyMapping | undefined): Result<Columns> {
  const headings = header.map(heading => cleanLine(heading).toLowerCase())
  const chosen = mapping ?? Object.values(NAMED_MAPPINGS).find(candidate => missingFrom(headings, candidate).length === 0) ?? OWN_MAPPING
  const missing = missingFrom(headings, chosen)
  if (missing.length > 0) {
    const has = shorten(headings.slice(0, 12).join(', '), 200)
    return refuse('technology.header', `The header lacks ${missing.join(' and ')}; it has: ${has}. Rename the columns, or name a mapping.`, 1)
  }
  const repeated = headings.find(
    (heading, index) => heading !== '' && headings.indexOf(heading) !== index && columnNames(chosen).some(column => column.toLowerCase() === heading),
  )
  if (repeated !== undefined)
    return refuse('technology.header', `Two columns are called "${repeated}", so it is not clear which is meant. Rename one.`, 1)
  const columns = new Map<Field, number>()
  for (const field of Object.keys(chosen) as Field[]) {
    const column = chosen[field]
    if (column !== null && headings.includes(column.toLowerCase())) columns.set(field, headings.indexOf(column.toLowerCase()))
  }
  return succeed(columns)
}

/** Without organisation and product there is nothing to say; a column that a person named must be there; our own optional ones need not. */
function missingFrom(headings: readonly string[], mapping: TechnologyMapping): string[] {
  const needed = mapping === OWN_MAPPING ? [mapping.organisation, mapping.product] : columnNames(mapping)
  return [...new Set(needed)].filter(column => !headings.includes(column.toLowerCase())).map(column => `"${column}"`)
}

function columnNames({ organisation, maker, product, version, count, asOf }: TechnologyMapping): string[] {
  return [organisation, maker, product, version, count, asOf].filter(column => column !== null)
}

/** The row, or why it cannot be used. */
function readRow(cells: readonly string[], columns: Columns, position: string): TechnologyRow | string {
  const cell = (field: Field) => {
    const column = columns.get(field)
    const value = column === undefined ? '' : cleanLine(cells[column] ?? '')
    return value === '-' ? '' : value
  }
  for (const field of columns.keys()) {
    const raw = cells[columns.get(field) ?? -1] ?? ''
    if (isFormula(raw))
      return `The ${NAMES[field]} begins like a formula of a spreadsheet ("${shorten(cleanLine(raw), 30)}"). Write it as plain text.`
    if (cell(field).length > LONGEST_NAME) return `The ${NAMES[field]} is longer than ${LONGEST_NAME} characters.`
  }
  const organisationCode = cell('organisation').toUpperCase()
  if (organisationCode === '') return 'The organisation is missing.'
  if (!/^[A-Z0-9][A-Z0-9-]{1,19}$/.test(organisationCode)) return `"${shorten(organisationCode, 40)}" is not the code of an organisation.`
  const product = cell('product')
  if (product === '') return 'The product is missing.'
  const count = readCount(cell('count'))
  if (count === undefined) return `The count "${shorten(cell('count'), 40)}" is not a whole number from 1 to ${MOST}.`
  const asOf = readDate(cell('asOf'))
  if (asOf === undefined) return `The date "${shorten(cell('asOf'), 40)}" is not a date such as 2024-01-31.`
  return { position, organisationCode, maker: cell('maker'), product, version: cell('version') || null, count, asOf, purl: null, cpe: null }
}

const NAMES: Readonly<Record<Field, string>> = {
  organisation: 'organisation',
  maker: 'maker',
  product: 'product',
  version: 'version',
  count: 'count',
  asOf: 'date',
}

/**
 * Whether a spreadsheet would run the cell (OWASP, "CSV injection": a leading = + - @, tab or carriage return). A lone `-` means nothing
 * is known, and `@scope/name` is the name of a package.
 */
function isFormula(raw: string): boolean {
  const text = raw.trimStart().replace(/^'/, '')
  return (/^[=+@-]/.test(text) && !/^-\s*$|^@[\w.-]+\/[\w.-]+$/.test(text)) || /^[\t\r]/.test(raw)
}

function readCount(text: string): number | null | undefined {
  if (text === '') return null
  if (!/^(\d{1,8}|\d{1,3}(,\d{3})+)$/.test(text)) return undefined
  const count = Number(text.replaceAll(',', ''))
  return count >= 1 && count <= MOST ? count : undefined
}

/** `2024-01-31`, `20240131`, or as spreadsheets in Britain write it, `31/01/2024`. */
function readDate(text: string): LocalDate | null | undefined {
  if (text === '') return null
  const british = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text)
  if (british !== null) return parseLocalDate(`${british[3]}-${british[2]?.padStart(2, '0')}-${british[1]?.padStart(2, '0')}`)
  return parseLocalDate(text.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3'))
}

function keyOf(row: TechnologyRow): string {
  return JSON.stringify([row.organisationCode, nameKey(row.maker) || row.maker, nameKey(row.product) || row.product, row.version])
}

function refuse(rule: string, message: string, line?: number): Result<never> {
  const problem: Problem = { rule, pointer: line === undefined ? '' : `line ${line}`, severity: 'error', message }
  return fail(problem)
}
