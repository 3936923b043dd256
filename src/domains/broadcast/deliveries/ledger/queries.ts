import { sql, type RawBuilder } from 'kysely'
import { parseInstant, type Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { isOrganisationNamed } from '../../scope.ts'
import type { Visible } from '../../tables.ts'
import { DEAD_STATES, type Channel, type DeliveryState, type MailingKind } from '../model.ts'
import { countsByState } from '../queries.ts'

export interface LedgerFilter {
  /** `dead`: given up, or come back. */
  readonly state: DeliveryState | 'dead' | null
  readonly channel: Channel | null
  /** The id of one mailing. */
  readonly mailing: string | null
  /** A part of an address, words of an organisation's name, or its code. */
  readonly search: string
}

/** By the organisation's code, the address, or when it was last tried; what never was tried counts as before everything. */
export const LEDGER_SORTS = ['code', '-code', 'address', '-address', 'tried', '-tried'] as const
export type LedgerSort = (typeof LEDGER_SORTS)[number]

/** One line of the ledger of deliveries. */
export interface LedgerRow {
  readonly id: string
  readonly organisationCode: string
  readonly organisationName: string
  readonly contactName: string
  readonly purpose: string
  readonly mailing: MailingKind
  readonly channel: string
  readonly address: string
  /** How many organisations its message names. */
  readonly organisations: number
  readonly state: DeliveryState
  readonly attempts: number
  readonly words: string | null
  readonly queuedAt: Instant
  readonly attemptedAt: Instant | null
  readonly sentAt: Instant | null
  readonly deliveredAt: Instant | null
  readonly bouncedAt: Instant | null
  readonly dueAt: Instant | null
}

/** The ledger: every message of the bulletin. Those of one place in the order stand by their ids. */
export async function ledger(
  db: Reader<Visible>,
  bulletinId: string,
  filter: LedgerFilter,
  sort: LedgerSort,
  request: PageRequest,
): Promise<Page<LedgerRow>> {
  const [direction, beyond] = sort.startsWith('-') ? [sql`desc`, sql`<`] : [sql`asc`, sql`>`]
  // The sorts are the keys with or without a minus.
  const name = sort.replace('-', '') as keyof typeof KEYS
  const key = KEYS[name]
  const cursor = readCursor(request.cursor, name)
  const after = cursor === null ? sql`true` : sql`(${key.column}, delivery.id) ${beyond} (${cursor[0]}::${key.type}, ${cursor[1]}::text)`
  // The page is cut first, so that names are looked up for its rows alone.
  const { rows } = await sql<LedgerRow>`
    select delivery.id, organisation.code as "organisationCode", organisation.name as "organisationName", contact.name as "contactName", contact.purpose,
      mailing.kind as mailing, delivery.channel, delivery.address, delivery.state, delivery.attempts, delivery.words, delivery.queued_at as "queuedAt",
      delivery.attempted_at as "attemptedAt", delivery.sent_at as "sentAt", delivery.delivered_at as "deliveredAt", delivery.bounced_at as "bouncedAt",
      delivery.due_at as "dueAt",
      (select 1 + count(*) from broadcast_delivery carried where carried.carried_by = coalesce(delivery.carried_by, delivery.id))::int as organisations
    from (
      select delivery.*, ${key.column} as key from ${matching(bulletinId, filter, name === 'code')} and ${after}
      order by ${key.column} ${direction}, delivery.id ${direction} limit ${request.limit + 1}
    ) as delivery
    join directory_organisation as organisation on organisation.id = delivery.organisation_id
    join directory_contact as contact on contact.id = delivery.contact_id
    join broadcast_mailing as mailing on mailing.id = delivery.mailing_id
    order by delivery.key ${direction}, delivery.id ${direction}`.execute(db)
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown,
    total: await ledgerTotal(db, bulletinId, filter),
    next: rows.length > request.limit && last !== undefined ? encodeCursor([key.of(last), last.id]) : null,
  }
}

const NEVER = '-infinity'

const KEYS = {
  code: { column: sql`organisation.code`, type: sql`text`, of: (row: LedgerRow) => row.organisationCode },
  address: { column: sql`delivery.address`, type: sql`text`, of: (row: LedgerRow) => row.address },
  tried: {
    column: sql`coalesce(delivery.attempted_at, ${sql.lit(NEVER)}::timestamptz)`,
    type: sql`timestamptz`,
    of: (row: LedgerRow) => row.attemptedAt?.toISOString() ?? NEVER,
  },
}

function readCursor(cursor: string | null, name: keyof typeof KEYS): readonly [string, string] | null {
  const [value, id] = decodeCursor(cursor, 2) ?? []
  if (typeof value !== 'string' || typeof id !== 'string') return null
  return name === 'tried' && value !== NEVER && parseInstant(value) === undefined ? null : [value, id]
}

/** How many deliveries fit. */
export async function ledgerTotal(db: Reader<Visible>, bulletinId: string, filter: LedgerFilter): Promise<number> {
  if (filter.search === '' && filter.channel === null) {
    const states = await countsByState(db, bulletinId, filter.mailing)
    const wanted = statesOf(filter.state) ?? [...states.keys()]
    return wanted.reduce((sum, state) => sum + (states.get(state) ?? 0), 0)
  }
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${matching(bulletinId, filter, false)}`.execute(db)
  return rows[0]?.count ?? 0
}

/** The deliveries that fit, as a source and its conditions; with their organisations where the order or the search asks for them. */
function matching(bulletinId: string, { state, search, channel, mailing }: LedgerFilter, isByOrganisation: boolean): RawBuilder<unknown> {
  const states = statesOf(state)
  const organisations = sql`join directory_organisation as organisation on organisation.id = delivery.organisation_id`
  const address = `%${search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
  return sql`broadcast_delivery as delivery ${isByOrganisation || search !== '' ? organisations : sql``}
    where delivery.bulletin_id = ${bulletinId} ${states === null ? sql`` : sql`and delivery.state = any(${[...states]}::text[])`}
      ${channel === null ? sql`` : sql`and delivery.channel = ${channel}`} ${mailing === null ? sql`` : sql`and delivery.mailing_id = ${mailing}`}
      ${search === '' ? sql`` : sql`and (${isOrganisationNamed(search, 'organisation')} or lower(delivery.address) like ${address})`}`
}

function statesOf(state: LedgerFilter['state']): readonly DeliveryState[] | null {
  if (state === null) return null
  return state === 'dead' ? DEAD_STATES : [state]
}

/** Those that will reach nobody, of those that fit. */
export async function deadDeliveries(db: Reader<Visible>, bulletinId: string, filter: LedgerFilter): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`select delivery.id from ${matching(bulletinId, { ...filter, state: 'dead' }, false)}`.execute(db)
  return rows.map(({ id }) => id)
}

/** One mailing of a bulletin, and how far it has got. */
export interface MailingRow {
  readonly id: string
  readonly kind: MailingKind
  readonly madeAt: Instant
  readonly deliveries: number
  /** Still to be sent, or tried again. */
  readonly open: number
  /** Given up, or come back. */
  readonly dead: number
  readonly pausedAt: Instant | null
  readonly pausedBy: string | null
  readonly pauseReason: string | null
}

/** The mailings of a bulletin, the newest first. */
export async function mailingsOf(db: Reader<Visible>, bulletinId: string): Promise<readonly MailingRow[]> {
  const { rows } = await sql<MailingRow>`
    select mailing.id, mailing.kind, mailing.made_at as "madeAt", mailing.deliveries, coalesce(counted.open, 0)::int as open, coalesce(counted.dead, 0)::int as dead,
      mailing.paused_at as "pausedAt", person.name as "pausedBy", mailing.pause_reason as "pauseReason"
    from broadcast_mailing as mailing
    left join directory_person as person on person.id = mailing.paused_by
    left join lateral (
      select count(*) filter (where state in ('queued', 'sending', 'failed')) as open, count(*) filter (where state in ('bounced', 'given-up')) as dead
      from broadcast_delivery where mailing_id = mailing.id and state in ('queued', 'sending', 'failed', 'bounced', 'given-up')
    ) as counted on true
    where mailing.bulletin_id = ${bulletinId} order by mailing.made_at desc, mailing.id desc limit 200`.execute(db)
  return rows
}
