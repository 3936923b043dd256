import { z } from 'zod'
import type { Page } from '../../../kernel/page.ts'
import { csvText } from '../../../platform/csv/csv.ts'
import { asList } from '../../../platform/forms/form.ts'
import { csv, page, redirect } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import { deliveryTag } from '../../../ui/labels.ts'
import { withQuery } from '../../../ui/links.ts'
import type { Action, Cell, TableModel } from '../../../ui/models.ts'
import { bulletinNumber, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { retryDeliveries } from './commands.ts'
import { DELIVERY_STATES, type DeliveryCounts } from './model.ts'
import { deliveryCounts, ledger, type LedgerRow } from './queries.ts'

const NumberParams = z.object({ number: z.string().max(20) })
const LedgerQuery = z.object({
  q: z.string().trim().max(200).catch('').default(''),
  state: z.enum(DELIVERY_STATES).nullable().catch(null).default(null),
  cursor: z.string().max(400).nullable().catch(null).default(null),
})
const PAGE_SIZE = 50
const CSV_PART = 500

const showLedger = route({
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
        found: await ledger(db, asked.id, { state: query.state, search: query.q }, { limit: PAGE_SIZE, cursor: query.cursor }),
        counts: await deliveryCounts(db, asked.id),
      }
    })
    const number = bulletinNumber(bulletin.number)
    const address = `/bulletins/${number}/deliveries`
    const kept = { q: query.q, state: query.state }
    const mayRetry = may(actor, 'broadcast.delivery.retry') && bulletin.state === 'released'
    const retryAll: Action = {
      label: `Try the ${counts.givenUp === 1 ? 'one' : counts.givenUp} given up again`,
      href: address,
      method: 'post',
      variant: 'secondary',
      values: { deliveries: 'all' },
    }
    const model = {
      number,
      title: bulletin.title,
      tlp: bulletin.tlp,
      total: found.total,
      isFiltered: query.q !== '' || query.state !== null,
      address,
      actions: mayRetry && counts.givenUp > 0 ? [retryAll] : [],
      table: ledgerTable(found.rows),
      filters: {
        action: address,
        search: { label: 'Organisation or address', value: query.q },
        selects: [
          {
            name: 'state',
            label: 'State',
            value: query.state ?? '',
            options: [{ value: '', text: 'All' }, ...DELIVERY_STATES.map(state => ({ value: state, text: deliveryTag(state).text }))],
          },
        ],
        clearHref: address,
      },
      csvHref: withQuery(`${address}.csv`, kept),
      firstHref: query.cursor === null ? undefined : withQuery(address, kept),
      nextHref: found.next === null ? undefined : withQuery(address, kept, { cursor: found.next }),
    }
    return page('broadcast/deliveries/views/ledger.njk', `Messages of ${number}`, model, { isExercise: bulletin.isExercise })
  },
})

const ledgerCsv = route({
  method: 'GET',
  path: '/bulletins/:number/deliveries.csv',
  access: { permission: 'broadcast.delivery.view' },
  params: NumberParams,
  query: LedgerQuery,
  async handle({ params, query, read }) {
    const bulletin = await read<Visible, Bulletin>(db => bulletinOf(db, parseBulletinNumber(params.number) ?? 0))
    return csv(`${bulletinNumber(bulletin.number)}-messages.csv`, csvParts(read, bulletin.id, { state: query.state, search: query.q }))
  },
})

const CSV_HEAD = ['code', 'organisation', 'contact', 'purpose', 'address', 'state', 'tries', 'last tried', 'server words']

/** Page by page, so that a hundred thousand messages are never held at once. */
async function* csvParts(read: RouteRequest['read'], bulletinId: string, filter: Parameters<typeof ledger>[2]): AsyncGenerator<string> {
  yield csvText(CSV_HEAD, [])
  let cursor: string | null = null
  do {
    const from: string | null = cursor
    const found: Page<LedgerRow> = await read<Visible, Page<LedgerRow>>(db => ledger(db, bulletinId, filter, { limit: CSV_PART, cursor: from }))
    // The first part alone has the byte order mark.
    if (found.rows.length > 0) yield csvText([], found.rows.map(csvRow)).replace(/^\uFEFF?(?:\r\n)?/, '')
    cursor = found.next
  } while (cursor !== null)
}

function csvRow(row: LedgerRow): readonly (string | number | null)[] {
  return [
    row.organisationCode,
    row.organisationName,
    row.contactName,
    row.purpose,
    row.address,
    row.state,
    row.attempts,
    row.attemptedAt?.toISOString() ?? null,
    row.words,
  ]
}

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

function ledgerTable(rows: readonly LedgerRow[]): TableModel {
  return {
    caption: 'Messages',
    captionHidden: true,
    head: [
      { text: 'Organisation' },
      { text: 'Contact' },
      { text: 'State' },
      { text: 'Tries', format: 'numeric' },
      { text: 'Last tried' },
      { text: 'Next try' },
    ],
    rows: rows.map((row): readonly Cell[] => [
      { text: row.organisationName, href: `/organisations/${encodeURIComponent(row.organisationCode)}`, hint: row.organisationCode },
      { text: row.contactName, hint: `${row.purpose}, ${row.address}` },
      { text: '', tags: [deliveryTag(row.state)], hint: row.words ?? undefined },
      row.attempts,
      row.attemptedAt === null ? null : { at: row.attemptedAt },
      row.state === 'failed' && row.dueAt !== null ? { at: row.dueAt } : null,
    ]),
  }
}

export const deliveryRoutes: readonly Route[] = [showLedger, ledgerCsv, retry]
