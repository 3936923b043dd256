import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/**
 * What every query under row-level security pays for, once a session instead of once a query: PostgreSQL plans the body of a function in SQL anew
 * for each query that asks it, and the body of one in PL/pgSQL once. The rules of who may see are the same, to the letter.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const name of SCOPE_FUNCTIONS) await planOnce(db, name)
  await walkBulletins(db)
  await sumDeliveries(db)
  // The organisations of a region are asked for by most of what a region reads: from the index alone.
  await sql`create index directory_organisation_of_region on directory_organisation (region_code) include (id)`.execute(db)
  await sql`drop index directory_organisation_region`.execute(db)
  // Which addresses stand at several contacts is read from the index in its order, and nothing is sorted.
  await sql`
    create index directory_contact_address on directory_contact (lower(email) collate "C") include (email, organisation_id)
      where ended_at is null and receives_bulletins and email is not null`.execute(db)
  // Waits for its turn to add to the audit, and gives its end. Volatile, so that the second statement sees what was committed while the first
  // waited. Security definer: who adds to the audit may not read it.
  await sql`
    create function audit_chain_head(turn bigint, out seq bigint, out hash text) language plpgsql volatile security definer set search_path = public, pg_temp
    as $$ begin
      perform pg_advisory_xact_lock(turn);
      select record.seq, record.hash into audit_chain_head.seq, audit_chain_head.hash from audit_record record order by record.seq desc limit 1;
    end $$`.execute(db)
  await sql`
    create or replace function broadcast_step_end(told_at timestamptz, happened_at timestamptz) returns integer language plpgsql immutable parallel safe
    as $$ declare minutes numeric := extract(epoch from happened_at - told_at) / 60; begin
      return case
        when minutes <= 60 then greatest(ceil(minutes / 5), 1) * 5
        when minutes <= 240 then ceil(minutes / 15) * 15
        when minutes <= 720 then ceil(minutes / 30) * 30
        when minutes <= 4320 then ceil(minutes / 60) * 60
        when minutes <= 20160 then ceil(minutes / 360) * 360
        when minutes <= 86400 then ceil(minutes / 1440) * 1440
        else ceil(minutes / 10080) * 10080 end;
    end $$`.execute(db)
  // Asked before who listens: mostly nobody does, and then an answer need not look for the partners of its organisation.
  await sql`
    create function broadcast_is_heard(wanted text) returns boolean language plpgsql stable security definer set search_path = public, pg_temp
    as $$ begin return exists (select from broadcast_webhook where state <> 'removed' and wanted = any (events)); end $$`.execute(db)
}

/** The functions that the policies ask. Each is security definer, stable and without arguments. */
const SCOPE_FUNCTIONS = ['carecert_region', 'carecert_organisations', 'carecert_people', 'carecert_strict_bulletins', 'carecert_sharing_groups']

/**
 * The rule of 0032, said so that a region's bulletins cost one look into an index each: as a condition that may be turned into a join, it was
 * planned as a walk through all whom a region looks after.
 */
async function walkBulletins(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function carecert_bulletins() returns setof text language plpgsql stable security definer rows 50 set search_path = public, pg_temp
    as $$ declare kind text := carecert_scope_kind(); own text := carecert_scope_id(); region text; begin
      if kind = 'region' then
        region := carecert_region();
        return query
          select bulletin.id from broadcast_bulletin bulletin where bulletin.released_at is not null and bulletin.sharing_group_id is null
            and (select true from broadcast_recipient recipient where recipient.bulletin_id = bulletin.id and recipient.looked_after_by = region limit 1)
          union all
          select bulletin.id from broadcast_recipient recipient join broadcast_bulletin bulletin on bulletin.id = recipient.bulletin_id
            where bulletin.released_at is not null and bulletin.sharing_group_id is not null
              and recipient.organisation_id = own and recipient.looked_after_by = region;
      elsif kind = 'organisation' then
        return query select recipient.bulletin_id from broadcast_recipient recipient where recipient.organisation_id = own;
      elsif kind = 'partner' then
        return query
          select recipient.bulletin_id from broadcast_recipient recipient where recipient.organisation_id in (select carecert_organisations())
            and (recipient.organisation_id = own or recipient.bulletin_id not in (select carecert_strict_bulletins()));
      end if;
    end $$`.execute(db)
}

/**
 * How many deliveries of each mailing a region looks after, kept as they are made: what a mailing's own number is for the centre. A region then
 * counts only those that were not sent. Nothing is added while mail goes out: a delivery's state is no key.
 */
async function sumDeliveries(db: Kysely<unknown>): Promise<void> {
  // Rows are only ever added; a job merges them, as with broadcast_tally.
  await sql`
    create table broadcast_delivery_tally (
      bulletin_id text not null references broadcast_bulletin (id),
      mailing_id text not null references broadcast_mailing (id),
      looked_after_by text,
      change integer not null
    )`.execute(db)
  await sql`create index broadcast_delivery_tally_bulletin on broadcast_delivery_tally (bulletin_id)`.execute(db)
  await sql`
    insert into broadcast_delivery_tally (bulletin_id, mailing_id, looked_after_by, change)
      select delivery.bulletin_id, delivery.mailing_id, recipient.looked_after_by, count(*) from broadcast_delivery delivery
      left join broadcast_recipient recipient on recipient.bulletin_id = delivery.bulletin_id and recipient.organisation_id = delivery.organisation_id
      group by 1, 2, 3`.execute(db)
  await sql`
    create function broadcast_tally_deliveries() returns trigger language plpgsql security definer set search_path = public, pg_temp
    as $$ begin
      insert into broadcast_delivery_tally (bulletin_id, mailing_id, looked_after_by, change)
        select made.bulletin_id, made.mailing_id, recipient.looked_after_by, count(*) from after_change made
        left join broadcast_recipient recipient on recipient.bulletin_id = made.bulletin_id and recipient.organisation_id = made.organisation_id
        group by 1, 2, 3;
      return null;
    end $$`.execute(db)
  await sql`
    create trigger broadcast_delivery_made after insert on broadcast_delivery referencing new table as after_change
      for each statement execute function broadcast_tally_deliveries()`.execute(db)
  // As in 0009, and the deliveries go with their recipient.
  await sql`
    create or replace function broadcast_recipient_moves() returns trigger language plpgsql security definer set search_path = public, pg_temp
    as $$ declare region text := coalesce(new.region_code, case new.type when 'region' then new.code end); begin
      with moved as materialized (
        select bulletin_id, organisation_id, looked_after_by as before from broadcast_recipient
        where organisation_id = new.id and looked_after_by is distinct from region for update),
      changed as (
        update broadcast_recipient recipient set looked_after_by = region from moved
        where recipient.bulletin_id = moved.bulletin_id and recipient.organisation_id = moved.organisation_id)
      insert into broadcast_delivery_tally (bulletin_id, mailing_id, looked_after_by, change)
        select delivery.bulletin_id, delivery.mailing_id, side.looked_after_by, sum(side.sign) from moved
        join broadcast_delivery delivery on delivery.bulletin_id = moved.bulletin_id and delivery.organisation_id = moved.organisation_id
        cross join lateral (values (moved.before, -1), (region, 1)) as side (looked_after_by, sign)
        group by 1, 2, 3;
      return null;
    end $$`.execute(db)
  // As the other figures of a region (0032): of a group's bulletin it gets none.
  const ofRegion = sql`(looked_after_by = (select carecert_region()) and bulletin_id not in (select carecert_strict_bulletins()))`
  await protect(db, 'broadcast_delivery_tally', sql`(select carecert_sees_all()) or ${ofRegion}`, sql`(select carecert_sees_all())`)
}

interface ScopeFunction {
  readonly body: string
  readonly isSet: boolean
  readonly rows: number
}

async function planOnce(db: Kysely<unknown>, name: string): Promise<void> {
  const { rows } = await sql<ScopeFunction>`
    select btrim(prosrc, E' \\n;') as body, proretset as "isSet", prorows::integer as rows from pg_proc
    where proname = ${name} and pronamespace = 'public'::regnamespace and prolang = (select oid from pg_language where lanname = 'sql')`.execute(db)
  for (const { body, isSet, rows: expected } of rows) {
    await sql`
      create or replace function ${sql.ref(name)}() returns ${sql.raw(isSet ? 'setof text' : 'text')} language plpgsql stable security definer
        ${sql.raw(isSet ? `rows ${expected}` : '')} set search_path = public, pg_temp
      as $$ begin return ${sql.raw(isSet ? `query ${body}` : `(${body})`)}; end $$`.execute(db)
  }
}
