import { sql } from 'kysely'
import type { Database } from './db/database.ts'

/** A setting that lives with the data rather than in the environment, such as whether it is the sample. `undefined` when it was never set. */
export async function readSetting(database: Database, name: string): Promise<unknown> {
  const { rows } = await sql<{ value: unknown }>`select value from platform_setting where name = ${name}`.execute(database.kysely)
  return rows[0]?.value
}

/** Sets such a setting, for good or until set anew. */
export async function storeSetting(database: Database, name: string, value: unknown): Promise<void> {
  await sql`insert into platform_setting (name, value) values (${name}, ${JSON.stringify(value)}::jsonb) on conflict (name) do update set value = excluded.value`.execute(
    database.kysely,
  )
}

/** Whether nobody has used this database yet: no organisation, no person. */
export async function isEmpty(database: Database): Promise<boolean> {
  const { rows } = await sql<{
    used: boolean
  }>`select exists (select from directory_organisation) or exists (select from directory_person) as used`.execute(database.kysely)
  return rows[0]?.used !== true
}
