import { z } from 'zod'
import type { Page } from '../../../../kernel/page.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { asList } from '../../../../platform/forms/form.ts'
import { csv, page, redirect } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import { bulletinNumber, parseBulletinNumber } from '../../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { retryDeliveries } from '../commands.ts'
import { DELIVERY_STATES, type DeliveryCounts } from '../model.ts'
import { deliveryCounts } from '../queries.ts'
import { ledger, LEDGER_SORTS, type LedgerFilter, type LedgerRow } from './queries.ts'
import { CSV_HEAD, csvLine, ledgerView } from './views.ts'

const NumberParams = z.object({ number: z.string().max(20) })
const LedgerQuery = z.object({
  q: z.string().trim().max(200).catch('').default(''),
  state: z.enum(DELIVERY_STATES).nullable().catch(null).default(null),
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
    const { bulletin, found, counts } = await read<Visible, { bulletin: Bulletin; found: Page<LedgerRow>; counts: DeliveryCounts }>(async db => {
      const asked = await bulletinOf(db, parseBulletinNumber(params.number) ?? 0)
      return {
        bulletin: asked,
        found: await ledger(db, asked.id, filterOf(query), query.sort, { limit: PAGE_SIZE, cursor: query.cursor }),
        counts: await deliveryCounts(db, asked.id),
      }
    })
    const mayRetry = may(actor, 'broadcast.delivery.retry') && bulletin.state === 'released'
    const model = ledgerView(bulletin, found, { ...filterOf(query), sort: query.sort, cursor: query.cursor }, mayRetry ? counts.givenUp : 0)
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
    const wanted = body['deliveries'] === 'all' ? 'all' : asList(body['deliveries'])
    const count = await work<Visible, number>(unit => retryDeliveries(unit, bulletin.id, wanted))
    return redirect(`/bulletins/${bulletinNumber(bulletin.number)}/deliveries`, {
      notice:
        count === 0 ? 'Nothing was given up, so nothing is tried again.' : `${count === 1 ? 'One message is' : `${count} messages are`} tried again.`,
    })
  },
})

function filterOf({ q, state }: z.infer<typeof LedgerQuery>): LedgerFilter {
  return { search: q, state }
}

export const deliveryRoutes: readonly Route[] = [list, listCsv, retry]
