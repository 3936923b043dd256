import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/** Bulletins and their versions, audiences, releases, deliveries and responses. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create sequence broadcast_bulletin_number start 5001`.execute(db)
  await sql`
    create table broadcast_bulletin (
      id text primary key,
      number integer not null unique default nextval('broadcast_bulletin_number'),
      threat_id text references watch_threat (id),
      state text not null,
      version integer not null,
      approved_version integer,
      author_id text not null,
      title text not null,
      severity text not null,
      tlp text not null,
      respond_by timestamptz,
      created_at timestamptz not null,
      updated_at timestamptz not null,
      released_at timestamptz,
      withdrawn_at timestamptz,
      withdrawn_reason text,
      is_exercise boolean not null default false
    )`.execute(db)
  await sql`create index broadcast_bulletin_list on broadcast_bulletin (number desc)`.execute(db)
  await sql`
    create table broadcast_version (
      bulletin_id text not null references broadcast_bulletin (id),
      version integer not null,
      content jsonb not null,
      content_hash text not null,
      saved_by text not null,
      saved_at timestamptz not null,
      primary key (bulletin_id, version)
    )`.execute(db)
  await sql`
    create table broadcast_severity (
      id bigint generated always as identity primary key,
      bulletin_id text not null references broadcast_bulletin (id),
      severity text not null,
      at timestamptz not null,
      by_id text not null,
      reason text
    )`.execute(db)
  await sql`
    create table broadcast_update (
      id bigint generated always as identity primary key,
      bulletin_id text not null references broadcast_bulletin (id),
      at timestamptz not null,
      title text not null,
      body text not null,
      by_id text not null
    )`.execute(db)
  await sql`
    create table broadcast_review (
      id bigint generated always as identity primary key,
      bulletin_id text not null references broadcast_bulletin (id),
      version integer not null,
      decision text not null check (decision in ('sent', 'approved', 'returned')),
      by_id text not null,
      at timestamptz not null,
      comment text
    )`.execute(db)
  // By when an answer is asked for is decided by others and changes by decree: rows with the date from which they hold.
  await sql`
    create table broadcast_response_deadline (
      severity text not null,
      effective_from date not null,
      hours integer not null check (hours > 0),
      source text not null,
      primary key (severity, effective_from)
    )`.execute(db)
  await sql`
    insert into broadcast_response_deadline (severity, effective_from, hours, source)
    values ('high', '2018-04-01', 48, 'Data Security and Protection Toolkit 6.3.2: respond to a high severity alert within 48 hours')`.execute(db)
  await sql`
    create table broadcast_audience (
      bulletin_id text primary key references broadcast_bulletin (id),
      rule jsonb not null,
      saved_by text not null,
      saved_at timestamptz not null
    )`.execute(db)
  await sql`
    create table broadcast_release (
      id text primary key,
      bulletin_id text not null unique references broadcast_bulletin (id),
      version integer not null,
      released_by text not null,
      released_at timestamptz not null,
      rule jsonb not null,
      audience_hash text not null,
      organisations integer not null,
      contacts integer not null,
      unreachable integer not null
    )`.execute(db)
  await sql`
    create table broadcast_recipient (
      bulletin_id text not null references broadcast_bulletin (id),
      organisation_id text not null references directory_organisation (id),
      release_id text not null references broadcast_release (id),
      type text,
      region_code text,
      board_code text,
      is_reachable boolean not null,
      delivered_at timestamptz,
      acknowledged_at timestamptz,
      decided_at timestamptz,
      done_at timestamptz,
      response text,
      response_at timestamptz,
      next_date date,
      primary key (bulletin_id, organisation_id)
    )`.execute(db)
  // How many recipients stand where, in rows that are only ever added: writers never wait for each other here, and a page sums a few
  // hundred rows instead of fifty thousand. A job merges the rows of one key now and then.
  await sql`
    create table broadcast_tally (
      bulletin_id text not null references broadcast_bulletin (id),
      type text,
      region_code text,
      board_code text,
      is_reachable boolean not null,
      is_delivered boolean not null,
      response text,
      change integer not null
    )`.execute(db)
  await sql`create index broadcast_tally_bulletin on broadcast_tally (bulletin_id)`.execute(db)
  await sql`
    create function broadcast_tally_recipients() returns trigger language plpgsql security definer set search_path = public, pg_temp
    as $$ begin
      insert into broadcast_tally (bulletin_id, type, region_code, board_code, is_reachable, is_delivered, response, change)
        select bulletin_id, type, region_code, board_code, is_reachable, delivered_at is not null, response, sum(sign)
        from (
          select recipient.*, 1 as sign from after_change recipient
          union all
          select recipient.*, -1 as sign from before_change recipient
        ) as changed
        group by 1, 2, 3, 4, 5, 6, 7 having sum(sign) <> 0;
      return null;
    end $$`.execute(db)
  await sql`
    create function broadcast_tally_released() returns trigger language plpgsql security definer set search_path = public, pg_temp
    as $$ begin
      insert into broadcast_tally (bulletin_id, type, region_code, board_code, is_reachable, is_delivered, response, change)
        select bulletin_id, type, region_code, board_code, is_reachable, delivered_at is not null, response, count(*) from after_change group by 1, 2, 3, 4, 5, 6, 7;
      return null;
    end $$`.execute(db)
  await sql`
    create trigger broadcast_recipient_released after insert on broadcast_recipient referencing new table as after_change
      for each statement execute function broadcast_tally_released()`.execute(db)
  await sql`
    create trigger broadcast_recipient_changed after update on broadcast_recipient referencing new table as after_change old table as before_change
      for each statement execute function broadcast_tally_recipients()`.execute(db)
  await sql`create index broadcast_recipient_organisation on broadcast_recipient (organisation_id, bulletin_id)`.execute(db)
  // The curves of a bulletin's answers are drawn from this index alone, save for rows just changed.
  await sql`create index broadcast_recipient_answered on broadcast_recipient (bulletin_id, acknowledged_at) include (decided_at, done_at, organisation_id)
    where acknowledged_at is not null`.execute(db)
  await sql`
    create table broadcast_delivery (
      id text primary key,
      release_id text not null references broadcast_release (id),
      bulletin_id text not null references broadcast_bulletin (id),
      organisation_id text not null references directory_organisation (id),
      contact_id text not null references directory_contact (id),
      channel text not null,
      address text not null,
      state text not null check (state in ('waiting', 'sending', 'sent', 'failed', 'given-up')),
      attempts integer not null default 0,
      words text,
      queued_at timestamptz not null,
      attempted_at timestamptz,
      due_at timestamptz,
      sent_at timestamptz,
      message_id text not null,
      link_spent_at timestamptz,
      link_generation integer not null default 1,
      unique (release_id, contact_id, channel)
    )`.execute(db)
  // Workers take the next due from the first index; the second counts a release's deliveries by state without reading the rows.
  await sql`create index broadcast_delivery_due on broadcast_delivery (release_id, due_at nulls first, id) where state in ('waiting', 'sending', 'failed')`.execute(
    db,
  )
  await sql`create index broadcast_delivery_state on broadcast_delivery (release_id, state)`.execute(db)
  await sql`create index broadcast_delivery_organisation on broadcast_delivery (bulletin_id, organisation_id, id)`.execute(db)
  await sql`
    create table broadcast_response (
      id text primary key,
      bulletin_id text not null references broadcast_bulletin (id),
      organisation_id text not null references directory_organisation (id),
      state text not null,
      at timestamptz not null,
      by_kind text not null,
      by_id text not null,
      via text not null,
      note text,
      reason text,
      next_date date
    )`.execute(db)
  await sql`create index broadcast_response_at on broadcast_response (at)`.execute(db)
  await sql`create index broadcast_response_of on broadcast_response (bulletin_id, organisation_id, at)`.execute(db)

  const centre = sql`(select carecert_sees_all())`
  const ofOrganisation = sql`(select carecert_sees_all()) or organisation_id in (select carecert_organisations())`
  for (const table of ['broadcast_recipient', 'broadcast_delivery', 'broadcast_response']) await protect(db, table, ofOrganisation)
  // An organisation sees a bulletin once it was released to it, and the version that was released; drafts are the centre's.
  await protect(
    db,
    'broadcast_bulletin',
    sql`(select carecert_sees_all()) or (released_at is not null and id in (select bulletin_id from broadcast_recipient where organisation_id in (select carecert_organisations())))`,
    centre,
  )
  await protect(db, 'broadcast_release', sql`(select carecert_sees_all()) or bulletin_id in (select id from broadcast_bulletin)`, centre)
  await protect(
    db,
    'broadcast_version',
    sql`(select carecert_sees_all()) or (bulletin_id, version) in (select bulletin_id, version from broadcast_release)`,
    centre,
  )
  for (const table of ['broadcast_severity', 'broadcast_update'])
    await protect(db, table, sql`(select carecert_sees_all()) or bulletin_id in (select id from broadcast_bulletin)`, centre)
  for (const table of ['broadcast_review', 'broadcast_audience', 'broadcast_response_deadline', 'broadcast_tally']) await protect(db, table, centre)
  await sql`grant usage on all sequences in schema public to carecert_app`.execute(db)
}
