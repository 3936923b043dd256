import { sql } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { deliveryCounts } from '../deliveries/queries.ts'
import { RESPONSE_CHOICES, type ResponseState } from '../responses/model.ts'
import type { Visible } from '../tables.ts'
import { curvesFrom, curveStep, type Counts, type CurvePoint, type Dimension, type Group, type Picture } from './model.ts'

/** Every figure here counts rows of `broadcast_recipient`, one for each organisation in the frozen audience that the reader may see. */
export async function funnel(db: Reader<Visible>, bulletinId: string): Promise<Counts> {
  const row = await db.selectFrom('broadcast_recipient as recipient').where('recipient.bulletin_id', '=', bulletinId).select(countColumns()).executeTakeFirstOrThrow()
  return countsFrom(row)
}

/** The funnel of each group, largest silence first. An organisation with two partners is counted with each of them. */
export async function groups(db: Reader<Visible>, bulletinId: string, dimension: Dimension): Promise<readonly Group[]> {
  const rows = await (dimension === 'partner' ? byPartner(db, bulletinId) : byColumn(db, bulletinId, dimension)).execute()
  const names = dimension === 'partner' ? new Map<string, string>() : await groupNames(db, dimension, rows.map(({ code }) => code))
  return rows
    .map(row => ({ ...countsFrom(row), code: row.code, name: row.name ?? names.get(row.code ?? '') ?? row.code ?? NONE[dimension] }))
    .toSorted((a, b) => b.silent - a.silent || b.audience - a.audience || a.name.localeCompare(b.name))
}

const NONE: Readonly<Record<Dimension, string>> = { type: 'Type not known', region: 'No region', board: 'No board', partner: 'No partner' }
const COLUMN = { type: 'organisation.type', region: 'organisation.region_code', board: 'organisation.board_code' } as const

function byColumn(db: Reader<Visible>, bulletinId: string, dimension: 'type' | 'region' | 'board') {
  const column = COLUMN[dimension]
  return db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'recipient.organisation_id')
    .where('recipient.bulletin_id', '=', bulletinId)
    .groupBy(column)
    .select([sql<string | null>`${sql.ref(column)}`.as('code'), sql<string | null>`null`.as('name')])
    .select(countColumns())
}

function byPartner(db: Reader<Visible>, bulletinId: string) {
  return db
    .selectFrom('broadcast_recipient as recipient')
    .leftJoin('directory_partnership as partnership', join => join.onRef('partnership.organisation_id', '=', 'recipient.organisation_id').on('partnership.until', 'is', null))
    .leftJoin('directory_organisation as partner', 'partner.id', 'partnership.partner_id')
    .where('recipient.bulletin_id', '=', bulletinId)
    .groupBy(['partner.code', 'partner.name'])
    .select([sql<string | null>`partner.code`.as('code'), sql<string | null>`partner.name`.as('name')])
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

function countColumns() {
  const count = (condition: string) => sql<number>`count(*) filter (where ${sql.raw(condition)})`
  return [
    sql<number>`count(*)`.as('audience'),
    count('recipient.is_reachable or recipient.delivered_at is not null').as('sent'),
    sql<number>`count(recipient.delivered_at)`.as('delivered'),
    sql<number>`count(recipient.acknowledged_at)`.as('acknowledged'),
    sql<number>`count(recipient.decided_at)`.as('decided'),
    sql<number>`count(recipient.done_at)`.as('done'),
    count('recipient.response is null and recipient.is_reachable').as('silent'),
    count('recipient.response is null and not recipient.is_reachable').as('unreachable'),
    count("recipient.response = 'acknowledged'").as('in_acknowledged'),
    count("recipient.response = 'assessing'").as('in_assessing'),
    count("recipient.response = 'not-applicable'").as('in_not_applicable'),
    count("recipient.response = 'in-progress'").as('in_in_progress'),
    count("recipient.response = 'done'").as('in_done'),
    count("recipient.response = 'not-acting'").as('in_not_acting'),
  ] as const
}

type CountRow = Readonly<Record<'audience' | 'sent' | 'delivered' | 'acknowledged' | 'decided' | 'done' | 'silent' | 'unreachable' | `in_${string}`, number>>

function countsFrom(row: CountRow): Counts {
  const { audience, sent, delivered, acknowledged, decided, done, silent, unreachable } = row
  const answers = Object.fromEntries(RESPONSE_CHOICES.map(state => [state, row[`in_${state.replaceAll('-', '_')}`] ?? 0])) as Record<ResponseState, number>
  return { audience, sent, delivered, acknowledged, decided, done, silent, unreachable, answers }
}

/** How answers came in: for those who stand acknowledged, decided or done, when they first did. */
export async function curves(db: Reader<Visible>, bulletinId: string, releasedAt: Instant, now: Instant): Promise<readonly CurvePoint[]> {
  const stepMillis = curveStep(releasedAt, now)
  const steps = new Map<number, { acknowledged: number; decided: number; done: number }>()
  for (const stage of ['acknowledged', 'decided', 'done'] as const) {
    const step = sql<number>`floor(extract(epoch from (${sql.ref(`recipient.${stage}_at`)} - ${releasedAt}::timestamptz)) * 1000 / ${stepMillis}::float8)::integer`
    const rows = await db
      .selectFrom('broadcast_recipient as recipient')
      .where('recipient.bulletin_id', '=', bulletinId)
      .where(`recipient.${stage}_at`, 'is not', null)
      .groupBy(sql`1`)
      .select(({ fn }) => [step.as('step'), fn.countAll<number>().as('count')])
      .execute()
    for (const row of rows) steps.set(row.step, { acknowledged: 0, decided: 0, done: 0, ...steps.get(row.step), [stage]: row.count })
  }
  return curvesFrom(steps, stepMillis, releasedAt, now)
}

/** Reads the picture of a released bulletin; `null` before its release. */
export async function readPicture(
  db: Reader<Visible>,
  bulletin: { readonly id: string; readonly number: number; readonly releasedAt: Instant | null },
  dimension: Dimension,
  now: Instant,
): Promise<Picture | null> {
  if (bulletin.releasedAt === null) return null
  return {
    number: bulletin.number,
    dimension,
    counts: await funnel(db, bulletin.id),
    groups: await groups(db, bulletin.id, dimension),
    curves: await curves(db, bulletin.id, bulletin.releasedAt, now),
    deliveries: await deliveryCounts(db, bulletin.id),
  }
}
