import { sql } from 'kysely'
import type { Exclusion, Unreachable } from '../model.ts'
import type { Asks } from './asks.ts'
import type { CheckedRule } from './checking.ts'
import { candidates, leftOut, reached } from './matching.ts'
import { IS_FRESH, WHY_UNREACHABLE } from './reachability.ts'

export interface Reasons {
  readonly leftOut: readonly { readonly why: Exclusion; readonly count: number }[]
  readonly unreachable: readonly { readonly why: Unreachable; readonly count: number }[]
  /** Reached, but whether anything gets there is in doubt. */
  readonly inDoubt: number
  /** Addresses to which the messages go: a person who stands for several organisations gets one that names them all. */
  readonly addresses: number
}

/** Who is not reached, counted by why, and to how many addresses the messages go. */
export async function countReasons(db: Asks, checked: CheckedRule): Promise<Reasons> {
  if (checked.problems.length > 0) return { leftOut: [], unreachable: [], inDoubt: 0, addresses: 0 }
  const out = leftOut(checked)
  const { rows } = await sql<Reasons>`
    with ${candidates(checked)}, audience as materialized (select id, mailable_contacts from (${reached(checked)}) as found),
    mailed as materialized (select contact.organisation_id, lower(contact.email) collate "C" as address, ${IS_FRESH} as is_fresh
      from audience join directory_contact as contact on contact.organisation_id = audience.id
      where contact.ended_at is null and contact.receives_bulletins and contact.email is not null)
    select ${
      out === null
        ? sql`'[]'::json`
        : sql`(select coalesce(json_agg(json_build_object('why', why, 'count', count) order by count desc), '[]')
        from (select why, count(*)::int as count from (${out}) as judged group by why) as counted)`
    } as "leftOut",
      (select coalesce(json_agg(json_build_object('why', why, 'count', count) order by count desc), '[]')
        from (select ${WHY_UNREACHABLE} as why, count(*)::int as count from audience where mailable_contacts = 0 group by 1) as counted) as unreachable,
      (select count(*)::int from audience where mailable_contacts > 0)
        - (select count(*)::int from (select from mailed where is_fresh group by organisation_id) as fresh) as "inDoubt",
      (select count(*)::int from (select from mailed group by address) as addresses) as addresses`.execute(db)
  const [reasons] = rows
  if (reasons === undefined) throw new Error('A query of figures gave no row.')
  return reasons
}
