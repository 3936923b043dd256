import { z } from 'zod'
import type { Page } from '../../../../kernel/page.ts'
import { asText } from '../../../../kernel/text.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { csv, page, redirect } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import { bulletinNumber, parseBulletinNumber } from '../../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { pauseMailing, resumeMailing } from '../mailings.ts'
import { CHANNELS, DELIVERY_STATES } from '../model.ts'
import { retryDead } from './commands.ts'
import { ledger, LEDGER_SORTS, ledgerTotal, mailingsOf, type LedgerFilter, type LedgerRow } from './queries.ts'
import { CSV_HEAD, csvLine, ledgerView, type LedgerPage } from './views.ts'

const NumberParams = z.object({ number: z.string().max(20) })
export const LedgerQuery = z.object({
  q: z.string().trim().max(200).catch('').default(''),
  state: z
    .enum([...DELIVERY_STATES, 'dead'])
    .nullable()
    .catch(null)
    .default(null),
  channel: z.enum(CHANNELS).nullable().catch(null).default(null),
  mailing: z.string().max(40).nullable().catch(null).default(null),
  sort: z.enum(LEDGER_SORTS).catch('code').default('code'),
  cursor: z.string().max(1_000).nullable().catch(null).default(null),
})
const PAGE_SIZE = 50
const CSV_PART = 2_000

const list = route({
  method: 'GET',
  path: '/bulletins/:number/deliveries',
  access: { permission: 'broadcast.delivery.view' },
  params: NumberParams,
  query: LedgerQuery,
  async handle({ params, query, read, actor }) {
    const shown = await read<Visible, LedgerPage>(async db => {
      const bulletin = await bulletinOf(db, parseBulletinNumber(params.number) ?? 0)
      return {
        bulletin,
        found: await ledger(db, bulletin.id, filterOf(query), query.sort, { limit: PAGE_SIZE, cursor: query.cursor }),
        dead: await ledgerTotal(db, bulletin.id, { ...filterOf(query), state: 'dead' }),
        mailings: await mailingsOf(db, bulletin.id),
      }
    })
    const { bulletin } = shown
    const model = ledgerView(
      shown,
      { ...filterOf(query), sort: query.sort, cursor: query.cursor },
      {
        mayRetry: may(actor, 'broadcast.delivery.retry') && bulletin.state === 'released',
        mayPause: may(actor, 'broadcast.bulletin.release'),
      },
    )
    return page('broadcast/deliveries/ledger/views/list.njk', `Messages of ${model.number}`, model, { isExercise: bulletin.isExercise })
  },
})

const listCsv = route({
  method: 'GET',
  path: '/bulletins/:number/deliveries.csv',
  access: { permission: 'broadcast.delivery.view' },
  params: NumberParams,
  query: LedgerQuery,
  async handle({ params, query, read }) {
    const bulletin = await read<Visible, Bulletin>(db => bulletinOf(db, parseBulletinNumber(params.number) ?? 0))
    const rowsAfter = (cursor: string | null) =>
      read<Visible, Page<LedgerRow>>(db => ledger(db, bulletin.id, filterOf(query), query.sort, { limit: CSV_PART, cursor }))
    return csv(`${bulletinNumber(bulletin.number)}-messages.csv`, csvPages(CSV_HEAD, csvLine, rowsAfter))
  },
})

const retry = route({
  method: 'POST',
  path: '/bulletins/:number/deliveries',
  access: { permission: 'broadcast.delivery.retry' },
  params: NumberParams,
  async handle({ params, body, work, read }) {
    const bulletin = await read<Visible, Bulletin>(db => bulletinOf(db, parseBulletinNumber(params.number) ?? 0))
    const filter = filterOf(LedgerQuery.parse(body))
    const count = await work<Visible, number>(unit => retryDead(unit, bulletin.id, filter))
    return redirect(`/bulletins/${bulletinNumber(bulletin.number)}/deliveries`, {
      notice:
        count === 0
          ? 'Nothing is tried again: none of these failed, or their contacts have gone, have stopped our messages, or have been answered for.'
          : `${count === 1 ? 'One message is' : `${count} messages are`} tried again.`,
    })
  },
})

const MailingParams = z.object({ number: z.string().max(20), mailing: z.string().max(40) })

const pause = route({
  method: 'POST',
  path: '/bulletins/:number/mailings/:mailing/pause',
  access: { permission: 'broadcast.bulletin.release' },
  params: MailingParams,
  async handle({ params, body, work }) {
    await work<Visible, void>(unit => pauseMailing(unit, { mailingId: params.mailing, reason: asText(body['reason']) }))
    return redirect(ledgerAddress(params.number), { notice: 'Paused. What a worker holds just now still goes out; nothing more is taken up.' })
  },
})

const resume = route({
  method: 'POST',
  path: '/bulletins/:number/mailings/:mailing/resume',
  access: { permission: 'broadcast.bulletin.release' },
  params: MailingParams,
  async handle({ params, work }) {
    await work<Visible, void>(unit => resumeMailing(unit, params.mailing))
    return redirect(ledgerAddress(params.number), { notice: 'The messages go out again.' })
  },
})

function ledgerAddress(number: string): string {
  return `/bulletins/${encodeURIComponent(number)}/deliveries`
}

/** The filter that an address or a form asks for. */
export function filterOf({ q, state, channel, mailing }: Omit<z.infer<typeof LedgerQuery>, 'sort' | 'cursor'>): LedgerFilter {
  return { search: q, state, channel, mailing }
}

export const deliveryRoutes: readonly Route[] = [list, listCsv, retry, pause, resume]
