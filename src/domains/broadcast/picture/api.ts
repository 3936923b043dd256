import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { bulletinName, ofBulletin } from '../api.ts'
import { bulletinOf } from '../bulletins/queries.ts'
import { RESPONSE_CHOICES, type ResponseState } from '../responses/model.ts'
import type { Visible } from '../tables.ts'
import { DIMENSIONS } from './model.ts'
import { funnel, groups } from './queries.ts'
import { recipients } from './queries/recipients.ts'
import { RecipientsQuery, recipientsFilter } from './routes.ts'
import { timeTo, type SurvivalPoint } from './survival.ts'
import { TIME_DIMENSIONS, TIME_EVENTS, type TimeEvent, type Times } from './times.ts'
import { readTimes } from './times/routes.ts'

const access = { permission: 'broadcast.picture.view' }

const list = listOperation({
  id: 'listRecipients',
  summary: 'List the organisations of a frozen audience, and where each stands',
  path: '/api/v1/bulletins/:number/recipients',
  page: 'GET /bulletins/:number/recipients',
  access,
  params: ofBulletin,
  query: filtersOf(RecipientsQuery),
  item: z.object({
    code: z.string(),
    name: z.string(),
    type: z.string().nullable(),
    region: z.string().nullable(),
    board: z.string().nullable(),
    standing: z.string(),
    answeredAt: instant.nullable(),
    nextDate: z.string().nullable(),
    by: z.string().nullable(),
    via: z.string().nullable(),
    note: z.string().nullable(),
    reason: z.string().nullable(),
    reasonLabel: z.string().nullable(),
    contacts: z.int(),
    delivery: z.string().nullable().describe('The best of its deliveries; null when there was nobody to send to'),
    words: z.string().nullable().describe('What the mail server said of it'),
  }),
  async list(db: Reader<Visible>, page, { params: { number }, query, actor }) {
    const { id } = await bulletinOf(db, number)
    return recipients(db, actor.scope, id, recipientsFilter(query), page, query.sort)
  },
})

const answers = Object.fromEntries(RESPONSE_CHOICES.map(state => [state, z.int()])) as Record<ResponseState, z.ZodInt>

const counts = {
  audience: z.int(),
  sent: z.int().describe('Can be reached: there is somebody to send to, or it has arrived'),
  delivered: z.int(),
  acknowledged: z.int(),
  decided: z.int(),
  done: z.int(),
  silent: z.int().describe('Reached, and no answer yet: never "non-compliant"'),
  unreachable: z.int(),
  answers: z.object(answers).describe('By the newest answer of each'),
}

const picture = operation({
  id: 'getPicture',
  summary: 'Say how many act, are silent and cannot be reached, of everyone and by group',
  method: 'GET',
  path: '/api/v1/bulletins/:number/picture',
  page: 'GET /bulletins/:number/map',
  access,
  params: ofBulletin,
  query: z.object({ by: z.enum(DIMENSIONS).default('board') }),
  answer: z.object({
    number: bulletinName,
    asOf: instant,
    counts: z.object(counts),
    groups: z.array(z.object({ code: z.string().nullable(), name: z.string(), ...counts })),
  }),
  async read(db: Reader<Visible>, { params: { number }, query: { by }, actor, now }) {
    const { id } = await bulletinOf(db, number)
    return { number, asOf: now, counts: await funnel(db, actor.scope, id), groups: [...(await groups(db, actor.scope, id, by))] }
  },
})

const Curve = z.array(z.object({ hours: z.number(), atRisk: z.int(), did: z.int(), share: z.number(), low: z.number(), high: z.number() }))
const Timed = z.object({
  code: z.string().nullable(),
  name: z.string(),
  reached: z.int(),
  halfAfterHours: z.number().nullable().describe('Half of everyone reached; null: it has not come to that'),
  nineInTenAfterHours: z.number().nullable().describe('Nine in ten of everyone reached; null: it has not come to that'),
  curve: Curve.describe('The share that had done it by then (Kaplan and Meier), with its 95% interval'),
})

function timed({ code, name, reached, curves }: Times, event: TimeEvent): z.input<typeof Timed> {
  const curve: readonly SurvivalPoint[] = curves[event]
  return { code, name, reached, halfAfterHours: timeTo(0.5, curve), nineInTenAfterHours: timeTo(0.9, curve), curve: [...curve] }
}

const times = operation({
  id: 'getTimes',
  summary: 'Say how soon organisations acknowledge, decide or fix, beside earlier bulletins of the kind',
  method: 'GET',
  path: '/api/v1/bulletins/:number/times',
  page: 'GET /bulletins/:number/times',
  access,
  params: ofBulletin,
  query: z.object({ by: z.enum(TIME_DIMENSIONS).default('type'), event: z.enum(TIME_EVENTS).default('acknowledged') }),
  answer: z.object({
    number: bulletinName,
    asOf: instant,
    hours: z.number().describe('How long it has been out'),
    unreachable: z.int(),
    all: Timed,
    groups: z.array(Timed),
    earlier: z
      .array(z.object({ number: bulletinName, title: z.string(), releasedAt: instant, hours: z.number(), times: Timed }))
      .nullable()
      .describe('Each as it stood at the same age; null for an exercise'),
  }),
  async read(db: Reader<Visible>, { params: { number }, query: { by, event }, actor, now }) {
    const { all, groups: shown, earlier, ...rest } = await readTimes(db, actor, { number, by, event }, now)
    return {
      ...rest,
      number,
      all: timed(all, event),
      groups: shown.map(one => timed(one, event)),
      earlier: earlier === null ? null : earlier.map(one => ({ ...one, times: timed(one.times, event) })),
    }
  },
})

export const pictureOperations: readonly Route[] = [list, picture, times]
