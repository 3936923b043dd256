import { sql, type Kysely } from 'kysely'

/**
 * A region's picture, as quick as the centre's. Each recipient says which region looks after it: at release the region of its place, and
 * again when it moves (`region_code` stays what it was at release, for comparisons). With that in the key of the sums, a region
 * reads sums too, and a bulletin's visibility to it is one look into an index instead of a walk over its organisations.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table broadcast_recipient add column looked_after_by text`.execute(db)
  await sql`alter table broadcast_tally add column looked_after_by text`.execute(db)
  await sql`drop trigger broadcast_recipient_changed on broadcast_recipient`.execute(db)
  await sql`
    update broadcast_recipient recipient set looked_after_by = coalesce(organisation.region_code, case organisation.type when 'region' then organisation.code end)
    from directory_organisation organisation where organisation.id = recipient.organisation_id`.execute(db)
  await sql`delete from broadcast_tally`.execute(db)
  await sql`
    insert into broadcast_tally (bulletin_id, type, region_code, board_code, looked_after_by, is_reachable, is_delivered, response, change)
      select bulletin_id, type, region_code, board_code, looked_after_by, is_reachable, delivered_at is not null, response, count(*)
      from broadcast_recipient group by 1, 2, 3, 4, 5, 6, 7, 8`.execute(db)
  await sql`
    create or replace function broadcast_tally_recipients() returns trigger language plpgsql security definer set search_path = public, pg_temp
    as $$ begin
      insert into broadcast_tally (bulletin_id, type, region_code, board_code, looked_after_by, is_reachable, is_delivered, response, change)
        select bulletin_id, type, region_code, board_code, looked_after_by, is_reachable, delivered_at is not null, response, sum(sign)
        from (
          select recipient.*, 1 as sign from after_change recipient
          union all
          select recipient.*, -1 as sign from before_change recipient
        ) as changed
        group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(sign) <> 0;
      return null;
    end $$`.execute(db)
  await sql`
    create or replace function broadcast_tally_released() returns trigger language plpgsql security definer set search_path = public, pg_temp
    as $$ begin
      insert into broadcast_tally (bulletin_id, type, region_code, board_code, looked_after_by, is_reachable, is_delivered, response, change)
        select bulletin_id, type, region_code, board_code, looked_after_by, is_reachable, delivered_at is not null, response, count(*)
        from after_change group by 1, 2, 3, 4, 5, 6, 7, 8;
      return null;
    end $$`.execute(db)
  await sql`
    create trigger broadcast_recipient_changed after update on broadcast_recipient referencing new table as after_change old table as before_change
      for each statement execute function broadcast_tally_recipients()`.execute(db)
  await sql`create index broadcast_recipient_looked_after on broadcast_recipient (bulletin_id, looked_after_by)`.execute(db)

  // In the database, because the rule of who may see must not wait for a job, nor for whoever imports the directory to think of it.
  await sql`
    create function broadcast_recipient_moves() returns trigger language plpgsql security definer set search_path = public, pg_temp
    as $$ begin
      update broadcast_recipient set looked_after_by = coalesce(new.region_code, case new.type when 'region' then new.code end)
        where organisation_id = new.id
          and looked_after_by is distinct from coalesce(new.region_code, case new.type when 'region' then new.code end);
      return null;
    end $$`.execute(db)
  await sql`
    create trigger broadcast_recipient_moves after update of region_code, type on directory_organisation
      for each row when (old.region_code is distinct from new.region_code or old.type is distinct from new.type) execute function broadcast_recipient_moves()`.execute(
    db,
  )

  await sql`
    create function carecert_region() returns text language sql stable security definer set search_path = public, pg_temp
    as $$ select code from directory_organisation where carecert_scope_kind() = 'region' and id = carecert_scope_id() $$`.execute(db)
  // The released bulletins that reach the scope's organisations. Security definer: it must see the recipients to say who may see.
  await sql`
    create function carecert_bulletins() returns setof text language sql stable security definer rows 50 set search_path = public, pg_temp
    as $$
      select bulletin.id from broadcast_bulletin bulletin where bulletin.released_at is not null and carecert_scope_kind() = 'region'
        and exists (select from broadcast_recipient recipient where recipient.bulletin_id = bulletin.id and recipient.looked_after_by = carecert_region())
      union all
      select recipient.bulletin_id from broadcast_recipient recipient where carecert_scope_kind() in ('organisation', 'partner')
        and recipient.organisation_id in (select carecert_organisations())
    $$`.execute(db)
  // As before, less the search for doubles, which cost as much as the rest: every use asks only whether an id is among them.
  await sql`
    create or replace function carecert_organisations() returns setof text language sql stable security definer rows 50 set search_path = public, pg_temp
    as $$
      select carecert_scope_id() where carecert_scope_kind() in ('organisation', 'partner', 'region')
      union all
      select organisation_id from directory_partnership where carecert_scope_kind() = 'partner' and partner_id = carecert_scope_id() and until is null
      union all
      select id from directory_organisation where carecert_scope_kind() = 'region' and region_code = carecert_region()
    $$`.execute(db)
  const read = (table: string) => sql.ref(`${table}_read`)
  await sql`
    alter policy ${read('broadcast_bulletin')} on broadcast_bulletin
      using ((select carecert_sees_all()) or (released_at is not null and id in (select carecert_bulletins())))`.execute(db)
  await sql`
    alter policy ${read('broadcast_recipient')} on broadcast_recipient
      using ((select carecert_sees_all()) or looked_after_by = (select carecert_region())
        or ((select carecert_scope_kind()) <> 'region' and organisation_id in (select carecert_organisations())))`.execute(db)
  await sql`
    alter policy ${read('broadcast_tally')} on broadcast_tally using ((select carecert_sees_all()) or looked_after_by = (select carecert_region()))`.execute(
    db,
  )
}
