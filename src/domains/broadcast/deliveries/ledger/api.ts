import { z } from 'zod'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../../platform/http/list-operation.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { bulletinName, ofBulletin, reasonGiven } from '../../api.ts'
import { bulletinOf } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { pauseMailing, resumeMailing } from '../mailings.ts'
import { CHANNELS, DELIVERY_STATES } from '../model.ts'
import { retryDead } from './commands.ts'
import { ledger, mailingsOf } from './queries.ts'
import { filterOf, LedgerQuery } from './routes.ts'

const path = '/api/v1/bulletins/:number/deliveries'
const mailings = '/api/v1/bulletins/:number/mailings'
const view = { permission: 'broadcast.delivery.view' }
const steer = { permission: 'broadcast.bulletin.release' }

const list = listOperation({
  id: 'listDeliveries',
  summary: 'List every message of a bulletin, and what became of it',
  path,
  page: 'GET /bulletins/:number/deliveries',
  access: view,
  params: ofBulletin,
  query: filtersOf(LedgerQuery),
  item: z.object({
    id: z.string(),
    organisationCode: z.string(),
    organisationName: z.string(),
    contactName: z.string(),
    purpose: z.string(),
    mailing: z.string(),
    channel: z.string(),
    address: z.string(),
    organisations: z.int().describe('How many the message names'),
    state: z.enum(DELIVERY_STATES),
    attempts: z.int(),
    words: z.string().nullable(),
    queuedAt: instant,
    attemptedAt: instant.nullable(),
    sentAt: instant.nullable(),
    deliveredAt: instant.nullable(),
    bouncedAt: instant.nullable(),
    dueAt: instant.nullable(),
  }),
  async list(db: Reader<Visible>, page, { params: { number }, query }) {
    return ledger(db, (await bulletinOf(db, number)).id, filterOf(query), query.sort, page)
  },
})

const retry = operation({
  id: 'retryDeliveries',
  summary: 'Try again what was given up or came back, of the messages that fit',
  method: 'POST',
  path,
  page: 'POST /bulletins/:number/deliveries',
  access: { permission: 'broadcast.delivery.retry' },
  params: ofBulletin,
  body: z.object({
    q: z.string().max(200).default(''),
    channel: z.enum(CHANNELS).nullable().default(null),
    mailing: z.string().max(40).nullable().default(null),
  }),
  answer: z.object({ number: bulletinName, retried: z.int() }),
  async write(work: Work<Visible>, { params: { number }, body }) {
    const { id } = await bulletinOf(work.db, number)
    return { number, retried: await retryDead(work, id, filterOf({ ...body, state: 'dead' })) }
  },
})

const Mailings = z.object({
  number: bulletinName,
  items: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      madeAt: instant,
      deliveries: z.int(),
      open: z.int().describe('Still to be sent, or tried again'),
      dead: z.int().describe('Given up, or come back'),
      pausedAt: instant.nullable(),
      pausedBy: z.string().nullable(),
      pauseReason: z.string().nullable(),
    }),
  ),
})

async function answer(db: Reader<Visible>, number: number): Promise<z.input<typeof Mailings>> {
  const { id } = await bulletinOf(db, number)
  return { number, items: [...(await mailingsOf(db, id))] }
}

const listMailings = operation({
  id: 'listMailings',
  summary: 'List the mailings of a bulletin, the newest first, and how far each has got',
  method: 'GET',
  path: mailings,
  page: 'GET /bulletins/:number/deliveries',
  access: view,
  params: ofBulletin,
  answer: Mailings,
  read: (db: Reader<Visible>, { params: { number } }) => answer(db, number),
})

const ofMailing = ofBulletin.extend({ mailing: z.string().max(40) })

const pause = operation({
  id: 'pauseMailing',
  summary: 'Pause a mailing: what a worker holds still goes out, and nothing more is taken up',
  method: 'POST',
  path: `${mailings}/:mailing/pause`,
  page: 'POST /bulletins/:number/mailings/:mailing/pause',
  access: steer,
  params: ofMailing,
  body: z.object({ reason: reasonGiven }),
  answer: Mailings,
  async write(work: Work<Visible>, { params: { number, mailing }, body }) {
    await pauseMailing(work, { mailingId: mailing, ...body })
    return answer(work.db, number)
  },
})

const resume = operation({
  id: 'resumeMailing',
  summary: 'Let a paused mailing go on',
  method: 'POST',
  path: `${mailings}/:mailing/resume`,
  page: 'POST /bulletins/:number/mailings/:mailing/resume',
  access: steer,
  params: ofMailing,
  answer: Mailings,
  async write(work: Work<Visible>, { params: { number, mailing } }) {
    await resumeMailing(work, mailing)
    return answer(work.db, number)
  },
})

export const deliveryOperations: readonly Route[] = [list, retry, listMailings, pause, resume]
