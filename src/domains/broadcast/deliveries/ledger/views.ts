import type { Page } from '../../../../kernel/page.ts'
import type { CsvLine } from '../../../../platform/csv/csv.ts'
import { deliveryTag } from '../../../../ui/labels.ts'
import { sortColumn, withQuery, type Query } from '../../../../ui/links.ts'
import type { Action, Cell, TableModel } from '../../../../ui/models.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import type { Bulletin } from '../../bulletins/queries.ts'
import { DELIVERY_STATES } from '../model.ts'
import type { LedgerFilter, LedgerRow, LedgerSort } from './queries.ts'

interface LedgerAddress extends LedgerFilter {
  readonly sort: LedgerSort
  readonly cursor: string | null
}

/** The page of a bulletin's messages. `toRetry` is how many were given up that the reader may have tried again. */
export function ledgerView(bulletin: Bulletin, found: Page<LedgerRow>, asked: LedgerAddress, toRetry: number) {
  const number = bulletinNumber(bulletin.number)
  const address = `/bulletins/${number}/deliveries`
  const query = { q: asked.search, state: asked.state, sort: asked.sort === 'code' ? null : asked.sort }
  const isFiltered = asked.search !== '' || asked.state !== null
  const retryAll: Action = {
    label: `Try the ${toRetry === 1 ? 'one' : toRetry} given up again`,
    href: address,
    method: 'post',
    variant: 'secondary',
    values: { deliveries: 'all' },
  }
  return {
    number,
    title: bulletin.title,
    tlp: bulletin.tlp,
    isReleased: bulletin.releasedAt !== null,
    total: found.total,
    isFiltered,
    address,
    actions: toRetry > 0 ? [retryAll] : [],
    table: ledgerTable(found.rows, address, query),
    filters: {
      action: address,
      search: { label: 'Organisation: name or code, or part of an address', value: asked.search },
      selects: [
        {
          name: 'state',
          label: 'State',
          value: asked.state ?? '',
          options: [{ value: '', text: 'All' }, ...DELIVERY_STATES.map(state => ({ value: state, text: deliveryTag(state).text }))],
        },
      ],
      keep: { sort: query.sort },
      clearHref: isFiltered ? address : undefined,
    },
    csvHref: withQuery(`${address}.csv`, query),
    firstHref: asked.cursor === null ? undefined : withQuery(address, query),
    nextHref: found.next === null ? undefined : withQuery(address, query, { cursor: found.next }),
  }
}

function ledgerTable(rows: readonly LedgerRow[], address: string, query: Query): TableModel {
  const sorted = { ...query, sort: query['sort'] ?? 'code' }
  return {
    caption: 'Messages',
    captionHidden: true,
    head: [
      sortColumn({ text: 'Organisation, by code' }, 'code', address, sorted),
      { text: 'Contact' },
      sortColumn({ text: 'Address' }, 'address', address, sorted),
      { text: 'State' },
      { text: 'Tries', format: 'numeric' },
      sortColumn({ text: 'Last tried' }, 'tried', address, sorted),
      { text: 'Next try' },
    ],
    rows: rows.map((row): readonly Cell[] => [
      { text: row.organisationName, href: `/organisations/${encodeURIComponent(row.organisationCode)}`, hint: row.organisationCode },
      { text: row.contactName, hint: row.purpose },
      row.address,
      { text: '', tags: [deliveryTag(row.state)], hint: row.words ?? undefined },
      row.attempts,
      row.attemptedAt === null ? null : { at: row.attemptedAt },
      row.state === 'failed' && row.dueAt !== null ? { at: row.dueAt } : null,
    ]),
  }
}

export const CSV_HEAD = ['code', 'organisation', 'contact', 'purpose', 'address', 'state', 'tries', 'last tried', 'server words'] as const

export function csvLine(row: LedgerRow): CsvLine {
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
