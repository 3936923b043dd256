import { z } from 'zod'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { moderate } from './commands.ts'
import { LONGEST_REASON } from './model.ts'
import { moderationOf, ofModerated } from './routes.ts'
import { pairStatistics } from './statistics.ts'

const access = { permission: 'assure.review.moderate' }
const Coefficient = z.object({ value: z.number(), low: z.number(), high: z.number() }).nullable()
const Answer = z.object({
  pairs: z.array(
    z.object({
      with: z.string(),
      framework: z.string(),
      reviews: z.int(),
      outcomes: z.int(),
      same: z.number().nullable(),
      kappa: Coefficient.describe('Cohen’s, with linear weights, and its 95 % interval'),
      ac2: Coefficient.describe('Gwet’s, with the same weights'),
      milder: z.int(),
      stricter: z.int(),
    }),
  ),
  outcomes: z.array(
    z.object({
      assessmentId: z.string(),
      organisation: z.string(),
      code: z.string(),
      title: z.string(),
      first: z.string(),
      second: z.string(),
      moderated: z.string().nullable(),
      reason: z.string().nullable(),
    }),
  ),
})

async function answer(db: Reader<Visible>, actor: Actor): Promise<z.input<typeof Answer>> {
  const { views, names } = await moderationOf(db, actor)
  return {
    outcomes: [...views],
    pairs: pairStatistics(views, actor.id).map(one => ({
      ...one,
      with: names.get(one.other) ?? 'Another assessor',
      outcomes: one.n,
      ac2: one.ac1,
    })),
  }
}

const show = operation({
  id: 'getModeration',
  summary: 'Read how far you agree with other assessors, over what both have recorded',
  method: 'GET',
  path: '/api/v1/moderation',
  page: 'GET /moderation',
  access,
  answer: Answer,
  read: (db: Reader<Visible>, { actor }) => answer(db, actor),
})

const hold = operation({
  id: 'moderateOutcome',
  summary: 'Write down what both assessors hold of an outcome after talking',
  method: 'POST',
  path: '/api/v1/moderation/:id/:code',
  page: 'POST /moderation/:id/:code',
  access,
  params: ofModerated,
  body: z.object({ status: z.string().max(60), reason: z.string().max(LONGEST_REASON) }),
  answer: Answer,
  async write(work: Work<Visible>, { actor, params, body }) {
    await moderate(work, { assessmentId: params.id, code: params.code, ...body })
    return answer(work.db, actor)
  },
})

export const moderationOperations: readonly Route[] = [show, hold]
