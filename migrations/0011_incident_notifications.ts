import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/**
 * What organisations, or anyone, report to the centre. The narrative belongs to the organisation and the centre: a region sees it only where
 * the sender ticked so, and the organisation sees what was sent by somebody signed in for it, or what the centre has confirmed with it, since
 * anybody can claim to write for it. Who sent it, and how to reach them, is the centre's alone.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table watch_notification (
      id text primary key,
      number text not null unique,
      year integer not null,
      sequence integer not null,
      received_at timestamptz not null,
      via text not null check (via in ('form', 'api', 'file')),
      kind text not null,
      what text not null,
      since_words text not null,
      since_at timestamptz,
      since_has_time boolean not null default false,
      care text not null check (care in ('affected', 'unknown', 'not-affected')),
      people_affected integer,
      organisation_given text not null,
      organisation_id text references directory_organisation (id),
      recognised_by text check (recognised_by in ('person', 'code', 'name', 'centre')),
      is_confirmed boolean not null default false,
      shares_with_region boolean not null default false,
      tlp text not null default 'AMBER',
      may_call boolean not null,
      rung_at timestamptz,
      standing text not null check (standing in ('taken', 'suspected', 'spam')),
      suspicions text[] not null default '{}',
      acknowledgement text check (acknowledgement in ('waiting', 'sent', 'refused', 'withheld')),
      needs_understanding boolean not null,
      words_hash text not null,
      search text not null,
      urgency smallint not null generated always as
        (case care when 'affected' then 0 when 'unknown' then 1 else 2 end + case when rung_at is null then 0 else 3 end) stored,
      unique (year, sequence),
      check (organisation_id is not null or (recognised_by is null and not is_confirmed))
    )`.execute(db)
  await sql`create index watch_notification_pressing on watch_notification (standing, urgency, year desc, sequence desc)`.execute(db)
  await sql`create index watch_notification_newest on watch_notification (standing, year desc, sequence desc)`.execute(db)
  await sql`create index watch_notification_organisation on watch_notification (organisation_id, year desc, sequence desc)`.execute(db)
  await sql`create index watch_notification_received on watch_notification (received_at)`.execute(db)
  await sql`create index watch_notification_words on watch_notification (words_hash, received_at)`.execute(db)
  await sql`create index watch_notification_new on watch_notification (year, sequence) where needs_understanding`.execute(db)
  await sql`
    create table watch_notification_sender (
      notification_id text primary key references watch_notification (id),
      at timestamptz not null,
      person_id text,
      name text,
      phone text,
      email text,
      network_hash text,
      email_hash text,
      content_hash text not null,
      request_hash text unique
    )`.execute(db)
  await sql`create index watch_notification_sender_content on watch_notification_sender (content_hash, at)`.execute(db)
  await sql`create index watch_notification_sender_network on watch_notification_sender (network_hash, at)`.execute(db)
  await sql`create index watch_notification_sender_email on watch_notification_sender (email_hash, at)`.execute(db)
  await sql`
    create table watch_notification_note (
      id bigint generated always as identity primary key,
      notification_id text not null references watch_notification (id),
      at timestamptz not null,
      actor_id text not null,
      kind text not null,
      note text
    )`.execute(db)
  await sql`create index watch_notification_note_of on watch_notification_note (notification_id, at)`.execute(db)
  await sql`alter table watch_threat add column care_affected boolean not null default false`.execute(db)

  const centre = sql`(select carecert_sees_all())`
  await protect(
    db,
    'watch_notification',
    sql`(select carecert_sees_all()) or (standing = 'taken' and (
      (is_confirmed and organisation_id = (select carecert_scope_id()))
      or (shares_with_region and (select carecert_scope_kind()) = 'region' and organisation_id in (select carecert_organisations()))))`,
    centre,
  )
  for (const table of ['watch_notification_sender', 'watch_notification_note']) await protect(db, table, centre)
  for (const table of ['watch_notification', 'watch_notification_sender', 'watch_notification_note'])
    await sql`revoke delete on ${sql.table(table)} from carecert_app`.execute(db)
  await sql`grant usage on all sequences in schema public to carecert_app`.execute(db)
}
