import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import { AudienceRule } from '../model.ts'
import type { Asks } from './asks.ts'

export interface SavedAudience {
  readonly name: string
  readonly version: number
  /** `undefined` when what is stored cannot be read. */
  readonly rule: AudienceRule | undefined
  readonly savedAt: Instant
  /** `null` for the operator. */
  readonly savedBy: string | null
}

/** The newest version of each saved audience, by name. */
export async function savedAudiences(db: Asks): Promise<readonly SavedAudience[]> {
  const rows = await db
    .selectFrom('broadcast_saved_audience as saved')
    .leftJoin('directory_person as person', 'person.id', 'saved.saved_by')
    .select(['saved.name', 'saved.version', 'saved.rule', 'saved.saved_at as savedAt', 'person.name as savedBy'])
    .distinctOn('saved.name')
    .orderBy('saved.name')
    .orderBy('saved.version', 'desc')
    .execute()
  return rows.map(row => ({ ...row, rule: AudienceRule.safeParse(row.rule).data }))
}

/** The newest version of a saved audience; 0 when there is none of that name. It is held until the unit of work ends. */
export async function newestVersion(db: Asks, name: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext(${`saved audience ${name}`}))`.execute(db)
  const row = await db
    .selectFrom('broadcast_saved_audience')
    .select(({ fn }) => fn.max('version').as('version'))
    .where('name', '=', name)
    .executeTakeFirst()
  return row?.version ?? 0
}
