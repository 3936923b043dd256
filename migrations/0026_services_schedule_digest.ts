import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/** What is said of national services, releases that wait for their time, and the weekly digest. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const centre = sql`(select carecert_sees_all())`

  await sql`
    create table broadcast_service (
      code text primary key check (code ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
      name text not null,
      purpose text not null,
      added_by text not null,
      added_at timestamptz not null,
      ended_at timestamptz
    )`.execute(db)
  // Statements are only ever added: the newest stands, and what was said before can be read.
  await sql`
    create table broadcast_service_statement (
      id bigint generated always as identity primary key,
      service_code text not null references broadcast_service (code),
      state text not null check (state in ('safe', 'stay-connected', 'take-care', 'do-not-use', 'not-known')),
      words text not null,
      more_by timestamptz,
      bulletin_id text references broadcast_bulletin (id),
      is_exercise boolean not null default false,
      at timestamptz not null,
      by_id text not null,
      by_role text
    )`.execute(db)
  await sql`create index broadcast_service_statement_newest on broadcast_service_statement (service_code, id desc) where not is_exercise`.execute(db)
  await sql`create index broadcast_service_statement_bulletin on broadcast_service_statement (bulletin_id, id desc) where bulletin_id is not null`.execute(
    db,
  )
  // Anyone may read what is said: the page must open for whoever has no account and no time. What an exercise says, only those in it.
  await protect(db, 'broadcast_service', sql`true`, centre)
  await protect(
    db,
    'broadcast_service_statement',
    sql`not is_exercise or (select carecert_sees_all()) or bulletin_id in (select id from broadcast_bulletin)`,
    centre,
  )

  await sql`
    create table broadcast_schedule (
      id bigint generated always as identity primary key,
      bulletin_id text not null references broadcast_bulletin (id),
      release_at timestamptz not null,
      version integer not null,
      organisations integer not null,
      rule_hash text not null,
      approval_id bigint not null references broadcast_review (id),
      state text not null default 'waiting' check (state in ('waiting', 'released', 'cancelled', 'failed')),
      scheduled_by text not null,
      scheduled_at timestamptz not null,
      ended_at timestamptz,
      words text
    )`.execute(db)
  await sql`create unique index broadcast_schedule_waiting on broadcast_schedule (bulletin_id) where state = 'waiting'`.execute(db)
  await sql`create index broadcast_schedule_due on broadcast_schedule (release_at)`.execute(db)
  await protect(db, 'broadcast_schedule', centre)

  // On which day and at what hour of London it goes out, from a day on; without a day of the week none goes out.
  await sql`
    create table broadcast_digest_policy (
      effective_from date primary key,
      weekday integer check (weekday between 1 and 7),
      hour integer not null check (hour between 0 and 23),
      source text not null
    )`.execute(db)
  await sql`
    insert into broadcast_digest_policy (effective_from, weekday, hour, source) values ('2018-04-01', 1, 8, 'As delivered: the centre decides otherwise by a row of its own')`.execute(
    db,
  )
  await sql`
    create table broadcast_digest (
      id text primary key,
      week date not null unique,
      made_at timestamptz not null,
      letters integer not null
    )`.execute(db)
  await sql`
    create table broadcast_digest_letter (
      id text primary key,
      digest_id text not null references broadcast_digest (id),
      address text not null,
      name text not null,
      state text not null check (state in ('queued', 'sending', 'sent', 'failed', 'given-up', 'empty')),
      attempts integer not null default 0,
      due_at timestamptz,
      sent_at timestamptz,
      words text,
      unique (digest_id, address)
    )`.execute(db)
  await sql`create index broadcast_digest_letter_due on broadcast_digest_letter (due_at nulls first, id) where state in ('queued', 'sending', 'failed')`.execute(
    db,
  )
  await protect(db, 'broadcast_digest_policy', centre)
  await protect(db, 'broadcast_digest', centre)
  await protect(db, 'broadcast_digest_letter', centre)
}
