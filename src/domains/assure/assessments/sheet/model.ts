import type { Problem } from '../../../../kernel/problem.ts'
import { cleanLine, cleanText } from '../../../../kernel/text.ts'
import { statusLabel, type Level } from '../../frameworks/model.ts'
import type { Answer } from '../model.ts'

/**
 * The answers of a review as a table, out and back. A row is a statement, known by its code; an empty answer, comment or other control says nothing and leaves
 * what stands. `revision` says upon which answer a row was written: where somebody has answered otherwise since, both are kept. Without it what stands is
 * replaced, and stays in the history.
 */
export const SHEET_HEAD = ['outcome', 'title', 'level', 'code', 'statement', 'answer', 'comment', 'other control', 'revision'] as const

/** One row that says something. */
export interface SheetRow {
  /** In the file, the head being line 1. */
  readonly line: number
  readonly code: string
  /** `null` where the cell is empty. */
  readonly answer: Answer | null
  readonly comment: string
  readonly alternative: string
  readonly revision: number | null
}

export interface ReadSheet {
  readonly rows: readonly SheetRow[]
  readonly problems: readonly Problem[]
}

export const ANSWER_CELLS: Readonly<Record<Answer, string>> = { yes: 'yes', no: 'no', 'not-applicable': 'does not apply' }

const WORDS: Readonly<Record<string, Answer>> = {
  yes: 'yes',
  y: 'yes',
  true: 'yes',
  no: 'no',
  n: 'no',
  false: 'no',
  'does not apply': 'not-applicable',
  'not applicable': 'not-applicable',
  'not-applicable': 'not-applicable',
  'n/a': 'not-applicable',
  na: 'not-applicable',
}

const MOST_ROWS = 5_000

/** Reads the rows below the head. Which columns there are, and in which order, the head says; `code` and `answer` must be among them. */
export function readSheet(cells: readonly (readonly string[])[]): ReadSheet {
  const at = cells.findIndex(row => row.some(cell => cleanLine(cell).toLowerCase() === 'code'))
  const head = (cells[at] ?? []).map(cell => cleanLine(cell).toLowerCase())
  if (!head.includes('code') || !head.includes('answer'))
    return {
      rows: [],
      problems: [problem(1, 'The first row must name the columns, “code” and “answer” among them. Download the table, fill it in and send it back.')],
    }
  const rows: SheetRow[] = []
  const problems: Problem[] = []
  const seen = new Map<string, number>()
  for (const [index, row] of cells.entries()) {
    if (index <= at) continue
    const line = index + 1
    const cell = (name: string) => uncovered(row[head.indexOf(name)] ?? '')
    const read = readRow(line, cell)
    if (read === null) continue
    const before = typeof read === 'string' ? undefined : seen.get(read.code)
    if (rows.length >= MOST_ROWS) problems.push(problem(line, `A table has ${MOST_ROWS.toLocaleString('en-GB')} rows at most`))
    else if (typeof read === 'string') problems.push(problem(line, read))
    else if (before !== undefined) problems.push(problem(line, `${read.code} stands in row ${before} too. Keep one of the two`))
    else {
      seen.set(read.code, line)
      rows.push(read)
    }
  }
  return { rows, problems }
}

function readRow(line: number, cell: (name: string) => string): SheetRow | string | null {
  const code = cleanLine(cell('code'))
  const [word, comment, alternative] = [cleanLine(cell('answer')).toLowerCase(), cleanText(cell('comment')), cleanText(cell('other control'))]
  if (word === '' && comment === '' && alternative === '') return null
  if (code === '') return 'The code of the statement is missing'
  const answer = word === '' ? null : WORDS[word]
  if (answer === undefined) return `${code}: “${word.slice(0, 40)}” is no answer. Use yes, no, or does not apply`
  const revision = cleanLine(cell('revision'))
  if (revision !== '' && !/^\d{1,9}$/.test(revision)) return `${code}: the revision is a number, as it was downloaded, or empty`
  return { line, code, answer, comment, alternative, revision: revision === '' ? null : Number(revision) }
}

/** A spreadsheet's text that would be a formula leaves with a mark before it, and comes back without. */
function uncovered(text: string): string {
  return text.replace(/^'(?=[=+\-@])/, '')
}

export function problem(line: number, message: string): Problem {
  return { rule: 'assure.sheet.row', pointer: `line ${line}`, severity: 'error', message: `Row ${line}: ${message}` }
}

/** Where an outcome came out otherwise here than a file says: a sentence each. */
export function differingStatuses(
  lines: readonly { readonly code: string; readonly status: string }[],
  levels: readonly Level[],
  statuses: ReadonlyMap<string, string>,
): readonly string[] {
  return lines.flatMap(({ code, status }) => {
    const said = statuses.get(code)
    const here = statusLabel(levels, status)
    return said === undefined || said.toLowerCase() === here.toLowerCase() ? [] : [`${code}: ${said} in the file, ${here} here`]
  })
}
