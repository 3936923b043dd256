import { sql, type RawBuilder } from 'kysely'
import { parseInstant, type Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { isOrganisationNamed } from '../../scope.ts'
import type { Visible } from '../../tables.ts'
import type { DeliveryState } from '../model.ts'
import { countsByState } from '../queries.ts'

export interface LedgerFilter {
  readonly state: DeliveryState | null
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
  readonly address: string
  readonly state: DeliveryState
  readonly attempts: number
  readonly words: string | null
  readonly attemptedAt: Instant | null
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
      delivery.address, delivery.state, delivery.attempts, delivery.words, delivery.attempted_at as "attemptedAt", delivery.due_at as "dueAt"
    from (
      select delivery.*, ${key.column} as key from ${matching(bulletinId, filter, name === 'code')} and ${after}
      order by ${key.column} ${direction}, delivery.id ${direction} limit ${request.limit + 1}
    ) as delivery
    join directory_organisation as organisation on organisation.id = delivery.organisation_id
    join directory_contact as contact on contact.id = delivery.contact_id
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

async function ledgerTotal(db: Reader<Visible>, bulletinId: string, filter: LedgerFilter): Promise<number> {
  if (filter.search === '') {
    const states = await countsByState(db, bulletinId)
    return filter.state === null ? [...states.values()].reduce((sum, count) => sum + count, 0) : (states.get(filter.state) ?? 0)
  }
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${matching(bulletinId, filter, false)}`.execute(db)
  return rows[0]?.count ?? 0
}

/** The deliveries that fit, as a source and its conditions; with their organisations where the order or the search asks for them. */
function matching(bulletinId: string, { state, search }: LedgerFilter, isByOrganisation: boolean): RawBuilder<unknown> {
  const organisations = sql`join directory_organisation as organisation on organisation.id = delivery.organisation_id`
  const address = `%${search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
  return sql`broadcast_delivery as delivery ${isByOrganisation || search !== '' ? organisations : sql``}
    where delivery.bulletin_id = ${bulletinId} ${state === null ? sql`` : sql`and delivery.state = ${state}`}
      ${search === '' ? sql`` : sql`and (${isOrganisationNamed(search, 'organisation')} or lower(delivery.address) like ${address})`}`
}
