import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/** Sources, what was gathered from them, and the threats understood from it. The centre's own; nobody else reads it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table watch_source (
      id text primary key,
      code text not null unique,
      name text not null,
      format text not null,
      url text,
      enabled boolean not null default true,
      created_at timestamptz not null
    )`.execute(db)
  await sql`
    create table watch_gathering (
      id text primary key,
      source_id text not null references watch_source (id),
      at timestamptz not null,
      address text not null,
      label text,
      released_at timestamptz,
      bytes_hash text,
      bytes bigint,
      outcome text not null check (outcome in ('taken', 'unchanged', 'failed')),
      added integer not null default 0,
      changed integer not null default 0,
      withdrawn integer not null default 0,
      unchanged integer not null default 0,
      quarantined integer not null default 0,
      failure text
    )`.execute(db)
  await sql`create index watch_gathering_source on watch_gathering (source_id, at desc)`.execute(db)
  await sql`
    create table watch_item (
      id text primary key,
      source_id text not null references watch_source (id),
      external_id text not null,
      title text not null,
      summary text not null,
      url text,
      published_at timestamptz,
      changed_at timestamptz,
      content jsonb not null,
      content_hash text not null,
      bytes_hash text not null,
      gathering_id text not null references watch_gathering (id),
      first_gathered_at timestamptz not null,
      last_gathered_at timestamptz not null,
      withdrawn_at timestamptz,
      unique (source_id, external_id)
    )`.execute(db)
  await sql`
    create table watch_item_change (
      id bigint generated always as identity primary key,
      item_id text not null references watch_item (id),
      gathering_id text not null references watch_gathering (id),
      at timestamptz not null,
      kind text not null check (kind in ('added', 'changed', 'withdrawn', 'returned')),
      fields jsonb not null default '[]',
      content_hash text not null
    )`.execute(db)
  await sql`create index watch_item_gathering on watch_item (gathering_id)`.execute(db)
  await sql`create index watch_item_change_item on watch_item_change (item_id, at)`.execute(db)
  await sql`
    create table watch_quarantine (
      id text primary key,
      source_id text not null references watch_source (id),
      gathering_id text not null references watch_gathering (id),
      position text not null,
      external_id text,
      reason text not null,
      excerpt text not null,
      at timestamptz not null,
      resolved_at timestamptz
    )`.execute(db)
  await sql`create index watch_quarantine_open on watch_quarantine (source_id, at desc) where resolved_at is null`.execute(db)
  await sql`
    create table watch_threat (
      id text primary key,
      title text not null,
      summary text not null,
      state text not null,
      cves text[] not null default '{}',
      published_at timestamptz,
      kev_since date,
      kev_due date,
      ransomware boolean,
      cvss_tenths integer,
      severity text,
      priority integer not null,
      priority_word text not null,
      reason text not null,
      runs integer not null default 0,
      may_run integer not null default 0,
      reach jsonb not null default '[]',
      search text not null,
      tlp text not null default 'CLEAR',
      holder_id text,
      created_at timestamptz not null,
      updated_at timestamptz not null,
      withdrawn_at timestamptz
    )`.execute(db)
  await sql`create index watch_threat_queue on watch_threat (priority, published_at desc nulls last, id)`.execute(db)
  await sql`create index watch_threat_cves on watch_threat using gin (cves)`.execute(db)
  await sql`
    create table watch_threat_item (
      threat_id text not null references watch_threat (id),
      item_id text not null references watch_item (id),
      why text not null,
      primary key (threat_id, item_id)
    )`.execute(db)
  await sql`create index watch_threat_item_item on watch_threat_item (item_id)`.execute(db)
  await sql`
    create table watch_threat_product (
      threat_id text not null references watch_threat (id),
      maker text not null,
      product text not null,
      maker_key text not null,
      product_key text not null,
      primary key (threat_id, maker_key, product_key)
    )`.execute(db)
  await sql`create index watch_threat_product_key on watch_threat_product (product_key, maker_key)`.execute(db)
  await sql`
    create table watch_threat_note (
      id bigint generated always as identity primary key,
      threat_id text not null references watch_threat (id),
      at timestamptz not null,
      actor_id text not null,
      action text not null,
      note text
    )`.execute(db)

  await sql`create index watch_threat_note_threat on watch_threat_note (threat_id, at)`.execute(db)

  const tables = [
    'watch_source',
    'watch_gathering',
    'watch_item',
    'watch_item_change',
    'watch_quarantine',
    'watch_threat',
    'watch_threat_item',
    'watch_threat_product',
    'watch_threat_note',
  ]
  for (const table of tables) await protect(db, table, sql`(select carecert_sees_all())`)
  await sql`grant usage on all sequences in schema public to carecert_app`.execute(db)
}
