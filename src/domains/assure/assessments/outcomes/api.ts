import { z } from 'zod'
import { cleanText } from '../../../../kernel/text.ts'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { addComment } from '../comments/commands.ts'
import { commentsOf } from '../comments/queries.ts'
import { ANSWERS } from '../model.ts'
import { ownAssessment } from '../queries.ts'
import { confirmCarried, saveAnswers, settleAside } from './commands.ts'
import { historyOf, outcomeDetail } from './queries.ts'
import { ofOutcome } from './routes.ts'

const view = { permission: 'assure.assessment.view' } as const
const answer = { permission: 'assure.assessment.answer' } as const
const path = '/api/v1/assessments/:id/outcomes/:code'

const given = { answer: z.enum(ANSWERS).nullable(), comment: z.string(), alternative: z.string() }
const Codes = z.array(z.object({ code: z.string(), to: z.enum(['yes', 'no']) }))

const show = operation({
  id: 'getOutcome',
  summary: 'Read an outcome of a review: its answers, what comes out, why, and what would change it',
  page: 'GET /assessments/:id/outcomes/:code',
  method: 'GET',
  path,
  access: view,
  params: ofOutcome,
  answer: z.object({
    code: z.string(),
    title: z.string(),
    description: z.string(),
    status: z.string(),
    isComplete: z.boolean(),
    target: z.string().nullable(),
    summary: z.string(),
    summaryRevision: z.int(),
    indicators: z.array(
      z.object({
        code: z.string(),
        level: z.string(),
        text: z.string(),
        ...given,
        carried: z.enum(['unconfirmed', 'confirmed', 'changed', 'new']).nullable(),
        revision: z.int().describe('Send it back with an answer; 0 where nothing stands'),
        whyNotCounted: z.enum(['unanswered', 'unconfirmed', 'no-reason']).nullable(),
        changedAt: instant.nullable(),
      }),
    ),
    because: z.object({
      step: z.object({ when: z.enum(['any', 'all']), of: z.string(), gives: z.string() }).nullable(),
      by: z.array(z.string()),
    }),
    changes: z
      .array(z.object({ level: z.string(), answers: Codes }))
      .describe('For each better level the fewest answers that would have to be otherwise'),
    asides: z.array(z.object({ indicatorCode: z.string(), ...given, at: instant, by: z.object({ id: z.string(), name: z.string() }) })),
    comments: z.array(z.object({ id: z.string(), indicatorCode: z.string().nullable(), text: z.string(), at: instant, by: z.string() })),
    history: z.array(z.object({ indicatorCode: z.string(), revision: z.int(), ...given, at: instant, by: z.string() })),
  }),
  async read(db: Reader<Visible>, { actor, params }) {
    const assessment = await ownAssessment(db, actor, params.id)
    const { outcome, scored, ...detail } = await outcomeDetail(db, actor, assessment, params.code)
    return {
      ...detail,
      code: outcome.code,
      title: outcome.title,
      description: outcome.description,
      status: scored.status,
      because: { step: scored.because.step, by: [...scored.because.by] },
      changes: scored.changes.map(({ level, answers }) => ({ level, answers: [...answers] })),
      indicators: [...detail.indicators],
      asides: [...detail.asides],
      comments: [...(await commentsOf(db, assessment.id, params.code))],
      history: [...(await historyOf(db, assessment.id, params.code))],
    }
  },
})

const Saved = z.object({
  code: z.string(),
  outcome: z
    .enum(['saved', 'unchanged', 'aside'])
    .describe('`aside`: a colleague changed it meanwhile. Theirs stands, this is kept beside it until somebody chooses'),
  revision: z.int(),
  newer: z.object({ ...given, by: z.string(), at: instant }).nullable(),
})

const revision = z.int().min(0).describe('The revision upon which it is written')

const save = operation({
  id: 'saveAnswers',
  summary: 'Answer statements of an outcome; the others stay as they are',
  description: 'Each answer is for itself. One upon an older revision never overwrites the newer: see `outcome`.',
  page: 'POST /assessments/:id/outcomes/:code',
  method: 'POST',
  path: `${path}/answers`,
  access: answer,
  params: ofOutcome,
  body: z.object({
    answers: z
      .array(
        z.object({
          code: z.string().max(100),
          answer: z.enum(ANSWERS).nullable(),
          comment: z.string().max(20_000).default('').transform(cleanText),
          alternative: z.string().max(20_000).default('').transform(cleanText),
          revision,
        }),
      )
      .max(500)
      .default([]),
    summary: z.object({ text: z.string().max(20_000).transform(cleanText), revision }).optional(),
  }),
  answer: z.object({ answers: z.array(Saved), summary: Saved.nullable() }),
  async write(work: Work<Visible>, { params, body }) {
    const saved = await saveAnswers(work, { assessmentId: params.id, outcomeCode: params.code, answers: body.answers, summary: body.summary })
    return { answers: [...saved.answers], summary: saved.summary }
  },
})

const confirm = operation({
  id: 'confirmAnswers',
  summary: "Say that last year's answers still hold",
  page: 'POST /assessments/:id/outcomes/:code/confirm',
  method: 'POST',
  path: `${path}/confirm`,
  access: answer,
  params: ofOutcome,
  body: z.object({
    indicator: z.string().max(100).nullable().default(null).describe('One statement; left out, all that were asked in the same words'),
  }),
  answer: z.object({ confirmed: z.int() }),
  write: async (work: Work<Visible>, { params, body }) => ({
    confirmed: await confirmCarried(work, { assessmentId: params.id, outcomeCode: params.code, indicatorCode: body.indicator }),
  }),
})

const choose = operation({
  id: 'chooseAnswer',
  summary: 'Choose between the answer that stands and one that was written at the same time',
  page: 'POST /assessments/:id/outcomes/:code/asides',
  method: 'POST',
  path: `${path}/asides`,
  access: answer,
  params: ofOutcome,
  body: z.object({ indicator: z.string().max(100).describe('Empty for the summary'), by: z.string().max(60), use: z.boolean() }),
  answer: null,
  async write(work: Work<Visible>, { params, body }) {
    await settleAside(work, { assessmentId: params.id, outcomeCode: params.code, indicatorCode: body.indicator, byId: body.by, use: body.use })
  },
})

const comment = operation({
  id: 'addComment',
  summary: 'Say something to the colleagues who answer an outcome',
  page: 'POST /assessments/:id/outcomes/:code/comments',
  method: 'POST',
  path: `${path}/comments`,
  access: answer,
  params: ofOutcome,
  body: z.object({ text: z.string().max(20_000), indicator: z.string().max(100).nullable().default(null) }),
  answer: z.object({ id: z.string() }),
  status: 201,
  write: async (work: Work<Visible>, { params, body }) => ({
    id: await addComment(work, { assessmentId: params.id, outcomeCode: params.code, indicatorCode: body.indicator, text: body.text }),
  }),
})

export const outcomeOperations: readonly Route[] = [show, save, confirm, choose, comment]
