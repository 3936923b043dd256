import { sql, type Kysely } from 'kysely'
import { catalogueRows } from './catalogue/rows.ts'
import { protect } from './protect.ts'

/** The shared catalogue of improvements and of what can happen, and each organisation's own case for spending on them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await catalogue(db)
  await cases(db)
  await locks(db)
}

async function catalogue(db: Kysely<unknown>): Promise<void> {
  // Versions are only added: a case says which it used, and finds it as it was.
  await sql`
    create table assure_catalogue_entry (
      kind text not null check (kind in ('improvement', 'scenario', 'rule')),
      code text not null check (code ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
      version integer not null check (version > 0),
      name text not null,
      content jsonb not null,
      is_current boolean not null,
      is_withdrawn boolean not null default false,
      reason text not null,
      at timestamptz not null,
      by_id text not null,
      primary key (kind, code, version)
    )`.execute(db)
  await sql`create unique index assure_catalogue_current on assure_catalogue_entry (kind, code) where is_current`.execute(db)
  for (const { kind, code, name, content } of catalogueRows())
    await sql`insert into assure_catalogue_entry (kind, code, version, name, content, is_current, reason, at, by_id)
      values (${kind}, ${code}, 1, ${name}, ${JSON.stringify(content)}::jsonb, true, 'Shipped with CareCERT', '2026-11-01T00:00:00Z', 'system')`.execute(
      db,
    )
}

async function cases(db: Kysely<unknown>): Promise<void> {
  // `versions` names the entries of the catalogue that the case goes by; it copies none of them.
  await sql`
    create table assure_case (
      id text primary key,
      organisation_id text not null references directory_organisation (id),
      name text not null,
      assessment_id text references assure_assessment (id),
      versions jsonb not null,
      settings jsonb not null,
      in_place text[] not null default '{}',
      revision integer not null default 1,
      opened_at timestamptz not null,
      opened_by text not null,
      changed_at timestamptz not null,
      changed_by text not null,
      withdrawn_at timestamptz
    )`.execute(db)
  await sql`create index assure_case_organisation on assure_case (organisation_id, opened_at desc)`.execute(db)
  // What the organisation says otherwise than the catalogue, figure by figure.
  await sql`
    create table assure_case_override (
      case_id text not null references assure_case (id),
      kind text not null check (kind in ('improvement', 'scenario')),
      code text not null,
      field text not null,
      value jsonb not null,
      reason text not null,
      owner text not null default '',
      at timestamptz not null,
      by_id text not null,
      primary key (case_id, kind, code, field)
    )`.execute(db)
  // Improvements and scenarios of its own.
  await sql`
    create table assure_case_entry (
      case_id text not null references assure_case (id),
      kind text not null check (kind in ('improvement', 'scenario')),
      code text not null,
      name text not null,
      content jsonb not null,
      at timestamptz not null,
      by_id text not null,
      primary key (case_id, kind, code)
    )`.execute(db)
  // Answers are kept with the hash of what they answer, so that one that is out of date is seen to be.
  await sql`
    create table assure_case_answer (
      id text primary key,
      case_id text not null references assure_case (id),
      inputs_hash text not null,
      problem jsonb not null,
      answer jsonb not null,
      study jsonb,
      certificate jsonb,
      at timestamptz not null,
      by_id text not null
    )`.execute(db)
  await sql`create index assure_case_answer_newest on assure_case_answer (case_id, at desc)`.execute(db)
  // What was decided: the solver's plan or the organisation's own, which is a decision and no fault.
  await sql`
    create table assure_case_decision (
      id text primary key,
      case_id text not null references assure_case (id),
      answer_id text not null references assure_case_answer (id),
      chosen text[] not null,
      is_own boolean not null,
      reason text not null default '',
      at timestamptz not null,
      by_id text not null
    )`.execute(db)
  await sql`create index assure_case_decision_case on assure_case_decision (case_id, at desc)`.execute(db)
  await sql`
    create function assure_own_cases() returns setof text language plpgsql stable security definer rows 20 set search_path = public, pg_temp
    as $$ begin
      if carecert_scope_kind() = 'system' then
        return query select id from assure_case;
      elsif carecert_scope_kind() in ('organisation', 'partner') then
        return query select id from assure_case where organisation_id = carecert_scope_id();
      end if;
    end $$`.execute(db)
}

/** The catalogue is everybody's to read and the centre's to change. A case is its organisation's, and nobody else's: the centre has no part in it. */
async function locks(db: Kysely<unknown>): Promise<void> {
  await protect(db, 'assure_catalogue_entry', sql`(select carecert_scope_kind()) <> 'none'`, sql`(select carecert_sees_all())`)
  await protect(
    db,
    'assure_case',
    sql`organisation_id = (select carecert_scope_id()) and (select carecert_scope_kind()) in ('organisation', 'partner')
      or (select carecert_scope_kind()) = 'system'`,
  )
  for (const table of ['assure_case_override', 'assure_case_entry', 'assure_case_answer', 'assure_case_decision'])
    await protect(db, table, sql`case_id in (select assure_own_cases())`)
}
