import { CsvError, parse } from 'csv-parse/sync'
import type { IntelligenceBatch, RejectedItem } from '../../kernel/intelligence.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { cleanText, shorten } from '../../kernel/text.ts'
import { readEntries, warning } from './catalogue.ts'

/**
 * CISA's catalogue of known exploited vulnerabilities, as CSV. Its header names the members of the JSON form; it has no version, no date
 * of release and no count. `knownRansomwareCampaignUse` and `cwes` are missing from older files. One version gives the same items in both forms.
 */

const NEEDED = ['cveID', 'vendorProject', 'product', 'vulnerabilityName', 'dateAdded'] as const
const LONGEST_ROW = 65_536

/** Whether the text starts with the header of such a file. */
export function recognisesKevCsv(text: string): boolean {
  const header = /^\uFEFF?([^\r\n]{1,2000})/.exec(text)?.[1] ?? ''
  const columns = header.split(',').map(column => column.replaceAll('"', '').trim())
  return columns.includes('cveID') && columns.includes('vendorProject')
}

/**
 * Reads the text of such a file. A row that cannot be taken in is put in `rejected`, the rest goes on. The batch is `complete` only when
 * the CVE of every row can be read and the last line is whole.
 * Fails with `kev.not-kev`, `kev.cut-off` or `kev.quotes`; warns with `kev.cut-off`, `kev.empty` and `kev.entry.incomplete`.
 */
export function parseKevCsv(text: string): Result<IntelligenceBatch> {
  const records = readRecords(text)
  if (!records.ok) return records
  const [header, ...rows] = records.value
  const columns = header?.cells.map(cell => cell.trim()) ?? []
  const missing = NEEDED.filter(name => !columns.includes(name))
  if (missing.length > 0)
    return refuse(
      'kev.not-kev',
      `This is not the CISA catalogue of known exploited vulnerabilities: it has no column ${missing.join(', ')}.`,
      'line 1',
    )

  const whole = rows.filter(({ cells }) => cells.length === columns.length)
  const broken = rows
    .filter(({ cells }) => cells.length !== columns.length)
    .map(({ cells, line }): RejectedItem => {
      const reason = `This row has ${cells.length} columns, and the header has ${columns.length}.`
      return { position: `line ${line}`, externalId: null, reason, excerpt: shorten(cleanText(cells.join(',')), 2_000) }
    })
  const reading = readEntries(
    whole.map(({ cells }) => entryOf(columns, cells)),
    index => `line ${whole[index]?.line ?? 0}`,
  )
  const rejected = [...reading.rejected, ...broken]
  const problems = lossesOf(text, rows.length)
  return succeed(
    {
      format: 'kev-json',
      complete: problems.length === 0 && rejected.every(entry => entry.externalId !== null),
      label: 'CISA KEV catalogue (CSV)',
      released: null,
      publisher: { name: 'CISA', namespace: 'https://www.cisa.gov/' },
      items: reading.items,
      rejected,
    },
    [...reading.problems, ...problems],
  )
}

interface CsvRecord {
  readonly cells: readonly string[]
  readonly line: number
}

function readRecords(text: string): Result<readonly CsvRecord[]> {
  try {
    const rows: unknown = parse(text, { relax_column_count: true, skip_empty_lines: true, info: true, bom: true, max_record_size: LONGEST_ROW })
    // With `info`, csv-parse gives {record, info} for each row; its types do not say so.
    return succeed((rows as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({ cells: record, line: info.lines })))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    if (error.code === 'CSV_QUOTE_NOT_CLOSED') return refuse('kev.cut-off', 'The file ends inside a quotation: it was cut off. Fetch it again.')
    const line = typeof error['lines'] === 'number' ? `line ${error['lines']}` : ''
    return refuse('kev.quotes', 'The quotation marks do not match, so the columns cannot be told apart. Fetch the file again.', line)
  }
}

/** The row as the entry that the JSON form has in its place. */
function entryOf(columns: readonly string[], cells: readonly string[]): unknown {
  const members = columns.map((column, at): readonly [string, unknown] => {
    const cell = cells[at] ?? ''
    return [column, column === 'cwes' ? cell.split(/[\s,;]+/) : cell]
  })
  return Object.fromEntries(members)
}

function lossesOf(text: string, rows: number): readonly Problem[] {
  const kept = 'Its entries were taken in, but nothing is withdrawn on its word.'
  if (rows === 0) return [warning('kev.empty', '', `The catalogue lists no vulnerabilities at all. ${kept}`)]
  return text.endsWith('\n') ? [] : [warning('kev.cut-off', '', `The last line of the file does not end, so some of it may have been lost. ${kept}`)]
}

function refuse(rule: string, message: string, pointer = ''): Result<never> {
  return fail({ rule, pointer, severity: 'error', message })
}
