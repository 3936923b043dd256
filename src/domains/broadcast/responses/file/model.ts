import { parse } from 'csv-parse/sync'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { parseBulletinNumber } from '../../bulletins/model.ts'
import { readAnswer } from '../fields.ts'
import { defaultNextDate, isResponseState, RESPONSE_CHOICES, RESPONSE_STATES, type Answer, type Reason, type ResponseState } from '../model.ts'
import { delimiterOf, withOneLineEnd } from '../progress/model.ts'

/** The columns that are read, in the order in which they stand when a list has no head. Others are left alone. */
export const ANSWER_COLUMNS = ['bulletin', 'code', 'new answer', 'new date', 'reason code', 'reason', 'note'] as const
type Column = (typeof ANSWER_COLUMNS)[number]

const MOST_ROWS = 2_000

/** One row that says an answer: of which bulletin, for which organisation, by the number and the code. */
export interface AnswerLine {
  readonly line: number
  readonly cells: Readonly<Record<Column, string>>
  readonly number: number
  readonly code: string
  readonly answer: Answer
}

export interface RejectedLine {
  readonly line: number
  readonly cells: Readonly<Record<Column, string>>
  readonly why: string
}

export interface ReadLines {
  readonly answers: readonly AnswerLine[]
  readonly rejected: readonly RejectedLine[]
  /** Rows without a new answer: they say nothing. */
  readonly skipped: number
}

/**
 * Reads a list of answers as it is downloaded and filled in, or pasted: with its head in any order, or without one in the order of
 * `ANSWER_COLUMNS`. `bulletin` stands in for a row that names none. Each row that cannot be taken says why.
 */
export function readAnswerLines(text: string, now: Instant, reasons: readonly Reason[], bulletin: number | null): ReadLines | Problem {
  let rows: readonly string[][]
  try {
    rows = parse(withOneLineEnd(text), { bom: true, delimiter: delimiterOf(text), relax_column_count: true, skip_empty_lines: true, trim: true })
  } catch {
    return problem('This cannot be read as a list. Check that each quotation mark has its pair')
  }
  if (rows.length > MOST_ROWS + 1) return problem(`A list has ${MOST_ROWS} rows at most. Send it in parts`)
  const head = rows[0]?.map(cell => cell.toLowerCase()) ?? []
  const hasHead = head.includes('code') && head.includes('new answer')
  const positions = ANSWER_COLUMNS.map((column, at) => (hasHead ? head.indexOf(column) : at))
  const answers: AnswerLine[] = []
  const rejected: RejectedLine[] = []
  let skipped = 0
  for (const [at, row] of rows.entries()) {
    if (hasHead && at === 0) continue
    const line = at + 1
    // A sign before what a spreadsheet would take for a formula was put there by our own download.
    const cells = Object.fromEntries(
      ANSWER_COLUMNS.map((column, index) => [column, (row[positions[index] ?? -1] ?? '').replace(/^'(?=[=+\-@])/, '')]),
    ) as Record<Column, string>
    const number = cells.bulletin === '' ? bulletin : (parseBulletinNumber(cells.bulletin) ?? null)
    if (cells['new answer'] === '') {
      skipped += 1
      continue
    }
    const read = readLine(cells, now, reasons)
    if (number === null) rejected.push({ line, cells, why: 'Name the bulletin, as CC-5001' })
    else if (typeof read === 'string') rejected.push({ line, cells, why: read })
    else answers.push({ line, cells, number, code: cells.code.toUpperCase(), answer: read })
  }
  return { answers, rejected, skipped }
}

/** One row's answer, or the sentence that says what is wrong with it. */
export function readLine(cells: Readonly<Record<Column, string>>, now: Instant, reasons: readonly Reason[]): Answer | string {
  const state = stateIn(cells['new answer'])
  const date = dayIn(cells['new date'])
  if (cells.code === '') return 'name the organisation by its code'
  if (state === undefined) return `“${cells['new answer']}” is no answer. Write one of: ${RESPONSE_CHOICES.join(', ')}`
  const code = reasons.find(({ code: known, label }) => [known, label.toLowerCase()].includes(cells['reason code'].toLowerCase()))?.code
  const read = readAnswer(
    {
      state,
      note: cells.note,
      reason: cells.reason,
      reasonCode: code ?? cells['reason code'],
      nextDate: state === 'in-progress' ? date || defaultNextDate(now) : '',
      reviewOn: state === 'not-acting' ? date : '',
    },
    now,
    reasons,
  )
  return read.ok ? read.answer : read.problems.map(({ message }) => message).join('. ')
}

/** A spreadsheet writes the day 2027-03-27 as people here do, 27/03/2027, when it is saved or copied. */
function dayIn(text: string): string {
  const [, day = '', month = '', year = ''] = /^(\d{1,2})[/.](\d{1,2})[/.](\d{4})$/.exec(text) ?? []
  return year === '' ? text : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

/** By its code or its name, however cased. */
function stateIn(text: string): ResponseState | undefined {
  const wanted = text.toLowerCase()
  if (isResponseState(wanted)) return wanted
  return RESPONSE_CHOICES.find(state => RESPONSE_STATES[state].label.toLowerCase() === wanted)
}

function problem(message: string): Problem {
  return { rule: 'broadcast.response.list', pointer: 'list', severity: 'error', message }
}
