import { sql, type Kysely } from 'kysely'

/** How far each source has been gathered, how often it is, and when it is asked next. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table watch_source
      add column cursor jsonb,
      add column settings jsonb not null default '{}',
      add column every_minutes integer not null default 60,
      add column next_at timestamptz,
      add column failures integer not null default 0,
      add column remarks jsonb not null default '[]',
      add column opens_threats boolean not null default true`.execute(db)
  await sql`update watch_source set opens_threats = false where format in ('nvd', 'cve')`.execute(db)
  // What enriches waits for its threat by its CVEs.
  await sql`create index watch_item_cves on watch_item using gin ((content -> 'cves'))`.execute(db)
}
