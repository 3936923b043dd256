import { z } from 'zod'
import { parseInstant } from '../../../../kernel/instant.ts'
import type { Page } from '../../../../kernel/page.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { csv, page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { EXERCISE_FILTERS } from '../../bulletins/queries/list.ts'
import type { Visible } from '../../tables.ts'
import { RESPONSE_CHOICES } from '../model.ts'
import { ANSWER_SORTS, listAnswers, type AnswerRow, type AnswersFilter } from '../queries/list.ts'
import { answerLine, ANSWERS_HEAD, answersView } from './views.ts'

/** Every answer as it came in, over all bulletins: the records behind "answers came in" on the first page. */
const access = { permission: 'broadcast.response.view' } as const
const PAGE_ROWS = 50
const CSV_PART = 500

export const AnswersQuery = z.object({
  q: z.string().trim().max(200).catch('').default(''),
  state: z.enum(RESPONSE_CHOICES).nullable().catch(null).default(null),
  since: z
    .string()
    .transform(text => parseInstant(text) ?? null)
    .catch(null),
  exercise: z.enum(EXERCISE_FILTERS).catch('').default(''),
  sort: z.enum(ANSWER_SORTS).catch('-at').default('-at'),
  cursor: z.string().max(400).nullable().catch(null).default(null),
})

const list = route({
  method: 'GET',
  path: '/responses',
  access,
  query: AnswersQuery,
  async handle({ query, actor, read }) {
    const filter = filterOf(query)
    const found = await read<Visible, Page<AnswerRow>>(db =>
      listAnswers(db, actor.scope, filter, query.sort, { limit: PAGE_ROWS, cursor: query.cursor }),
    )
    return page('broadcast/responses/list/views/list.njk', 'Answers', answersView(found, filter, query.sort, query.cursor))
  },
})

const listCsv = route({
  method: 'GET',
  path: '/responses.csv',
  access,
  query: AnswersQuery,
  async handle({ query, actor, read }) {
    const ask = (cursor: string | null) =>
      read<Visible, Page<AnswerRow>>(db => listAnswers(db, actor.scope, filterOf(query), query.sort, { limit: CSV_PART, cursor }))
    return csv('answers.csv', csvPages(ANSWERS_HEAD, answerLine, ask))
  },
})

export const responseListRoutes: readonly Route[] = [list, listCsv]

/** The filter that an address asks for. */
export function filterOf({ q, state, since, exercise }: Omit<z.infer<typeof AnswersQuery>, 'sort' | 'cursor'>): AnswersFilter {
  return { search: q, state, since, exercise }
}
