import { z } from 'zod'
import { instant, instantText } from '../../../platform/http/api-schemas.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { askAssessor, endEngagement, extendEngagement, giveToAssessor, takeBack } from './commands.ts'
import { words } from './fields.ts'
import { ENGAGEMENT_STATES, engagementState, MOST_SAMPLE, type Engagement, type EngagementState } from './model.ts'
import { engagementPage, ofAssessment, ofEngagement } from './routes.ts'

const view = { permission: 'assure.assessment.view' }
const ask = { permission: 'assure.engagement.ask' }
const path = '/api/v1/assessments/:id/engagement'
const page = '/assessments/:id/engagement'

const EngagementAnswer = z.object({
  id: z.string(),
  kind: z.enum(['independent', 'peer', 'second']),
  state: z.enum(Object.keys(ENGAGEMENT_STATES) as [EngagementState, ...EngagementState[]]),
  assessorName: z.string(),
  assessorBody: z.string(),
  purpose: z.string(),
  sample: z.int().nullable(),
  until: instant,
  independence: z.string().nullable(),
  conflicts: z.string().nullable(),
  askedAt: instant,
  declaredAt: instant.nullable(),
  submittedAt: instant.nullable().describe('When the view was handed over'),
  endedAt: instant.nullable(),
  endReason: z.string().nullable(),
})
const Answer = z.object({ state: z.string().describe('Of the review'), engagements: z.array(EngagementAnswer) })

async function standing(db: Reader<Visible>, actor: Work<Visible>['actor'], id: string, now: Date) {
  const found = await engagementPage(db, actor, id)
  return { state: found.assessment.state, engagements: found.engagements.map((one: Engagement) => ({ ...one, state: engagementState(one, now) })) }
}

const show = operation({
  id: 'listEngagements',
  summary: 'Read who was asked to assess a review of your own',
  method: 'GET',
  path,
  page: `GET ${page}`,
  access: view,
  params: ofAssessment,
  answer: Answer,
  read: (db: Reader<Visible>, { actor, params, now }) => standing(db, actor, params.id, now),
})

const asked = operation({
  id: 'askAssessor',
  summary: 'Ask an assessor in, by name',
  method: 'POST',
  path: `${path}/ask`,
  page: `POST ${page}/ask`,
  access: ask,
  params: ofAssessment,
  status: 201,
  sight: 'system',
  body: z.object({
    kind: z.enum(['independent', 'peer', 'second']),
    whom: z.string().max(320).describe('Of an assessor of the centre, the id that the page offers; of a peer, the address of their mail'),
    purpose: words('Say what the assessment is for'),
    until: instantText,
    sample: z.int().min(1).max(MOST_SAMPLE).nullable().default(null).describe('How many outcomes a second assessor answers'),
  }),
  answer: z.object({ id: z.string() }),
  write: async (work: Work<Visible>, { params, body }) => ({
    id: await askAssessor(work, { assessmentId: params.id, ...body, sample: body.kind === 'second' ? (body.sample ?? 10) : null }),
  }),
})

const end = operation({
  id: 'endEngagement',
  summary: 'End what an assessor was asked for, at once',
  method: 'POST',
  path: `${path}/:engagement/end`,
  page: `POST ${page}/:engagement/end`,
  access: ask,
  params: ofEngagement,
  body: z.object({ reason: words('Say why it ends') }),
  answer: Answer,
  async write(work: Work<Visible>, { actor, params, body, now }) {
    await endEngagement(work, { assessmentId: params.id, engagementId: params.engagement, reason: body.reason })
    return standing(work.db, actor, params.id, now)
  },
})

const extend = operation({
  id: 'extendEngagement',
  summary: 'Change until when an assessor may read',
  method: 'POST',
  path: `${path}/:engagement/extend`,
  page: `POST ${page}/:engagement/extend`,
  access: ask,
  params: ofEngagement,
  body: z.object({ until: instantText }),
  answer: Answer,
  async write(work: Work<Visible>, { actor, params, body, now }) {
    await extendEngagement(work, { assessmentId: params.id, engagementId: params.engagement, until: body.until })
    return standing(work.db, actor, params.id, now)
  },
})

const step = (name: 'give' | 'take-back', id: string, summary: string, run: typeof giveToAssessor) =>
  operation({
    id,
    summary,
    method: 'POST',
    path: `${path}/${name}`,
    page: `POST ${page}/${name}`,
    access: ask,
    params: ofAssessment,
    answer: Answer,
    async write(work: Work<Visible>, { actor, params, now }) {
      await run(work, params.id)
      return standing(work.db, actor, params.id, now)
    },
  })

export const engagementOperations: readonly Route[] = [
  show,
  asked,
  end,
  extend,
  step('give', 'giveToAssessor', 'Give the review to the assessor', giveToAssessor),
  step('take-back', 'takeReviewBack', 'Take the review back from the assessor', takeBack),
]
