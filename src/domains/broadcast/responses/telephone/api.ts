import { z } from 'zod'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { bulletinName, ofBulletin, readByForm } from '../../api.ts'
import { bulletinOf } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { RESPONSE_CHOICES, type ResponseState } from '../model.ts'
import { holdCall, holdNext, letGo, recordCall } from './commands.ts'
import { callForm } from './fields.ts'
import { CALL_OUTCOME_CHOICES, type CallOutcome } from './model.ts'
import { listToRing } from './queries.ts'
import { organisationFor, readCall } from './routes.ts'
import { callView } from './views.ts'

const access = { permission: 'broadcast.call.make' }
const path = '/api/v1/bulletins/:number/telephone'
const ofCall = ofBulletin.extend({ code: z.string().max(20) })

const list = operation({
  id: 'listToRing',
  summary: 'List whom to ring about a bulletin, in the order in which they are rung',
  method: 'GET',
  path,
  page: 'GET /bulletins/:number/telephone',
  access,
  params: ofBulletin,
  query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
  answer: z.object({
    number: bulletinName,
    counts: z.object({ all: z.int(), due: z.int(), held: z.int(), early: z.int(), declined: z.int() }),
    items: z.array(
      z.object({
        code: z.string(),
        name: z.string(),
        type: z.string(),
        isReachable: z.boolean(),
        runs: z.boolean().describe('Known to run what the bulletin is about'),
        calls: z.int(),
        lastOutcome: z.string().nullable(),
        lastAt: instant.nullable(),
        callAgainAt: instant.nullable(),
        heldBy: z.string().nullable(),
      }),
    ),
  }),
  async read(db: Reader<Visible>, { params: { number }, query: { limit }, actor, now }) {
    const asked = { bulletin: await bulletinOf(db, number), scope: actor.scope, now }
    const { counts, rows } = await listToRing(db, asked, { limit })
    return { number, counts, items: [...rows] }
  },
})

const next = operation({
  id: 'takeNextCall',
  summary: 'Take the next organisation to ring: the one that you hold already, or the first that is free',
  method: 'POST',
  path: `${path}/next`,
  page: 'POST /bulletins/:number/telephone/next',
  access,
  params: ofBulletin,
  answer: z.object({ organisation: z.string().nullable().describe('null when nobody is left to ring just now') }),
  write: async (work: Work<Visible>, { params: { number } }) => ({ organisation: await holdNext(work, number) }),
})

const show = operation({
  id: 'getCall',
  summary: 'Read what a caller needs to know of one organisation',
  method: 'GET',
  path: `${path}/:code`,
  page: 'GET /bulletins/:number/telephone/:code',
  access,
  params: ofCall,
  answer: z.object({
    number: z.string(),
    code: z.string(),
    name: z.string(),
    hasAnswered: z.boolean(),
    hold: z.object({ by: z.string(), isOwn: z.boolean(), until: instant }).nullable(),
    numbers: z.array(
      z.object({
        contact: z.string().nullable().describe('To be sent with what came of it; null for the switchboard'),
        name: z.string(),
        purpose: z.string(),
        isOutOfHours: z.boolean(),
        numbers: z.array(z.object({ text: z.string() })),
        failure: z.string().nullable(),
      }),
    ),
    runs: z.array(z.string()),
    opening: z.string(),
    script: z.array(z.string()),
    calls: z.array(
      z.object({
        at: instant,
        by: z.string().nullable(),
        outcome: z.string(),
        spokeTo: z.string().nullable(),
        note: z.string().nullable(),
        callAgainAt: instant.nullable(),
      }),
    ),
  }),
  async read(db: Reader<Visible>, request) {
    const { runs, ...view } = callView(await readCall(db, request, request.params), {}, [])
    return { ...view, runs: [...runs] }
  },
})

/** Takes a call, or gives it back: the answer says nothing but that it was done. */
function press(id: string, summary: string, verb: 'take' | 'let-go', run: typeof holdCall): Route {
  return operation({
    id,
    summary,
    method: 'POST',
    path: `${path}/:code/${verb}`,
    page: `POST /bulletins/:number/telephone/:code/${verb}`,
    access,
    params: ofCall,
    answer: null,
    async write(work: Work<Visible>, request) {
      const { number, code } = request.params
      await run(work, { number, organisationId: (await organisationFor(work.db, request, code)).id })
    },
  })
}

const text = z.string().max(4_000).nullable().default(null)

const made = operation({
  id: 'recordCall',
  summary: 'Write down a call and what came of it',
  description: 'An answer that was given is recorded as theirs, unless they have answered by themselves meanwhile.',
  method: 'POST',
  path: `${path}/:code`,
  page: 'POST /bulletins/:number/telephone/:code',
  access,
  params: ofCall,
  body: z.object({
    outcome: z.enum(CALL_OUTCOME_CHOICES as [CallOutcome, ...CallOutcome[]]),
    contact: text,
    spokeTo: text,
    note: text,
    callAgain: z.int().min(1).max(168).nullable().default(null).describe('In so many hours'),
    state: z
      .enum(RESPONSE_CHOICES as [ResponseState, ...ResponseState[]])
      .nullable()
      .default(null)
      .describe('With answered: what they said'),
    reason: text,
    nextDate: text,
  }),
  answer: z.object({ came: z.enum(['recorded', 'answered-meanwhile']) }),
  async write(work: Work<Visible>, request) {
    const { number, code } = request.params
    const { outcome, contact, spokeTo, note, callAgain, state, reason, nextDate } = readByForm(callForm, request.body)
    const { id } = await organisationFor(work.db, request, code)
    const answer = state === null ? null : { state, reason, nextDate: state === 'in-progress' ? nextDate : null }
    return {
      came: await recordCall(work, { number, organisationId: id, contactId: contact, outcome, spokeTo, note, callAgainHours: callAgain, answer }),
    }
  },
})

export const telephoneOperations: readonly Route[] = [
  list,
  next,
  show,
  made,
  press('takeCall', 'Take one organisation’s call, and give back the one that you held', 'take', holdCall),
  press('letGoCall', 'Give an organisation back without a call', 'let-go', letGo),
]
