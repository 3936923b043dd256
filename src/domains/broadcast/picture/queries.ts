import { sql, type RawBuilder } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Scope } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { deliveryCounts } from '../deliveries/queries.ts'
import { RESPONSE_CHOICES, RESPONSE_STATES, type ResponseState } from '../responses/model.ts'
import { hasSums, isOwnRecipient, isOwnSum } from '../scope.ts'
import type { Visible } from '../tables.ts'
import { NOBODY, type Counts, type Dimension, type Group, type Picture } from './model.ts'
import { timesOfAll } from './queries/times.ts'
import { hoursBetween } from './times.ts'

/**
 * Where recipients stand, as one table of keys and counts: the sums that are kept, for the centre and the regions; one's own recipients
 * for everybody else. Every figure here is a sum over it.
 */
function standings(db: Reader<Visible>, scope: Scope) {
  if (hasSums(scope)) {
    return db
      .selectFrom('broadcast_tally')
      .where(isOwnSum(scope, 'broadcast_tally'))
      .select(['bulletin_id', 'type', 'region_code', 'board_code', 'is_reachable', 'is_delivered', 'response', 'change'])
      .as('standing')
  }
  return db
    .selectFrom('broadcast_recipient')
    .where(isOwnRecipient(scope, 'broadcast_recipient'))
    .select([
      'bulletin_id',
      'type',
      'region_code',
      'board_code',
      'is_reachable',
      sql<boolean>`delivered_at is not null`.as('is_delivered'),
      'response',
      sql<number>`1`.as('change'),
    ])
    .as('standing')
}

/** The funnel of a bulletin. */
export async function funnel(db: Reader<Visible>, scope: Scope, bulletinId: string): Promise<Counts> {
  return (await funnels(db, scope, [bulletinId])).get(bulletinId) ?? NOBODY
}

/** The funnels of several bulletins. One without recipients in the reader's scope is left out. */
export async function funnels(db: Reader<Visible>, scope: Scope, bulletinIds: readonly string[]): Promise<ReadonlyMap<string, Counts>> {
  if (bulletinIds.length === 0) return new Map()
  const rows = await db
    .selectFrom(standings(db, scope))
    .where('standing.bulletin_id', 'in', [...bulletinIds])
    .groupBy('standing.bulletin_id')
    .select('standing.bulletin_id')
    .select(countColumns())
    .execute()
  return new Map(rows.map(row => [row.bulletin_id, countsFrom(row)]))
}

/** The funnel of each group, largest silence first. An organisation with two partners is counted with each of them. */
export async function groups(db: Reader<Visible>, scope: Scope, bulletinId: string, dimension: Dimension): Promise<readonly Group[]> {
  const rows = await (dimension === 'partner' ? byPartner(db, scope, bulletinId) : byColumn(db, scope, bulletinId, dimension)).execute()
  const names =
    dimension === 'partner'
      ? new Map<string, string>()
      : await groupNames(
          db,
          dimension,
          rows.map(({ code }) => code),
        )
  return rows
    .map(row => ({ ...countsFrom(row), code: row.code, name: row.name ?? names.get(row.code ?? '') ?? row.code ?? NONE[dimension] }))
    .filter(({ audience }) => audience > 0)
    .toSorted((a, b) => b.silent - a.silent || b.audience - a.audience || a.name.localeCompare(b.name))
}

const NONE: Readonly<Record<Dimension, string>> = { type: 'Type not known', region: 'No region', board: 'No board', partner: 'No partner' }
const COLUMN = { type: 'standing.type', region: 'standing.region_code', board: 'standing.board_code' } as const

function byColumn(db: Reader<Visible>, scope: Scope, bulletinId: string, dimension: 'type' | 'region' | 'board') {
  const column = COLUMN[dimension]
  return db
    .selectFrom(standings(db, scope))
    .where('standing.bulletin_id', '=', bulletinId)
    .groupBy(column)
    .select([sql<string | null>`${sql.ref(column)}`.as('code'), sql<string | null>`null`.as('name')])
    .select(countColumns())
}

/** Partnerships change and may overlap, so they are no key of the sums: this one counts the recipients. */
function byPartner(db: Reader<Visible>, scope: Scope, bulletinId: string) {
  // Counted by the partner's id first, so that names are not looked up, nor sorted, for fifty thousand rows.
  const counted = db
    .selectFrom('broadcast_recipient as recipient')
    .leftJoin('directory_partnership as partnership', join =>
      join.onRef('partnership.organisation_id', '=', 'recipient.organisation_id').on('partnership.until', 'is', null),
    )
    .where('recipient.bulletin_id', '=', bulletinId)
    .where(isOwnRecipient(scope, 'recipient'))
    .groupBy(sql`1, 2, 3, 4`)
    .select([
      'partnership.partner_id',
      'recipient.is_reachable',
      sql<boolean>`recipient.delivered_at is not null`.as('is_delivered'),
      'recipient.response',
      sql<number>`count(*)`.as('change'),
    ])
    .as('counted')
  const standing = db
    .selectFrom(counted)
    .leftJoin('directory_organisation as partner', 'partner.id', 'counted.partner_id')
    .select(['partner.code', 'partner.name', 'counted.is_reachable', 'counted.is_delivered', 'counted.response', 'counted.change'])
    .as('standing')
  return db
    .selectFrom(standing)
    .groupBy(['standing.code', 'standing.name'])
    .select([sql<string | null>`standing.code`.as('code'), sql<string | null>`standing.name`.as('name')])
    .select(countColumns())
}

async function groupNames(db: Reader<Visible>, dimension: Dimension, codes: readonly (string | null)[]): Promise<ReadonlyMap<string, string>> {
  const known = codes.filter(code => code !== null)
  if (known.length === 0) return new Map()
  const rows =
    dimension === 'type'
      ? await db.selectFrom('directory_organisation_type').where('code', 'in', known).select(['code', 'plural as name']).execute()
      : await db.selectFrom('directory_organisation').where('code', 'in', known).select(['code', 'name']).execute()
  return new Map(rows.map(({ code, name }) => [code, name]))
}

/** What the columns of a recipient say is said here by its newest answer, which `respond` keeps in step with them. */
function countColumns() {
  const count = (condition: RawBuilder<unknown>) => sql<number>`coalesce(sum(standing.change) filter (where ${condition}), 0)::integer`
  const answered = (states: readonly ResponseState[]) => sql`standing.response in (${sql.join(states)})`
  return [
    sql<number>`coalesce(sum(standing.change), 0)::integer`.as('audience'),
    count(sql`standing.is_reachable or standing.is_delivered`).as('sent'),
    count(sql`standing.is_delivered`).as('delivered'),
    count(sql`standing.response is not null`).as('acknowledged'),
    count(answered(RESPONSE_CHOICES.filter(state => RESPONSE_STATES[state].isDecided))).as('decided'),
    count(answered(RESPONSE_CHOICES.filter(state => RESPONSE_STATES[state].isDone))).as('done'),
    count(sql`standing.response is null and standing.is_reachable`).as('silent'),
    count(sql`standing.response is null and not standing.is_reachable`).as('unreachable'),
    count(answered(['acknowledged'])).as('in_acknowledged'),
    count(answered(['assessing'])).as('in_assessing'),
    count(answered(['not-applicable'])).as('in_not_applicable'),
    count(answered(['in-progress'])).as('in_in_progress'),
    count(answered(['done'])).as('in_done'),
    count(answered(['not-acting'])).as('in_not_acting'),
  ] as const
}

type CountRow = Readonly<
  Record<'audience' | 'sent' | 'delivered' | 'acknowledged' | 'decided' | 'done' | 'silent' | 'unreachable' | `in_${string}`, number>
>

function countsFrom(row: CountRow): Counts {
  const { audience, sent, delivered, acknowledged, decided, done, silent, unreachable } = row
  const answers = Object.fromEntries(RESPONSE_CHOICES.map(state => [state, row[`in_${state.replaceAll('-', '_')}`] ?? 0])) as Record<
    ResponseState,
    number
  >
  return { audience, sent, delivered, acknowledged, decided, done, silent, unreachable, answers }
}

/** The bulletins whose sums stand in many rows of one key, and would be read faster merged. */
export async function scatteredTallies(db: Reader<Visible>): Promise<readonly string[]> {
  const [standings, times] = [await scattered(db, 'broadcast_tally'), await scattered(db, 'broadcast_answer_time')]
  return [...new Set([...standings, ...times, ...(await scattered(db, 'broadcast_delivery_tally'))])]
}

async function scattered(db: Reader<Visible>, table: keyof typeof SUM_KEYS): Promise<readonly string[]> {
  const { rows } = await sql<{ bulletin_id: string }>`
    select bulletin_id from (select bulletin_id, count(*) as rows from ${sql.table(table)} group by ${sql.join(SUM_KEYS[table].map(key => sql.ref(key)))}) as key
    group by bulletin_id having sum(rows) - count(*) > ${SPARE_ROWS}`.execute(db)
  return rows.map(row => row.bulletin_id)
}

/** Rows beyond one a key that a page may sum without anybody noticing. */
const SPARE_ROWS = 200
/** What one row of each table of sums stands for. */
export const SUM_KEYS = {
  broadcast_tally: ['bulletin_id', 'type', 'region_code', 'board_code', 'looked_after_by', 'is_reachable', 'is_delivered', 'response'],
  broadcast_answer_time: ['bulletin_id', 'event', 'response', 'within_minutes', 'type', 'region_code', 'looked_after_by'],
  broadcast_delivery_tally: ['bulletin_id', 'mailing_id', 'looked_after_by'],
} as const

/** Reads the picture of a released bulletin; `null` before its release. */
export async function readPicture(
  db: Reader<Visible>,
  scope: Scope,
  bulletin: { readonly id: string; readonly number: number; readonly releasedAt: Instant | null; readonly withdrawnAt: Instant | null },
  dimension: Dimension,
  now: Instant,
): Promise<Picture | null> {
  if (bulletin.releasedAt === null) return null
  const counts = await funnel(db, scope, bulletin.id)
  return {
    number: bulletin.number,
    dimension,
    counts,
    groups: await groups(db, scope, bulletin.id, dimension),
    times: await timesOfAll(db, scope, { bulletinId: bulletin.id, now: bulletin.withdrawnAt ?? now }, counts),
    hours: hoursBetween(bulletin.releasedAt, bulletin.withdrawnAt ?? now),
    asOf: now,
    deliveries: await deliveryCounts(db, bulletin.id),
  }
}
