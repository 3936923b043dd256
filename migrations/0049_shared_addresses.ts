import { sql, type Kysely } from 'kysely'

/**
 * The mailed contacts whose address others have too, for those who may read every contact. A policy keeps `lower` from being asked of rows before it
 * has passed them, so that the index of addresses cannot serve an ordinary query; here the question comes first, and who shares an address are few.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function directory_shared_addresses() returns table (organisation_id text, address text)
      language sql stable security definer rows 500 set search_path = public, pg_temp
      as $$
        select contact.organisation_id, kept.address from directory_address as kept
        join directory_contact as contact on lower(contact.email) collate "C" = kept.address
        where kept.contacts > 1 and contact.ended_at is null and contact.receives_bulletins and contact.email is not null and (select carecert_sees_all())
      $$`.execute(db)
}
