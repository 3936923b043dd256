import { sql } from 'kysely'
import type { Database } from './database.ts'

/** What `doctor` wants to know of a PostgreSQL server. */
export interface ServerFacts {
  /** As `server_version_num`: 150018 for 15.18. */
  readonly version: number
  readonly fsync: boolean
  readonly synchronousCommit: boolean
  readonly isSuperuser: boolean
}

export async function inspectServer(database: Database): Promise<ServerFacts> {
  const { rows } = await sql<ServerFacts>`
    select current_setting('server_version_num')::int as version, current_setting('fsync') = 'on' as fsync,
      current_setting('synchronous_commit') <> 'off' as "synchronousCommit",
      (select rolsuper from pg_roles where rolname = current_user) as "isSuperuser"`.execute(database.kysely)
  const [facts] = rows
  if (facts === undefined) throw new Error('The server gave no row.')
  return facts
}
