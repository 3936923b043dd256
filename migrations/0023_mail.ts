import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/** What comes back from mail: bounces and complaints, who stopped the digest, and the contacts that somebody must put right. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table directory_contact_repair (
      id text primary key,
      organisation_id text not null references directory_organisation (id),
      contact_id text not null references directory_contact (id),
      reason text not null check (reason in ('failed', 'unsubscribed', 'complained')),
      words text,
      opened_at timestamptz not null,
      closed_at timestamptz,
      closed_by text,
      outcome text check (outcome in ('changed', 'ended', 'proved', 'another', 'done', 'undone')),
      check ((closed_at is null) = (outcome is null))
    )`.execute(db)
  await sql`create unique index directory_contact_repair_open on directory_contact_repair (contact_id) where closed_at is null`.execute(db)
  await sql`create index directory_contact_repair_organisation on directory_contact_repair (organisation_id) where closed_at is null`.execute(db)
  await sql`create index directory_contact_repair_list on directory_contact_repair (opened_at, id) where closed_at is null`.execute(db)
  await protect(db, 'directory_contact_repair', sql`(select carecert_sees_all()) or organisation_id in (select carecert_organisations())`)

  const centre = sql`(select carecert_sees_all())`
  await sql`
    create table broadcast_bounce (
      id bigint generated always as identity primary key,
      delivery_id text not null references broadcast_delivery (id),
      contact_id text not null references directory_contact (id),
      kind text not null check (kind in ('hard', 'soft', 'policy', 'delayed', 'delivered', 'complaint')),
      status text,
      words text,
      at timestamptz not null,
      report text not null,
      unique (delivery_id, report)
    )`.execute(db)
  await sql`create index broadcast_bounce_contact on broadcast_bounce (contact_id, at)`.execute(db)
  await protect(db, 'broadcast_bounce', centre)
  // Who stopped bulletins altogether is in the directory (receives_bulletins); this is for the digest alone.
  await sql`
    create table broadcast_digest_stop (
      contact_id text primary key references directory_contact (id),
      at timestamptz not null
    )`.execute(db)
  await protect(db, 'broadcast_digest_stop', sql`(select carecert_sees_all()) or contact_id in (select id from directory_contact)`, centre)
}
