import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

const AMBER_STRICT = 'd70169a4-77cb-5b03-b563-6642ad8d577c'

/**
 * What the TAXII server gives, rendered once; and what organisations sighted.
 *
 * Every row of `interop_taxii_object` has a number of its own, the microsecond at which it was added. Numbers are given out from one row that the giver
 * holds until its commit, so that whoever commits later has the greater ones: a reader who asks for what was added after X misses nothing.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const centre = sql`(select carecert_sees_all())`
  await sql`create table interop_taxii_clock (is_only boolean primary key default true check (is_only), last bigint not null)`.execute(db)
  await sql`insert into interop_taxii_clock (last) values (0)`.execute(db)
  await sql`
    create table interop_taxii_collection (
      id text primary key,
      alias text not null unique,
      kind text not null check (kind in ('bulletins', 'sightings')),
      tlp text not null,
      group_id text,
      group_name text,
      position integer not null
    )`.execute(db)
  // Their ids are made from their names (src/interop/taxii/model.ts), so that they are the same everywhere. Those of sharing groups are made with the groups.
  await sql`
    insert into interop_taxii_collection (id, alias, kind, tlp, position) values
      ('cd5e2efe-a614-52d0-aeb1-9028fd3d09d9', 'clear', 'bulletins', 'CLEAR', 0),
      ('b6843999-26c2-5115-8c1e-2f45b01022df', 'green', 'bulletins', 'GREEN', 1),
      ('3f505439-47ca-5355-89e6-05ba4e7c3462', 'amber', 'bulletins', 'AMBER', 2),
      (${sql.lit(AMBER_STRICT)}, 'amber-strict', 'bulletins', 'AMBER+STRICT', 3),
      ('5305a81c-d8c8-5095-ae20-bdeafa16ea5b', 'sightings', 'sightings', 'AMBER+STRICT', 9)`.execute(db)
  // The numbers of a batch follow one another: no other batch has any between its first and its last.
  await sql`
    create table interop_taxii_batch (
      first bigint primary key,
      last bigint not null check (last >= first),
      collection_id text not null references interop_taxii_collection (id),
      bulletin_id text references broadcast_bulletin (id),
      organisation_id text references directory_organisation (id),
      is_for_all boolean not null,
      types text[] not null
    )`.execute(db)
  await sql`create index interop_taxii_batch_order on interop_taxii_batch (collection_id, last)`.execute(db)
  await sql`create index interop_taxii_batch_bulletin on interop_taxii_batch (bulletin_id)`.execute(db)
  await sql`
    create table interop_taxii_object (
      added bigint primary key,
      collection_id text not null,
      bulletin_id text,
      organisation_id text,
      is_for_all boolean not null,
      object_id text not null,
      type text not null,
      version timestamptz not null,
      is_first boolean not null,
      is_last boolean not null,
      body text not null
    )`.execute(db)
  await sql`create index interop_taxii_object_of on interop_taxii_object (object_id, collection_id, added)`.execute(db)
  await sql`create index interop_taxii_object_bulletin on interop_taxii_object (bulletin_id) where is_last`.execute(db)
  // Which change of a bulletin stands in which collection.
  await sql`
    create table interop_taxii_rendering (
      bulletin_id text primary key references broadcast_bulletin (id),
      collection_id text references interop_taxii_collection (id),
      generation integer not null,
      changed_at timestamptz not null
    )`.execute(db)
  await sql`
    create table interop_taxii_status (
      id text primary key,
      organisation_id text not null references directory_organisation (id),
      by_id text not null,
      at timestamptz not null,
      successes jsonb not null,
      failures jsonb not null
    )`.execute(db)

  // CLEAR is for whoever has an account. Else a row is for those who may read its bulletin, or whose own it is.
  const isSomebody = sql`(select carecert_scope_kind()) <> 'none'`
  await sql`
    create function interop_taxii_was_sent(bulletin text) returns boolean language sql stable security definer set search_path = public, pg_temp
    as $$ select exists (select from broadcast_recipient where bulletin_id = bulletin and organisation_id = carecert_scope_id()) $$`.execute(db)
  // To look up each row is dear for who was sent few of many, and to gather all that one was sent is dear for who was sent thousands.
  await sql`
    create function interop_taxii_was_sent_many() returns boolean language sql stable security definer set search_path = public, pg_temp
    as $$ select carecert_scope_kind() = 'organisation'
      and (select count(*) from (select from broadcast_recipient where organisation_id = carecert_scope_id() limit 2001) as sent) > 2000 $$`.execute(
    db,
  )
  const rows = sql`(select carecert_sees_all()) or (is_for_all and ${isSomebody}) or organisation_id = (select carecert_scope_id())
    or case when (select interop_taxii_was_sent_many()) then interop_taxii_was_sent(bulletin_id) else bulletin_id in (select carecert_bulletins()) end`
  const writes = sql`(select carecert_scope_kind()) = 'system' or (bulletin_id is null and not is_for_all and organisation_id = (select carecert_scope_id()))`
  await protect(db, 'interop_taxii_clock', isSomebody)
  await protect(db, 'interop_taxii_batch', rows, writes)
  await protect(db, 'interop_taxii_object', rows, writes)
  // A bulletin may have got a wider label since: what was said of it under AMBER+STRICT stays with those whom it was sent to themselves.
  const isTheirs = sql`(select carecert_scope_kind()) <> 'partner' or collection_id <> ${sql.lit(AMBER_STRICT)} or interop_taxii_was_sent(bulletin_id)`
  for (const table of ['interop_taxii_batch', 'interop_taxii_object'])
    await sql`create policy ${sql.ref(`${table}_strict`)} on ${sql.table(table)} as restrictive for select using (${isTheirs})`.execute(db)
  // The collection of a group is there for those who can read something in it.
  await protect(
    db,
    'interop_taxii_collection',
    sql`${centre} or (${isSomebody} and (group_id is null
      or exists (select from interop_taxii_batch batch where batch.collection_id = interop_taxii_collection.id and batch.bulletin_id is not null)))`,
    sql`(select carecert_scope_kind()) = 'system'`,
  )
  await protect(db, 'interop_taxii_rendering', sql`${centre} or bulletin_id in (select id from broadcast_bulletin)`, centre)
  await protect(db, 'interop_taxii_status', sql`${centre} or organisation_id = (select carecert_scope_id())`)
  await sql`revoke insert, delete on interop_taxii_clock from carecert_app`.execute(db)
  await sql`revoke delete on interop_taxii_batch, interop_taxii_object, interop_taxii_collection, interop_taxii_status from carecert_app`.execute(db)

  await sql`
    create table watch_sighting_writer (
      organisation_id text primary key references directory_organisation (id),
      since timestamptz not null,
      by_id text not null,
      reason text not null
    )`.execute(db)
  await protect(db, 'watch_sighting_writer', sql`${centre} or organisation_id = (select carecert_scope_id())`, centre)
  await sql`
    create table watch_sighting (
      id text primary key,
      organisation_id text not null references directory_organisation (id),
      stix_id text not null,
      modified timestamptz not null,
      threat_id text references watch_threat (id),
      indicator_type text,
      indicator_value text,
      count integer not null check (count >= 0),
      first_seen timestamptz,
      last_seen timestamptz,
      at timestamptz not null,
      by_id text not null,
      unique (organisation_id, stix_id)
    )`.execute(db)
  await sql`create index watch_sighting_threat on watch_sighting (threat_id) where threat_id is not null`.execute(db)
  await sql`create index watch_sighting_indicator on watch_sighting (indicator_type, indicator_value) where indicator_value is not null`.execute(db)
  await protect(db, 'watch_sighting', sql`${centre} or organisation_id = (select carecert_scope_id())`)
  await sql`revoke delete on watch_sighting from carecert_app`.execute(db)
}
