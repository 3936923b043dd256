import { sql, type Kysely } from 'kysely'

/**
 * Webhooks of organisations: where they go, what is told, and what became of each message.
 *
 * An endpoint is its organisation's alone; the centre sees its own. Whoever brings an event about (a releaser, an organisation that
 * answers) sees no endpoint of others, so the database itself writes a message for each endpoint that listens, in the same transaction.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table broadcast_webhook (
      id text primary key,
      organisation_id text not null references directory_organisation (id),
      kind text not null check (kind in ('hmac', 'ed25519', 'teams')),
      name text not null,
      host text not null,
      address_sealed text not null,
      secret_sealed text,
      previous_secret_sealed text,
      previous_until timestamptz,
      public_key text,
      events text[] not null,
      least_severity text not null check (least_severity in ('high', 'medium', 'low', 'information')),
      takes_exercises boolean not null default false,
      state text not null check (state in ('active', 'paused', 'disabled', 'removed')),
      state_at timestamptz not null,
      state_reason text,
      created_by text not null,
      created_at timestamptz not null,
      last_accepted_at timestamptz,
      failing_since timestamptz,
      last_words text,
      throttled_until timestamptz,
      check ((kind = 'teams') = (secret_sealed is null))
    )`.execute(db)
  await sql`create index broadcast_webhook_organisation on broadcast_webhook (organisation_id) where state <> 'removed'`.execute(db)
  await sql`
    create table broadcast_announcement (
      id text primary key,
      type text not null,
      at timestamptz not null,
      bulletin_id text references broadcast_bulletin (id),
      only_organisations text[],
      webhook_id text references broadcast_webhook (id),
      facts jsonb not null
    )`.execute(db)
  await sql`
    create table broadcast_webhook_message (
      id text primary key,
      webhook_id text not null references broadcast_webhook (id),
      announcement_id text not null references broadcast_announcement (id),
      type text not null,
      state text not null check (state in ('waiting', 'sending', 'accepted', 'failed', 'given-up')),
      attempts integer not null default 0,
      queued_at timestamptz not null,
      attempted_at timestamptz,
      due_at timestamptz,
      accepted_at timestamptz,
      status integer,
      words text,
      unique (webhook_id, announcement_id)
    )`.execute(db)
  await sql`create index broadcast_webhook_message_due on broadcast_webhook_message (due_at nulls first, id) where state in ('waiting', 'sending', 'failed')`.execute(
    db,
  )
  await sql`create index broadcast_webhook_message_log on broadcast_webhook_message (webhook_id, queued_at desc, id desc)`.execute(db)
  await sql`create index broadcast_webhook_message_announcement on broadcast_webhook_message (announcement_id)`.execute(db)
  await sql`
    create table broadcast_webhook_attempt (
      id bigint generated always as identity primary key,
      message_id text not null references broadcast_webhook_message (id),
      attempt integer not null,
      at timestamptz not null,
      milliseconds integer not null,
      status integer,
      words text not null
    )`.execute(db)
  await sql`create index broadcast_webhook_attempt_message on broadcast_webhook_attempt (message_id, id)`.execute(db)
  await sql`
    create table broadcast_notify_callback (
      status text not null,
      is_known boolean not null,
      count integer not null,
      last_at timestamptz not null,
      primary key (status, is_known)
    )`.execute(db)

  // Who listens for an event: the centre to every bulletin, an organisation to what was sent to it, a partner to what was sent to those it
  // answers for, save AMBER+STRICT and RED, which the rules of rows keep from it (0020). With organisations given, only they and their partners.
  // Security definer: who brings the event about sees none of these rows, and learns from this no more than ids.
  await sql`
    create function broadcast_webhook_listeners(wanted text, bulletin text, organisations text[]) returns setof text
      language plpgsql stable security definer rows 20 set search_path = public, pg_temp
    as $$ declare owners text[]; for_partners boolean; begin
      for_partners := exists (select from broadcast_bulletin where id = bulletin and tlp not in ('AMBER+STRICT', 'RED'));
      if organisations is null then
        owners := array(
          select distinct webhook.organisation_id from broadcast_webhook webhook
          where webhook.state <> 'removed' and exists (
            select from broadcast_recipient recipient
            where recipient.bulletin_id = bulletin and (recipient.organisation_id = webhook.organisation_id or for_partners and recipient.organisation_id in (
              select partnership.organisation_id from directory_partnership partnership
              where partnership.partner_id = webhook.organisation_id and partnership.until is null))));
      else
        -- From the organisations to their endpoints, so that an answer costs the same however many endpoints others have.
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
  await sql`
    create function broadcast_announce_to_webhooks() returns trigger language plpgsql security definer set search_path = public, pg_temp
    as $$ begin
      insert into broadcast_webhook_message (id, webhook_id, announcement_id, type, state, queued_at)
        select 'whm_' || replace(gen_random_uuid()::text, '-', ''), listener, new.id, new.type, 'waiting', new.at
        from (
          select new.webhook_id as listener where new.webhook_id is not null
          union
          select broadcast_webhook_listeners(new.type, new.bulletin_id, new.only_organisations) where new.webhook_id is null
        ) as listening;
      return null;
    end $$`.execute(db)
  await sql`
    create trigger broadcast_announced after insert on broadcast_announcement for each row execute function broadcast_announce_to_webhooks()`.execute(
    db,
  )

  // The secrets of an endpoint are for its owner and for our own work; a partner sees its own endpoints, not those of its clients.
  const isOwn = sql`(select carecert_scope_kind()) = 'system'
    or organisation_id = (select carecert_scope_id())
    or ((select carecert_scope_kind()) = 'centre' and organisation_id in (select id from directory_organisation where type = 'centre'))`
  const ofOwnWebhook = sql`webhook_id in (select id from broadcast_webhook)`
  const open = (table: string, rights: string) => sql`grant ${sql.raw(rights)} on ${sql.table(table)} to carecert_app`.execute(db)
  const policy = async (table: string, kind: 'select' | 'insert' | 'update', rule: ReturnType<typeof sql>) => {
    const check = kind === 'insert' ? sql`with check (${rule})` : sql`using (${rule})`
    await sql`create policy ${sql.ref(`${table}_${kind}`)} on ${sql.table(table)} for ${sql.raw(kind)} ${check}`.execute(db)
  }
  for (const table of [
    'broadcast_webhook',
    'broadcast_announcement',
    'broadcast_webhook_message',
    'broadcast_webhook_attempt',
    'broadcast_notify_callback',
  ])
    await sql`alter table ${sql.table(table)} enable row level security`.execute(db)
  await open('broadcast_webhook', 'select, insert, update')
  for (const kind of ['select', 'insert', 'update'] as const) await policy('broadcast_webhook', kind, isOwn)
  await open('broadcast_announcement', 'select, insert')
  await policy('broadcast_announcement', 'select', sql`id in (select announcement_id from broadcast_webhook_message)`)
  // Anybody who may do what is told of may say so; a test is for an endpoint of one's own.
  await policy(
    'broadcast_announcement',
    'insert',
    sql`(select carecert_scope_kind()) <> 'none' and (webhook_id is null or webhook_id in (select id from broadcast_webhook))`,
  )
  await open('broadcast_webhook_message', 'select, update')
  await policy('broadcast_webhook_message', 'select', ofOwnWebhook)
  await policy('broadcast_webhook_message', 'update', ofOwnWebhook)
  await open('broadcast_webhook_attempt', 'select, insert')
  await policy('broadcast_webhook_attempt', 'select', sql`message_id in (select id from broadcast_webhook_message)`)
  await policy('broadcast_webhook_attempt', 'insert', sql`(select carecert_scope_kind()) = 'system'`)
  await open('broadcast_notify_callback', 'select, insert, update')
  for (const kind of ['select', 'insert', 'update'] as const) await policy('broadcast_notify_callback', kind, sql`(select carecert_sees_all())`)
  await sql`grant usage on all sequences in schema public to carecert_app`.execute(db)
}
