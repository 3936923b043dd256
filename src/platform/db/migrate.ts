import type { Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { Unavailable } from '../../kernel/errors.ts'

export interface MigrationStatus {
  readonly applied: readonly string[]
  readonly pending: readonly string[]
}

/** Brings the schema up to date: all pending migrations, or none of them. Several processes may call it at once; one does it. */
export async function migrate(db: Kysely<unknown>, migrations: Readonly<Record<string, Migration>>): Promise<readonly string[]> {
  const { error, results } = await migrator(db, migrations).migrateToLatest()
  if (error !== undefined) {
    const failed = results?.find(result => result.status === 'Error')?.migrationName ?? 'unknown'
    throw new Unavailable(
      'platform.db.migration-failed',
      `The database could not be brought up to date (${failed}). Nothing was changed. The log says why.`,
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
  return { applied: names(true), pending: names(false) }
}

function migrator(db: Kysely<unknown>, migrations: Readonly<Record<string, Migration>>): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: 'platform_migration',
    migrationLockTableName: 'platform_migration_lock',
  })
}
