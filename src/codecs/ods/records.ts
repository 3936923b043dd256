import { CsvError, parse } from 'csv-parse/sync'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'

/** One row of a CSV file: its cells, and the line on which it ends. */
export interface CsvRecord {
  readonly cells: readonly string[]
  readonly line: number
}

/** The widest cell seen in a real file has 74 characters. */
export const LONGEST_CELL = 500

const LONGEST_ROW = 16_384

/** Splits CSV text into rows (RFC 4180), whatever their length. Fails with `ods.cut-off`, `ods.quotes` or `ods.oversized`. */
export function readRecords(text: string): Result<readonly CsvRecord[]> {
  try {
    const rows: unknown = parse(text, { relax_column_count: true, skip_empty_lines: true, info: true, max_record_size: LONGEST_ROW, bom: true })
    // With `info`, csv-parse gives {record, info} for each row; its types do not say so.
    const records = (rows as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({
      cells: record.map(cell => cell.trim()),
      line: info.lines,
    }))
    return succeed(records)
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    return fail(explain(error))
  }
}

/** A reason to refuse the whole file. */
export function refusal(rule: string, message: string, line?: number): Problem {
  return {
    rule,
    pointer: line === undefined ? '' : `line ${line}`,
    severity: 'error',
    message: line === undefined ? message : `Line ${line}: ${message}`,
  }
}

function explain(error: CsvError): Problem {
  const line = typeof error['lines'] === 'number' ? error['lines'] : undefined
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
    return refusal('ods.cut-off', 'the file ends inside a quotation, so it was cut off while it was fetched or copied. Fetch it again.', line)
  }
  if (error.code === 'CSV_MAX_RECORD_SIZE') {
    return refusal(
      'ods.oversized',
      `this row is longer than ${LONGEST_ROW} characters. A quotation mark was probably left open. Fetch the file again.`,
      line,
    )
  }
  return refusal(
    'ods.quotes',
    'the quotation marks do not match, so the columns cannot be told apart. Fetch the file again, and do not edit it by hand.',
    line,
  )
}
