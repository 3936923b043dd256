import { sql, type Kysely } from 'kysely'
import { locks, openWhatIsShared, tighten } from './assure-sharing-locks.ts'

/**
 * Evidence, what an organisation shares of its own and who looked at it, and good practice that is offered to others. All of it is the organisation's:
 * what is shared opens by `assure_shared()`, to the named body alone, as long as the share lives, and for a look that is recorded. Then the locks of 0038 that were wider than they need be.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await evidence(db)
  await sharing(db)
  await practices(db)
  await readers(db)
  await locks(db)
  await openWhatIsShared(db)
  await tighten(db)
}

async function evidence(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assure_evidence_grade (
      code text primary key,
      label text not null,
      meaning text not null,
      position integer not null unique
    )`.execute(db)
  await sql`
    insert into assure_evidence_grade (code, label, meaning, position) values
      ('said', 'Said', 'Somebody who should know says so', 1),
      ('written', 'Written', 'A policy, plan or procedure says that it shall be so', 2),
      ('shown', 'Shown', 'A record, screenshot or log shows that it was so once', 3),
      ('sampled', 'Sampled', 'Records over time, or of many systems, show that it is so as a rule', 4),
      ('tested', 'Tested', 'Somebody who does not run it has tested that it works', 5)`.execute(db)
  await sql`
    create table assure_evidence (
      id text primary key,
      organisation_id text not null references directory_organisation (id),
      kind text not null check (kind in ('file', 'link', 'reference')),
      title text not null,
      note text not null default '',
      grade text not null references assure_evidence_grade (code),
      place text not null default '',
      file_name text,
      media_type text,
      bytes integer,
      sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
      effective_on date not null,
      expires_on date,
      owner_id text,
      added_at timestamptz not null,
      added_by text not null,
      replaces text unique references assure_evidence (id),
      withdrawn_at timestamptz,
      withdrawn_by text,
      withdrawn_reason text,
      reminded_for date,
      check (kind = 'link' or sha256 is not null),
      check ((kind = 'file') = (bytes is not null)),
      check (expires_on is null or expires_on >= effective_on)
    )`.execute(db)
  await sql`create index assure_evidence_organisation on assure_evidence (organisation_id, id)`.execute(db)
  await sql`create index assure_evidence_expiring on assure_evidence (expires_on) where withdrawn_at is null and expires_on is not null`.execute(db)
  // Apart, so that lists never read it.
  await sql`
    create table assure_evidence_file (
      evidence_id text primary key references assure_evidence (id),
      content bytea not null check (length(content) <= 10000000)
    )`.execute(db)
  await sql`
    create table assure_evidence_outcome (
      evidence_id text not null references assure_evidence (id),
      assessment_id text not null references assure_assessment (id),
      outcome_code text not null,
      at timestamptz not null,
      by_id text not null,
      primary key (evidence_id, assessment_id, outcome_code)
    )`.execute(db)
  await sql`create index assure_evidence_outcome_of on assure_evidence_outcome (assessment_id, outcome_code)`.execute(db)
  // Whether it was still the same file, each time that somebody looked.
  await sql`
    create table assure_evidence_check (
      id text primary key,
      evidence_id text not null references assure_evidence (id),
      sha256 text not null,
      is_same boolean not null,
      at timestamptz not null,
      by_id text not null
    )`.execute(db)
  await sql`create index assure_evidence_check_of on assure_evidence_check (evidence_id, at)`.execute(db)
}

async function sharing(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assure_share (
      id text primary key,
      organisation_id text not null references directory_organisation (id),
      assessment_id text references assure_assessment (id),
      item text not null check (item in ('agreed-record', 'summary', 'objective', 'outcome', 'plan', 'board-page')),
      part_code text,
      receiver_id text not null references directory_organisation (id),
      purpose text not null check (purpose <> ''),
      until timestamptz not null,
      given_at timestamptz not null,
      given_by text not null,
      revoked_at timestamptz,
      revoked_by text,
      revoke_reason text,
      check ((item = 'plan') = (assessment_id is null)),
      check ((item in ('objective', 'outcome')) = (part_code is not null)),
      check (receiver_id <> organisation_id)
    )`.execute(db)
  await sql`create index assure_share_organisation on assure_share (organisation_id, given_at)`.execute(db)
  await sql`create index assure_share_receiver on assure_share (receiver_id, until) where revoked_at is null`.execute(db)
  await sql`create index assure_share_assessment on assure_share (assessment_id) where revoked_at is null`.execute(db)
  // Who looked at what was shared. The name is kept as it was: the organisation does not see the people of other bodies.
  await sql`
    create table assure_look (
      id text primary key,
      share_id text not null references assure_share (id),
      organisation_id text not null references directory_organisation (id),
      at timestamptz not null,
      person_id text not null,
      person_name text not null,
      person_role text not null,
      by_program boolean not null default false,
      what text not null
    )`.execute(db)
  await sql`create index assure_look_organisation on assure_look (organisation_id, at)`.execute(db)
  await sql`create index assure_look_share on assure_look (share_id)`.execute(db)
}

async function practices(db: Kysely<unknown>): Promise<void> {
  // As the organisation keeps it: its own.
  await sql`
    create table assure_practice (
      id text primary key,
      organisation_id text not null references directory_organisation (id),
      finding_id text,
      framework_id text not null references assure_framework (id),
      outcome_code text not null,
      title text not null,
      what text not null,
      helped text not null default '',
      is_named boolean not null,
      may_ask boolean not null,
      state text not null check (state in ('draft', 'offered', 'withdrawn')),
      offer_id text,
      made_at timestamptz not null,
      changed_at timestamptz not null,
      changed_by text not null
    )`.execute(db)
  await sql`create index assure_practice_organisation on assure_practice (organisation_id, changed_at)`.execute(db)
  // As others see it. Without a name there is nothing in the row that says whose it is, and its day is that of the nightly round.
  await sql`
    create table assure_practice_offer (
      id text primary key,
      organisation_id text references directory_organisation (id),
      organisation_type text not null,
      size_band text not null,
      framework_id text not null references assure_framework (id),
      outcome_code text not null,
      title text not null,
      what text not null,
      helped text not null,
      may_ask boolean not null,
      offered_on date not null
    )`.execute(db)
  await sql`create index assure_practice_offer_outcome on assure_practice_offer (framework_id, outcome_code)`.execute(db)
  await sql`create index assure_practice_offer_newest on assure_practice_offer (offered_on desc, id desc)`.execute(db)
  await sql`
    create table assure_practice_question (
      id text primary key,
      practice_id text not null references assure_practice (id),
      organisation_id text not null references directory_organisation (id),
      person_name text not null,
      title text not null,
      question text not null,
      asked_at timestamptz not null,
      answer text,
      answered_at timestamptz
    )`.execute(db)
  await sql`create index assure_practice_question_practice on assure_practice_question (practice_id, asked_at)`.execute(db)
  await sql`create index assure_practice_question_organisation on assure_practice_question (organisation_id, asked_at)`.execute(db)
}

/** Whom a row is shown to: asked by the policies, once a query. `now()`, so that a share ends by itself at its time. */
async function readers(db: Kysely<unknown>): Promise<void> {
  // The shares that live and are for the actor's own body, as long as that is open: its successor is another body. The centre is a body like any other: its people, by name, and nobody by the width of the centre's scope.
  await sql`
    create function assure_shared() returns setof text language plpgsql stable security definer rows 20 set search_path = public, pg_temp
    as $$ begin
      if carecert_scope_kind() in ('organisation', 'partner', 'region') then
        return query select share.id from assure_share share
          join directory_organisation body on body.id = share.receiver_id and body.status <> 'closed'
          where share.receiver_id = carecert_scope_id() and share.revoked_at is null and share.until > now();
      elsif carecert_scope_kind() = 'centre' then
        return query select share.id from assure_share share
          join directory_organisation body on body.id = share.receiver_id and body.type = 'centre' and body.status <> 'closed'
          where share.revoked_at is null and share.until > now() and exists (
            select from directory_assignment assignment
              where assignment.organisation_id = body.id and assignment.person_id = carecert_actor_id() and assignment.until is null);
      end if;
    end $$`.execute(db)
  // The one of them that is being looked at: `lookAt` (sharing/looks.ts) names it in the same breath as it records the look. So no list, search, export or page
  // that was made for one's own ever shows what is another's, and nothing is read of which there is no record.
  await sql`
    create function assure_looked_at() returns setof text language plpgsql stable security definer rows 1 set search_path = public, pg_temp
    as $$ begin
      return query select shared from assure_shared() shared where shared = current_setting('carecert.looking', true);
    end $$`.execute(db)
  await sql`
    create function assure_shared_assessments() returns setof text language plpgsql stable security definer rows 20 set search_path = public, pg_temp
    as $$ begin
      return query select distinct share.assessment_id from assure_share share where share.id in (select assure_looked_at()) and share.assessment_id is not null;
    end $$`.execute(db)
  // The organisations that share their plan with the actor's body.
  await sql`
    create function assure_shared_plans() returns setof text language plpgsql stable security definer rows 20 set search_path = public, pg_temp
    as $$ begin
      return query select distinct share.organisation_id from assure_share share where share.id in (select assure_looked_at()) and share.item = 'plan';
    end $$`.execute(db)
  // Whether an outcome is that part of its framework, or lies under it.
  await sql`
    create function assure_is_within(assessment text, outcome text, part text) returns boolean language plpgsql stable security definer set search_path = public, pg_temp
    as $$ begin
      return exists (
        with recursive above as (
          select node.framework_id, node.code, node.parent_code from assure_framework_node node
            join assure_assessment own on own.framework_id = node.framework_id where own.id = assessment and node.code = outcome
          union
          select node.framework_id, node.code, node.parent_code from assure_framework_node node
            join above on node.framework_id = above.framework_id and node.code = above.parent_code
        ) select from above where above.code = part);
    end $$`.execute(db)
  // Agreed is what both sides have signed and nothing has voided since; until then an outcome is what the organisation says of itself.
  await sql`
    create function assure_is_agreed(assessment text) returns boolean language plpgsql stable security definer set search_path = public, pg_temp
    as $$ begin
      return exists (select from assure_assessment own where own.id = assessment and own.state in ('agreed', 'closed'));
    end $$`.execute(db)
  await sql`
    create function assure_shows(assessment text, said text, outcome text) returns boolean language plpgsql stable security definer set search_path = public, pg_temp
    as $$ begin
      return said in ('self', 'agreed') and exists (
        select from assure_share share
          where share.assessment_id = assessment and share.id in (select assure_looked_at()) and (
            share.item = 'agreed-record' and said = 'agreed' and assure_is_agreed(assessment)
            or share.item in ('objective', 'outcome') and assure_is_within(assessment, outcome, share.part_code)
              and (said = 'agreed') = (assure_is_agreed(assessment) and exists (
                select from assure_view agreed where agreed.assessment_id = assessment and agreed.view = 'agreed' and agreed.outcome_code = outcome))));
    end $$`.execute(db)
  // Figures alone: a summary says how many outcomes of an objective stand at which level, the board's page how each stands; neither says a word of why.
  await sql`
    create function assure_shared_figures(share_asked text) returns table (code text, status text, basis text, outcomes integer)
      language plpgsql stable security definer rows 50 set search_path = public, pg_temp
    as $$ declare given assure_share; begin
      select * into given from assure_share share where share.id = share_asked and share.id in (select assure_looked_at()) and share.item in ('summary', 'board-page');
      if not found then return; end if;
      return query
        with recursive said as (
          select distinct on (seen.outcome_code) seen.outcome_code, seen.status, seen.view as basis from assure_view seen
            where seen.assessment_id = given.assessment_id and (seen.view = 'self' or seen.view = 'agreed' and assure_is_agreed(given.assessment_id))
            order by seen.outcome_code, seen.view
        ), above as (
          select said.outcome_code, node.code, node.parent_code, node.framework_id from said
            join assure_assessment own on own.id = given.assessment_id
            join assure_framework_node node on node.framework_id = own.framework_id and node.code = said.outcome_code
          union
          select above.outcome_code, node.code, node.parent_code, node.framework_id from above
            join assure_framework_node node on node.framework_id = above.framework_id and node.code = above.parent_code
        ), placed as (
          select case when given.item = 'summary' then top.code else said.outcome_code end as at_code, said.status, said.basis
            from said join above top on top.outcome_code = said.outcome_code and top.parent_code is null
        )
        select placed.at_code, placed.status, placed.basis, count(*)::integer from placed group by 1, 2, 3 order by 1, 2;
    end $$`.execute(db)
  // The evidence for what the actor, by name, was asked to assess.
  await sql`
    create function assure_evidence_for_me() returns setof text language plpgsql stable security definer rows 200 set search_path = public, pg_temp
    as $$ begin
      return query select distinct evidence_id from assure_evidence_outcome where assessment_id in (select assure_engaged());
    end $$`.execute(db)
  await sql`
    create function assure_own_practices() returns setof text language plpgsql stable security definer rows 20 set search_path = public, pg_temp
    as $$ begin
      if carecert_scope_kind() in ('organisation', 'partner') then
        return query select id from assure_practice where organisation_id = carecert_scope_id();
      end if;
    end $$`.execute(db)
  await sql`
    create function assure_own_offers() returns setof text language plpgsql stable security definer rows 20 set search_path = public, pg_temp
    as $$ begin
      return query select offer_id from assure_practice where id in (select assure_own_practices()) and offer_id is not null;
    end $$`.execute(db)
  // Which practice an offer stands for, told to nobody but the machinery that hands a question over.
  await sql`
    create function assure_practice_asked(offer text) returns text language plpgsql stable security definer set search_path = public, pg_temp
    as $$ begin
      return (select practice.id from assure_practice practice where practice.offer_id = offer and practice.state = 'offered' and practice.may_ask);
    end $$`.execute(db)
}
