import { CsvError, parse } from 'csv-parse/sync'
import { decodeText } from '../../../kernel/encoding.ts'
import { Invalid } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { contactSchema } from './fields.ts'
import type { ContactRow } from './model.ts'

/** The columns of a list of contacts. `phone`, `mobile`, `out_of_hours` and `receives_bulletins` may be left out. */
export const CONTACT_COLUMNS = ['organisation', 'name', 'purpose', 'email', 'mobile', 'phone', 'out_of_hours', 'receives_bulletins'] as const

const NEEDED = ['organisation', 'name', 'purpose', 'email'] as const

export interface ContactList {
  readonly rows: readonly ContactRow[]
  /** The rows that cannot be taken, each with its line and what to do. */
  readonly problems: readonly Problem[]
}

/**
 * Reads a list of contacts: CSV with a header. Somebody with an e-mail address gets bulletins unless `receives_bulletins` says no.
 * A row that cannot be taken is left out and named. Throws `Invalid` when the file is no such list.
 */
export function readContactList(bytes: Uint8Array, name: string): ContactList {
  const text = decodeText(bytes)
  if (!text.ok) throw refused(name, text.problems[0]?.message ?? 'It cannot be read.')
  const records = recordsOf(text.value, name)
  const rows: ContactRow[] = []
  const problems: Problem[] = [...text.problems]
  for (const { line, cells } of records) {
    const parsed = contactSchema.safeParse({
      name: cells['name'],
      purpose: cells['purpose'],
      email: cells['email'],
      mobile: cells['mobile'],
      phone: cells['phone'],
      outOfHours: cells['out_of_hours'],
      receivesBulletins: (cells['receives_bulletins'] ?? '').trim() || ((cells['email'] ?? '').trim() === '' ? 'no' : 'yes'),
    })
    if (parsed.success) rows.push({ line, organisationCode: (cells['organisation'] ?? '').trim().toUpperCase(), details: parsed.data })
    else
      problems.push({
        rule: 'directory.contact.row',
        pointer: `line ${line}`,
        severity: 'error',
        message: `Line ${line}: ${parsed.error.issues[0]?.message ?? 'cannot be read.'}`,
      })
  }
  return { rows, problems }
}

function recordsOf(text: string, name: string): { line: number; cells: Readonly<Record<string, string | undefined>> }[] {
  try {
    const columns = (header: string[]) => {
      const names = header.map(cell => cell.trim().toLowerCase().replaceAll(/[ -]+/g, '_'))
      const missing = NEEDED.filter(column => !names.includes(column))
      if (missing.length > 0)
        throw refused(name, `Its first line must name the columns ${CONTACT_COLUMNS.join(', ')}. Missing: ${missing.join(', ')}.`)
      return names
    }
    const rows: unknown = parse(text, { columns, info: true, skip_empty_lines: true, bom: true, max_record_size: 16_384 })
    // With `info`, csv-parse gives {record, info} for each row; its types do not say so.
    const records = (rows as { record: Record<string, string>; info: { lines: number } }[]).map(({ record, info }) => ({
      line: info.lines,
      cells: record,
    }))
    if (records.length === 0) throw refused(name, 'It holds no contacts.')
    return records
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw refused(
      name,
      'It is not CSV, or was cut off: the columns of its rows do not match its header. Save it as "CSV UTF-8" and try again.',
      error.message,
    )
  }
}

function refused(name: string, why: string, detail?: string): Invalid {
  return new Invalid('directory.contact.file', `${name} was refused, and nothing of it was imported. ${why}`, detail)
}
