import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/**
 * Who may be told what: saved audiences, the clearance of each type and of single organisations (TLP 2.0, https://www.first.org/tlp/), those
 * who were caught up after a release; and the second lock on what may not go to an organisation's IT delivery partner.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const centre = sql`(select carecert_sees_all())`
  // Every version stays: what was released says which one it used.
  await sql`
    create table broadcast_saved_audience (
      name text not null,
      version integer not null check (version > 0),
      rule jsonb not null,
      saved_by text not null,
      saved_at timestamptz not null,
      primary key (name, version)
    )`.execute(db)
  await sql`
    create table broadcast_clearance (
      type text not null references directory_organisation_type (code),
      effective_from date not null,
      tlp text not null check (tlp in ('CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED')),
      source text not null,
      primary key (type, effective_from)
    )`.execute(db)
  await sql`
    insert into broadcast_clearance (type, effective_from, tlp, source)
    select code, date '2022-08-01',
      case
        when code in ('supplier', 'other') then 'GREEN'
        when code in ('centre', 'region', 'board', 'sub-board', 'commissioning-group', 'commissioning-hub', 'reporting-entity', 'trust', 'care-trust',
          'ambulance-trust', 'welsh-trust', 'practice', 'support-unit') then 'RED'
        else 'AMBER+STRICT'
      end,
      'As shipped: change it to what your centre has agreed with each kind of organisation'
    from directory_organisation_type`.execute(db)
  await sql`
    create table broadcast_clearance_override (
      id bigint generated always as identity primary key,
      organisation_id text not null references directory_organisation (id),
      tlp text not null check (tlp in ('CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED')),
      reason text not null,
      by_id text not null,
      at timestamptz not null,
      ended_at timestamptz,
      ended_by text
    )`.execute(db)
  await sql`create unique index broadcast_clearance_override_once on broadcast_clearance_override (organisation_id) where ended_at is null`.execute(
    db,
  )
  await sql`
    create table broadcast_stale_contact (
      effective_from date primary key,
      days integer not null check (days > 0),
      source text not null
    )`.execute(db)
  await sql`
    insert into broadcast_stale_contact (effective_from, days, source)
    values ('2026-01-01', 365, 'As shipped: a contact that nothing has reached for a year is in doubt')`.execute(db)

  await sql`
    create table broadcast_catch_up (
      id bigint generated always as identity primary key,
      bulletin_id text not null references broadcast_bulletin (id),
      release_id text not null references broadcast_release (id),
      reason text not null,
      audience_hash text not null,
      organisations integer not null,
      contacts integer not null,
      unreachable integer not null,
      by_id text not null,
      at timestamptz not null
    )`.execute(db)
  await sql`create index broadcast_catch_up_bulletin on broadcast_catch_up (bulletin_id, id)`.execute(db)
  await sql`alter table broadcast_recipient add column name text, add column joined_at timestamptz, add column catch_up_id bigint references broadcast_catch_up (id)`.execute(
    db,
  )
  // What of their technology made the rule reach organisations, as it was at release: they may read it, and watch's matches they may not.
  await sql`alter table broadcast_release add column matched jsonb not null default '[]'`.execute(db)

  for (const table of [
    'broadcast_saved_audience',
    'broadcast_clearance',
    'broadcast_clearance_override',
    'broadcast_stale_contact',
    'broadcast_catch_up',
  ])
    await protect(db, table, centre)
  await keepFromPartners(db)
  await sql`grant usage on all sequences in schema public to carecert_app`.execute(db)
}

/** AMBER+STRICT stays within the organisation and RED with the people named: a partner sees neither for its customers, only what went to itself. */
async function keepFromPartners(db: Kysely<unknown>): Promise<void> {
  // Security definer: it must see the labels to say who may see.
  await sql`
    create function carecert_strict_bulletins() returns setof text language sql stable security definer rows 50 set search_path = public, pg_temp
    as $$ select id from broadcast_bulletin where tlp in ('AMBER+STRICT', 'RED') and carecert_scope_kind() = 'partner' $$`.execute(db)
  await sql`
    create or replace function carecert_bulletins() returns setof text language sql stable security definer rows 50 set search_path = public, pg_temp
    as $$
      select bulletin.id from broadcast_bulletin bulletin where bulletin.released_at is not null and carecert_scope_kind() = 'region'
        and exists (select from broadcast_recipient recipient where recipient.bulletin_id = bulletin.id and recipient.looked_after_by = carecert_region())
      union all
      select recipient.bulletin_id from broadcast_recipient recipient where carecert_scope_kind() = 'organisation'
        and recipient.organisation_id = carecert_scope_id()
      union all
      select recipient.bulletin_id from broadcast_recipient recipient where carecert_scope_kind() = 'partner'
        and recipient.organisation_id in (select carecert_organisations())
        and (recipient.organisation_id = carecert_scope_id() or recipient.bulletin_id not in (select carecert_strict_bulletins()))
    $$`.execute(db)
  const ownOnly = sql`organisation_id = (select carecert_scope_id()) or bulletin_id not in (select carecert_strict_bulletins())`
  const ofOrganisation = sql`(select carecert_sees_all()) or (organisation_id in (select carecert_organisations()) and (${ownOnly}))`
  for (const table of ['broadcast_recipient', 'broadcast_delivery', 'broadcast_response']) {
    const read =
      table === 'broadcast_recipient'
        ? sql`(select carecert_sees_all()) or looked_after_by = (select carecert_region())
            or ((select carecert_scope_kind()) <> 'region' and organisation_id in (select carecert_organisations()) and (${ownOnly}))`
        : ofOrganisation
    await sql`alter policy ${sql.ref(`${table}_read`)} on ${sql.table(table)} using (${read})`.execute(db)
    await sql`alter policy ${sql.ref(`${table}_insert`)} on ${sql.table(table)} with check (${ofOrganisation})`.execute(db)
    await sql`alter policy ${sql.ref(`${table}_update`)} on ${sql.table(table)} using (${ofOrganisation})`.execute(db)
    await sql`alter policy ${sql.ref(`${table}_delete`)} on ${sql.table(table)} using (${ofOrganisation})`.execute(db)
  }
}
