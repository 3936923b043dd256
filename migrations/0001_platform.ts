import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/**
 * The ground: the application's role, the functions that row-level security stands on, the audit chain, sign-in.
 *
 * Every query of the product runs as `carecert_app`, with `carecert.scope_kind` and `carecert.scope_id` set for the one
 * transaction. With nothing set, nothing is seen. The sub-selects make PostgreSQL evaluate a policy once a query, not once a row.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not exists (select from pg_roles where rolname = 'carecert_app') then
        begin
          create role carecert_app nologin;
        exception when duplicate_object or unique_violation then null;
        end;
      end if;
      execute format('grant carecert_app to %I', current_user);
    end $$`.execute(db)

  await sql`
    create function carecert_scope_kind() returns text language sql stable
    as $$ select coalesce(nullif(current_setting('carecert.scope_kind', true), ''), 'none') $$`.execute(db)
  await sql`
    create function carecert_scope_id() returns text language sql stable
    as $$ select coalesce(current_setting('carecert.scope_id', true), '') $$`.execute(db)
  await sql`
    create function carecert_sees_all() returns boolean language sql stable
    as $$ select carecert_scope_kind() in ('centre', 'system') $$`.execute(db)

  // Audit: append-only, and the database itself says so, to its owner too.
  await sql`
    create table audit_record (
      seq bigint primary key,
      id text not null unique,
      at timestamptz not null,
      actor_kind text not null,
      actor_id text not null,
      actor_role text,
      on_behalf_of text,
      verb text not null,
      subject_kind text not null,
      subject_id text not null,
      organisation_id text,
      reason text,
      change text,
      correlation text not null,
      previous_hash text not null unique,
      hash text not null
    )`.execute(db)
  await sql`create index audit_record_subject on audit_record (subject_kind, subject_id, seq)`.execute(db)
  await sql`
    create function audit_refuse_change() returns trigger language plpgsql
    as $$ begin raise exception 'The audit is append-only: % is refused', tg_op using errcode = 'insufficient_privilege'; end $$`.execute(db)
  await sql`create trigger audit_no_change before update or delete on audit_record for each row execute function audit_refuse_change()`.execute(db)
  await sql`create trigger audit_no_truncate before truncate on audit_record for each statement execute function audit_refuse_change()`.execute(db)
  await sql`grant select on audit_record to carecert_app`.execute(db)
  await sql`alter table audit_record enable row level security`.execute(db)
  await sql`create policy audit_record_centre on audit_record for select using ((select carecert_sees_all()))`.execute(db)

  await sql`create table platform_setting (name text primary key, value jsonb not null)`.execute(db)
  await sql`create table platform_worker (id text primary key, started_at timestamptz not null, seen_at timestamptz not null)`.execute(db)
  await sql`grant select, insert, update, delete on platform_setting, platform_worker to carecert_app`.execute(db)

  // Sign-in. Secrets are stored as hashes where a hash will do. Only the system scope sees these rows.
  await sql`
    create table auth_account (
      person_id text primary key,
      password_hash text,
      totp_secret text,
      totp_confirmed_at timestamptz,
      totp_last_step bigint,
      created_at timestamptz not null
    )`.execute(db)
  await sql`
    create table auth_passkey (
      id text primary key,
      person_id text not null,
      credential_id text not null unique,
      public_key text not null,
      counter bigint not null,
      transports text not null default '[]',
      name text not null,
      created_at timestamptz not null,
      last_used_at timestamptz
    )`.execute(db)
  await sql`create index auth_passkey_person on auth_passkey (person_id)`.execute(db)
  await sql`
    create table auth_session (
      id_hash text primary key,
      person_id text not null,
      assignment_id text,
      csrf_secret text not null,
      assurance text not null,
      created_at timestamptz not null,
      last_seen_at timestamptz not null,
      expires_at timestamptz not null,
      previous_visit_at timestamptz,
      ended_at timestamptz
    )`.execute(db)
  await sql`create index auth_session_person on auth_session (person_id)`.execute(db)
  await sql`
    create table auth_challenge (
      id_hash text primary key,
      purpose text not null,
      person_id text,
      data jsonb not null,
      expires_at timestamptz not null
    )`.execute(db)
  await sql`
    create table auth_invitation (
      id text primary key,
      token_hash text not null unique,
      purpose text not null,
      person_id text not null,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      used_at timestamptz
    )`.execute(db)
  await sql`
    create table auth_recovery_code (
      person_id text not null,
      code_hash text not null,
      used_at timestamptz,
      primary key (person_id, code_hash)
    )`.execute(db)
  await sql`
    create table auth_attempt (
      key_hash text primary key,
      failures integer not null,
      first_at timestamptz not null,
      last_at timestamptz not null
    )`.execute(db)
  await sql`
    create table auth_outside_identity (
      issuer text not null,
      subject text not null,
      person_id text not null,
      linked_at timestamptz not null,
      primary key (issuer, subject)
    )`.execute(db)
  for (const table of [
    'auth_account',
    'auth_passkey',
    'auth_session',
    'auth_challenge',
    'auth_invitation',
    'auth_recovery_code',
    'auth_attempt',
    'auth_outside_identity',
  ]) {
    await protect(db, table, sql`(select carecert_scope_kind()) = 'system'`)
  }
}
