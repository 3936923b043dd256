import { z } from 'zod'
import { parseId } from '../../../../kernel/id.ts'
import type { Page } from '../../../../kernel/page.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { asList } from '../../../../platform/forms/form.ts'
import { csv, page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import type { Scope } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { organisationByCode } from '../../../directory/contract.ts'
import { parseBulletinNumber } from '../../bulletins/model.ts'
import type { Visible } from '../../tables.ts'
import { viaOf } from '../asked.ts'
import { respondForMany, type ManyOutcome, type RefusedAnswer, type Target } from '../commands.ts'
import { readAnswer } from '../fields.ts'
import { readLine } from '../file/model.ts'
import { RESPONSE_STATES, type Answer, type Reason } from '../model.ts'
import { reasonsOn } from '../queries/reasons.ts'
import { ANSWER_SORTS, openAnswers, type OpenAnswer, type OpenAnswersFilter } from './queries.ts'
import { answersPage, CSV_HEAD, csvLine, type AnswersQuery } from './views.ts'

/** One answer for many organisations: for an IT delivery partner, and for anyone else whom more than one bulletin concerns. */
const PAGE_SIZE = 50
const CSV_PART = 1_000
/** How many one answer may cover. */
export const MOST_TARGETS = 2_000

export const OpenAnswersQuery = z.object({
  q: z.string().trim().max(200).catch('').default(''),
  bulletin: z.string().max(20).catch('').default(''),
  show: z.enum(['open', 'decided', 'all']).catch('open').default('open'),
  sort: z.enum(ANSWER_SORTS).catch('due').default('due'),
  cursor: z.string().max(1_000).nullable().catch(null).default(null),
})

const showAnswers = route({
  method: 'GET',
  path: '/answers',
  access: { permission: 'broadcast.response.answer' },
  query: OpenAnswersQuery,
  handle: request => list(request, request.query, {}, [], 0),
})

const listCsv = route({
  method: 'GET',
  path: '/answers.csv',
  access: { permission: 'broadcast.response.answer' },
  query: OpenAnswersQuery,
  async handle({ query, read, actor }) {
    const rowsAfter = (cursor: string | null) =>
      read<Visible, Page<OpenAnswer>>(db => openAnswers(db, actor.scope, filterOf(query), { limit: CSV_PART, cursor }, query.sort))
    return csv('answers.csv', csvPages(CSV_HEAD, csvLine, rowsAfter))
  },
})

const giveAnswers = route({
  method: 'POST',
  path: '/answers',
  access: { permission: 'broadcast.response.answer' },
  async handle(request) {
    const { body } = request
    const { q, bulletin, show, sort, cursor } = body
    const query = OpenAnswersQuery.parse({ q, bulletin, show, sort, cursor: cursor === '' ? null : cursor })
    const reasons = await request.read<Visible, readonly Reason[]>(db => reasonsOn(db, request.now))
    const read = readAnswer(body, request.now, reasons)
    const targets = await request.read<Visible, readonly Target[]>(db => targetsOf(db, request.actor.scope, body, query))
    const problems: Problem[] = read.ok ? [] : [...read.problems]
    if (targets.length === 0)
      problems.unshift({
        rule: 'broadcast.response.targets',
        pointer: 'targets',
        severity: 'error',
        message: 'Tick the organisations that you answer for',
      })
    if (targets.length > MOST_TARGETS)
      problems.push({
        rule: 'broadcast.response.targets',
        pointer: 'targets',
        severity: 'error',
        message: `One answer covers ${MOST_TARGETS} organisations at most. Filter the list first`,
      })
    if (!read.ok || problems.length > 0) return list(request, query, body, problems, targets.length)
    const { answer } = read
    const excepted = await readExceptions(request, reasons, targets)
    if ('rule' in excepted) return list(request, query, body, [excepted], targets.length)
    const answers = targets.flatMap(target => {
      const own = excepted.answers.get(target.organisationId)
      return own === 'leave out' ? [] : [{ ...target, answer: own, via: viaOf(request.actor, target.organisationId) }]
    })
    const outcome = await request.work<Visible, ManyOutcome>(work => respondForMany(work, answers, { ...answer, via: 'partner' }))
    if (!outcome.ok) return list(request, query, body, refusals(outcome.refused), targets.length)
    const organisations = new Set(answers.map(({ organisationId }) => organisationId)).size
    const own = answers.filter(one => one.answer !== undefined).length
    const saveFor = own === 0 ? '' : `, save for ${own} with an answer of ${own === 1 ? 'its' : 'their'} own`
    return redirect('/answers', {
      notice: `Recorded for ${organisations === 1 ? 'one organisation' : `${organisations} organisations`}: ${RESPONSE_STATES[answer.state].label}${saveFor}`,
    })
  },
})

/** What was typed for single organisations of those that are answered for: their own answer, or that they are left out. */
async function readExceptions(
  request: RouteRequest,
  reasons: readonly Reason[],
  targets: readonly Target[],
): Promise<Problem | { readonly answers: ReadonlyMap<string, Answer | 'leave out'> }> {
  const text = typeof request.body['exceptions'] === 'string' ? request.body['exceptions'] : ''
  const answers = new Map<string, Answer | 'leave out'>()
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const [code = '', ...rest] = line.split(/[,;\t]/).map(part => part.trim())
    const organisation = await request.read<Visible, { id: string } | undefined>(db => organisationByCode(db, code.toUpperCase()))
    if (organisation === undefined) return exceptionProblem(at, `no organisation has the code ${code}`)
    if (!targets.some(({ organisationId }) => organisationId === organisation.id))
      return exceptionProblem(at, `${code} is not among those that you answer for here. Tick it too, or take the line out`)
    if (/^leave out$/i.test(rest[0] ?? '')) answers.set(organisation.id, 'leave out')
    else {
      const read = readLine(
        { bulletin: '', code, 'new answer': rest[0] ?? '', 'new date': '', 'reason code': rest[1] ?? '', reason: '', note: rest[2] ?? '' },
        request.now,
        reasons,
      )
      if (typeof read === 'string') return exceptionProblem(at, read)
      answers.set(organisation.id, read)
    }
  }
  return { answers }
}

function exceptionProblem(at: number, why: string): Problem {
  return { rule: 'broadcast.response.exception', pointer: 'exceptions', severity: 'error', message: `Line ${at + 1}: ${why}` }
}

/** Each reason once. What was refused is no longer in the list that comes back, and the other ticks are. */
function refusals(refused: readonly RefusedAnswer[]): readonly Problem[] {
  return [...Map.groupBy(refused, ({ why }) => why)].map(([why, { length }]) => ({
    rule: 'broadcast.response.refused',
    pointer: 'targets',
    severity: 'error',
    message: `Nothing was recorded, because ${length === 1 ? 'one was' : `${length} were`} refused: ${why} To answer for the others, send it again.`,
  }))
}

async function list(
  request: RouteRequest,
  query: AnswersQuery,
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
  chosen: number,
): Promise<Reply> {
  const found = await request.read<Visible, Page<OpenAnswer>>(db =>
    openAnswers(db, request.actor.scope, filterOf(query), { limit: PAGE_SIZE, cursor: query.cursor }, query.sort),
  )
  const reasons = await request.read<Visible, readonly Reason[]>(db => reasonsOn(db, request.now))
  const model = answersPage(found, query, typed, problems, request.now, reasons)
  return page(
    'broadcast/responses/partner/views/answers.njk',
    'Answers',
    { ...model, chosen, forMany: request.actor.scope.kind === 'partner' },
    { problems },
  )
}

/** The filter that an address asks for. */
export function filterOf(query: Pick<AnswersQuery, 'q' | 'bulletin' | 'show'>): OpenAnswersFilter {
  return { number: query.bulletin === '' ? null : (parseBulletinNumber(query.bulletin) ?? 0), search: query.q, show: query.show }
}

/** Those ticked (`CC-5001:CODE` stands for the eye; the ids travel), or all that the filter shows. */
async function targetsOf(db: Reader<Visible>, scope: Scope, body: RouteRequest['body'], query: AnswersQuery): Promise<readonly Target[]> {
  if (body['all'] !== 'yes') return asList(body['targets']).flatMap(parseTarget)
  const all: Target[] = []
  let cursor: string | null = null
  do {
    const found: Page<OpenAnswer> = await openAnswers(db, scope, filterOf(query), { limit: 500, cursor })
    all.push(...found.rows)
    cursor = found.next
  } while (cursor !== null && all.length <= MOST_TARGETS)
  return all.map(({ bulletinId, organisationId }) => ({ bulletinId, organisationId }))
}

function parseTarget(text: string): readonly Target[] {
  const [bulletin = '', organisation = ''] = text.split('.')
  const bulletinId = parseId('bulletin', bulletin)
  const organisationId = parseId('organisation', organisation)
  return bulletinId === undefined || organisationId === undefined ? [] : [{ bulletinId, organisationId }]
}

export const partnerRoutes: readonly Route[] = [showAnswers, listCsv, giveAnswers]
