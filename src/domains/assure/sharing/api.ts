import { z } from 'zod'
import { instant, instantText } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { ownAssessment } from '../assessments/queries.ts'
import type { Visible } from '../tables.ts'
import { giveShare, revokeShare } from './commands.ts'
import { SHARE_ITEMS, shareState, type ShareItem } from './model.ts'
import { listLooks, listSharedWithUs, listShares, ownShare } from './queries.ts'
import { look, LooksQuery, ofReview, ofShare, ofShared, SharedQuery, sharesFilter, SharesQuery } from './routes.ts'

const view = { permission: 'assure.share.view' }
const give = { permission: 'assure.share.give' }
const read = { permission: 'assure.share.read' }
const path = '/api/v1/assessments/:id/sharing'

const item = z.enum(Object.keys(SHARE_ITEMS) as [ShareItem, ...ShareItem[]])
const Share = z.object({
  id: z.string(),
  item,
  part: z.string().nullable().describe('The objective or the outcome'),
  receiverCode: z.string(),
  receiverName: z.string(),
  purpose: z.string(),
  until: instant,
  givenAt: instant,
  givenBy: z.string().nullable(),
  revokedAt: instant.nullable(),
  revokeReason: z.string().nullable(),
  looks: z.int().describe('How often it was looked at'),
  lastLookAt: instant.nullable(),
  state: z.enum(['live', 'ended', 'revoked']),
})

const list = listOperation({
  id: 'listShares',
  summary: 'List what your organisation shares of a review, and of its plan',
  path,
  page: 'GET /assessments/:id/sharing',
  access: view,
  params: ofReview,
  query: filtersOf(SharesQuery),
  item: Share,
  async list(db: Reader<Visible>, page, { params, query, actor, now }) {
    const { id, organisationId } = await ownAssessment(db, actor, params.id)
    return listShares(db, { organisationId, assessmentId: id }, sharesFilter(query), now, page)
  },
})

const looks = listOperation({
  id: 'listLooks',
  summary: 'List who looked at what your organisation shares',
  path: `${path}/looks`,
  page: 'GET /assessments/:id/sharing/looks',
  access: view,
  params: ofReview,
  query: filtersOf(LooksQuery),
  item: z.object({
    at: instant,
    personName: z.string(),
    personRole: z.string(),
    byProgram: z.boolean(),
    receiverCode: z.string(),
    receiverName: z.string(),
    what: z.string(),
  }),
  async list(db: Reader<Visible>, page, { params, query, actor }) {
    const { id, organisationId } = await ownAssessment(db, actor, params.id)
    return listLooks(db, { organisationId, assessmentId: id }, query.q, page)
  },
})

const add = operation({
  id: 'giveShare',
  summary: 'Share one item with one body, for a purpose, until a time',
  method: 'POST',
  path,
  page: 'POST /assessments/:id/sharing/add',
  access: give,
  params: ofReview,
  status: 201,
  body: z.object({
    item,
    part: z.string().max(40).nullable().default(null).describe('The objective or outcome, where one is shared'),
    receiver: z.string().max(20).describe('The code of the body'),
    purpose: z.string().trim().min(1, 'Say what for').max(500),
    until: instantText,
  }),
  answer: Share,
  async write(work: Work<Visible>, { params, body: { receiver, ...given } }) {
    const id = await giveShare(work, { ...given, receiverCode: receiver, assessmentId: params.id })
    return shareOf(work, id)
  },
})

async function shareOf(work: Work<Visible>, id: string) {
  const share = await ownShare(work.db, work.actor, id)
  return { ...share, state: shareState(share, work.now) }
}

const revoke = operation({
  id: 'revokeShare',
  summary: 'Take a share back, at once',
  method: 'POST',
  path: `${path}/:share/revoke`,
  page: 'POST /assessments/:id/sharing/:share/revoke',
  access: give,
  params: ofShare,
  body: z.object({ reason: z.string().max(1_000).default('') }),
  answer: Share,
  async write(work: Work<Visible>, { params, body }) {
    await revokeShare(work, { shareId: params.share, ...body })
    return shareOf(work, params.share)
  },
})

const withUs = {
  id: z.string(),
  organisationCode: z.string(),
  organisationName: z.string(),
  item,
  part: z.string().nullable(),
  purpose: z.string(),
  until: instant,
  givenAt: instant,
}

const sharedList = listOperation({
  id: 'listSharedWithUs',
  summary: 'List what organisations share with your body',
  path: '/api/v1/shared-with-us',
  page: 'GET /shared-with-us',
  access: read,
  query: filtersOf(SharedQuery),
  item: z.object(withUs),
  list: (db: Reader<Visible>, page, { query }) => listSharedWithUs(db, { search: query.q, item: query.item }, page),
})

const basis = z.enum(['agreed', 'self']).describe('agreed: by both sides. self: the organisation’s own view')
const shared = operation({
  id: 'getShared',
  summary: 'Read what an organisation shares with your body',
  description: 'The organisation sees who asked, when, and that a program did.',
  method: 'GET',
  path: '/api/v1/shared-with-us/:share',
  page: 'GET /shared-with-us/:share',
  access: read,
  params: ofShared,
  answer: z.object({
    ...withUs,
    review: z.string().nullable(),
    outcomes: z.array(
      z.object({
        code: z.string(),
        title: z.string(),
        basis,
        status: z.string(),
        summary: z.string(),
        answers: z.array(
          z.object({ indicator: z.string(), text: z.string(), answer: z.string().nullable(), comment: z.string(), alternative: z.string() }),
        ),
      }),
    ),
    figures: z.array(z.object({ code: z.string(), title: z.string(), basis, status: z.string(), outcomes: z.int() })),
    actions: z.array(
      z.object({ title: z.string(), state: z.string(), originalDate: z.string().nullable(), dueOn: z.string().nullable(), slips: z.int() }),
    ),
  }),
  async write(work: Work<Visible>, { params }) {
    const { share, content } = await look(work, params.share)
    const outcomes = content.outcomes.map(one => ({ ...one, answers: [...one.answers] }))
    return { ...share, ...content, outcomes, figures: [...content.figures], actions: [...content.actions] }
  },
})

export const sharingOperations: readonly Route[] = [list, looks, add, revoke, sharedList, shared]
