import { sql, type Kysely } from 'kysely'

/** What long lists are paged and counted by: the audit, what is held of a source, organisations by type, by region and those that have closed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // A subject is asked for by its id alone: ids say of what kind they are.
  await sql`drop index audit_record_subject`.execute(db)
  await sql`create index audit_record_subject on audit_record (subject_id, seq)`.execute(db)
  await sql`create index audit_record_actor on audit_record (actor_id, seq)`.execute(db)
  await sql`create index audit_record_organisation on audit_record (organisation_id, seq) where organisation_id is not null`.execute(db)
  await sql`create index audit_record_verb on audit_record (verb, seq)`.execute(db)
  await sql`create index audit_record_reason on audit_record (seq) where reason is not null`.execute(db)

  await sql`create index watch_item_live on watch_item (source_id) where withdrawn_at is null`.execute(db)
  await sql`create index watch_quarantine_gathering on watch_quarantine (gathering_id)`.execute(db)

  await sql`create index directory_organisation_by_type on directory_organisation (type, name_key, id) where status = 'open'`.execute(db)
  // None for some: a comparison of rows needs a value.
  await sql`create index directory_organisation_by_region on directory_organisation (coalesce(region_code, ''), name_key, id) where status = 'open'`.execute(
    db,
  )
  await sql`create index directory_organisation_closed on directory_organisation (id) where status = 'closed'`.execute(db)
}
