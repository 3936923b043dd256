import { sql, type Kysely, type RawBuilder } from 'kysely'
import { protect } from './protect.ts'

/**
 * How many contacts that are mailed stand at each address, kept as contacts come, change and go: the check before a release says to how many
 * addresses the messages go, and would otherwise put all addresses of the sector in order each time. Only what several share is then looked at.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table directory_address (address text collate "C" primary key, contacts integer not null)`.execute(db)
  await sql`create index directory_address_shared on directory_address (address) where contacts > 1`.execute(db)
  await sql`
    insert into directory_address select lower(email) collate "C", count(*) from directory_contact
    where ended_at is null and receives_bulletins and email is not null group by 1`.execute(db)
  await protect(db, 'directory_address', sql`(select carecert_sees_all())`, sql`false`)

  const mailed = sql`ended_at is null and email is not null and receives_bulletins`
  const gained = sql`select lower(email) collate "C" as address, 1 as sign from after_change where ${mailed}`
  const lost = sql`select lower(email) collate "C" as address, -1 as sign from before_change where ${mailed}`
  const follow = async (verb: 'insert' | 'update' | 'delete', changes: RawBuilder<unknown>, named: RawBuilder<unknown>) => {
    const name = sql.ref(`directory_contact_${verb}_addressed`)
    // Whoever may change a contact may not read whose address it is as well. Rows are locked in one order, so that two files of contacts do not wait for each other.
    await sql`
      create function ${name}() returns trigger language plpgsql security definer set search_path = public, pg_temp
      as $$ begin
        insert into directory_address as kept (address, contacts)
          select address, sum(sign)::integer from (${changes}) as contact group by 1 having sum(sign) <> 0 order by 1
          on conflict (address) do update set contacts = kept.contacts + excluded.contacts;
        return null;
      end $$`.execute(db)
    await sql`
      create trigger ${name} after ${sql.raw(verb)} on directory_contact referencing ${named} for each statement execute function ${name}()`.execute(
      db,
    )
  }
  await follow('insert', gained, sql`new table as after_change`)
  await follow('update', sql`${gained} union all ${lost}`, sql`new table as after_change old table as before_change`)
  await follow('delete', lost, sql`old table as before_change`)
  // Nothing else reads addresses in their order.
  await sql`drop index directory_contact_address`.execute(db)
  await sql`
    create index directory_contact_address on directory_contact (lower(email) collate "C") where ended_at is null and receives_bulletins and email is not null`.execute(
    db,
  )
}
