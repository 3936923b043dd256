import { sql } from 'kysely'
import type { Exclusion, Unreachable } from '../model.ts'
import type { Asks } from './asks.ts'
import type { CheckedRule } from './checking.ts'
import { candidates, leftOut, reached } from './matching.ts'
import { isFresh, isMailed, WHY_UNREACHABLE } from './reachability.ts'

export interface Reasons {
  readonly leftOut: readonly { readonly why: Exclusion; readonly count: number }[]
  readonly unreachable: readonly { readonly why: Unreachable; readonly count: number }[]
  /** Reached, but whether anything gets there is in doubt. */
  readonly inDoubt: number
  /** Addresses to which the messages go: a person who stands for several organisations gets one that names them all. */
  readonly addresses: number
}

/** A value and no `exists`, which the planner would turn into a join with all contacts. */
const hasFresh = sql`(
  select true from directory_contact as other where other.organisation_id = contact.organisation_id and ${isMailed('other')} and ${isFresh('other')} limit 1)`

/** As the index of addresses has it (migration 0035). */
const ADDRESS = sql`lower(contact.email) collate "C"`

/**
 * Who is not reached, counted by why, and to how many addresses the messages go. The audience is walked once, with what the directory keeps of
 * each organisation; of contacts only those are looked at that are in doubt, or whose address another has too: both are few.
 */
export async function countReasons(db: Asks, checked: CheckedRule): Promise<Reasons> {
  if (checked.problems.length > 0) return { leftOut: [], unreachable: [], inDoubt: 0, addresses: 0 }
  const out = leftOut(checked)
  const { rows } = await sql<Reasons>`
    with ${candidates(checked)},
    doubtful as materialized (select distinct contact.organisation_id as id from directory_contact as contact where ${isMailed('contact')}
      and ${isFresh('contact')} is not true and ${hasFresh} is null),
    addresses as (select address, lag(address) over (order by address) as before
      from (select ${ADDRESS} as address from directory_contact as contact where ${isMailed('contact')}) as mailed),
    shared as materialized (select distinct address from addresses where address = before),
    figures as materialized (
      select sum(audience.mailable_contacts) as messages,
        count(*) filter (where audience.mailable_contacts > 0 and audience.id in (select id from doubtful))::int as in_doubt
      from (${reached(checked)}) as audience),
    unreached as materialized (
      select ${WHY_UNREACHABLE} as why, count(*)::int as count from (${reached(checked)}) as audience where audience.mailable_contacts = 0 group by 1),
    repeats as materialized (
      select count(*) - count(distinct ${ADDRESS}) as count from directory_contact as contact
      where ${isMailed('contact')} and ${ADDRESS} in (select address from shared) and contact.organisation_id in (select id from (${reached(checked)}) as audience))
    select ${
      out === null
        ? sql`'[]'::json`
        : sql`(select coalesce(json_agg(json_build_object('why', why, 'count', count) order by count desc), '[]')
        from (select why, count(*)::int as count from (${out}) as judged group by why) as counted)`
    } as "leftOut",
      (select coalesce(json_agg(json_build_object('why', why, 'count', count) order by count desc), '[]') from unreached) as unreachable,
      (select coalesce(sum(in_doubt), 0)::int from figures) as "inDoubt",
      (select coalesce(sum(messages), 0)::int from figures) - (select count::int from repeats) as addresses`.execute(db)
  const [reasons] = rows
  if (reasons === undefined) throw new Error('A query of figures gave no row.')
  return reasons
}
