import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/**
 * Living bulletins: versions that are worked on beside the one that readers see, updates that say whether they are material, bulletins that
 * another replaces. Holding statements and their templates. What one person released, and its review after.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const centre = sql`(select carecert_sees_all())`
  const ofBulletin = sql`(select carecert_sees_all()) or bulletin_id in (select id from broadcast_bulletin)`

  await sql`
    alter table broadcast_bulletin
      add column is_holding boolean not null default false,
      add column superseded_by text references broadcast_bulletin (id),
      add column answer_again_at timestamptz`.execute(db)
  // What was published before told nobody.
  await sql`
    alter table broadcast_update
      add column kind text not null default 'note' check (kind in ('note', 'version', 'severity', 'withdrawal', 'replacement')),
      add column version integer,
      add column is_material boolean not null default false,
      add column asks_again boolean not null default false,
      add column told integer not null default 0`.execute(db)
  await sql`alter table broadcast_review add column content_hash text`.execute(db)
  await sql`create index broadcast_update_bulletin on broadcast_update (bulletin_id, id desc)`.execute(db)

  // The version of a released bulletin that is worked on. Readers see neither it nor that there is one.
  await sql`
    create table broadcast_revision (
      bulletin_id text primary key references broadcast_bulletin (id),
      version integer not null,
      state text not null check (state in ('draft', 'in-review', 'approved')),
      approved_version integer,
      started_by text not null,
      started_at timestamptz not null,
      updated_at timestamptz not null
    )`.execute(db)
  await protect(db, 'broadcast_revision', centre)

  // Readers may see what was published to them, at the release or since: what changed is shown between two of those. What was published under a
  // narrower label than the bulletin has today is not for those who were let in by the wider one.
  const rank = (label: ReturnType<typeof sql>) => sql`array_position(array['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED'], ${label})`
  const isNarrower = sql`exists (
    select from broadcast_bulletin today where today.id = broadcast_version.bulletin_id
      and ${rank(sql`broadcast_version.content ->> 'tlp'`)} > ${rank(sql`today.tlp`)})`
  await sql`
    alter policy broadcast_version_read on broadcast_version using (
      (select carecert_sees_all())
      or (not ${isNarrower} and (
        (bulletin_id, version) in (select bulletin_id, version from broadcast_release)
        or exists (select from broadcast_update published where published.bulletin_id = broadcast_version.bulletin_id and published.version = broadcast_version.version)
      ))
    )`.execute(db)
  await sql`
    create or replace function broadcast_search(words tsquery) returns setof text language sql stable security definer rows 100 set search_path = public, pg_temp
    as $$
      select bulletin.id from broadcast_version found join broadcast_bulletin bulletin on bulletin.id = found.bulletin_id and bulletin.version = found.version
      where found.search @@ words and (
        not exists (select from broadcast_release release where release.bulletin_id = bulletin.id and release.version <> found.version)
        or exists (select from broadcast_update published where published.bulletin_id = bulletin.id and published.version = found.version)
      )
    $$`.execute(db)

  await sql`
    create table broadcast_holding_template (
      code text not null check (code ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
      version integer not null,
      name text not null,
      title text not null,
      what text not null,
      to_do text not null,
      effective_from date,
      effective_to date,
      saved_by text not null,
      saved_at timestamptz not null,
      approved_by text check (approved_by <> saved_by),
      approved_at timestamptz,
      primary key (code, version)
    )`.execute(db)
  await protect(db, 'broadcast_holding_template', centre)
  // Drafts: nobody can release by them before a person at the centre has approved them.
  await sql`
    insert into broadcast_holding_template (code, version, name, title, what, to_do, saved_by, saved_at)
    values
      ('looking-into', 1, 'We are looking into something', '{what}',
        'We are looking into this: {what}. It may concern {who}. We do not know more yet.',
        '{do}. Do not disconnect anything that care depends on because of this message alone.', 'system', now()),
      ('exploited', 1, 'A flaw is being exploited', 'Being exploited: {what}',
        'This is being exploited: {what}. It concerns {who}.',
        '{do}. If you see signs of it, ring us before you switch anything off.', 'system', now()),
      ('service-down', 1, 'A shared service is failing', 'Failing: {what}',
        'This is failing: {what}. It concerns {who}. We do not know the cause yet.',
        '{do}. Keep to your own plan for working without it until we say that it is back.', 'system', now())`.execute(db)

  await sql`
    create table broadcast_holding (
      bulletin_id text primary key references broadcast_bulletin (id),
      template_code text not null,
      template_version integer not null,
      request text not null unique,
      foreign key (template_code, template_version) references broadcast_holding_template (code, version)
    )`.execute(db)
  await protect(db, 'broadcast_holding', centre)

  // What went out by the decision of one person: readers see that it did, and whether it was reviewed since.
  await sql`
    create table broadcast_alone (
      id bigint generated always as identity primary key,
      bulletin_id text not null references broadcast_bulletin (id),
      version integer not null,
      kind text not null check (kind in ('holding', 'emergency')),
      reason text not null,
      by_id text not null,
      at timestamptz not null,
      reviewed_by text check (reviewed_by <> by_id),
      reviewed_at timestamptz,
      findings text,
      unique (bulletin_id, version)
    )`.execute(db)
  await sql`create index broadcast_alone_waiting on broadcast_alone (at) where reviewed_at is null`.execute(db)
  await protect(db, 'broadcast_alone', ofBulletin, centre)
}
