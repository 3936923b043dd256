import type { Page } from '../../../../kernel/page.ts'
import type { CsvLine } from '../../../../platform/csv/csv.ts'
import { dateTime, exactTime } from '../../../../ui/filters/dates.ts'
import { deliveryTag } from '../../../../ui/labels.ts'
import { sortColumn, withQuery, type Query } from '../../../../ui/links.ts'
import type { Action, Cell, TableModel } from '../../../../ui/models.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import type { Bulletin } from '../../bulletins/queries.ts'
import { CHANNELS, DELIVERY_STATES, MAILING_LABELS, type Channel } from '../model.ts'
import type { LedgerFilter, LedgerRow, LedgerSort, MailingRow } from './queries.ts'

interface LedgerAddress extends LedgerFilter {
  readonly sort: LedgerSort
  readonly cursor: string | null
}

/** What the page shows. */
export interface LedgerPage {
  readonly bulletin: Bulletin
  readonly found: Page<LedgerRow>
  /** How many of those that fit will reach nobody, whatever state is asked for. */
  readonly dead: number
  readonly mailings: readonly MailingRow[]
}

/** The page of a bulletin's messages. */
export function ledgerView(
  { bulletin, found, dead, mailings }: LedgerPage,
  asked: LedgerAddress,
  { mayRetry, mayPause }: { readonly mayRetry: boolean; readonly mayPause: boolean },
) {
  const number = bulletinNumber(bulletin.number)
  const address = `/bulletins/${number}/deliveries`
  const { search: q, state, channel, mailing } = asked
  const query = { q, state, channel, mailing, sort: asked.sort === 'code' ? null : asked.sort }
  const isNarrowed = q !== '' || channel !== null || mailing !== null
  const isFiltered = isNarrowed || state !== null
  const all = isNarrowed ? 'of these that failed' : 'that failed'
  const retryAll: Action = {
    label: dead === 1 ? `Try the one ${all} again` : `Try the ${dead.toLocaleString('en-GB')} ${all} again`,
    href: address,
    method: 'post',
    variant: 'secondary',
    values: { q, ...(channel === null ? {} : { channel }), ...(mailing === null ? {} : { mailing }) },
  }
  return {
    number,
    title: bulletin.title,
    tlp: bulletin.tlp,
    isReleased: bulletin.releasedAt !== null,
    total: found.total,
    isFiltered,
    address,
    mailings: mailings.map(row => mailingView(row, number, mayPause)),
    actions: mayRetry && dead > 0 ? [retryAll] : [],
    table: ledgerTable(found.rows, address, query),
    filters: {
      action: address,
      search: { label: 'Organisation: name or code, or part of an address', value: q },
      selects: [
        {
          name: 'state',
          label: 'State',
          value: state ?? '',
          options: [
            { value: '', text: 'All' },
            { value: 'dead', text: 'Given up or came back' },
            ...DELIVERY_STATES.map(value => ({ value, text: deliveryTag(value).text })),
          ],
        },
        {
          name: 'channel',
          label: 'Sent by',
          value: channel ?? '',
          options: [{ value: '', text: 'All' }, ...CHANNELS.map(value => ({ value, text: CHANNEL_LABELS[value] }))],
        },
        {
          name: 'mailing',
          label: 'Why it was sent',
          value: mailing ?? '',
          options: [
            { value: '', text: 'All' },
            ...mailings.map(row => ({ value: row.id, text: `${MAILING_LABELS[row.kind]}, ${exactTime(row.madeAt)}` })),
          ],
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

const CHANNEL_LABELS: Readonly<Record<Channel, string>> = { email: 'E-mail', text: 'Text message' }

/** One mailing, how far it has got, and what may be done about it. */
function mailingView(row: MailingRow, number: string, mayPause: boolean) {
  const address = `/bulletins/${number}/mailings/${row.id}`
  const pause: Action = { label: 'Pause', href: `${address}/pause`, method: 'post', variant: 'warning', reason: 'required' }
  const resume: Action = { label: 'Resume', href: `${address}/resume`, method: 'post' }
  const actions = row.pausedAt === null ? (row.open > 0 ? [pause] : []) : [resume]
  return {
    id: row.id,
    label: MAILING_LABELS[row.kind],
    madeAt: row.madeAt,
    deliveries: row.deliveries,
    settled: row.deliveries - row.open,
    isOpen: row.open > 0,
    dead: row.dead,
    deadHref: withQuery(`/bulletins/${number}/deliveries`, { mailing: row.id, state: 'dead' }),
    paused: row.pausedAt === null ? null : { at: row.pausedAt, by: row.pausedBy ?? 'the operator', reason: row.pauseReason ?? '' },
    actions: mayPause ? actions : [],
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
      { text: 'Why, and when queued' },
      { text: 'State' },
      { text: 'Tries', format: 'numeric' },
      sortColumn({ text: 'Last tried' }, 'tried', address, sorted),
      { text: 'Sent, then arrived or came back' },
    ],
    rows: rows.map((row): readonly Cell[] => [
      { text: row.organisationName, href: `/organisations/${encodeURIComponent(row.organisationCode)}`, hint: row.organisationCode },
      { text: row.contactName, hint: row.purpose },
      { text: row.address, hint: row.organisations > 1 ? `one message for ${row.organisations} organisations` : undefined },
      { text: `${MAILING_LABELS[row.mailing]}${row.channel === 'text' ? ', text message' : ''}`, hint: dateTime(row.queuedAt) },
      { text: '', tags: [deliveryTag(row.state)], hint: stateHint(row) },
      row.attempts,
      row.attemptedAt === null ? null : { at: row.attemptedAt },
      row.sentAt === null ? null : { at: row.sentAt, hint: afterwards(row) },
    ]),
  }
}

/** The server's words, and when it is tried next. */
function stateHint({ state, words, dueAt }: LedgerRow): string | undefined {
  const next = dueAt !== null && (state === 'failed' || state === 'queued') ? `Next try ${dateTime(dueAt)}` : null
  const parts = [words, next].filter(part => part !== null)
  return parts.length === 0 ? undefined : parts.join(' · ')
}

function afterwards({ deliveredAt, bouncedAt }: LedgerRow): string | undefined {
  if (bouncedAt !== null) return `came back ${dateTime(bouncedAt)}`
  return deliveredAt === null ? undefined : `arrived ${dateTime(deliveredAt)}`
}

export const CSV_HEAD = [
  'code',
  'organisation',
  'contact',
  'purpose',
  'address',
  'state',
  'tries',
  'last tried',
  'server words',
  'mailing',
  'channel',
  'queued',
  'sent',
  'delivered',
  'came back',
] as const

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
    row.mailing,
    row.channel,
    row.queuedAt.toISOString(),
    row.sentAt?.toISOString() ?? null,
    row.deliveredAt?.toISOString() ?? null,
    row.bouncedAt?.toISOString() ?? null,
  ]
}
