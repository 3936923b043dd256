import { sql, type Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { Conflict, Unavailable } from '../../kernel/errors.ts'

const TABLE = 'platform_migration'

export interface MigrationStatus {
  readonly applied: readonly string[]
  readonly pending: readonly string[]
  /** Applied by a newer program than this one, which knows nothing of them. */
  readonly unknown: readonly string[]
}

/**
 * Brings the schema up to date: all pending migrations, or none of them. Several processes may call it at once; one does it. Throws `Conflict` for the database
 * of a newer program, and `Unavailable` when a migration fails.
 */
export async function migrate(db: Kysely<unknown>, migrations: Readonly<Record<string, Migration>>): Promise<readonly string[]> {
  assertNotNewer(await migrationStatus(db, migrations))
  const { error, results } = await migrator(db, migrations).migrateToLatest()
  if (error !== undefined) {
    const failed = results?.find(result => result.status === 'Error')?.migrationName ?? 'unknown'
    throw new Unavailable(
      'platform.db.migration-failed',
      `The database could not be brought up to date (${failed}). Nothing was changed.`,
      undefined,
      { cause: error },
    )
  }
  return (results ?? []).map(result => result.migrationName)
}

/** Which migrations have been applied and which wait. */
export async function migrationStatus(db: Kysely<unknown>, migrations: Readonly<Record<string, Migration>>): Promise<MigrationStatus> {
  const all = await migrator(db, migrations).getMigrations()
  const names = (applied: boolean) => all.filter(migration => (migration.executedAt !== undefined) === applied).map(migration => migration.name)
  return { applied: names(true), pending: names(false), unknown: (await appliedNames(db)).filter(name => !(name in migrations)) }
}

/** Throws `Conflict` when a newer program has changed the schema: what this one writes may not fit. */
export function assertNotNewer({ unknown }: Pick<MigrationStatus, 'unknown'>): void {
  if (unknown.length > 0)
    throw new Conflict(
      'platform.db.newer',
      'This database was brought up to date by a newer CareCERT than this one. Run that version.',
      unknown.join(', '),
    )
}

async function appliedNames(db: Kysely<unknown>): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select table_name as name from information_schema.tables where table_name = ${TABLE}`.execute(db)
  if (rows.length === 0) return []
  return (await sql<{ name: string }>`select name from ${sql.table(TABLE)}`.execute(db)).rows.map(({ name }) => name)
}

function migrator(db: Kysely<unknown>, migrations: Readonly<Record<string, Migration>>): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: TABLE,
    migrationLockTableName: 'platform_migration_lock',
  })
}
