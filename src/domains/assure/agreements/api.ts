import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { fileOperation, operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { decideOutcome, signAgreement } from './commands.ts'
import { decideForm, signForm } from './fields.ts'
import { sideOf, standingOf } from './model.ts'
import { agreedReview } from './queries.ts'
import { contentFile, lineOf, ofDecision, ofReview } from './routes.ts'

const view = { permission: 'assure.report.view' }
const sign = { permission: 'assure.agreement.sign' }
const path = '/api/v1/assessments/:id/agreement'
const page = '/assessments/:id/agreement'

const Line = z.object({
  code: z.string(),
  title: z.string(),
  self: z.string(),
  independent: z.string(),
  agreed: z.string().nullable().describe('null while it is to be decided'),
  text: z.string(),
  why: z.string(),
  decidedBy: z.string().nullable(),
  revision: z.int(),
})
const Answer = z.object({
  standing: z.enum(['open', 'unsigned', 'half', 'signed', 'changed', 'void']),
  hash: z.string().describe('SHA-256 of the content as it stands: send it to sign'),
  outcomes: z.array(Line),
  signatures: z.array(z.object({ side: z.enum(['organisation', 'assessor']), name: z.string(), body: z.string(), at: instant, hash: z.string() })),
})

type Review = Awaited<ReturnType<typeof agreedReview>>

function lineAnswer({ outcome, self, independent, status, decided }: Review['lines'][number]): z.input<typeof Line> {
  return {
    code: outcome.code,
    title: outcome.title,
    self,
    independent,
    agreed: status,
    text: decided?.text ?? '',
    why: decided?.why ?? '',
    decidedBy: decided?.byName ?? null,
    revision: decided?.revision ?? 0,
  }
}

async function standing(db: Reader<Visible>, actor: Work<Visible>['actor'], id: string): Promise<z.input<typeof Answer>> {
  const review = await agreedReview(db, id)
  sideOf(actor, review)
  return { standing: standingOf(review), hash: review.hash, outcomes: review.lines.map(lineAnswer), signatures: [...review.signatures] }
}

const show = operation({
  id: 'getAgreement',
  summary: 'Read what organisation and assessor agree, and who has signed',
  method: 'GET',
  path,
  page: `GET ${page}`,
  access: view,
  params: ofReview,
  answer: Answer,
  read: (db: Reader<Visible>, { actor, params }) => standing(db, actor, params.id),
})

const content = fileOperation({
  id: 'getAgreementContent',
  summary: 'Read the exact content that is signed',
  type: 'application/json; charset=utf-8',
  method: 'GET',
  path: `${path}/content.json`,
  page: `GET ${page}/content.json`,
  access: view,
  params: ofReview,
  handle: contentFile,
})

const line = operation({
  id: 'getAgreedOutcome',
  summary: 'Read what is agreed of one outcome',
  method: 'GET',
  path: `${path}/:code`,
  page: `GET ${page}/:code`,
  access: sign,
  params: ofDecision,
  answer: Line,
  async read(db: Reader<Visible>, { actor, params }) {
    const review = await agreedReview(db, params.id)
    sideOf(actor, review)
    return lineAnswer(lineOf(review, params.code))
  },
})

const decide = operation({
  id: 'decideAgreedOutcome',
  summary: 'Say what is agreed of one outcome; what both had signed is void from then on',
  method: 'POST',
  path: `${path}/:code`,
  page: `POST ${page}/:code`,
  access: sign,
  params: ofDecision,
  body: decideForm.extend({ revision: z.int().min(0).max(2_147_483_647).describe('The one that you saw; 0 for none') }),
  answer: Answer,
  async write(work: Work<Visible>, { actor, params, body }) {
    await decideOutcome(work, { assessmentId: params.id, outcomeCode: params.code, ...body })
    return standing(work.db, actor, params.id)
  },
})

const signIt = operation({
  id: 'signAgreement',
  summary: 'Sign the exact content for your side',
  method: 'POST',
  path: `${path}/sign`,
  page: `POST ${page}/sign`,
  access: sign,
  params: ofReview,
  body: signForm,
  answer: Answer,
  async write(work: Work<Visible>, { actor, params, body }) {
    await signAgreement(work, { assessmentId: params.id, ...body })
    return standing(work.db, actor, params.id)
  },
})

export const agreementOperations: readonly Route[] = [show, content, signIt, line, decide]
