import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/**
 * The benchmark: what organisations contribute, which nobody reads but themselves, and what is frozen of it, which everybody reads. Between the two
 * stands the freeze, which runs as the system (src/domains/assure/benchmark).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await policies(db)
  await contributions(db)
  await releases(db)
  await ledger(db)
}

async function policies(db: Kysely<unknown>): Promise<void> {
  // A decree may ask for more than these floors, never for less.
  await sql`
    create table assure_benchmark_policy (
      id integer generated always as identity primary key,
      effective_from date not null unique,
      minimum integer not null check (minimum >= 8),
      alike integer not null check (alike >= 2 and alike <= minimum / 4),
      rounding integer not null check (rounding in (5, 10)),
      source text not null
    )`.execute(db)
  await sql`
    insert into assure_benchmark_policy (effective_from, minimum, alike, rounding, source)
    values ('2026-01-01', 10, 2, 5, 'CareCERT’s own, after the NHS rule for sub-national counts')`.execute(db)
  await sql`
    create table assure_benchmark_cohort (
      kind text not null check (kind in ('all', 'type', 'type-size')),
      effective_from date not null,
      effective_until date,
      source text not null,
      primary key (kind, effective_from)
    )`.execute(db)
  for (const kind of ['all', 'type', 'type-size'])
    await sql`insert into assure_benchmark_cohort (kind, effective_from, source) values (${kind}, '2026-01-01', 'CareCERT’s own')`.execute(db)
  await sql`
    create table assure_size_band (
      code text not null check (code ~ '^[a-z0-9-]+$'),
      effective_from date not null,
      effective_until date,
      name text not null,
      least integer not null check (least >= 0),
      most integer check (most >= least),
      primary key (code, effective_from)
    )`.execute(db)
  await sql`
    insert into assure_size_band (code, effective_from, name, least, most) values
      ('small', '2026-01-01', 'fewer than 50 staff', 0, 49),
      ('medium', '2026-01-01', '50 to 249 staff', 50, 249),
      ('large', '2026-01-01', '250 to 4,999 staff', 250, 4999),
      ('very-large', '2026-01-01', '5,000 staff or more', 5000, null)`.execute(db)
  for (const table of ['assure_benchmark_policy', 'assure_benchmark_cohort', 'assure_size_band'])
    await protect(db, table, sql`(select carecert_scope_kind()) <> 'none'`, sql`(select carecert_sees_all())`)
}

async function contributions(db: Kysely<unknown>): Promise<void> {
  // One character for each outcome in the framework's order: the place of its level, the best being 0, or a hyphen. Erased on withdrawal.
  await sql`
    create table assure_contribution (
      id text primary key,
      organisation_id text not null references directory_organisation (id),
      framework_id text not null references assure_framework (id),
      period text not null,
      assessment_id text references assure_assessment (id),
      view text not null check (view in ('self', 'agreed')),
      levels text not null check (levels ~ '^[0-9-]*$'),
      organisation_type text not null,
      size_band text,
      receipt text not null,
      contributed_at timestamptz not null,
      contributed_by text not null,
      withdrawn_at timestamptz,
      withdrawn_by text,
      replaced_by text,
      check ((withdrawn_at is null) = (levels <> ''))
    )`.execute(db)
  await sql`create unique index assure_contribution_of on assure_contribution (framework_id, period, organisation_id) where withdrawn_at is null`.execute(
    db,
  )
  await sql`create index assure_contribution_organisation on assure_contribution (organisation_id, contributed_at desc)`.execute(db)
  const own = sql`(organisation_id = (select carecert_scope_id()) and (select carecert_scope_kind()) in ('organisation', 'partner'))
    or (select carecert_scope_kind()) = 'system'`
  await protect(db, 'assure_contribution', own)
}

async function releases(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assure_freeze (
      id text primary key,
      framework_id text not null references assure_framework (id),
      period text not null,
      number integer not null,
      state text not null check (state in ('asked', 'frozen')),
      asked_at timestamptz not null,
      asked_by text not null,
      frozen_at timestamptz,
      policy jsonb,
      unique (framework_id, period, number)
    )`.execute(db)
  await sql`create unique index assure_freeze_asked on assure_freeze (framework_id, period) where state = 'asked'`.execute(db)
  await sql`create index assure_freeze_asked_at on assure_freeze (asked_at desc, id)`.execute(db)
  await sql`
    create table assure_freeze_cohort (
      freeze_id text not null references assure_freeze (id),
      cohort text not null,
      parent text,
      kind text not null check (kind in ('all', 'type', 'type-size')),
      organisation_type text,
      size_band text,
      name text not null,
      position integer not null,
      state text not null check (state in ('released', 'held')),
      reason text check (reason in ('few', 'changed', 'alike')),
      contributors integer,
      primary key (freeze_id, cohort),
      check ((state = 'released') = (reason is null and contributors is not null))
    )`.execute(db)
  // Rounded counts by level, and quartiles: what everybody may see, and nothing more exact.
  await sql`
    create table assure_figure (
      freeze_id text not null,
      cohort text not null,
      kind text not null check (kind in ('outcome', 'objective')),
      code text not null,
      position integer not null,
      state text not null check (state in ('shown', 'held')),
      counts jsonb,
      quartiles jsonb,
      outcomes text[] not null default '{}',
      primary key (freeze_id, cohort, kind, code),
      foreign key (freeze_id, cohort) references assure_freeze_cohort (freeze_id, cohort),
      check ((state = 'shown') = (quartiles is not null))
    )`.execute(db)
  const anybody = sql`(select carecert_scope_kind()) <> 'none'`
  const system = sql`(select carecert_scope_kind()) = 'system'`
  await protect(db, 'assure_freeze', anybody, sql`(select carecert_sees_all())`)
  for (const table of ['assure_freeze_cohort', 'assure_figure']) await protect(db, table, anybody, system)
}

/** Who was counted where, under keyed hashes, and the exact sums: only the freeze reads it. */
async function ledger(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assure_ledger_key (
      framework_id text not null references assure_framework (id),
      period text not null,
      key text not null,
      primary key (framework_id, period)
    )`.execute(db)
  await sql`
    create table assure_ledger (
      freeze_id text not null references assure_freeze (id),
      position integer not null,
      inside text[] not null,
      members text not null,
      counts jsonb not null,
      primary key (freeze_id, position)
    )`.execute(db)
  for (const table of ['assure_ledger_key', 'assure_ledger']) await protect(db, table, sql`(select carecert_scope_kind()) = 'system'`)
}
