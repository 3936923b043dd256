import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/**
 * Mailings: a released bulletin is carried more than once (its release, its updates, reminders), so a delivery belongs to a mailing.
 * What was delivered before belongs to one mailing for each release, which takes over the release's id: no row of theirs is rewritten.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table broadcast_mailing (
      id text primary key,
      bulletin_id text not null references broadcast_bulletin (id),
      release_id text not null references broadcast_release (id),
      kind text not null check (kind in ('release', 'update', 'withdrawal', 'catch-up', 'reminder', 'escalation')),
      update_id bigint references broadcast_update (id),
      version integer not null,
      deliveries integer not null,
      made_by text not null,
      made_at timestamptz not null,
      paused_at timestamptz,
      paused_by text,
      pause_reason text
    )`.execute(db)
  await sql`create index broadcast_mailing_bulletin on broadcast_mailing (bulletin_id, made_at)`.execute(db)
  await sql`
    insert into broadcast_mailing (id, bulletin_id, release_id, kind, version, deliveries, made_by, made_at)
    select id, bulletin_id, id, 'release', version, contacts, released_by, released_at from broadcast_release`.execute(db)
  const centre = sql`(select carecert_sees_all())`
  await protect(db, 'broadcast_mailing', sql`(select carecert_sees_all()) or bulletin_id in (select id from broadcast_bulletin)`, centre)

  await sql`drop index broadcast_delivery_due`.execute(db)
  await sql`drop index broadcast_delivery_state`.execute(db)
  await sql`alter table broadcast_delivery
    drop constraint broadcast_delivery_release_id_contact_id_channel_key,
    drop constraint broadcast_delivery_release_id_fkey,
    drop constraint broadcast_delivery_state_check`.execute(db)
  await sql`alter table broadcast_delivery rename column release_id to mailing_id`.execute(db)
  await sql`update broadcast_delivery set state = 'queued' where state = 'waiting'`.execute(db)
  await sql`
    alter table broadcast_delivery
      add column carried_by text references broadcast_delivery (id),
      add column delivered_at timestamptz,
      add column bounced_at timestamptz,
      add column reference text,
      add constraint broadcast_delivery_mailing foreign key (mailing_id) references broadcast_mailing (id),
      add constraint broadcast_delivery_state_check
        check (state in ('queued', 'sending', 'sent', 'delivered', 'bounced', 'failed', 'given-up')),
      add constraint broadcast_delivery_once unique (mailing_id, contact_id, channel, organisation_id)`.execute(db)
  // Workers take the next due from the first index; the second counts a mailing's deliveries by state without reading the rows.
  await sql`create index broadcast_delivery_due on broadcast_delivery (mailing_id, due_at nulls first, id)
    where state in ('queued', 'sending', 'failed') and carried_by is null`.execute(db)
  await sql`create index broadcast_delivery_state on broadcast_delivery (mailing_id, state)`.execute(db)
  await sql`create index broadcast_delivery_carried on broadcast_delivery (carried_by) where carried_by is not null`.execute(db)
  await sql`create index broadcast_delivery_reference on broadcast_delivery (reference) where reference is not null`.execute(db)
  // How fast a mail domain is written to: what was taken up for it this minute, and until when its servers asked for patience.
  await sql`
    create table broadcast_pace (
      domain text primary key,
      minute timestamptz not null,
      claimed integer not null,
      slow_until timestamptz,
      slowed integer not null default 0,
      words text
    )`.execute(db)
  await protect(db, 'broadcast_pace', centre)
}
