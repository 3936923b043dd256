import { sql, type Kysely, type RawBuilder } from 'kysely'
import { protect } from './protect.ts'

/** Row-level security of evidence, sharing and good practice (migration 0040). */

/** Who reads and writes evidence, shares, looks and good practice. */
export async function locks(db: Kysely<unknown>): Promise<void> {
  const system = sql`(select carecert_scope_kind()) = 'system'`
  const anybody = sql`(select carecert_scope_kind()) <> 'none'`
  const own = sql`(organisation_id = (select carecert_scope_id()) and (select carecert_scope_kind()) in ('organisation', 'partner') or ${system})`
  await protect(db, 'assure_evidence_grade', anybody, sql`(select carecert_sees_all())`)
  await protect(db, 'assure_evidence', sql`${own} or id in (select assure_evidence_for_me())`, own)
  const ofOwn = sql`exists (select from assure_evidence evidence where evidence.id = evidence_id
    and (evidence.organisation_id = (select carecert_scope_id()) and (select carecert_scope_kind()) in ('organisation', 'partner') or ${system}))`
  const seen = sql`exists (select from assure_evidence evidence where evidence.id = evidence_id)`
  await protect(db, 'assure_evidence_file', seen, ofOwn)
  await protect(db, 'assure_evidence_check', seen, ofOwn)
  await protect(
    db,
    'assure_evidence_outcome',
    sql`assessment_id in (select assure_own()) or assessment_id in (select assure_engaged())`,
    sql`assessment_id in (select assure_own()) and ${ofOwn}`,
  )
  await protect(
    db,
    'assure_share',
    sql`${own} or id in (select assure_shared())`,
    sql`${own} and (assessment_id is null or assessment_id in (select assure_own()))`,
  )
  await protect(
    db,
    'assure_look',
    own,
    sql`${system} or (person_id = (select carecert_actor_id()) and share_id in (select assure_shared())
      and exists (select from assure_share share where share.id = share_id and share.organisation_id = assure_look.organisation_id))`,
  )
  await protect(db, 'assure_practice', own)
  await offerLocks(db, { system, anybody })
  // What was kept, given and looked at stays as it was: a file is replaced by a newer one, a share is taken back.
  await onlyColumns(db, 'assure_evidence', 'withdrawn_at, withdrawn_by, withdrawn_reason, reminded_for, owner_id')
  await onlyColumns(db, 'assure_share', 'revoked_at, revoked_by, revoke_reason')
  await onlyColumns(db, 'assure_practice_question', 'answer, answered_at')
  for (const table of ['assure_evidence_file', 'assure_evidence_check', 'assure_look'])
    await sql`revoke update, delete on ${sql.table(table)} from carecert_app`.execute(db)
}

async function offerLocks(db: Kysely<unknown>, { system, anybody }: Readonly<Record<'system' | 'anybody', RawBuilder<unknown>>>): Promise<void> {
  await protect(
    db,
    'assure_practice_offer',
    anybody,
    sql`${system} or organisation_id = (select carecert_scope_id()) and (select carecert_scope_kind()) in ('organisation', 'partner')`,
  )
  // What was offered without a name is taken back by whoever offered it.
  await sql`alter policy assure_practice_offer_delete on assure_practice_offer using (${system} or id in (select assure_own_offers()))`.execute(db)
  await sql`revoke update on assure_practice_offer from carecert_app`.execute(db)
  const asker = sql`organisation_id = (select carecert_scope_id()) and (select carecert_scope_kind()) in ('organisation', 'partner')`
  await protect(
    db,
    'assure_practice_question',
    sql`${system} or ${asker} or practice_id in (select assure_own_practices())`,
    sql`${system} or practice_id in (select assure_own_practices())`,
  )
  await sql`alter policy assure_practice_question_insert on assure_practice_question with check (${system} or ${asker})`.execute(db)
}

async function onlyColumns(db: Kysely<unknown>, table: string, columns: string): Promise<void> {
  await sql`revoke update, delete on ${sql.table(table)} from carecert_app`.execute(db)
  await sql`grant update (${sql.raw(columns)}) on ${sql.table(table)} to carecert_app`.execute(db)
}

/** Beside what 0038 lets the organisation and its assessor read: what is shared, for reading alone. */
export async function openWhatIsShared(db: Kysely<unknown>): Promise<void> {
  await sql`create policy assure_assessment_shared on assure_assessment for select using (id in (select assure_shared_assessments()))`.execute(db)
  for (const table of ['assure_view', 'assure_answer'])
    await sql`
      create policy ${sql.ref(`${table}_shared`)} on ${sql.table(table)} for select
        using (assessment_id in (select assure_shared_assessments()) and assure_shows(assessment_id, view, outcome_code))`.execute(db)
}

/**
 * An assessor writes what they think of an assessment, and never whose it is: with another organisation's id in the row it would be that one's to read.
 * And only the assessor hands a view over, for that opens it to the organisation.
 */
export async function tighten(db: Kysely<unknown>): Promise<void> {
  const own = sql`organisation_id = (select carecert_scope_id()) and (select carecert_scope_kind()) in ('organisation', 'partner')
    or (select carecert_scope_kind()) = 'system'`
  await sql`alter policy assure_assessment_insert on assure_assessment with check (${own})`.execute(db)
  await sql`revoke delete on assure_assessment from carecert_app`.execute(db)
  await sql`
    create function assure_assessment_kept() returns trigger language plpgsql set search_path = public, pg_temp
    as $$ begin
      if (new.id, new.organisation_id, new.framework_id, new.opened_at, new.opened_by)
          is distinct from (old.id, old.organisation_id, old.framework_id, old.opened_at, old.opened_by) then
        raise exception 'Whose an assessment is, and against what, never changes' using errcode = 'insufficient_privilege';
      end if;
      return new;
    end $$`.execute(db)
  await sql`create trigger assure_assessment_kept before update on assure_assessment for each row execute function assure_assessment_kept()`.execute(
    db,
  )
  await sql`
    create function assure_handing_over_kept() returns trigger language plpgsql set search_path = public, pg_temp
    as $$ begin
      if (old.submitted_at is null and new.submitted_at is not null or old.declared_at is null and new.declared_at is not null)
          and carecert_scope_kind() not in ('none', 'system') and carecert_actor_id() <> old.assessor_id then
        raise exception 'Only the assessor declares independence and hands a view over' using errcode = 'insufficient_privilege';
      end if;
      return new;
    end $$`.execute(db)
  await sql`create trigger assure_handing_over_kept before update on assure_engagement for each row execute function assure_handing_over_kept()`.execute(
    db,
  )
  await askedByNobodyElse(db)
}

/** What a function that looks past the locks tells, it tells only to whom it concerns: else whoever learns an id could ask how that review goes. */
async function askedByNobodyElse(db: Kysely<unknown>): Promise<void> {
  const assesses = sql`exists (select from assure_engagement engagement where engagement.assessment_id = assessment
    and engagement.assessor_id = carecert_actor_id() and engagement.declared_at is not null and engagement.ended_at is null and engagement.until > now())`
  await sql`
    create or replace function assure_unblinded(assessment text, outcome text) returns boolean language plpgsql stable security definer set search_path = public, pg_temp
    as $$ begin
      return ${assesses} and exists (
        select from assure_view where assessment_id = assessment and view = 'independent' and outcome_code = outcome and state = 'recorded');
    end $$`.execute(db)
  await sql`
    create or replace function assure_both_recorded(assessment text, outcome text) returns boolean language plpgsql stable security definer set search_path = public, pg_temp
    as $$ begin
      return ${assesses} and (select count(*) = 2 from assure_view
        where assessment_id = assessment and view in ('independent', 'second') and outcome_code = outcome and state = 'recorded');
    end $$`.execute(db)
  // These are asked within \`assure_shows\` and \`assure_shared_figures\`, as their owner.
  await sql`revoke execute on function assure_is_agreed(text), assure_is_within(text, text, text) from public`.execute(db)
}
