import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { MIGRATIONS } from '../../migrations/index.ts'
import { openDatabase, type Database } from '../../src/platform/db/database.ts'
import { migrate } from '../../src/platform/db/migrate.ts'
import { createDatabase, startPostgres } from '../../test/support/postgres.ts'

/** A PostgreSQL server as one would run it: every commit reaches the disk, and the planner is as it comes. */
const SETTINGS = {
  autovacuum: 'on',
  checkpoint_timeout: '15min',
  fsync: 'on',
  full_page_writes: 'on',
  maintenance_work_mem: '512MB',
  max_wal_size: '8GB',
  shared_buffers: '2GB',
  synchronous_commit: 'on',
}

export interface BenchServer {
  /** A superuser's address. */
  readonly adminUrl: string
  /** Makes a database, migrated and empty unless `template` names another. */
  createDatabase(template?: string): Promise<string>
  stop(): Promise<void>
}

/** Starts a PostgreSQL server for this run, or uses the one that BENCH_DATABASE_URL names (a superuser's address). */
export async function startServer(): Promise<BenchServer> {
  const given = process.env['BENCH_DATABASE_URL']
  const own = given === undefined ? await startPostgres(SETTINGS) : null
  const adminUrl = given ?? own?.adminUrl ?? ''
  return {
    adminUrl,
    createDatabase: template => createDatabase(adminUrl, template),
    stop: async () => own?.stop(),
  }
}

/** An empty, migrated database on a server of its own. `close` ends both. */
export async function openServerDatabase(): Promise<{ readonly database: Database; readonly url: string; close(): Promise<void> }> {
  const server = await startServer()
  try {
    const url = await server.createDatabase()
    const database = await openDatabase({ url, dataFolder: tmpdir() })
    await migrate(database.kysely, MIGRATIONS)
    const close = async () => {
      await database.close()
      await server.stop()
    }
    return { database, url, close }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** `PostgreSQL 15.18, fsync on`. */
export async function serverWords(database: Database): Promise<string> {
  const { rows } = await sql<{ version: string; fsync: string; commit: string }>`
    select split_part(version(), ' ', 2) as version, current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`.execute(
    database.kysely,
  )
  const [row] = rows
  return database.engine === 'embedded'
    ? `PGlite (PostgreSQL ${row?.version})`
    : `PostgreSQL ${row?.version}, fsync ${row?.fsync}, synchronous_commit ${row?.commit}`
}

/** A private folder that is gone after `use`. */
export async function withFolder<R>(use: (folder: string) => Promise<R>): Promise<R> {
  const folder = await mkdtemp(join(tmpdir(), 'carecert-bench-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
