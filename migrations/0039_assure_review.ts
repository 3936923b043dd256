import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/**
 * What comes of an assessment by somebody independent: findings and strengths, the conclusion, moderation, and the agreement that both sides sign.
 * Nobody reads it but the organisation, once it was handed over, and its assessors.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await engagement(db)
  await tables(db)
  await readers(db)
  await locks(db)
  await sql`insert into assure_risk_rule (effective_from, source, rule) values ('2026-01-01', ${'CareCERT’s own'}, ${FIRST_RULE})`.execute(db)
}

/** Points for each level below what the profile asks, by the share of the most that there could be (src/domains/assure/overall-risk.ts). */
const FIRST_RULE = JSON.stringify({
  weights: { A: 1, B: 1, C: 1, D: 1 },
  otherWeight: 1,
  unanswered: 'worst',
  levels: [
    { code: 'low', label: 'Low', from: 0 },
    { code: 'moderate', label: 'Moderate', from: 0.1 },
    { code: 'high', label: 'High', from: 0.3 },
    { code: 'very-high', label: 'Very high', from: 0.6 },
  ],
})

/** Of what the organisation asked, an assessor changes nothing: they declare, and hand over. */
async function engagement(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function assure_engagement_kept() returns trigger language plpgsql security definer set search_path = public, pg_temp
    as $$ begin
      if old.assessment_id in (select assure_own()) then return new; end if;
      if (to_jsonb(old) - array['independence', 'conflicts', 'declared_at', 'submitted_at'])
        <> (to_jsonb(new) - array['independence', 'conflicts', 'declared_at', 'submitted_at'])
      then raise exception 'an engagement is changed by the organisation that asked' using errcode = 'insufficient_privilege';
      end if;
      return new;
    end $$`.execute(db)
  await sql`create trigger assure_engagement_kept before update on assure_engagement for each row execute function assure_engagement_kept()`.execute(
    db,
  )
}

async function tables(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assure_view_change (
      id bigint generated always as identity primary key,
      assessment_id text not null references assure_assessment (id),
      view text not null check (view in ('independent', 'second')),
      outcome_code text not null,
      at timestamptz not null,
      by_id text not null,
      reason text not null,
      before jsonb not null
    )`.execute(db)
  await sql`create index assure_view_change_of on assure_view_change (assessment_id, view, outcome_code)`.execute(db)
  await sql`
    create table assure_finding (
      id text primary key,
      assessment_id text not null references assure_assessment (id),
      engagement_id text not null references assure_engagement (id),
      outcome_code text not null,
      kind text not null check (kind in ('finding', 'strength')),
      what text not null,
      detail text not null,
      advice text not null,
      at timestamptz not null,
      by_id text not null
    )`.execute(db)
  await sql`create index assure_finding_assessment on assure_finding (assessment_id, outcome_code)`.execute(db)
  await sql`
    create table assure_risk_rule (
      id integer generated always as identity primary key,
      effective_from date not null,
      source text not null,
      rule jsonb not null
    )`.execute(db)
  await sql`
    create table assure_conclusion (
      assessment_id text primary key references assure_assessment (id),
      engagement_id text not null references assure_engagement (id),
      narrative text not null default '',
      veracity text not null default '',
      risk text,
      risk_rule_id integer references assure_risk_rule (id),
      compared jsonb,
      changed_at timestamptz not null,
      by_id text not null
    )`.execute(db)
  await sql`
    create table assure_moderated (
      assessment_id text not null references assure_assessment (id),
      outcome_code text not null,
      status text not null,
      reason text not null,
      by_id text not null,
      by_name text not null,
      at timestamptz not null,
      primary key (assessment_id, outcome_code)
    )`.execute(db)
  await sql`
    create table assure_agreed_change (
      id bigint generated always as identity primary key,
      assessment_id text not null references assure_assessment (id),
      outcome_code text not null,
      at timestamptz not null,
      by_id text not null,
      by_name text not null
    )`.execute(db)
  await sql`create index assure_agreed_change_of on assure_agreed_change (assessment_id, id)`.execute(db)
  await sql`
    create table assure_agreement (
      assessment_id text not null references assure_assessment (id),
      hash text not null check (hash ~ '^[0-9a-f]{64}$'),
      content text not null,
      at timestamptz not null,
      primary key (assessment_id, hash)
    )`.execute(db)
  await sql`
    create table assure_agreement_signature (
      id text primary key,
      assessment_id text not null,
      hash text not null,
      side text not null check (side in ('organisation', 'assessor')),
      person_id text not null,
      name text not null,
      body text not null,
      at timestamptz not null,
      foreign key (assessment_id, hash) references assure_agreement (assessment_id, hash),
      unique (assessment_id, hash, side)
    )`.execute(db)
}

/**
 * What an assessor said of an outcome before they saw what another did: two are compared by that alone. Given to the two themselves, once both have recorded theirs;
 * of a later change they read its status, and neither its words nor its reason.
 */
async function readers(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function assure_recorded_first(assessment text, said text, outcome text) returns text language plpgsql stable security definer
      set search_path = public, pg_temp
    as $$ begin
      if assessment not in (select assure_engaged()) or not assure_both_recorded(assessment, outcome) then return null; end if;
      return (
        select coalesce(
          (select change.before ->> 'status' from assure_view_change change
            where change.assessment_id = assessment and change.view = said and change.outcome_code = outcome and change.at >= own.recorded_at
            order by change.id limit 1),
          own.status)
        from assure_view own where own.assessment_id = assessment and own.view = said and own.outcome_code = outcome);
    end $$`.execute(db)
}

async function locks(db: Kysely<unknown>): Promise<void> {
  const system = sql`(select carecert_scope_kind()) = 'system'`
  const own = sql`assessment_id in (select assure_own())`
  const leads = sql`assessment_id in (select assure_leads())`
  const seconds = sql`assessment_id in (select assure_seconds())`
  const handedOver = sql`assessment_id in (select assure_handed_over())`
  for (const table of ['assure_finding', 'assure_conclusion'])
    await protect(db, table, sql`${leads} or ${handedOver} or ${system}`, sql`${leads} or ${system}`)
  await protect(
    db,
    'assure_view_change',
    sql`(view = 'independent' and (${leads} or ${handedOver})) or (view = 'second' and (${seconds} or assessment_id in (select assure_second_handed_over())))
      or ${system}`,
    sql`(view = 'independent' and ${leads}) or (view = 'second' and ${seconds}) or ${system}`,
  )
  await protect(
    db,
    'assure_moderated',
    sql`${leads} or ${handedOver} or (${seconds} and assure_both_recorded(assessment_id, outcome_code)) or ${system}`,
    sql`${leads} or ${system}`,
  )
  for (const table of ['assure_agreed_change', 'assure_agreement']) await protect(db, table, sql`${own} or ${leads}`)
  // Each side signs for itself.
  await protect(
    db,
    'assure_agreement_signature',
    sql`${own} or ${leads}`,
    sql`(${own} and side = 'organisation') or (${leads} and side = 'assessor') or ${system}`,
  )
  // What was signed, by whom, and what was changed when, is only added to.
  for (const table of ['assure_view_change', 'assure_agreed_change', 'assure_agreement', 'assure_agreement_signature'])
    await sql`revoke update, delete on ${sql.table(table)} from carecert_app`.execute(db)
  await protect(db, 'assure_risk_rule', sql`(select carecert_scope_kind()) <> 'none'`, sql`(select carecert_sees_all())`)
  await sql`grant usage on all sequences in schema public to carecert_app`.execute(db)
}
