import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/** What is known about single CVEs beside what items say, and what threats take from it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table watch_epss (
      cve text primary key,
      score_millionths integer not null,
      percentile_millionths integer,
      changed_on date not null
    )`.execute(db)
  await sql`create index watch_epss_changed on watch_epss (changed_on)`.execute(db)
  await sql`
    create table watch_epss_file (
      score_date date primary key,
      model_version text,
      gathered_at timestamptz not null
    )`.execute(db)
  for (const table of ['watch_epss', 'watch_epss_file']) await protect(db, table, sql`(select carecert_sees_all())`)
  await sql`
    alter table watch_threat
      add column exploitation text check (exploitation in ('none', 'poc', 'active')),
      add column automatable boolean,
      add column technical_impact text check (technical_impact in ('partial', 'total')),
      add column epss_millionths integer,
      add column epss_step integer not null default 0,
      add column clinical_safety boolean not null default false`.execute(db)
}
