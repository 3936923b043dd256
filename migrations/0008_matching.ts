import { sql, type Kysely } from 'kysely'
import { MAKER_ALIASES } from './0008_maker_aliases.ts'
import { protect } from './protect.ts'

/**
 * Who runs what a threat is about: what the matching knows (makers' names, what analysts said), and what it has worked out, which can be worked
 * out again from the rest.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table watch_maker_alias (
      id bigint generated always as identity primary key,
      alias text not null,
      maker text not null,
      why text not null,
      source text not null check (source in ('shipped', 'analyst')),
      added_by text not null,
      added_at timestamptz not null,
      ended_by text,
      ended_at timestamptz,
      ended_reason text,
      search_key text not null generated always as (lower(alias || ' ' || maker)) stored
    )`.execute(db)
  await sql`create index watch_maker_alias_list on watch_maker_alias (lower(alias), id)`.execute(db)
  const aliases = MAKER_ALIASES.map(([alias, maker, why]) => ({ alias, maker, why }))
  await sql`
    insert into watch_maker_alias (alias, maker, why, source, added_by, added_at)
    select alias, maker, why, 'shipped', 'system', now() from jsonb_to_recordset(${JSON.stringify(aliases)}::jsonb) as row(alias text, maker text, why text)`.execute(
    db,
  )
  await sql`
    create table watch_product_verdict (
      id bigint generated always as identity primary key,
      maker text not null,
      product text not null,
      maker_key text not null,
      product_key text not null,
      product_id integer not null references directory_product (id),
      is_same boolean not null,
      reason text not null,
      said_by text not null,
      said_at timestamptz not null,
      undone_by text,
      undone_at timestamptz,
      undone_reason text
    )`.execute(db)
  await sql`create unique index watch_product_verdict_once on watch_product_verdict (maker_key, product_key, product_id) where undone_at is null`.execute(
    db,
  )

  await sql`alter table watch_threat_product add column versions jsonb not null default '[]'`.execute(db)
  await sql`alter table watch_threat_product add column identifiers text[] not null default '{}'`.execute(db)
  await sql`alter table watch_threat_product add column match_key text`.execute(db)
  await sql`update watch_threat_product set match_key = maker_key || chr(10) || product_key`.execute(db)
  await sql`alter table watch_threat_product alter column match_key set not null`.execute(db)
  await sql`create index watch_threat_product_match on watch_threat_product (match_key)`.execute(db)

  // Under which names and rules what follows was worked out. One row.
  await sql`create table watch_matching (is_only boolean primary key default true check (is_only), rules text not null)`.execute(db)
  await sql`create table watch_known_product (product_id integer primary key references directory_product (id), identifiers text[] not null, keys text[] not null)`.execute(
    db,
  )
  await sql`create index watch_known_product_keys on watch_known_product using gin (keys)`.execute(db)
  await sql`
    create table watch_affected_name (
      id integer generated always as identity primary key,
      match_key text not null unique,
      maker text not null,
      product text not null,
      identifiers text[] not null,
      has_versions boolean not null,
      keys text[] not null
    )`.execute(db)
  await sql`create index watch_affected_name_keys on watch_affected_name using gin (keys)`.execute(db)
  await sql`
    create table watch_name_match (
      name_id integer not null references watch_affected_name (id) on delete cascade,
      product_id integer not null references directory_product (id),
      outcome text not null check (outcome in ('runs', 'may-run')),
      why text not null,
      version text,
      primary key (name_id, product_id)
    )`.execute(db)
  await sql`create index watch_name_match_product on watch_name_match (product_id)`.execute(db)
  // For each threat and each product that organisations run: what it comes to, for each version told (empty: none told), or for all (null).
  await sql`
    create table watch_match (
      threat_id text not null references watch_threat (id),
      product_id integer not null references directory_product (id),
      version text,
      outcome text not null check (outcome in ('runs', 'may-run', 'does-not')),
      why text not null,
      unique nulls not distinct (threat_id, product_id, version)
    )`.execute(db)
  await sql`create table watch_matched_threat (threat_id text primary key references watch_threat (id), fingerprint text not null)`.execute(db)
  // The few lines of technology that come with a CPE name or a package URL.
  await sql`create index directory_technology_identified on directory_technology (product_id, cpe, purl)
    where shared and (cpe is not null or purl is not null)`.execute(db)

  for (const table of [
    'watch_maker_alias',
    'watch_product_verdict',
    'watch_matching',
    'watch_known_product',
    'watch_affected_name',
    'watch_name_match',
    'watch_match',
    'watch_matched_threat',
  ])
    await protect(db, table, sql`(select carecert_sees_all())`)
  await sql`grant usage on all sequences in schema public to carecert_app`.execute(db)
}
