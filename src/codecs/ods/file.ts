import { decodeText } from '../../kernel/encoding.ts'
import { fail, type Result } from '../../kernel/problem.ts'
import { readExtract } from './extract.ts'
import { kindOfFileName } from './layouts.ts'
import { hasHeader, readList } from './lists.ts'
import type { OdsFile } from './organisation.ts'
import { readRecords, refusal } from './records.ts'

/**
 * Reads a CSV file of the NHS Organisation Data Service (27 columns, no header), or one of the lists with a header that are made from
 * it. Which file it is follows from its content; a `fileName` such as `etr.csv` is a claim that the content must bear out.
 *
 * A file is read whole or refused whole. The problems name the line and say what to do. Rules: those of `decodeText`; `ods.empty`,
 * `ods.cut-off`, `ods.quotes`, `ods.oversized`, `ods.nul`, `ods.header`, `ods.row.*`, `ods.kind.*`, `ods.list.*`.
 */
export function parseOdsFile(bytes: Uint8Array, fileName = ''): Result<OdsFile> {
  const text = decodeText(bytes)
  if (!text.ok) return text
  const file = parseOdsText(text.value, fileName)
  return { ...file, problems: [...text.problems, ...file.problems] }
}

/** As `parseOdsFile`, for text that is decoded already. */
export function parseOdsText(text: string, fileName = ''): Result<OdsFile> {
  const start = text.trimStart()
  if (start === '') return fail(refusal('ods.empty', 'The file is empty.'))
  if (start.startsWith('<') || start.startsWith('{')) {
    return fail(refusal('ods.kind.unknown', 'This is a web page, XML or JSON, where a CSV file was expected. Fetch the CSV file itself.'))
  }
  if (text.includes('\0')) return fail(refusal('ods.nul', 'The file holds NUL characters, so it is damaged or not CSV. Fetch it again.'))
  const records = readRecords(text)
  if (!records.ok) return records
  return hasHeader(records.value) ? readList(records.value) : readExtract(records.value, kindOfFileName(fileName))
}
