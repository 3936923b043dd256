import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/** Bulletins for everybody, feeds of them, and alerts in the Common Alerting Protocol. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await showToEverybody(db)
  await keepFeeds(db)
  await keepAlerts(db)
  await sql`grant usage on all sequences in schema public to carecert_app`.execute(db)
}

/**
 * What anybody may read, signed in or not. The views are the owner's, so they see past the policies of the tables, and this is the one place where
 * it is said what they show: nobody is let at the tables themselves, so nothing of recipients, answers, authors or reviews comes with it.
 */
async function showToEverybody(db: Kysely<unknown>): Promise<void> {
  await sql`
    create view broadcast_public_bulletin as
    select bulletin.id, bulletin.number, bulletin.title, bulletin.severity, bulletin.version, bulletin.is_holding, bulletin.released_at,
      bulletin.updated_at as changed_at, bulletin.withdrawn_at, bulletin.withdrawn_reason, version.content,
      case when bulletin.state <> 'withdrawn' then 'live' when bulletin.superseded_by is null then 'withdrawn' else 'superseded' end as state,
      (select successor.number from broadcast_bulletin successor
        where successor.id = bulletin.superseded_by and successor.released_at is not null and successor.tlp = 'CLEAR'
          and not successor.is_exercise and successor.sharing_group_id is null) as replaced_by
    from broadcast_bulletin bulletin
    join broadcast_version version on version.bulletin_id = bulletin.id and version.version = bulletin.version
    where bulletin.released_at is not null and bulletin.tlp = 'CLEAR' and version.content ->> 'tlp' = 'CLEAR'
      and not bulletin.is_exercise and bulletin.sharing_group_id is null`.execute(db)
  // What was said while the label was narrower stays with those to whom it was said.
  await sql`
    create view broadcast_public_update as
    select written.id, written.bulletin_id, written.at, written.body, written.kind, written.is_material,
      case when written.kind <> 'replacement' then written.title when bulletin.replaced_by is null then 'Replaced by another bulletin'
        else 'Replaced by CC-' || bulletin.replaced_by end as title
    from broadcast_update written join broadcast_public_bulletin bulletin on bulletin.id = written.bulletin_id
    where exists (
      select from broadcast_release release join broadcast_version version
        on version.bulletin_id = release.bulletin_id and version.version = release.version
      where release.bulletin_id = written.bulletin_id and version.content ->> 'tlp' = 'CLEAR'
    ) or exists (
      select from broadcast_update opened join broadcast_version version
        on version.bulletin_id = opened.bulletin_id and version.version = opened.version
      where opened.bulletin_id = written.bulletin_id and opened.id <= written.id and version.content ->> 'tlp' = 'CLEAR'
    )`.execute(db)
  await sql`grant select on broadcast_public_bulletin, broadcast_public_update to carecert_app`.execute(db)
}

/**
 * The log that feeds are made of: a row for each change that readers of a bulletin see, in one order without gaps, so that the pages of an archive
 * never change. Above GREEN a row says that there is something, and no more: feeds are kept and passed on by programs.
 */
async function keepFeeds(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table interop_feed_change (
      seq integer primary key check (seq > 0),
      bulletin_id text not null references broadcast_bulletin (id),
      tlp text not null check (tlp in ('CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT')),
      at timestamptz not null,
      entry jsonb not null,
      unique (bulletin_id, at)
    )`.execute(db)
  const rank = (label: ReturnType<typeof sql>) => sql`array_position(array['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED'], ${label})`
  // What was told under a narrower label is not for those whom a wider one lets in.
  await protect(
    db,
    'interop_feed_change',
    sql`(select carecert_sees_all())
      or ((select carecert_scope_kind()) = 'none' and tlp = 'CLEAR' and bulletin_id in (select id from broadcast_public_bulletin))
      or ((select carecert_scope_kind()) <> 'none' and bulletin_id in (select id from broadcast_bulletin)
        and exists (select from broadcast_bulletin today where today.id = bulletin_id and ${rank(sql`interop_feed_change.tlp`)} <= ${rank(sql`today.tlp`)}))`,
    sql`(select carecert_scope_kind()) = 'system'`,
  )
  // How many changes there are, and a number that grows with each change of what anybody may read, with when it last grew: what was rendered before
  // is made anew.
  await sql`
    create table interop_feed_stamp (
      is_only boolean primary key check (is_only),
      stamp integer not null,
      last integer not null,
      at timestamptz
    )`.execute(db)
  await sql`insert into interop_feed_stamp values (true, 0, 0)`.execute(db)
  await protect(db, 'interop_feed_stamp', sql`true`, sql`(select carecert_scope_kind()) = 'system'`)

  await sql`
    create table interop_feed_address (
      id text primary key,
      organisation_id text not null references directory_organisation (id),
      name text not null,
      token_hash text not null unique,
      made_by text not null,
      made_at timestamptz not null,
      expires_at timestamptz not null,
      revoked_at timestamptz,
      revoked_by text
    )`.execute(db)
  await sql`create index interop_feed_address_organisation on interop_feed_address (organisation_id, made_at desc)`.execute(db)
  const own = sql`(select carecert_scope_kind()) = 'system' or organisation_id = (select carecert_scope_id())`
  await protect(db, 'interop_feed_address', own)
  await sql`
    create table interop_feed_use (
      address_id text primary key references interop_feed_address (id),
      last_at timestamptz not null
    )`.execute(db)
  await protect(db, 'interop_feed_use', sql`address_id in (select id from interop_feed_address)`, sql`(select carecert_scope_kind()) = 'system'`)
}

/** Signed alerts as they were published: none is ever changed. RED has none. */
async function keepAlerts(db: Kysely<unknown>): Promise<void> {
  // Which bulletins are urgent, and what the alert says of them, from a day on until the next row of the same severity.
  await sql`
    create table interop_cap_policy (
      severity text not null check (severity in ('high', 'medium', 'low', 'information')),
      effective_from date not null,
      is_urgent boolean not null,
      cap_urgency text not null check (cap_urgency in ('Immediate', 'Expected', 'Future', 'Past', 'Unknown')),
      cap_severity text not null check (cap_severity in ('Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown')),
      source text not null,
      primary key (severity, effective_from)
    )`.execute(db)
  await sql`
    insert into interop_cap_policy (severity, effective_from, is_urgent, cap_urgency, cap_severity, source)
    values
      ('high', '2018-04-01', true, 'Immediate', 'Severe', 'As delivered: a high severity asks for an answer within 48 hours. The centre decides otherwise by a row of its own'),
      ('medium', '2018-04-01', false, 'Expected', 'Moderate', 'As delivered'),
      ('low', '2018-04-01', false, 'Future', 'Minor', 'As delivered'),
      ('information', '2018-04-01', false, 'Unknown', 'Unknown', 'As delivered')`.execute(db)
  await protect(db, 'interop_cap_policy', sql`(select carecert_sees_all())`)
  await sql`
    create table interop_cap_alert (
      identifier text primary key,
      bulletin_id text not null references broadcast_bulletin (id),
      position integer not null,
      message_type text not null check (message_type in ('Alert', 'Update', 'Cancel')),
      tlp text not null check (tlp in ('CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT')),
      sender text not null,
      sent text not null,
      changed_at timestamptz not null,
      headline text not null,
      xml text not null,
      unique (bulletin_id, position)
    )`.execute(db)
  await sql`create index interop_cap_alert_newest on interop_cap_alert (changed_at desc, identifier desc)`.execute(db)
  const rank = (label: ReturnType<typeof sql>) => sql`array_position(array['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED'], ${label})`
  await protect(
    db,
    'interop_cap_alert',
    sql`(select carecert_sees_all())
      or ((select carecert_scope_kind()) = 'none' and tlp = 'CLEAR' and bulletin_id in (select id from broadcast_public_bulletin))
      or ((select carecert_scope_kind()) <> 'none'
        and exists (select from broadcast_bulletin today where today.id = bulletin_id and ${rank(sql`interop_cap_alert.tlp`)} <= ${rank(sql`today.tlp`)}))`,
    sql`(select carecert_scope_kind()) = 'system'`,
  )
}
