import { sql } from 'kysely'
import type { Exclusion, Unreachable } from '../model.ts'
import { audienceHash, nobody, type AudienceSummary } from '../queries.ts'
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

/** The figures of a rule with why it does not reach whom it does not reach. */
export interface AudienceFigures {
  readonly summary: AudienceSummary
  readonly reasons: Reasons
}

/**
 * How many a rule reaches, with the audience's hash, who is not reached, counted by why, and to how many addresses the messages go. The audience is
 * walked once, with what the directory keeps of each organisation; of contacts only those are looked at that are in doubt, or whose address another has too: both are few.
 */
export async function countAudience(db: Asks, checked: CheckedRule): Promise<AudienceFigures> {
  if (checked.problems.length > 0) return { summary: nobody(checked), reasons: NO_REASONS }
  const out = leftOut(checked)
  const { rows } = await sql<{ summary: Omit<AudienceSummary, 'problems'>; reasons: Reasons }>`
    with ${candidates(checked)},
    audience as materialized (select id, code, mailable_contacts from (${reached(checked)}) as audience order by code collate "C"),
    doubtful as materialized (select distinct contact.organisation_id as id from directory_contact as contact where ${isMailed('contact')}
      and ${isFresh('contact')} is not true and ${hasFresh} is null),
    figures as materialized (
      select count(*)::int as organisations, coalesce(sum(mailable_contacts), 0)::int as contacts, count(*) filter (where mailable_contacts = 0)::int as unreachable,
        ${audienceHash(checked)} as hash, count(*) filter (where mailable_contacts > 0 and id in (select id from doubtful))::int as in_doubt from audience),
    unreached as materialized (select ${WHY_UNREACHABLE} as why, count(*)::int as count from audience where mailable_contacts = 0 group by 1),
    repeats as materialized (
      select (count(*) - count(distinct address))::int as count from directory_shared_addresses() where organisation_id in (select id from audience))
    select json_build_object('organisations', organisations, 'contacts', contacts, 'unreachable', unreachable, 'hash', hash) as summary,
      json_build_object(
        'leftOut', ${out === null ? sql`'[]'::json` : sql`(select ${counted} from (select why, count(*)::int as count from (${out}) as judged group by why) as counted)`},
        'unreachable', (select ${counted} from unreached),
        'inDoubt', in_doubt,
        'addresses', contacts - (select count from repeats)) as reasons
    from figures`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('A query of figures gave no row.')
  return { summary: { ...row.summary, problems: [] }, reasons: row.reasons }
}

const NO_REASONS: Reasons = { leftOut: [], unreachable: [], inDoubt: 0, addresses: 0 }
const counted = sql`coalesce(json_agg(json_build_object('why', why, 'count', count) order by count desc), '[]')`
