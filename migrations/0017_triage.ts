import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/** Triage in steps, filters that a person keeps, and indicators of compromise. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table watch_threat
      add column look_again_on date`.execute(db)
  await sql`update watch_threat set state = 'triaging' where state = 'in-hand'`.execute(db)
  await sql`
    alter table watch_threat
      add constraint watch_threat_state check (state in ('new', 'triaging', 'watching', 'drafting', 'dismissed', 'closed')),
      add constraint watch_threat_watched check ((state = 'watching') = (look_again_on is not null))`.execute(db)
  await sql`alter table watch_threat_note add column person_id text`.execute(db)
  await sql`create index watch_threat_holder on watch_threat (holder_id)`.execute(db)

  // What changed since a shift is read newest first.
  await sql`create index watch_threat_created on watch_threat (created_at)`.execute(db)
  await sql`create index watch_threat_note_at on watch_threat_note (at)`.execute(db)
  await sql`create index watch_item_change_at on watch_item_change (at)`.execute(db)

  // Who acts, set for each transaction as the scope is (see 0001).
  await sql`
    create function carecert_actor_id() returns text language sql stable
    as $$ select coalesce(current_setting('carecert.actor_id', true), '') $$`.execute(db)
  await sql`
    create table watch_threat_filter (
      person_id text not null,
      name text not null,
      address text not null,
      saved_at timestamptz not null,
      primary key (person_id, name)
    )`.execute(db)
  await protect(db, 'watch_threat_filter', sql`person_id = (select carecert_actor_id())`)

  await sql`
    create table watch_indicator (
      item_id text not null references watch_item (id) on delete cascade,
      type text not null,
      value text not null,
      tlp text not null,
      first_seen timestamptz,
      last_seen timestamptz,
      valid_until timestamptz,
      note text
    )`.execute(db)
  // By its hash: a long address exceeds what a row of an index may hold.
  await sql`create unique index watch_indicator_once on watch_indicator (item_id, type, md5(value))`.execute(db)
  await sql`create index watch_indicator_value on watch_indicator (md5(value), type)`.execute(db)
  await protect(db, 'watch_indicator', sql`(select carecert_sees_all())`)
}
