import { z } from 'zod'
import type { Instant } from '../../../kernel/instant.ts'
import { instant } from '../../../platform/http/api-schemas.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { bulletinName, GivenAnswer, refuse } from '../api.ts'
import type { Visible } from '../tables.ts'
import { askedOf, type Asked } from './asked.ts'
import { readAnswer } from './fields.ts'
import { RESPONSE_CHOICES, standing, type Answer, type Reason, type ResponseState } from './model.ts'
import { answersOf } from './queries.ts'
import { reasonsOn } from './queries/reasons.ts'
import { sharesDetail } from './sharing/queries.ts'

const words = z.string().max(4_000).optional()

/** A bulletin, and in the query the organisation that is asked about it: a partner names one, anybody else may leave it out. */
export const ofAsked = {
  params: z.object({ number: z.string().max(20) }),
  query: z.object({ organisation: z.string().max(20).default('').describe('Its code; without one, the organisation that you act for') }),
}

interface OfAsked {
  readonly actor: Actor
  readonly params: { readonly number: string }
  readonly query: { readonly organisation: string }
}

/** The bulletin and the organisation that a request is about. Throws `NotFound`. */
export function askedBy(db: Reader<Visible>, { actor, params, query }: OfAsked): Promise<Asked> {
  return askedOf(db, actor, params.number, query.organisation)
}

/** The head of every answer about a bulletin and an organisation. */
export const askedHead = { number: bulletinName, organisation: z.string(), name: z.string() }

export function askedAnswer({ bulletin, recipient }: Asked) {
  return { number: bulletin.number, organisation: recipient.organisationCode, name: recipient.organisationName }
}

export function placeOf({ bulletin, recipient }: Asked) {
  return { bulletinId: bulletin.id, organisationId: recipient.organisationId }
}

/** An answer as a program gives it, to be read by the reader of the page's fields. What is left out is not said. */
export const AnswerGiven = z.object({
  state: z.enum(RESPONSE_CHOICES as [ResponseState, ...ResponseState[]]),
  note: words,
  nextDate: words.describe('With in-progress: by when more is said, such as 2027-03-27'),
  reasonCode: words.describe('With not-acting: a code of the policy'),
  reason: words,
  reviewOn: words,
  owner: words,
  evidence: words,
  evidenceSha256: words,
  windowDate: words,
  windowTime: words,
  windowHours: words,
  windowStops: words,
  windowAgreedBy: words,
  share: z.enum(['yes', 'no']).optional(),
})

/** The answer, or what is wrong with it: `at` is the pointer to it. */
export function answerFrom(given: z.infer<typeof AnswerGiven>, now: Instant, reasons: readonly Reason[], at = ''): Answer {
  const read = readAnswer(given, now, reasons)
  return read.ok ? read.answer : refuse(read.problems.map(problem => ({ ...problem, pointer: `${at}/${problem.pointer}` })))
}

const Reasons = z.array(z.object({ code: z.string(), label: z.string(), says: z.string(), needsWords: z.boolean(), reviewDays: z.int() }))

const show = operation({
  id: 'getAnswer',
  summary: 'Read what an organisation answered to a bulletin, and what it may choose from',
  method: 'GET',
  path: '/api/v1/bulletins/:number/responses',
  page: 'GET /bulletins/:number/answer',
  access: { permission: 'broadcast.response.answer' },
  ...ofAsked,
  answer: z.object({
    ...askedHead,
    standing: z.string(),
    respondBy: instant.nullable(),
    answers: z.array(GivenAnswer).describe('Newest first'),
    sharesDetail: z.boolean().describe('Whether the centre may read the detail of its answers, unless it says otherwise for one'),
    reasons: Reasons.describe('For choosing not to act, by the policy of today'),
  }),
  async read(db: Reader<Visible>, request) {
    const asked = await askedBy(db, request)
    const { bulletinId, organisationId } = placeOf(asked)
    const reasons: readonly Reason[] = await reasonsOn(db, request.now)
    return {
      ...askedAnswer(asked),
      standing: standing(asked.recipient),
      respondBy: asked.bulletin.respondBy,
      answers: [...(await answersOf(db, bulletinId, organisationId))],
      sharesDetail: await sharesDetail(db, organisationId),
      reasons: [...reasons],
    }
  },
})

export const responseOperations: readonly Route[] = [show]
