import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/**
 * Sharing groups: named sets of organisations, each with a UUIDv4 that it keeps for good (CSAF 2.1 §3.2.3.5.1), and bulletins that are for one of them
 * alone. A group is ended, never deleted, and so is a membership.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const centre = sql`(select carecert_sees_all())`
  await sql`
    create table broadcast_sharing_group (
      id text primary key check (id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'),
      name text not null,
      purpose text not null,
      made_by text not null,
      made_at timestamptz not null,
      ended_at timestamptz,
      ended_by text,
      end_reason text
    )`.execute(db)
  await sql`create unique index broadcast_sharing_group_name on broadcast_sharing_group (lower(name))`.execute(db)
  // A member is who has no `until`: what is decided holds from that instant, and no clock of ours says otherwise.
  await sql`
    create table broadcast_sharing_group_member (
      id bigint generated always as identity primary key,
      group_id text not null references broadcast_sharing_group (id),
      organisation_id text not null references directory_organisation (id),
      since timestamptz not null,
      added_by text not null,
      until timestamptz,
      removed_by text,
      reason text
    )`.execute(db)
  await sql`create unique index broadcast_sharing_group_member_once on broadcast_sharing_group_member (group_id, organisation_id) where until is null`.execute(
    db,
  )
  await sql`create index broadcast_sharing_group_member_organisation on broadcast_sharing_group_member (organisation_id, group_id)`.execute(db)
  await sql`alter table broadcast_bulletin add column sharing_group_id text references broadcast_sharing_group (id)`.execute(db)
  // CLEAR may go to everybody, so it cannot be for some. A draft may say both until somebody looks; what is released may not.
  await sql`
    alter table broadcast_bulletin add constraint broadcast_bulletin_group_is_not_clear
      check (released_at is null or sharing_group_id is null or tlp <> 'CLEAR')`.execute(db)
  await sql`create index broadcast_bulletin_sharing_group on broadcast_bulletin (sharing_group_id) where sharing_group_id is not null`.execute(db)

  // Security definer: it must see the members to say whose group it is. Those who have left may still read the name: it stands on what they were sent.
  await sql`
    create function carecert_sharing_groups() returns setof text language sql stable security definer rows 5 set search_path = public, pg_temp
    as $$ select group_id from broadcast_sharing_group_member where organisation_id = carecert_scope_id() $$`.execute(db)
  await protect(db, 'broadcast_sharing_group', sql`(select carecert_sees_all()) or id in (select carecert_sharing_groups())`, centre)
  await protect(db, 'broadcast_sharing_group_member', sql`(select carecert_sees_all()) or organisation_id = (select carecert_scope_id())`, centre)
  await keepInGroup(db)
  await tellTheGroupAlone(db)
  await sql`grant usage on all sequences in schema public to carecert_app`.execute(db)
}

/**
 * A bulletin of a group is read by those it was sent to, and by the centre. Whoever looks after them, a partner or a region, is not of the group by
 * that: they see what went to themselves alone.
 */
async function keepInGroup(db: Kysely<unknown>): Promise<void> {
  // Of what stands here, a scope sees its own rows alone (policies of 0020 and 0021 ask it).
  await sql`
    create or replace function carecert_strict_bulletins() returns setof text language sql stable security definer rows 50 set search_path = public, pg_temp
    as $$
      select id from broadcast_bulletin where tlp in ('AMBER+STRICT', 'RED') and carecert_scope_kind() = 'partner'
      union all
      select id from broadcast_bulletin where sharing_group_id is not null and carecert_scope_kind() in ('partner', 'region')
    $$`.execute(db)
  await sql`
    create or replace function carecert_bulletins() returns setof text language sql stable security definer rows 50 set search_path = public, pg_temp
    as $$
      select bulletin.id from broadcast_bulletin bulletin where bulletin.released_at is not null and carecert_scope_kind() = 'region'
        and exists (select from broadcast_recipient recipient where recipient.bulletin_id = bulletin.id and recipient.looked_after_by = carecert_region()
          and (bulletin.sharing_group_id is null or recipient.organisation_id = carecert_scope_id()))
      union all
      select recipient.bulletin_id from broadcast_recipient recipient where carecert_scope_kind() = 'organisation'
        and recipient.organisation_id = carecert_scope_id()
      union all
      select recipient.bulletin_id from broadcast_recipient recipient where carecert_scope_kind() = 'partner'
        and recipient.organisation_id in (select carecert_organisations())
        and (recipient.organisation_id = carecert_scope_id() or recipient.bulletin_id not in (select carecert_strict_bulletins()))
    $$`.execute(db)
  const ownOnly = sql`(organisation_id = (select carecert_scope_id()) or bulletin_id not in (select carecert_strict_bulletins()))`
  await sql`
    alter policy broadcast_recipient_read on broadcast_recipient
      using ((select carecert_sees_all()) or (looked_after_by = (select carecert_region()) and ${ownOnly})
        or ((select carecert_scope_kind()) <> 'region' and organisation_id in (select carecert_organisations()) and ${ownOnly}))`.execute(db)
  // Beside what these tables let a region see of its own: nothing of whom a group's bulletin was sent to.
  for (const table of ['broadcast_chase_step', 'broadcast_call_hold', 'broadcast_call'])
    await sql`create policy ${sql.ref(`${table}_group`)} on ${sql.table(table)} as restrictive using (${ownOnly})`.execute(db)
  // Figures of a region are of all whom it looks after: of a group's bulletin it gets none.
  const ofRegion = sql`(looked_after_by = (select carecert_region()) and bulletin_id not in (select carecert_strict_bulletins()))`
  for (const table of ['broadcast_tally', 'broadcast_answer_time'])
    await sql`alter policy ${sql.ref(`${table}_read`)} on ${sql.table(table)} using ((select carecert_sees_all()) or ${ofRegion})`.execute(db)
}

/** As in 0022, save that a partner is not told of a bulletin of a group by the organisations that it looks after. */
async function tellTheGroupAlone(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function broadcast_webhook_listeners(wanted text, bulletin text, organisations text[]) returns setof text
      language plpgsql stable security definer rows 20 set search_path = public, pg_temp
    as $$ declare owners text[]; for_partners boolean; begin
      for_partners := exists (select from broadcast_bulletin where id = bulletin and tlp not in ('AMBER+STRICT', 'RED') and sharing_group_id is null);
      if organisations is null then
        owners := array(
          select distinct webhook.organisation_id from broadcast_webhook webhook
          where webhook.state <> 'removed' and exists (
            select from broadcast_recipient recipient
            where recipient.bulletin_id = bulletin and (recipient.organisation_id = webhook.organisation_id or for_partners and recipient.organisation_id in (
              select partnership.organisation_id from directory_partnership partnership
              where partnership.partner_id = webhook.organisation_id and partnership.until is null))));
      else
        owners := array(
          select recipient.organisation_id from broadcast_recipient recipient
            where recipient.bulletin_id = bulletin and recipient.organisation_id = any (organisations)
          union
          select partnership.partner_id from broadcast_recipient recipient
            join directory_partnership partnership on partnership.organisation_id = recipient.organisation_id and partnership.until is null
            where for_partners and recipient.bulletin_id = bulletin and recipient.organisation_id = any (organisations));
      end if;
      if organisations is null and wanted like 'bulletin.%' then
        owners := owners || array(select id from directory_organisation where type = 'centre');
      end if;
      return query
        select webhook.id from broadcast_webhook webhook join broadcast_bulletin told on told.id = bulletin
        where webhook.organisation_id = any (owners) and webhook.state <> 'removed' and wanted = any (webhook.events)
          and (webhook.takes_exercises or not told.is_exercise)
          and array_position(array['high', 'medium', 'low', 'information'], told.severity)
            <= array_position(array['high', 'medium', 'low', 'information'], webhook.least_severity);
    end $$`.execute(db)
}
