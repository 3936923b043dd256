import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/**
 * The JSON API: the tokens by which programs act as a person, in one role, with no more than the scopes that the person chose, until a day; and the
 * keys under which a program may send the same again. Of a token only the hash is stored.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table auth_token_policy (
      effective_from date primary key,
      longest_days integer not null check (longest_days between 1 and 366),
      requests_per_minute integer not null check (requests_per_minute > 0),
      source text not null
    )`.execute(db)
  await sql`
    insert into auth_token_policy (effective_from, longest_days, requests_per_minute, source)
    values ('2026-01-01', 365, 600, 'As shipped: a year at most, ten requests a second')`.execute(db)
  await sql`
    create table auth_token (
      id text primary key,
      token_hash text not null unique,
      person_id text not null references directory_person (id),
      assignment_id text not null references directory_assignment (id),
      name text not null,
      -- The permissions that it may use, as far as the role still holds them.
      scopes jsonb not null,
      made_at timestamptz not null,
      expires_at timestamptz not null,
      last_used_at timestamptz,
      revoked_at timestamptz,
      revoked_by text,
      check (expires_at > made_at),
      check ((revoked_at is null) = (revoked_by is null))
    )`.execute(db)
  await sql`create index auth_token_person on auth_token (person_id, made_at)`.execute(db)
  await sql`create index auth_token_made on auth_token (made_at desc, id)`.execute(db)
  const system = sql`(select carecert_scope_kind()) = 'system'`
  await protect(db, 'auth_token', system)
  await protect(db, 'auth_token_policy', sql`true`, system)

  // What was answered is sealed, and only whoever sent the request can have it again.
  await sql`
    create table platform_answered (
      actor_id text not null,
      -- Role and organisation: the same person in another role is somebody else.
      acting text not null,
      key_hash text not null,
      request_hash text not null,
      -- Empty while it is not known what was answered.
      answer text,
      at timestamptz not null,
      primary key (actor_id, acting, key_hash)
    )`.execute(db)
  await sql`create index platform_answered_at on platform_answered (at)`.execute(db)
  await protect(
    db,
    'platform_answered',
    sql`actor_id = (select current_setting('carecert.actor_id', true)) or (select carecert_scope_kind()) = 'system'`,
  )
}
