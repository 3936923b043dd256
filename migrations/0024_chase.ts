import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/** Policies by which the silent are reminded and whom it is told to, what was done of them, and the telephone list. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const centre = sql`(select carecert_sees_all())`
  // Who rings: the centre everywhere, a region its own organisations. What a caller wrote is not for the organisation's partners.
  const callers = sql`(select carecert_sees_all()) or ((select carecert_scope_kind()) = 'region' and organisation_id in (select carecert_organisations()))`

  // Decided by others and changed by decree: rows with the day from which they hold. Hours are counted from the release.
  await sql`
    create table broadcast_chase_policy (
      id bigint generated always as identity primary key,
      severity text not null,
      organisation_type text references directory_organisation_type (code),
      effective_from date not null,
      acknowledge_hours integer check (acknowledge_hours > 0),
      act_hours integer check (act_hours > 0),
      remind_hours integer[] not null default '{}',
      telephone_hours integer check (telephone_hours >= 0),
      escalate_hours integer check (escalate_hours > 0),
      escalate_to text[] not null default '{}',
      region_hours integer check (region_hours > 0),
      working_hours boolean not null,
      source text not null,
      set_by text not null,
      set_at timestamptz not null
    )`.execute(db)
  await sql`create unique index broadcast_chase_policy_of on broadcast_chase_policy (severity, coalesce(organisation_type, ''), effective_from)`.execute(
    db,
  )
  const seniors = `'{"senior information risk owner","chief information officer","chief executive"}'`
  await sql`
    insert into broadcast_chase_policy (severity, effective_from, acknowledge_hours, remind_hours, telephone_hours, escalate_hours, escalate_to, region_hours, working_hours, source, set_by, set_at)
    values
      ('high', '2018-04-01', 48, '{4,12,24}', 12, 36, ${sql.raw(seniors)}, 44, false, 'As delivered, within the 48 hours of the Data Security and Protection Toolkit 6.3.2: the centre decides otherwise by a row of its own', 'system', now()),
      ('medium', '2018-04-01', null, '{24}', 48, null, '{}', null, true, 'As delivered: the centre decides otherwise by a row of its own', 'system', now())`.execute(
    db,
  )
  await protect(db, 'broadcast_chase_policy', sql`(select carecert_sees_all()) or (select carecert_scope_kind()) = 'region'`, centre)

  // What was live before there were policies is left to people: an upgrade writes to nobody.
  await sql`alter table broadcast_release add column is_chased boolean not null default true`.execute(db)
  await sql`update broadcast_release set is_chased = false`.execute(db)

  // One row for each organisation and step: what makes a reminder go out once, whatever crashes.
  await sql`
    create table broadcast_chase_step (
      bulletin_id text not null references broadcast_bulletin (id),
      organisation_id text not null references directory_organisation (id),
      kind text not null check (kind in ('reminder', 'escalation', 'region')),
      nth integer not null,
      at timestamptz not null,
      mailing_id text references broadcast_mailing (id),
      primary key (bulletin_id, organisation_id, kind, nth)
    )`.execute(db)
  await protect(db, 'broadcast_chase_step', callers, centre)
  await sql`
    create table broadcast_call_hold (
      bulletin_id text not null references broadcast_bulletin (id),
      organisation_id text not null references directory_organisation (id),
      held_by text not null,
      held_until timestamptz not null,
      primary key (bulletin_id, organisation_id)
    )`.execute(db)
  await sql`
    create table broadcast_call (
      id text primary key,
      bulletin_id text not null references broadcast_bulletin (id),
      organisation_id text not null references directory_organisation (id),
      contact_id text references directory_contact (id),
      at timestamptz not null,
      by_id text not null,
      outcome text not null check (outcome in ('answered', 'will-answer', 'message-left', 'no-reply', 'wrong-number', 'declined')),
      spoke_to text,
      note text,
      call_again_at timestamptz
    )`.execute(db)
  await sql`create index broadcast_call_of on broadcast_call (bulletin_id, organisation_id, at desc)`.execute(db)
  await protect(db, 'broadcast_call_hold', callers)
  await protect(db, 'broadcast_call', callers)
}
