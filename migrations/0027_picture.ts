import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/**
 * When recipients answered, kept as sums: so that the curves of a bulletin to fifty thousand cost a page no more than those of one to fifty. And
 * which reported incidents are of the kind of a bulletin.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // One row says that `change` more recipients first did `event` within so many minutes of being told: of the release, or of the catch-up. `response` is the newest answer of those
  // who decided, and null with the other events. Rows are only ever added; a job merges them, as with broadcast_tally.
  await sql`
    create table broadcast_answer_time (
      bulletin_id text not null references broadcast_bulletin (id),
      event text not null check (event in ('acknowledged', 'decided', 'done')),
      response text,
      within_minutes integer not null,
      type text,
      region_code text,
      looked_after_by text,
      change integer not null
    )`.execute(db)
  await sql`create index broadcast_answer_time_bulletin on broadcast_answer_time (bulletin_id, event)`.execute(db)
  // The end of the step of time in which something happened, in minutes: steps of 5 minutes in the first hour, 15 to the fourth, 30 to the
  // twelfth, an hour to the third day, 6 hours to the fourteenth, a day to the sixtieth, then a week.
  await sql`
    create function broadcast_step_end(told_at timestamptz, happened_at timestamptz) returns integer language sql immutable parallel safe
    as $$ select case
      when minutes <= 60 then greatest(ceil(minutes / 5), 1) * 5
      when minutes <= 240 then ceil(minutes / 15) * 15
      when minutes <= 720 then ceil(minutes / 30) * 30
      when minutes <= 4320 then ceil(minutes / 60) * 60
      when minutes <= 20160 then ceil(minutes / 360) * 360
      when minutes <= 86400 then ceil(minutes / 1440) * 1440
      else ceil(minutes / 10080) * 10080 end::integer
      from (select extract(epoch from happened_at - told_at) / 60 as minutes) as since $$`.execute(db)
  await sql`
    create function broadcast_time_answers() returns trigger language plpgsql security definer set search_path = public, pg_temp
    as $$ begin
      insert into broadcast_answer_time (bulletin_id, event, response, within_minutes, type, region_code, looked_after_by, change)
        select changed.bulletin_id, happened.event, happened.response, broadcast_step_end(coalesce(changed.joined_at, bulletin.released_at), happened.at),
          changed.type, changed.region_code, changed.looked_after_by, sum(changed.sign)
        from (
          select recipient.*, 1 as sign from after_change recipient where acknowledged_at is not null
          union all
          select recipient.*, -1 as sign from before_change recipient where acknowledged_at is not null
        ) as changed
        join broadcast_bulletin bulletin on bulletin.id = changed.bulletin_id and bulletin.released_at is not null
        cross join lateral (values ('acknowledged', null, acknowledged_at), ('decided', changed.response, decided_at), ('done', null, done_at)) as happened (event, response, at)
        where happened.at is not null
        group by 1, 2, 3, 4, 5, 6, 7 having sum(changed.sign) <> 0;
      return null;
    end $$`.execute(db)
  await sql`
    create trigger broadcast_recipient_answered_when after update on broadcast_recipient referencing new table as after_change old table as before_change
      for each statement execute function broadcast_time_answers()`.execute(db)
  await sql`
    insert into broadcast_answer_time (bulletin_id, event, response, within_minutes, type, region_code, looked_after_by, change)
      select recipient.bulletin_id, happened.event, happened.response, broadcast_step_end(coalesce(recipient.joined_at, bulletin.released_at), happened.at),
        recipient.type, recipient.region_code, recipient.looked_after_by, count(*)
      from broadcast_recipient recipient
      join broadcast_bulletin bulletin on bulletin.id = recipient.bulletin_id and bulletin.released_at is not null
      cross join lateral (values ('acknowledged', null, acknowledged_at), ('decided', recipient.response, decided_at), ('done', null, done_at)) as happened (event, response, at)
      where happened.at is not null
      group by 1, 2, 3, 4, 5, 6, 7`.execute(db)
  // What the curves were drawn from before. Without it, an answer changes no index of its recipient.
  await sql`drop index broadcast_recipient_answered`.execute(db)
  await sql`drop index broadcast_response_newest`.execute(db)
  const centre = sql`(select carecert_sees_all())`
  await protect(db, 'broadcast_answer_time', sql`(select carecert_sees_all()) or looked_after_by = (select carecert_region())`, centre)

  // Those caught up later are watched for a shorter time than the others.
  await sql`create index broadcast_recipient_joined on broadcast_recipient (bulletin_id, joined_at) where joined_at is not null`.execute(db)

  // A person's word on one report: of the kind of the bulletin, or not although its words name it.
  await sql`
    create table broadcast_impact_report (
      bulletin_id text not null references broadcast_bulletin (id),
      notification_id text not null references watch_notification (id),
      is_of_kind boolean not null,
      by_id text not null,
      at timestamptz not null,
      primary key (bulletin_id, notification_id)
    )`.execute(db)
  await protect(db, 'broadcast_impact_report', centre)
  await sql`revoke delete on broadcast_impact_report from carecert_app`.execute(db)
  // The bulletins that one is compared with: the newest released of its severity.
  await sql`create index broadcast_bulletin_of_severity on broadcast_bulletin (severity, released_at desc) where released_at is not null and not is_exercise`.execute(
    db,
  )
}
