import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/** Code, name, plural, in the order of lists. More can be added as rows. */
const ORGANISATION_TYPES: readonly (readonly [string, string, string])[] = [
  ['centre', 'Cyber centre', 'Cyber centres'],
  ['region', 'Region', 'Regions'],
  ['board', 'Integrated care board', 'Integrated care boards'],
  ['sub-board', 'Sub-board location', 'Sub-board locations'],
  ['commissioning-group', 'Clinical commissioning group', 'Clinical commissioning groups'],
  ['commissioning-hub', 'Commissioning hub', 'Commissioning hubs'],
  ['reporting-entity', 'Sub-board reporting entity', 'Sub-board reporting entities'],
  ['trust', 'Trust', 'Trusts'],
  ['care-trust', 'Care trust', 'Care trusts'],
  ['ambulance-trust', 'Ambulance trust', 'Ambulance trusts'],
  ['welsh-trust', 'Trust of NHS Wales', 'Trusts of NHS Wales'],
  ['practice', 'GP practice', 'GP practices'],
  ['branch-surgery', 'Branch surgery', 'Branch surgeries'],
  ['prescribing-cost-centre', 'Prescribing cost centre', 'Prescribing cost centres'],
  ['pharmacy', 'Pharmacy', 'Pharmacies'],
  ['dentist', 'Dentist', 'Dentists'],
  ['optician', 'Optician', 'Opticians'],
  ['care-home', 'Care home', 'Care homes'],
  ['care-home-operator', 'Care home operator', 'Care home operators'],
  ['hospice', 'Hospice', 'Hospices'],
  ['independent-provider', 'Independent provider', 'Independent providers'],
  ['support-unit', 'Commissioning support unit', 'Commissioning support units'],
  ['supplier', 'Supplier', 'Suppliers'],
  ['local-authority', 'Local authority', 'Local authorities'],
  ['other', 'Other organisation', 'Other organisations'],
]

/** Organisations, people, contacts, partners, and the technology that each organisation runs. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table directory_organisation_type (
      code text primary key,
      name text not null,
      plural text not null,
      position integer not null
    )`.execute(db)
  for (const [position, [code, name, plural]] of ORGANISATION_TYPES.entries()) {
    await sql`insert into directory_organisation_type (code, name, plural, position) values (${code}, ${name}, ${plural}, ${position})`.execute(db)
  }
  await sql`
    create table directory_organisation (
      id text primary key,
      code text not null unique,
      name text not null,
      name_key text not null,
      type text not null references directory_organisation_type (code),
      country text not null default 'England',
      region_code text,
      board_code text,
      parent_code text,
      address jsonb not null default '[]',
      postcode text,
      phone text,
      opened_on date,
      closed_on date,
      status text not null check (status in ('open', 'closed')),
      size integer,
      source text not null,
      created_at timestamptz not null,
      updated_at timestamptz not null
    )`.execute(db)
  await sql`create index directory_organisation_type_region on directory_organisation (type, region_code, board_code) where status = 'open'`.execute(
    db,
  )
  await sql`create index directory_organisation_region on directory_organisation (region_code)`.execute(db)
  await sql`create index directory_organisation_board on directory_organisation (board_code)`.execute(db)
  await sql`create index directory_organisation_name on directory_organisation (name_key, id)`.execute(db)
  // Audiences are listed and hashed in this order, which no locale changes.
  await sql`create index directory_organisation_code on directory_organisation (code collate "C")`.execute(db)
  await sql`
    create table directory_organisation_change (
      id bigint generated always as identity primary key,
      organisation_id text not null references directory_organisation (id),
      at timestamptz not null,
      kind text not null check (kind in ('added', 'renamed', 'moved', 'closed', 'reopened', 'corrected')),
      field text not null,
      before text,
      after text,
      source text not null
    )`.execute(db)
  await sql`create index directory_organisation_change_of on directory_organisation_change (organisation_id, at)`.execute(db)
  await sql`
    create table directory_successor (
      from_code text not null,
      to_code text not null,
      effective_on date,
      source text not null,
      primary key (from_code, to_code)
    )`.execute(db)

  await sql`
    create table directory_person (
      id text primary key,
      name text not null,
      email text not null,
      phone text,
      out_of_hours_phone text,
      created_at timestamptz not null,
      left_at timestamptz,
      search_key text not null generated always as (lower(name || ' ' || email)) stored
    )`.execute(db)
  await sql`create unique index directory_person_email on directory_person (lower(email))`.execute(db)
  await sql`create index directory_person_name on directory_person (name, id)`.execute(db)
  await sql`
    create table directory_assignment (
      id text primary key,
      person_id text not null references directory_person (id),
      organisation_id text not null references directory_organisation (id),
      role text not null,
      since timestamptz not null,
      until timestamptz
    )`.execute(db)
  await sql`create unique index directory_assignment_once on directory_assignment (person_id, organisation_id, role) where until is null`.execute(db)
  await sql`create index directory_assignment_organisation on directory_assignment (organisation_id)`.execute(db)
  await sql`create index directory_assignment_role on directory_assignment (role, person_id) where until is null`.execute(db)
  await sql`
    create table directory_contact (
      id text primary key,
      organisation_id text not null references directory_organisation (id),
      person_id text references directory_person (id),
      name text not null,
      purpose text not null,
      email text,
      mobile text,
      phone text,
      out_of_hours boolean not null default false,
      receives_bulletins boolean not null default true,
      last_proved_at timestamptz,
      last_failed_at timestamptz,
      last_failure text,
      created_at timestamptz not null,
      ended_at timestamptz
    )`.execute(db)
  await sql`create index directory_contact_organisation on directory_contact (organisation_id) where ended_at is null`.execute(db)
  await sql`
    create table directory_partnership (
      id text primary key,
      partner_id text not null references directory_organisation (id),
      organisation_id text not null references directory_organisation (id),
      since timestamptz not null,
      until timestamptz
    )`.execute(db)
  await sql`create unique index directory_partnership_once on directory_partnership (partner_id, organisation_id) where until is null`.execute(db)
  await sql`create index directory_partnership_organisation on directory_partnership (organisation_id) where until is null`.execute(db)

  // A product is named once; what organisations run points at it. Matching is by the keys (kernel/name-key.ts): the bare key is the product's
  // name without the maker in front, the full key its name with it.
  const bare = sql`case when maker_key <> '' and starts_with(product_key, maker_key || ' ') then substr(product_key, length(maker_key) + 2) else product_key end`
  const full = sql`case when maker_key = '' or product_key = maker_key or starts_with(product_key, maker_key || ' ') then product_key else maker_key || ' ' || product_key end`
  await sql`
    create table directory_product (
      id integer generated always as identity primary key,
      maker text not null,
      product text not null,
      maker_key text not null,
      product_key text not null,
      bare_key text not null generated always as (${bare}) stored,
      full_key text not null generated always as (${full}) stored,
      first_word text not null generated always as (split_part(${full}, ' ', 1)) stored
    )`.execute(db)
  for (const key of ['bare_key', 'full_key', 'first_word'])
    await sql`create index ${sql.ref(`directory_product_${key}`)} on directory_product (${sql.ref(key)})`.execute(db)
  await sql`create unique index directory_product_keys on directory_product (maker_key, product_key)`.execute(db)
  await sql`create index directory_product_product_key on directory_product (product_key)`.execute(db)
  await sql`
    create table directory_technology (
      organisation_id text not null references directory_organisation (id),
      product_id integer not null references directory_product (id),
      version text not null default '',
      source text not null,
      count integer,
      as_of date,
      shared boolean not null default true,
      cpe text,
      purl text,
      told_by text not null default 'organisation' check (told_by in ('organisation', 'centre')),
      updated_at timestamptz not null,
      primary key (organisation_id, product_id, version, source, told_by),
      check (shared or told_by = 'organisation')
    )`.execute(db)
  // Who runs a product is answered from this index alone: its lines lie scattered over a table that is filled organisation by organisation.
  await sql`create index directory_technology_product on directory_technology (product_id, organisation_id) include (version, shared)`.execute(db)

  // The organisations that the scope reaches. Security definer: it must see the partnerships to say who may see.
  await sql`
    create function carecert_organisations() returns setof text language sql stable security definer rows 50 set search_path = public, pg_temp
    as $$
      select carecert_scope_id() where carecert_scope_kind() in ('organisation', 'partner', 'region')
      union
      select organisation_id from directory_partnership where carecert_scope_kind() = 'partner' and partner_id = carecert_scope_id() and until is null
      union
      select organisation.id from directory_organisation organisation join directory_organisation region on region.code = organisation.region_code
        where carecert_scope_kind() = 'region' and region.id = carecert_scope_id()
    $$`.execute(db)

  // Those who hold or held a role in them. A function, because to the planner a list is cheap and a query within a policy is not.
  await sql`
    create function carecert_people() returns setof text language sql stable security definer rows 50 set search_path = public, pg_temp
    as $$ select person_id from directory_assignment where organisation_id in (select carecert_organisations()) $$`.execute(db)

  // Who exists is public knowledge (the ODS publishes it); anyone signed in, or answering from a link, may read it. Only the centre changes it; a product may be named by any organisation that lists what it runs.
  for (const table of ['directory_organisation_type', 'directory_organisation', 'directory_organisation_change', 'directory_successor']) {
    await protect(db, table, sql`(select carecert_scope_kind()) <> 'none'`, sql`(select carecert_sees_all())`)
  }
  await protect(db, 'directory_product', sql`(select carecert_scope_kind()) <> 'none'`)
  for (const table of ['directory_contact', 'directory_assignment']) {
    await protect(db, table, sql`(select carecert_sees_all()) or organisation_id in (select carecert_organisations())`)
  }
  // A partner sees for whom it answers, but only the organisation itself, or the centre, says that it does.
  await protect(
    db,
    'directory_partnership',
    sql`(select carecert_sees_all()) or organisation_id in (select carecert_organisations()) or partner_id = (select carecert_scope_id())`,
    sql`(select carecert_sees_all()) or organisation_id = (select carecert_scope_id())`,
  )
  await protect(db, 'directory_person', sql`(select carecert_sees_all()) or id in (select carecert_people())`)
  // What an organisation runs is its own, and its partner's who looks after it. The centre and the region see what is shared.
  await protect(
    db,
    'directory_technology',
    sql`(select carecert_scope_kind()) = 'system' or ((select carecert_scope_kind()) = 'centre' and shared)
      or ((shared or (select carecert_scope_kind()) <> 'region') and organisation_id in (select carecert_organisations()))`,
  )
  await sql`grant usage on all sequences in schema public to carecert_app`.execute(db)
}
