import { z } from 'zod'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { cursorText, searchText } from '../../../platform/http/list-address.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may, type Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { organisationById, organisationTypes } from '../../directory/contract.ts'
import type { Assessment } from '../assessments/model.ts'
import { ownAssessment } from '../assessments/queries.ts'
import { outcomesOf } from '../frameworks/queries.ts'
import type { Finding } from '../independent/model.ts'
import { sectionsFor } from '../sections.ts'
import type { Visible } from '../tables.ts'
import { offerPractice, withdrawPractice } from './commands.ts'
import { listOffers, ownPractices, strengthOf, type Offer, type OfferFilter, type OwnPractice } from './queries.ts'
import { listModel, offerModel, type Outcome, type Type } from './views.ts'

const VIEWS = 'assure/practices/views'
const PATH = '/practices'
const view = { permission: 'assure.practice.view' } as const
const offer = { permission: 'assure.practice.offer' } as const

const OffersQuery = z.object({
  q: searchText,
  type: z.string().max(40).catch('').default(''),
  outcome: z.string().max(40).catch('').default(''),
  cursor: cursorText,
})
async function filterOf(
  db: Reader<Visible>,
  { organisationId }: Actor,
  { q, type, outcome }: { readonly q: string; readonly type: string; readonly outcome: string },
): Promise<OfferFilter> {
  const own = organisationId === null ? undefined : await organisationById(db, organisationId)
  return { search: q, type, outcome, like: own?.type ?? '' }
}
const ofPractice = z.object({ id: z.string().max(60) })
const ofReview = z.object({ id: z.string().max(60) })

const line = (missing: string, longest: number) =>
  z
    .string(missing)
    .transform(cleanText)
    .pipe(z.string().min(1, missing).max(longest, `Use ${longest} characters or fewer`))
const fields = {
  outcome: z.string('Choose the outcome').min(1, 'Choose the outcome').max(40),
  title: z.string('Enter a title').transform(cleanLine).pipe(z.string().min(1, 'Enter a title').max(150, 'Use 150 characters or fewer')),
  what: line('Say what you do', 4_000),
  helped: z.string().default('').transform(cleanText).pipe(z.string().max(2_000, 'Use 2,000 characters or fewer')),
}
const offerForm = z.looseObject({
  ...fields,
  finding: z.string().max(60).default(''),
  named: z.enum(['yes', 'no'], 'Say whether your name stands beside it'),
})

interface Shown {
  readonly found: Page<Offer>
  readonly own: readonly OwnPractice[]
  readonly types: readonly Type[]
}

const list = route({
  method: 'GET',
  path: PATH,
  access: view,
  query: OffersQuery,
  async handle({ read, query, actor }) {
    const mayOffer = may(actor, offer.permission)
    const shown = await read<Visible, Shown>(async db => ({
      found: await listOffers(db, await filterOf(db, actor, query), { limit: 50, cursor: query.cursor }),
      own: mayOffer ? await ownPractices(db, actor) : [],
      types: await organisationTypes(db),
    }))
    return page(`${VIEWS}/list.njk`, 'Good practice', { ...listModel(shown, query), sections: sectionsFor(actor) })
  },
})

const listCsv = route({
  method: 'GET',
  path: `${PATH}.csv`,
  access: view,
  query: OffersQuery,
  async handle({ read, query, actor }) {
    const rowsAfter = (cursor: string | null) =>
      read<Visible, Page<Offer>>(async db => listOffers(db, await filterOf(db, actor, query), { limit: 500, cursor }))
    const cells = (row: Offer) => [
      row.title,
      row.what,
      row.helped,
      row.framework,
      row.outcome,
      row.organisationType,
      row.organisationName,
      row.offeredOn,
    ]
    return csv(
      'good-practice.csv',
      csvPages(['title', 'what', 'helped', 'framework', 'outcome', 'type', 'organisation', 'offered'], cells, rowsAfter),
    )
  },
})

const form = route({
  method: 'GET',
  path: '/assessments/:id/practices/offer',
  access: offer,
  params: ofReview,
  query: z.object({ outcome: z.string().max(40).catch('').default(''), finding: z.string().max(60).catch('').default('') }),
  async handle(request) {
    const { read, params, actor, query } = request
    const strength = await read<Visible, Finding | undefined>(async db => {
      const own = await ownAssessment(db, actor, params.id)
      return query.finding === '' ? undefined : strengthOf(db, own.id, query.finding)
    })
    const said = strength === undefined ? {} : { finding: strength.id, title: strength.what, what: strength.detail }
    return offerPage(request, { outcome: strength?.outcomeCode ?? query.outcome, ...said }, [])
  },
})

async function offerPage(
  { read, params, actor, session }: RouteRequest<z.infer<typeof ofReview>>,
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
  isPreview = false,
): Promise<Reply> {
  const { assessment, outcomes } = await read<Visible, { assessment: Assessment; outcomes: readonly Outcome[] }>(async db => {
    const own = await ownAssessment(db, actor, params.id)
    return { assessment: own, outcomes: await outcomesOf(db, own.frameworkId) }
  })
  const model = offerModel({ assessmentId: assessment.id, outcomes, organisation: session?.actingFor ?? '', typed, problems, isPreview })
  return page(`${VIEWS}/offer.njk`, 'Offer good practice', model, { problems })
}

const add = route({
  method: 'POST',
  path: '/assessments/:id/practices/offer',
  access: offer,
  params: ofReview,
  async handle(request) {
    const { body, params, work } = request
    const read = readForm(offerForm, body)
    if (!read.ok) return offerPage(request, read.typed, read.problems)
    // Nobody offers what they have not seen as others will.
    if (body['step'] !== 'offer') return offerPage(request, body, [], true)
    try {
      const { named, outcome, title, what, helped, finding } = read.value
      const wanted = { assessmentId: params.id, outcome, title, what, helped, isNamed: named === 'yes', findingId: finding === '' ? null : finding }
      await work<Visible, string>(unit => offerPractice(unit, wanted))
      const notice =
        named === 'yes' ? 'Others see it from now on.' : 'Others see it without your name, as soon as two others like you offer something so.'
      return redirect(PATH, { notice })
    } catch (error) {
      return offerPage(request, body, [refusalOf(error, 'outcome')])
    }
  },
})

const withdraw = route({
  method: 'POST',
  path: `${PATH}/:id/withdraw`,
  access: offer,
  params: ofPractice,
  async handle({ params, work }) {
    await work<Visible, void>(unit => withdrawPractice(unit, params.id))
    return redirect(PATH, { notice: 'It is taken back. Nobody else sees it any more.' })
  },
})

const listByProgram = listOperation({
  id: 'listPractices',
  summary: 'List the good practice that organisations offer',
  path: '/api/v1/practices',
  page: 'GET /practices',
  access: view,
  query: filtersOf(OffersQuery),
  item: z.object({
    id: z.string(),
    title: z.string(),
    what: z.string(),
    helped: z.string(),
    framework: z.string(),
    outcome: z.string(),
    outcomeTitle: z.string(),
    organisationType: z.string(),
    isLikeOurs: z.boolean().describe('Of the same type as your organisation: such come first'),
    organisationName: z.string().nullable().describe('null: offered without a name'),
    offeredOn: z.string(),
  }),
  list: async (db: Reader<Visible>, request, { query, actor }) => listOffers(db, await filterOf(db, actor, query), request),
})

const offerByProgram = operation({
  id: 'offerPractice',
  summary: 'Offer something that your organisation does well, with or without its name',
  method: 'POST',
  path: '/api/v1/assessments/:id/practices',
  page: 'POST /assessments/:id/practices/offer',
  access: offer,
  params: ofReview,
  status: 201,
  body: z.object({ ...fields, isNamed: z.boolean(), findingId: z.string().max(60).nullable().default(null).describe('The strength that it is') }),
  answer: z.object({ id: z.string() }),
  write: async (work: Work<Visible>, { params, body }) => ({ id: await offerPractice(work, { ...body, assessmentId: params.id }) }),
})

const withdrawByProgram = operation({
  id: 'withdrawPractice',
  summary: 'Take back what your organisation offers',
  method: 'POST',
  path: '/api/v1/practices/:id/withdraw',
  page: 'POST /practices/:id/withdraw',
  access: offer,
  params: ofPractice,
  answer: z.object({ id: z.string() }),
  async write(work: Work<Visible>, { params }) {
    await withdrawPractice(work, params.id)
    return { id: params.id }
  },
})

export const practiceRoutes: readonly Route[] = [list, listCsv, form, add, withdraw, listByProgram, offerByProgram, withdrawByProgram]
