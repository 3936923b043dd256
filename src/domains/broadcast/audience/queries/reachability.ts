import { sql, type RawBuilder } from 'kysely'

/** Why nobody can be mailed at the organisation of `audience`. */
export const WHY_UNREACHABLE = sql`(
  select case when count(*) = 0 then 'no-contact' when count(contact.email) = 0 then 'no-email' else 'not-receiving' end
  from directory_contact as contact where contact.organisation_id = audience.id and contact.ended_at is null)`

/** Whether mail of a release goes to the contact of that table or alias: what the directory counts as `mailable_contacts`. */
export function isMailed(contact: string): RawBuilder<unknown> {
  return sql`(${sql.ref(`${contact}.ended_at`)} is null and ${sql.ref(`${contact}.receives_bulletins`)} and ${sql.ref(`${contact}.email`)} is not null)`
}

/** Whether nothing says that a message to the contact does not get there. What nothing has reached yet has time from when it came. */
export function isFresh(contact: string): RawBuilder<unknown> {
  const [proved, failed] = [sql.ref(`${contact}.last_proved_at`), sql.ref(`${contact}.last_failed_at`)]
  return sql`((${failed} is null or ${failed} <= ${proved})
  and coalesce(${proved}, ${sql.ref(`${contact}.created_at`)}) >= now() - make_interval(days => coalesce((
    select days from broadcast_stale_contact where effective_from <= (now() at time zone 'Europe/London')::date order by effective_from desc limit 1), 36500)))`
}

/** Whether none of the contacts of the organisation of `audience` is known to work. */
export const isInDoubt = sql`audience.id not in (select contact.organisation_id from directory_contact as contact
  where ${isMailed('contact')} and ${isFresh('contact')})`

/** Why it is in doubt: the last message to each failed, or nothing has been proved for too long. */
export const WHY_IN_DOUBT = sql`(
  select case when bool_and(contact.last_failed_at is not null and (contact.last_proved_at is null or contact.last_failed_at > contact.last_proved_at)) then 'failed' else 'unproved' end
  from directory_contact as contact
  where contact.organisation_id = audience.id and ${isMailed('contact')})`
