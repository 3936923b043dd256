import { z } from 'zod'
import type { Problem } from '../../../../kernel/problem.ts'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../../platform/http/list-operation.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { bulletinGiven, bulletinName, refuse } from '../../api.ts'
import type { Visible } from '../../tables.ts'
import { AnswerGiven, answerFrom } from '../api.ts'
import { respondForEach, respondForMany } from '../commands.ts'
import { targetsOf } from '../file/queries.ts'
import { reasonsOn } from '../queries/reasons.ts'
import { openAnswers } from './queries.ts'
import { filterOf, MOST_TARGETS, OpenAnswersQuery } from './routes.ts'

const access = { permission: 'broadcast.response.answer' }

const list = listOperation({
  id: 'listOpenAnswers',
  summary: 'List what waits for an answer: live bulletins, each for every organisation that you answer for',
  path: '/api/v1/answers',
  page: 'GET /answers',
  access,
  query: filtersOf(OpenAnswersQuery),
  item: z.object({
    number: bulletinName,
    title: z.string(),
    tlp: z.string(),
    severity: z.string(),
    respondBy: instant.nullable(),
    organisationCode: z.string(),
    organisationName: z.string(),
    standing: z.string(),
    responseAt: instant.nullable(),
    nextDate: z.string().nullable(),
    isAskedAgain: z.boolean().describe('It answered before everybody was asked to answer again'),
  }),
  list: (db: Reader<Visible>, page, { query, actor }) => openAnswers(db, actor.scope, filterOf(query), page, query.sort),
})

const Target = z.object({ bulletin: bulletinGiven, organisation: z.string().max(20) })

const NOT_THEIRS = 'It was not sent to that organisation, or you do not answer for it'

const giveOne = operation({
  id: 'answerForMany',
  summary: 'Give one answer for many organisations, or for none: when one is refused, nothing is recorded',
  method: 'POST',
  path: '/api/v1/answers',
  page: 'POST /answers',
  access,
  body: z.object({ answer: AnswerGiven, targets: z.array(Target).min(1).max(MOST_TARGETS) }),
  answer: z.object({ recorded: z.int() }),
  async write(work: Work<Visible>, { body, now }) {
    const answer = answerFrom(body.answer, now, await reasonsOn(work.db, now), '/answer')
    const lines = body.targets.map(({ bulletin, organisation }) => ({ number: bulletin, code: organisation.toUpperCase() }))
    const known = await targetsOf(work.db, lines)
    const unknown = lines.flatMap(({ number, code }, at) => (known.has(`${number} ${code}`) ? [] : [problem(at, NOT_THEIRS)]))
    if (unknown.length > 0) refuse(unknown)
    const outcome = await respondForMany(work, [...known.values()], { ...answer, via: 'machine' })
    if (outcome.ok) return { recorded: outcome.recorded }
    const targets = lines.map(({ number, code }) => known.get(`${number} ${code}`))
    return refuse(
      outcome.refused.map(({ why, ...one }) =>
        problem(
          targets.findIndex(target => target?.bulletinId === one.bulletinId && target.organisationId === one.organisationId),
          why,
        ),
      ),
    )
  },
})

const giveEach = operation({
  id: 'answerForEach',
  summary: 'Give each of many organisations its own answer',
  description: 'What can be recorded is; what is refused is named and changes nothing.',
  method: 'POST',
  path: '/api/v1/answers/list',
  page: 'POST /answers/list',
  access,
  body: z.object({
    answers: z
      .array(Target.extend({ answer: AnswerGiven }))
      .min(1)
      .max(100),
  }),
  answer: z.object({
    recorded: z.int(),
    refused: z.array(z.object({ bulletin: bulletinName, organisation: z.string(), why: z.string() })),
  }),
  async write(work: Work<Visible>, { body, now }) {
    const reasons = await reasonsOn(work.db, now)
    const lines = body.answers.map(({ bulletin, organisation, answer }, at) => ({
      number: bulletin,
      code: organisation.toUpperCase(),
      answer: answerFrom(answer, now, reasons, `/answers/${at}/answer`),
    }))
    const known = await targetsOf(work.db, lines)
    // Twice the same: the last holds.
    const given = new Map(
      lines.flatMap(line => {
        const target = known.get(`${line.number} ${line.code}`)
        return target === undefined ? [] : [[`${line.number} ${line.code}`, { ...target, ...line }] as const]
      }),
    )
    const { recorded, refused } = await respondForEach(work, [...given.values()], 'machine')
    const unknown = lines.filter(({ number, code }) => !known.has(`${number} ${code}`))
    return {
      recorded,
      refused: [
        ...unknown.map(({ number, code }) => ({ bulletin: number, organisation: code, why: NOT_THEIRS })),
        ...refused.map(({ target, why }) => ({ bulletin: target.number, organisation: target.code, why })),
      ],
    }
  },
})

export const partnerOperations: readonly Route[] = [list, giveOne, giveEach]

function problem(at: number, message: string): Problem {
  return { rule: 'broadcast.response.targets', pointer: `/targets/${at}`, severity: 'error', message }
}
