import { sql, type Kysely, type RawBuilder } from 'kysely'
import { protect } from './protect.ts'

/** Code, label, what it says, whether its money is still missing, granted or not in question. */
const FUNDING: readonly (readonly [string, string, string, string])[] = [
  ['not-asked', 'Not asked for', 'Nobody has been asked for the money yet', 'missing'],
  ['asked', 'Asked for', 'Somebody has been asked, and has not decided', 'missing'],
  ['approved', 'Approved', 'The money is there', 'granted'],
  ['refused', 'Refused', 'Somebody decided that there is no money for it', 'missing'],
  ['not-needed', 'None needed', 'It takes no money of its own', 'none'],
]

/** Days after the date of an action on which its owner is reminded; before it, below nought. */
const REMINDERS: readonly number[] = [-14, -1, 1, 14, 28]

/**
 * The plan of an organisation: what it said it would do, and by when. The rules of DAO 02/20 (HM Treasury, 12 June 2020) are kept by the database itself: a date
 * once given is never changed, and a new one beside it needs its reason, in rows that are only added.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await awaitingMoney(db)
  await policy(db)
  await plans(db)
  await history(db)
  await pools(db)
  await keeps(db)
  await locks(db)
}

/** The reason for not acting from which an action of a plan can follow. */
async function awaitingMoney(db: Kysely<unknown>): Promise<void> {
  await sql`update broadcast_reason set position = position + 1 where code = 'other'`.execute(db)
  await sql`
    insert into broadcast_reason (code, effective_from, label, says, needs_words, review_days, position, source)
    values ('awaiting-money', '2018-04-01', 'There is no money for it yet', 'It would be done, and has to be paid for first', false, 90, 5,
      'National Audit Office, Government cyber resilience, January 2025: about half of the legacy systems had no fully funded fix')
    on conflict do nothing`.execute(db)
}

async function policy(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assure_funding_status (
      code text primary key,
      label text not null,
      says text not null,
      money text not null check (money in ('missing', 'granted', 'none')),
      position integer not null
    )`.execute(db)
  for (const [position, [code, label, says, money]] of FUNDING.entries())
    await sql`insert into assure_funding_status (code, label, says, money, position) values (${code}, ${label}, ${says}, ${money}, ${position})`.execute(
      db,
    )
  await sql`create table assure_plan_reminder (days integer primary key check (days between -366 and 366))`.execute(db)
  for (const days of REMINDERS) await sql`insert into assure_plan_reminder (days) values (${days})`.execute(db)
}

async function plans(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assure_plan (
      id text primary key,
      organisation_id text not null unique references directory_organisation (id),
      opened_at timestamptz not null,
      opened_by text not null
    )`.execute(db)
  await sql`
    create table assure_action (
      id text primary key,
      plan_id text not null references assure_plan (id),
      organisation_id text not null references directory_organisation (id),
      title text not null,
      text text not null default '',
      source_kind text not null check (source_kind in ('improvement', 'finding', 'bulletin', 'reopened', 'hand')),
      source_id text,
      source_label text not null default '',
      case_id text,
      owner_id text,
      state text not null check (state in ('planned', 'in-progress', 'done', 're-tested', 'accepted-risk', 'cancelled')),
      original_date date,
      no_date_reason text,
      due_on date,
      slips integer not null default 0,
      funding text not null references assure_funding_status (code),
      capital_pence bigint not null default 0 check (capital_pence between 0 and 100000000000000),
      yearly_pence bigint not null default 0 check (yearly_pence between 0 and 100000000000000),
      people_days double precision not null default 0 check (people_days between 0 and 1000000),
      predicted_low_pence bigint,
      predicted_likely_pence bigint,
      predicted_high_pence bigint,
      predicted_clinic_days double precision,
      accepted_until date,
      reopened_from text references assure_action (id),
      made_at timestamptz not null,
      made_by text not null,
      changed_at timestamptz not null,
      done_on date,
      revision integer not null default 1,
      check (predicted_low_pence <= predicted_likely_pence and predicted_likely_pence <= predicted_high_pence),
      -- A date, or why there is none.
      check (original_date is not null or no_date_reason <> ''),
      check ((due_on is null) = (original_date is null)),
      check (original_date <= due_on),
      check (source_kind = 'hand' or source_id is not null),
      check (state <> 'accepted-risk' or accepted_until is not null)
    )`.execute(db)
  await sql`create index assure_action_plan on assure_action (plan_id, due_on, id)`.execute(db)
  await sql`create index assure_action_organisation on assure_action (organisation_id, state)`.execute(db)
  await sql`create index assure_action_due on assure_action (due_on) where state in ('planned', 'in-progress')`.execute(db)
  await sql`create index assure_action_accepted on assure_action (accepted_until) where state = 'accepted-risk'`.execute(db)
  // The same thing stands in a plan once, as long as it is to be done. Whoever ticks it twice, or at the same moment as a colleague, makes one action.
  await sql`
    create unique index assure_action_source on assure_action (plan_id, source_kind, source_id)
      where state in ('planned', 'in-progress', 'done', 'accepted-risk')`.execute(db)
  await sql`
    create table assure_proposal_left (
      organisation_id text not null references directory_organisation (id),
      source_kind text not null,
      source_id text not null,
      reason text not null,
      at timestamptz not null,
      by_id text not null,
      primary key (organisation_id, source_kind, source_id)
    )`.execute(db)
}

async function history(db: Kysely<unknown>): Promise<void> {
  // Each date that an action was given after it was made: a slip with its reason; the first, where it had none; or anew, once the acceptance of a risk has ended.
  await sql`
    create table assure_action_date (
      action_id text not null references assure_action (id),
      position integer not null,
      organisation_id text not null,
      kind text not null check (kind in ('slip', 'first', 'restart')),
      was date,
      due_on date not null,
      reason text not null check (reason <> ''),
      at timestamptz not null,
      by_id text not null,
      primary key (action_id, position)
    )`.execute(db)
  await sql`
    create table assure_action_event (
      action_id text not null references assure_action (id),
      position integer not null,
      organisation_id text not null,
      kind text not null,
      text text not null default '',
      evidence text not null default '',
      detail jsonb not null default '{}',
      at timestamptz not null,
      by_id text not null,
      primary key (action_id, position)
    )`.execute(db)
  await sql`
    create table assure_action_retest (
      action_id text not null references assure_action (id),
      position integer not null,
      organisation_id text not null,
      outcome text not null check (outcome in ('worked', 'partly', 'did-not-work')),
      tested_on date not null,
      tester text not null,
      method text not null,
      observed_pence bigint,
      observed_clinic_days double precision,
      at timestamptz not null,
      by_id text not null,
      primary key (action_id, position)
    )`.execute(db)
  await sql`
    create table assure_plan_signature (
      id text primary key,
      plan_id text not null references assure_plan (id),
      organisation_id text not null,
      party text not null check (party in ('organisation', 'board', 'assessor')),
      content_hash text not null check (content_hash ~ '^[0-9a-f]{64}$'),
      content text not null,
      words text not null default '',
      signed_at timestamptz not null,
      signer_id text not null,
      signer_name text not null,
      voided_at timestamptz,
      voided_by text
    )`.execute(db)
  await sql`create index assure_plan_signature_plan on assure_plan_signature (plan_id, signed_at desc)`.execute(db)
  await sql`
    create table assure_action_reminded (
      action_id text not null references assure_action (id),
      organisation_id text not null,
      due_on date not null,
      days integer not null,
      at timestamptz not null,
      primary key (action_id, due_on, days)
    )`.execute(db)
}

/** What the database keeps, whoever asks: the owner of its tables too. */
async function keeps(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function assure_action_keep() returns trigger language plpgsql set search_path = public, pg_temp
    as $$ begin
      if tg_op <> 'UPDATE' then
        raise exception 'An action is never deleted: it is cancelled, with a reason' using errcode = 'insufficient_privilege';
      end if;
      if old.original_date is not null and new.original_date is distinct from old.original_date then
        raise exception 'The original date of an action never changes: record a slip' using errcode = 'insufficient_privilege';
      end if;
      if old.original_date is null and new.original_date is distinct from new.due_on then
        raise exception 'The first date of an action is its original one' using errcode = 'insufficient_privilege';
      end if;
      if new.slips < old.slips or old.done_on is not null and new.done_on is distinct from old.done_on then
        raise exception 'That an action slipped, and the day on which it was done, stay' using errcode = 'insufficient_privilege';
      end if;
      if (new.plan_id, new.organisation_id, new.source_kind, new.made_at, new.made_by)
          is distinct from (old.plan_id, old.organisation_id, old.source_kind, old.made_at, old.made_by)
          or new.source_id is distinct from old.source_id or new.reopened_from is distinct from old.reopened_from then
        raise exception 'Where an action came from never changes' using errcode = 'insufficient_privilege';
      end if;
      if new.due_on is distinct from old.due_on and not exists (
          select from assure_action_date given where given.action_id = new.id and given.due_on = new.due_on and given.was is not distinct from old.due_on
            and given.position = (select max(newest.position) from assure_action_date newest where newest.action_id = new.id)) then
        raise exception 'A new date needs its reason: record a slip' using errcode = 'insufficient_privilege';
      end if;
      return new;
    end $$`.execute(db)
  await sql`create trigger assure_action_kept before update or delete on assure_action for each row execute function assure_action_keep()`.execute(db)
  await sql`create trigger assure_action_whole before truncate on assure_action for each statement execute function assure_action_keep()`.execute(db)
  await sql`
    create function assure_plan_refuse_change() returns trigger language plpgsql
    as $$ begin
      raise exception 'What a plan says that happened is only added to: % of % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
    end $$`.execute(db)
  for (const table of ['assure_action_date', 'assure_action_event', 'assure_action_retest'])
    await sql`
      create trigger ${sql.ref(`${table}_kept`)} before update or delete on ${sql.table(table)}
        for each row execute function assure_plan_refuse_change()`.execute(db)
  for (const table of ['assure_action_date', 'assure_action_event', 'assure_action_retest', 'assure_plan_signature'])
    await sql`
      create trigger ${sql.ref(`${table}_whole`)} before truncate on ${sql.table(table)}
        for each statement execute function assure_plan_refuse_change()`.execute(db)
  // Of a signature only that it was voided may be written, and only once.
  await sql`
    create function assure_signature_keep() returns trigger language plpgsql
    as $$ begin
      if tg_op = 'UPDATE' and old.voided_at is null and new.voided_at is not null
          and to_jsonb(new) - array['voided_at', 'voided_by'] = to_jsonb(old) - array['voided_at', 'voided_by'] then
        return new;
      end if;
      raise exception 'A signature is never changed: it is voided' using errcode = 'insufficient_privilege';
    end $$`.execute(db)
  await sql`
    create trigger assure_plan_signature_kept before update or delete on assure_plan_signature for each row execute function assure_signature_keep()`.execute(
    db,
  )
}

/** What organisations have said may be pooled, and what was published of it. */
async function pools(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assure_need_pool (
      organisation_id text primary key references directory_organisation (id),
      since timestamptz not null,
      by_id text not null,
      withdrawn_at timestamptz
    )`.execute(db)
  await sql`
    create table assure_need_freeze (
      id text primary key,
      period text not null,
      number integer not null,
      state text not null check (state in ('asked', 'frozen')),
      -- The improvements that are counted: those of the first freeze of the year, so that what is released of them fits together.
      codes text[] not null,
      asked_at timestamptz not null,
      asked_by text not null,
      frozen_at timestamptz,
      held text,
      contributors integer,
      policy jsonb,
      unique (period, number)
    )`.execute(db)
  // Rounded counts by band of amount; no row where it is held back.
  await sql`
    create table assure_need_figure (
      freeze_id text not null references assure_need_freeze (id),
      improvement_code text not null,
      counts jsonb not null,
      primary key (freeze_id, improvement_code)
    )`.execute(db)
  // Exact sums over members who cannot be told from one another, under keyed hashes (src/solvers/disclosure). Nobody reads it but the system.
  await sql`
    create table assure_need_ledger (
      freeze_id text not null references assure_need_freeze (id),
      improvement_code text not null,
      position integer not null,
      inside text[] not null,
      members text not null,
      counts jsonb not null,
      primary key (freeze_id, improvement_code, position)
    )`.execute(db)
  await sql`create table assure_need_key (period text primary key, key text not null)`.execute(db)
}

async function locks(db: Kysely<unknown>): Promise<void> {
  const system = sql`(select carecert_scope_kind()) = 'system'`
  const anybody = sql`(select carecert_scope_kind()) <> 'none'`
  const keeper = sql`(select carecert_sees_all())`
  for (const table of ['assure_funding_status', 'assure_plan_reminder', 'assure_need_freeze']) await protect(db, table, anybody, keeper)
  await protect(db, 'assure_need_figure', anybody, system)
  for (const table of ['assure_need_ledger', 'assure_need_key']) await protect(db, table, system)

  // The organisations whose plan an assessor may read and sign: engaged, by name, until the day, and the own view handed over. Before that the plan, which
  // follows from what the organisation says of itself, would open an assessor's eyes. Who moderates reads none.
  await sql`
    create function assure_plans_assessed() returns setof text language plpgsql stable security definer rows 20 set search_path = public, pg_temp
    as $$ begin
      return query select engagement.organisation_id from assure_engagement engagement
        where engagement.assessor_id = carecert_actor_id() and engagement.kind <> 'second' and engagement.declared_at is not null and engagement.ended_at is null and engagement.until > now()
          and engagement.submitted_at is not null;
    end $$`.execute(db)
  const own = sql`(organisation_id = (select carecert_scope_id()) and (select carecert_scope_kind()) in ('organisation', 'partner') or ${system})`
  const readable = sql`(${own} or organisation_id in (select assure_plans_assessed()))`
  for (const table of ['assure_plan', 'assure_action', 'assure_action_date', 'assure_action_event', 'assure_action_retest'])
    await protect(db, table, readable, own)
  // Whoever the plan is shared with reads what is to be done (migration 0040), and nothing that is written beside it.
  await sql`create policy assure_action_shared on assure_action for select using (organisation_id in (select assure_shared_plans()))`.execute(db)
  for (const table of ['assure_proposal_left', 'assure_need_pool', 'assure_action_reminded']) await protect(db, table, own)
  await signatures(db, { own, readable, system })
  for (const table of ['assure_action', 'assure_action_date', 'assure_action_event', 'assure_action_retest', 'assure_plan_signature'])
    await sql`revoke delete on ${sql.table(table)} from carecert_app`.execute(db)
}

/** Everybody signs with their own hand, and for their own party. */
async function signatures(
  db: Kysely<unknown>,
  { own, readable, system }: Readonly<Record<'own' | 'readable' | 'system', RawBuilder<unknown>>>,
): Promise<void> {
  const table = sql`assure_plan_signature`
  await sql`grant select, insert, update, delete on ${table} to carecert_app`.execute(db)
  await sql`alter table ${table} enable row level security`.execute(db)
  await sql`create policy assure_plan_signature_read on ${table} for select using (${readable})`.execute(db)
  await sql`
    create policy assure_plan_signature_insert on ${table} for insert with check (${system} or signer_id = (select carecert_actor_id()) and (
      party in ('organisation', 'board') and ${own} or party = 'assessor' and organisation_id in (select assure_plans_assessed())))`.execute(db)
  await sql`create policy assure_plan_signature_update on ${table} for update using (${own})`.execute(db)
}
