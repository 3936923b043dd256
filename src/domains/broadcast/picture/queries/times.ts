import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Scope } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { hasSums, isOwnRecipient, isOwnSum } from '../../scope.ts'
import type { Visible } from '../../tables.ts'
import { DECLINED, reachedIn, type Counts, type Group } from '../model.ts'
import { timesFrom, type LateJoiners, type TimeDimension, type Times, type TimeSum } from '../times.ts'

interface Asked {
  readonly bulletinId: string
  readonly now: Instant
}

/** The times of everyone reached. `counts` is the funnel as it stands. */
export async function timesOfAll(db: Reader<Visible>, scope: Scope, asked: Asked, counts: Counts): Promise<Times> {
  const [sums, late] = [await timeSums(db, scope, asked.bulletinId, null), await lateJoiners(db, scope, asked, null)]
  return timesFrom({ code: null, name: 'All', reached: reachedIn(counts) }, sums, late)
}

/** The times of each group. `groups` are the funnels of the same dimension as they stand. */
export async function timesByGroup(
  db: Reader<Visible>,
  scope: Scope,
  asked: Asked,
  dimension: TimeDimension,
  groups: readonly Group[],
): Promise<readonly Times[]> {
  const sums = Map.groupBy(await timeSums(db, scope, asked.bulletinId, dimension), ({ code }) => code)
  const late = Map.groupBy(await lateJoiners(db, scope, asked, dimension), ({ code }) => code)
  return groups.map(group =>
    timesFrom({ code: group.code, name: group.name, reached: reachedIn(group) }, sums.get(group.code) ?? [], late.get(group.code) ?? []),
  )
}

const SUM_COLUMN = { type: 'time.type', region: 'time.region_code' } as const
const RECIPIENT_COLUMN = { type: 'recipient.type', region: 'recipient.region_code' } as const

/** Only for those who watch over others: nobody else has sums. Each curve comes as one row, because to read thousands of rows costs more than to add them up. */
async function timeSums(db: Reader<Visible>, scope: Scope, bulletinId: string, dimension: TimeDimension | null): Promise<readonly TimeSum[]> {
  if (!hasSums(scope)) return []
  const sums = db
    .selectFrom('broadcast_answer_time as time')
    .where('time.bulletin_id', '=', bulletinId)
    .where(isOwnSum(scope, 'time'))
    .groupBy(sql`1, 2, 3, 4`)
    .having(sql<boolean>`sum(time.change) <> 0`)
    .select([
      dimension === null ? sql<string | null>`null::text`.as('code') : sql<string | null>`${sql.ref(SUM_COLUMN[dimension])}`.as('code'),
      'time.event',
      sql<boolean>`coalesce(time.response in (${sql.join(DECLINED)}), false)`.as('isDeclined'),
      'time.within_minutes as minutes',
      sql<number>`sum(time.change)::integer`.as('count'),
    ])
    .as('sum')
  const curves = await db
    .selectFrom(sums)
    .groupBy(['sum.code', 'sum.event', 'sum.isDeclined'])
    .select([
      'sum.code',
      'sum.event',
      'sum.isDeclined',
      sql<readonly number[]>`to_json(array_agg(sum.minutes))`.as('minutes'),
      sql<readonly number[]>`to_json(array_agg(sum.count))`.as('counts'),
    ])
    .execute()
  return curves.flatMap(({ minutes, counts, ...curve }) => minutes.map((step, index) => ({ ...curve, minutes: step, count: counts[index] ?? 0 })))
}

/** Few, if any: catching up is done by hand, for some organisations at a time. */
async function lateJoiners(db: Reader<Visible>, scope: Scope, { bulletinId, now }: Asked, dimension: TimeDimension | null) {
  const notYet = (column: string) => sql<number>`(count(*) filter (where ${sql.ref(column)} is null))::integer`
  const rows: readonly LateJoiners[] = await db
    .selectFrom('broadcast_recipient as recipient')
    .where('recipient.bulletin_id', '=', bulletinId)
    .where('recipient.joined_at', 'is not', null)
    .where(eb => eb.or([eb('recipient.is_reachable', '=', true), eb('recipient.response', 'is not', null)]))
    .where(isOwnRecipient(scope, 'recipient'))
    .groupBy(sql`1, 2`)
    .select([
      dimension === null ? sql<string | null>`null::text`.as('code') : sql<string | null>`${sql.ref(RECIPIENT_COLUMN[dimension])}`.as('code'),
      sql<number>`broadcast_step_end(recipient.joined_at, ${now}::timestamptz)`.as('minutes'),
      notYet('recipient.acknowledged_at').as('notAcknowledged'),
      notYet('recipient.decided_at').as('notDecided'),
      sql<number>`(count(*) filter (where recipient.done_at is null and coalesce(recipient.response not in (${sql.join(DECLINED)}), true)))::integer`.as(
        'notDone',
      ),
    ])
    .execute()
  return rows
}
