import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/** How fast a mail domain is written to just now. */
export interface Pace {
  readonly minute: Instant
  readonly claimed: number
  readonly slowUntil: Instant | null
  readonly slowed: number
}

/** What is known of the pace of those domains; `isHeld` keeps it from changing until the end of the unit of work. */
export async function pacesOf(db: Reader<Visible>, domains: readonly string[], isHeld: boolean): Promise<ReadonlyMap<string, Pace>> {
  if (domains.length === 0) return new Map()
  const rows = await db
    .selectFrom('broadcast_pace')
    .where('domain', 'in', [...domains])
    .orderBy('domain')
    .$if(isHeld, query => query.forUpdate())
    .select(['domain', 'minute', 'claimed', 'slow_until as slowUntil', 'slowed'])
    .execute()
  return new Map(rows.map(({ domain, ...pace }) => [domain, pace]))
}

/** What is put off, and until when. */
export interface Deferral {
  readonly mailingId: string
  readonly domain: string
  readonly until: Instant
  /** Of those beyond it, as many minutes later as they are allowances behind. */
  readonly allowance: number | null
  /** Those about to be taken up, which are not put off. */
  readonly taken: readonly string[]
}

/** The deliveries of a mailing to one domain that are due and that nobody holds, each with the time that it is put off to. */
export function deferredRows({ mailingId, domain, until, allowance, taken }: Deferral, now: Instant) {
  const minutes = allowance === null ? sql`0` : sql`floor((row_number() over (order by due_at nulls first, id) - 1) / ${allowance}::numeric)`
  return sql<{ id: string; due_at: Instant }>`(
    select id, ${until}::timestamptz + make_interval(mins => (${minutes})::int) as due_at
    from (
      select id, due_at from broadcast_delivery
      where mailing_id = ${mailingId} and state in ('queued', 'failed') and carried_by is null and channel = 'email'
        and (due_at is null or due_at <= ${now}::timestamptz) and lower(split_part(address, '@', 2)) = ${domain} and not id = any(${taken}::text[])
      for update skip locked
    ) as due
  )`.as('deferred')
}
