import type { Problem } from '../../../../kernel/problem.ts'
import { csvText } from '../../../../platform/csv/csv.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import type { Visible } from '../../tables.ts'
import { respondForEach } from '../commands.ts'
import { givenList, LARGEST_LIST } from '../given-list.ts'
import type { Reason } from '../model.ts'
import { reasonsOn } from '../queries/reasons.ts'
import { ANSWER_COLUMNS, readAnswerLines, type AnswerLine, type RejectedLine } from './model.ts'
import { targetsOf } from './queries.ts'

/** Answers from a spreadsheet: every organisation that one answers for, every bulletin, in one list. */
const access = { permission: 'broadcast.response.answer' } as const

const show = route({
  method: 'GET',
  path: '/answers/list',
  access,
  handle: async ({ read, now }) => listPage(await read<Visible, readonly Reason[]>(db => reasonsOn(db, now)), '', []),
})

/** Nobody else's answer waits for the whole of a long list. What was cut off in between is sent again: the same answer is recorded once. */
const ROWS_AT_ONCE = 100

/** What can be recorded is; what cannot comes back with why, to be put right and sent again. */
const take = route({
  method: 'POST',
  path: '/answers/list',
  access,
  largestFile: LARGEST_LIST,
  async handle({ read, work, body, files, now }) {
    const reasons = await read<Visible, readonly Reason[]>(db => reasonsOn(db, now))
    const given = givenList(body['list'], files.get('file'))
    if (!given.ok) return listPage(reasons, '', given.problems)
    const text = given.value
    const lines = readAnswerLines(text, now, reasons, null)
    if ('rule' in lines) return listPage(reasons, text, [lines])
    const { answers, skipped } = lines
    if (answers.length === 0 && lines.rejected.length === 0)
      return listPage(reasons, text, [problem('No row has a new answer. Fill in that column, and send the list again')])
    const found = await read<Visible, Awaited<ReturnType<typeof targetsOf>>>(db => targetsOf(db, answers))
    const known = answers.flatMap(line => {
      const target = found.get(`${line.number} ${line.code}`)
      return target === undefined ? [] : [{ ...target, answer: line.answer, line }]
    })
    const unknown = answers.filter(line => !found.has(`${line.number} ${line.code}`))
    // Twice the same in one list: the last row holds, as in a spreadsheet that was worked on.
    const last = [...new Map(known.map(one => [`${one.bulletinId} ${one.organisationId}`, one])).values()]
    let recorded = 0
    const refusals: RejectedLine[] = []
    for (let at = 0; at < last.length; at += ROWS_AT_ONCE) {
      const part = last.slice(at, at + ROWS_AT_ONCE)
      const outcome = await work<Visible, Awaited<ReturnType<typeof respondForEach<(typeof last)[number]>>>>(unit =>
        respondForEach(unit, part, 'file'),
      )
      recorded += outcome.recorded
      refusals.push(...outcome.refused.map(({ target, why }) => refused(target.line, why)))
    }
    const rejected: readonly RejectedLine[] = [
      ...lines.rejected,
      ...unknown.map(line => refused(line, 'It was not sent to that organisation, or you do not answer for it')),
      ...refusals,
    ].toSorted((a, b) => a.line - b.line)
    if (rejected.length === 0) {
      const passed = skipped === 0 ? '' : ` ${skipped} without a new answer were left as they are.`
      return redirect('/answers?show=all', { notice: `${recorded} answers recorded from the list.${passed}` })
    }
    const left = csvText(
      [...ANSWER_COLUMNS, 'why not taken'],
      rejected.map(({ cells, why }) => [...ANSWER_COLUMNS.map(column => cells[column]), why]),
    )
    return listPage(reasons, left.replace(/^\uFEFF/, ''), [
      problem(`${recorded} answers were recorded and ${rejected.length} rows were not. Those are below: put them right and send them again`),
      ...rejected.slice(0, MOST_SHOWN).map(({ line, why }) => problem(`Row ${line}: ${why}`)),
    ])
  },
})

/** More than these would bury the rest of the page; the list below it holds every one with its reason. */
const MOST_SHOWN = 20

function refused({ line, cells }: AnswerLine, why: string): RejectedLine {
  return { line, cells, why }
}

function listPage(reasons: readonly Reason[], list: string, problems: readonly Problem[]): Reply {
  const model = { list, listError: problems[0]?.message, reasons, columns: ANSWER_COLUMNS }
  return page('broadcast/responses/file/views/list.njk', 'Answer from a list', model, { problems })
}

function problem(message: string): Problem {
  return { rule: 'broadcast.response.list', pointer: 'list', severity: 'error', message }
}

export const answerFileRoutes: readonly Route[] = [show, take]
