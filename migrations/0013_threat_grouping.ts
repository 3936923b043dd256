import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/** What ties items to one another, and what people merged and split, so that each can be undone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table watch_item_key (
      item_id text not null references watch_item (id),
      key text not null,
      is_identity boolean not null,
      primary key (item_id, key)
    )`.execute(db)
  await sql`create index watch_item_key_key on watch_item_key (key)`.execute(db)
  await sql`create index watch_item_published on watch_item (published_at)`.execute(db)
  await sql`create index watch_item_without_cve on watch_item (published_at) where content -> 'cves' = '[]'::jsonb`.execute(db)
  await sql`alter table watch_threat add column merged_into text references watch_threat (id)`.execute(db)
  await sql`
    create table watch_threat_regrouping (
      id text primary key,
      kind text not null check (kind in ('merged', 'split')),
      at timestamptz not null,
      actor_id text not null,
      reason text not null,
      from_threat_id text not null references watch_threat (id),
      to_threat_id text not null references watch_threat (id),
      items jsonb not null,
      undone_at timestamptz,
      undone_by text,
      undone_reason text
    )`.execute(db)
  await sql`create index watch_threat_regrouping_from on watch_threat_regrouping (from_threat_id)`.execute(db)
  await sql`create index watch_threat_regrouping_to on watch_threat_regrouping (to_threat_id)`.execute(db)
  for (const table of ['watch_item_key', 'watch_threat_regrouping']) await protect(db, table, sql`(select carecert_sees_all())`)
}
