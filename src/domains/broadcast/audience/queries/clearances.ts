import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tlp } from '../../../../kernel/tlp.ts'
import type { Asks } from './asks.ts'

export interface TypeClearance {
  readonly type: string
  readonly plural: string
  /** `null` when no row holds today: then nothing above CLEAR is told. */
  readonly tlp: Tlp | null
  readonly since: string | null
  readonly source: string | null
}

/** What organisations of each type may be told today, in the order of types. */
export async function typeClearances(db: Asks): Promise<readonly TypeClearance[]> {
  const { rows } = await sql<TypeClearance>`
    select type.code as type, type.plural, found.tlp, found.effective_from::text as since, found.source
    from directory_organisation_type as type
    left join lateral (select * from broadcast_clearance as clearance
      where clearance.type = type.code and clearance.effective_from <= (now() at time zone 'Europe/London')::date
      order by clearance.effective_from desc limit 1) as found on true
    order by type.position`.execute(db)
  return rows
}

export interface ClearanceOverride {
  readonly id: number
  readonly code: string
  readonly name: string
  readonly tlp: Tlp
  readonly reason: string
  readonly at: Instant
  /** `null` for the operator. */
  readonly by: string | null
}

/** The organisations that may be told more, or less, than others of their type: the newest first, at most 500. */
export async function clearanceOverrides(db: Asks): Promise<readonly ClearanceOverride[]> {
  return db
    .selectFrom('broadcast_clearance_override as given')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'given.organisation_id')
    .leftJoin('directory_person as person', 'person.id', 'given.by_id')
    .select(['given.id', 'organisation.code', 'organisation.name', 'given.tlp', 'given.reason', 'given.at', 'person.name as by'])
    .where('given.ended_at', 'is', null)
    .orderBy('given.id', 'desc')
    .limit(500)
    .execute()
}
