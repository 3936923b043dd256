import { sql, type Kysely, type RawBuilder } from 'kysely'
import { frameworkRows, SHIPPED_CROSSWALKS, SHIPPED_FRAMEWORKS } from './frameworks/rows.ts'
import { protect } from './protect.ts'

/**
 * Frameworks, and the assessments of organisations against them. Frameworks are everybody's. An assessment is the organisation's own: row-level
 * security gives it to nobody else, the centre included, but to the assessor whom the organisation has engaged, for as long as it said.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await frameworks(db)
  await assessments(db)
  await readers(db)
  await locks(db)
  await shipped(db)
}

async function frameworks(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assure_framework (
      id text primary key,
      code text not null,
      version text not null,
      name text not null,
      description text not null default '',
      publisher text not null default '',
      source text not null,
      licence text not null default '',
      subject text not null default 'organisation' check (subject in ('organisation', 'service')),
      rule jsonb not null,
      levels jsonb not null,
      findings jsonb not null default '[]',
      content_hash text not null,
      is_shipped boolean not null default false,
      loaded_at timestamptz not null,
      loaded_by text not null,
      withdrawn_at timestamptz,
      unique (code, version)
    )`.execute(db)
  await sql`
    create table assure_framework_node (
      framework_id text not null references assure_framework (id),
      code text not null,
      kind text not null check (kind in ('group', 'outcome')),
      parent_code text,
      title text not null,
      description text not null default '',
      position integer not null,
      levels text[] not null default '{}',
      primary key (framework_id, code)
    )`.execute(db)
  await sql`
    create table assure_indicator (
      framework_id text not null,
      code text not null,
      outcome_code text not null,
      level text not null,
      text text not null,
      reference text not null default '',
      position integer not null,
      primary key (framework_id, code),
      foreign key (framework_id, outcome_code) references assure_framework_node (framework_id, code)
    )`.execute(db)
  await sql`create index assure_indicator_outcome on assure_indicator (framework_id, outcome_code, position)`.execute(db)
  await sql`
    create table assure_profile (
      id text primary key,
      framework_id text not null references assure_framework (id),
      code text not null,
      name text not null,
      organisation_type text,
      period text,
      source text not null,
      entered_at timestamptz not null,
      entered_by text not null,
      withdrawn_at timestamptz
    )`.execute(db)
  await sql`create unique index assure_profile_of on assure_profile (framework_id, code) where withdrawn_at is null`.execute(db)
  await sql`
    create table assure_profile_level (
      profile_id text not null references assure_profile (id),
      outcome_code text not null,
      level text not null,
      primary key (profile_id, outcome_code)
    )`.execute(db)
  await sql`
    create table assure_crosswalk (
      id text primary key,
      from_framework text not null,
      from_version text not null,
      to_framework text not null,
      to_version text not null,
      name text not null,
      source text not null,
      loaded_at timestamptz not null,
      loaded_by text not null,
      unique (from_framework, from_version, to_framework, to_version)
    )`.execute(db)
  await sql`
    create table assure_crosswalk_pair (
      crosswalk_id text not null references assure_crosswalk (id),
      from_code text not null,
      to_code text not null,
      relation text not null check (relation in ('equal', 'subset', 'superset', 'intersect')),
      strength integer check (strength between 0 and 10),
      rationale text not null default '',
      primary key (crosswalk_id, from_code, to_code)
    )`.execute(db)
  // Whether anybody has begun to answer it: asked by those who may not see who. What was answered never changes under an answer.
  await sql`
    create function assure_framework_in_use(framework text) returns boolean language plpgsql stable security definer set search_path = public, pg_temp
    as $$ begin
      return exists (select from assure_assessment where framework_id = framework);
    end $$`.execute(db)
}

async function assessments(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assure_assessment (
      id text primary key,
      organisation_id text not null references directory_organisation (id),
      framework_id text not null references assure_framework (id),
      profile_id text references assure_profile (id),
      period text not null,
      subject text not null,
      state text not null,
      carried_from text references assure_assessment (id),
      opened_at timestamptz not null,
      opened_by text not null,
      changed_at timestamptz not null,
      closed_at timestamptz
    )`.execute(db)
  await sql`create index assure_assessment_organisation on assure_assessment (organisation_id, opened_at desc)`.execute(db)
  await sql`create unique index assure_assessment_of on assure_assessment (organisation_id, framework_id, period, subject) where state <> 'withdrawn'`.execute(
    db,
  )
  // What was said about an outcome, in each view: by the organisation, by the assessor, by a second assessor for moderation, and what both sides agreed.
  await sql`
    create table assure_view (
      assessment_id text not null references assure_assessment (id),
      view text not null check (view in ('self', 'independent', 'second', 'agreed')),
      outcome_code text not null,
      status text not null,
      state text not null default 'open' check (state in ('open', 'recorded')),
      summary text not null default '',
      difference text not null default '',
      evidence_grade text,
      carried text check (carried in ('unconfirmed', 'confirmed', 'changed', 'new')),
      revision integer not null default 1,
      changed_at timestamptz not null,
      changed_by text not null,
      recorded_at timestamptz,
      primary key (assessment_id, view, outcome_code)
    )`.execute(db)
  await sql`
    create table assure_answer (
      assessment_id text not null references assure_assessment (id),
      view text not null check (view in ('self', 'independent', 'second', 'agreed')),
      indicator_code text not null,
      outcome_code text not null,
      answer text check (answer in ('yes', 'no', 'not-applicable')),
      comment text not null default '',
      alternative text not null default '',
      carried text check (carried in ('unconfirmed', 'confirmed', 'changed', 'new')),
      revision integer not null default 1,
      changed_at timestamptz not null,
      changed_by text not null,
      primary key (assessment_id, view, indicator_code)
    )`.execute(db)
  await sql`create index assure_answer_outcome on assure_answer (assessment_id, view, outcome_code)`.execute(db)
  // Every revision of an answer, and of what was written about an outcome (whose indicator_code is empty): who said what, when.
  await sql`
    create table assure_answer_change (
      assessment_id text not null references assure_assessment (id),
      view text not null check (view in ('self', 'independent', 'second', 'agreed')),
      outcome_code text not null,
      indicator_code text not null,
      revision integer not null,
      answer text check (answer in ('yes', 'no', 'not-applicable')),
      comment text not null default '',
      alternative text not null default '',
      carried text check (carried in ('unconfirmed', 'confirmed', 'changed', 'new')),
      at timestamptz not null,
      by_id text not null,
      primary key (assessment_id, view, outcome_code, indicator_code, revision)
    )`.execute(db)
  // What somebody wrote upon an answer that a colleague had changed meanwhile. It waits beside the answer until one of the two is chosen.
  await sql`
    create table assure_answer_aside (
      assessment_id text not null references assure_assessment (id),
      outcome_code text not null,
      indicator_code text not null,
      answer text check (answer in ('yes', 'no', 'not-applicable')),
      comment text not null default '',
      alternative text not null default '',
      at timestamptz not null,
      by_id text not null,
      primary key (assessment_id, outcome_code, indicator_code, by_id)
    )`.execute(db)
  // How the review came to its state, and the reason where one was asked.
  await sql`
    create table assure_assessment_step (
      assessment_id text not null references assure_assessment (id),
      at timestamptz not null,
      action text not null,
      state text not null,
      reason text not null default '',
      by_id text not null,
      primary key (assessment_id, at, action)
    )`.execute(db)
  await sql`
    create table assure_respondent (
      assessment_id text not null references assure_assessment (id),
      outcome_code text not null,
      person_id text not null,
      part text not null check (part in ('owner', 'respondent')),
      since timestamptz not null,
      by_id text not null,
      primary key (assessment_id, outcome_code, person_id)
    )`.execute(db)
  await sql`create unique index assure_respondent_owner on assure_respondent (assessment_id, outcome_code) where part = 'owner'`.execute(db)
  await sql`
    create table assure_comment (
      id text primary key,
      assessment_id text not null references assure_assessment (id),
      outcome_code text not null,
      indicator_code text,
      text text not null,
      at timestamptz not null,
      by_id text not null
    )`.execute(db)
  await sql`create index assure_comment_outcome on assure_comment (assessment_id, outcome_code, at)`.execute(db)
  // Who assesses: asked in by the organisation, by name, until a day. Never by the centre.
  await sql`
    create table assure_engagement (
      id text primary key,
      assessment_id text not null references assure_assessment (id),
      organisation_id text not null references directory_organisation (id),
      assessor_id text not null,
      assessor_name text not null,
      assessor_body text not null,
      kind text not null check (kind in ('independent', 'peer', 'second')),
      sample integer check (sample > 0),
      purpose text not null,
      until timestamptz not null,
      independence text,
      conflicts text,
      declared_at timestamptz,
      asked_at timestamptz not null,
      asked_by text not null,
      asked_by_name text not null,
      submitted_at timestamptz,
      ended_at timestamptz,
      ended_by text,
      end_reason text,
      check ((kind = 'second') = (sample is not null))
    )`.execute(db)
  // One who assesses, and one who moderates, at a time.
  await sql`create unique index assure_engagement_one on assure_engagement (assessment_id, (kind = 'second')) where ended_at is null`.execute(db)
  await sql`create index assure_engagement_assessment on assure_engagement (assessment_id)`.execute(db)
  await sql`create index assure_engagement_assessor on assure_engagement (assessor_id) where ended_at is null`.execute(db)
}

/** Who reads what: asked by the policies, once a query. Security definer, for the tables that they ask are themselves locked. */
async function readers(db: Kysely<unknown>): Promise<void> {
  // The assessments of one's own organisation. A partner that answers for an organisation has none of it here: it is shared, or it is not seen.
  await sql`
    create function assure_own() returns setof text language plpgsql stable security definer rows 20 set search_path = public, pg_temp
    as $$ begin
      if carecert_scope_kind() = 'system' then
        return query select id from assure_assessment;
      elsif carecert_scope_kind() in ('organisation', 'partner') then
        return query select id from assure_assessment where organisation_id = carecert_scope_id();
      end if;
    end $$`.execute(db)
  // Those that the actor, by name, was asked to assess, has declared independence for, and may still: as the assessor, as the second one, or as either.
  const engaged = (name: string, kind: RawBuilder<unknown>) =>
    sql`
      create function ${sql.ref(name)}() returns setof text language plpgsql stable security definer rows 20 set search_path = public, pg_temp
      as $$ begin
        return query select assessment_id from assure_engagement
          where assessor_id = carecert_actor_id() and declared_at is not null and ended_at is null and until > now() and ${kind};
      end $$`.execute(db)
  await engaged('assure_engaged', sql`true`)
  await engaged('assure_leads', sql`kind <> 'second'`)
  await engaged('assure_seconds', sql`kind = 'second'`)
  // Those whose independent view, or second one, the organisation may read: the assessor has handed it over.
  const handedOver = (name: string, kind: RawBuilder<unknown>) =>
    sql`
      create function ${sql.ref(name)}() returns setof text language plpgsql stable security definer rows 20 set search_path = public, pg_temp
      as $$ begin
        return query select engagement.assessment_id from assure_engagement engagement
          where engagement.submitted_at is not null and ${kind} and engagement.assessment_id in (select assure_own());
      end $$`.execute(db)
  await handedOver('assure_handed_over', sql`engagement.kind <> 'second'`)
  await handedOver('assure_second_handed_over', sql`engagement.kind = 'second'`)
  // Whether an assessor may see what the organisation said of an outcome: not before recording an own view of it.
  await sql`
    create function assure_unblinded(assessment text, outcome text) returns boolean language plpgsql stable security definer set search_path = public, pg_temp
    as $$ begin
      return exists (select from assure_view where assessment_id = assessment and view = 'independent' and outcome_code = outcome and state = 'recorded');
    end $$`.execute(db)
  // Whether two assessors may see each other's view of an outcome: not before both have recorded theirs.
  await sql`
    create function assure_both_recorded(assessment text, outcome text) returns boolean language plpgsql stable security definer set search_path = public, pg_temp
    as $$ begin
      return (select count(*) = 2 from assure_view
        where assessment_id = assessment and view in ('independent', 'second') and outcome_code = outcome and state = 'recorded');
    end $$`.execute(db)
}

async function locks(db: Kysely<unknown>): Promise<void> {
  const anybody = sql`(select carecert_scope_kind()) <> 'none'`
  const keeper = sql`(select carecert_sees_all())`
  const everybodys = [
    'assure_framework',
    'assure_framework_node',
    'assure_indicator',
    'assure_profile',
    'assure_profile_level',
    'assure_crosswalk',
    'assure_crosswalk_pair',
  ]
  for (const table of everybodys) await protect(db, table, anybody, keeper)

  const own = sql`assessment_id in (select assure_own())`
  const engaged = sql`assessment_id in (select assure_engaged())`
  const leads = sql`assessment_id in (select assure_leads())`
  const seconds = sql`assessment_id in (select assure_seconds())`
  await protect(
    db,
    'assure_assessment',
    sql`organisation_id = (select carecert_scope_id()) and (select carecert_scope_kind()) in ('organisation', 'partner')
      or (select carecert_scope_kind()) = 'system' or id in (select assure_engaged())`,
    sql`organisation_id = (select carecert_scope_id()) and (select carecert_scope_kind()) in ('organisation', 'partner')
      or (select carecert_scope_kind()) = 'system' or id in (select assure_engaged())`,
  )
  for (const table of ['assure_view', 'assure_answer', 'assure_answer_change'])
    await protect(
      db,
      table,
      sql`(${own} and (view in ('self', 'agreed') or (view = 'independent' and assessment_id in (select assure_handed_over()))
          or (view = 'second' and assessment_id in (select assure_second_handed_over())) or (select carecert_scope_kind()) = 'system'))
        or (${leads} and (view in ('independent', 'agreed') or (view = 'self' and assure_unblinded(assessment_id, outcome_code))
          or (view = 'second' and assure_both_recorded(assessment_id, outcome_code))))
        or (${seconds} and (view = 'second' or (view = 'independent' and assure_both_recorded(assessment_id, outcome_code))))`,
      sql`(${own} and view in ('self', 'agreed')) or (${leads} and view in ('independent', 'agreed')) or (${seconds} and view = 'second')
        or (select carecert_scope_kind()) = 'system'`,
    )
  for (const table of ['assure_respondent', 'assure_comment', 'assure_answer_aside']) await protect(db, table, own)
  await protect(db, 'assure_assessment_step', sql`${own} or ${engaged}`)
  // Who is asked in sees that they were, and says so; asking, and all else about it, is the organisation's (migration 0039 keeps its columns).
  const asked = sql`${own} or assessor_id = (select carecert_actor_id())`
  await protect(db, 'assure_engagement', asked, asked)
  await sql`alter policy assure_engagement_insert on assure_engagement with check (${own})`.execute(db)
  await sql`alter policy assure_engagement_delete on assure_engagement using (${own})`.execute(db)
}

/** The two frameworks in our own words, and the crosswalks by code: there on a fresh installation without a network. */
async function shipped(db: Kysely<unknown>): Promise<void> {
  const at = '2026-11-01T00:00:00Z'
  for (const framework of SHIPPED_FRAMEWORKS) {
    const { hash, nodes, indicators } = frameworkRows(framework)
    await sql`
      insert into assure_framework (id, code, version, name, description, publisher, source, licence, subject, rule, levels, content_hash, is_shipped, loaded_at, loaded_by)
      values (${framework.id}, ${framework.code}, ${framework.version}, ${framework.name}, ${framework.description}, 'CareCERT',
        'Written for CareCERT in its own words, November 2026', 'The licence of CareCERT', ${framework.subject}, ${JSON.stringify(framework.rule)}::jsonb,
        ${JSON.stringify(framework.levels)}::jsonb, ${hash}, true, ${at}, 'system')`.execute(db)
    await sql`
      insert into assure_framework_node (framework_id, code, kind, parent_code, title, description, position, levels)
      select framework_id, code, kind, parent_code, title, description, position, levels
      from jsonb_to_recordset(${JSON.stringify(nodes)}::jsonb)
        as row (framework_id text, code text, kind text, parent_code text, title text, description text, position integer, levels text[])`.execute(db)
    await sql`
      insert into assure_indicator (framework_id, code, outcome_code, level, text, position)
      select framework_id, code, outcome_code, level, text, position
      from jsonb_to_recordset(${JSON.stringify(indicators)}::jsonb)
        as row (framework_id text, code text, outcome_code text, level text, text text, position integer)`.execute(db)
  }
  for (const { id, from, to, name, source, pairs } of SHIPPED_CROSSWALKS) {
    await sql`
      insert into assure_crosswalk (id, from_framework, from_version, to_framework, to_version, name, source, loaded_at, loaded_by)
      values (${id}, ${from[0]}, ${from[1]}, ${to[0]}, ${to[1]}, ${name}, ${source}, ${at}, 'system')`.execute(db)
    const rows = pairs.map(([from_code, to_code, relation, rationale]) => ({ crosswalk_id: id, from_code, to_code, relation, rationale }))
    await sql`
      insert into assure_crosswalk_pair (crosswalk_id, from_code, to_code, relation, rationale)
      select crosswalk_id, from_code, to_code, relation, rationale
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (crosswalk_id text, from_code text, to_code text, relation text, rationale text)`.execute(
      db,
    )
  }
}
