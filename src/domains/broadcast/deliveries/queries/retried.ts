import { sql } from 'kysely'
import { owesAnswer } from '../../scope.ts'
import { DEAD_STATES } from '../model.ts'

interface RetriedRow {
  id: string
  address: string
  carried_by: string | null
  message_id: string
}

/**
 * Of the deliveries of a bulletin that failed those that are worth another try, with the address that their contact has now: all, or those of the
 * messages that the named ones went out with. What shared a message and still shares an address goes in one message again.
 * Nothing for a contact that has gone or has stopped our messages, and no reminder about an organisation that has answered since.
 */
export function retriedRows(bulletinId: string, deliveryIds: readonly string[] | null) {
  const messages = sql`select coalesce(carried_by, id) from broadcast_delivery where bulletin_id = ${bulletinId} and id = any(${deliveryIds}::text[])`
  return sql<RetriedRow>`(
    select id, address, nullif(carrier, id) as carried_by, carrier || '.1@' || split_part(message_id, '@', 2) as message_id
    from (
      select id, address, message_id,
        first_value(id) over (partition by message, lower(address) order by id <> message, id) as carrier
      from (
        select delivery.id, delivery.message_id, coalesce(delivery.carried_by, delivery.id) as message,
          case delivery.channel when 'text' then trim(contact.mobile) else contact.email end as address
        from broadcast_delivery as delivery
        join broadcast_mailing as mailing on mailing.id = delivery.mailing_id
        join broadcast_bulletin as bulletin on bulletin.id = delivery.bulletin_id
        join broadcast_recipient as recipient on recipient.bulletin_id = delivery.bulletin_id and recipient.organisation_id = delivery.organisation_id
        join directory_contact as contact on contact.id = delivery.contact_id
        where delivery.bulletin_id = ${bulletinId} and delivery.state = any(${[...DEAD_STATES]}::text[])
          and ${deliveryIds === null ? sql`true` : sql`coalesce(delivery.carried_by, delivery.id) in (${messages})`}
          and contact.ended_at is null and (contact.receives_bulletins or mailing.kind = 'escalation')
          and not exists (
            select from directory_contact_repair as repair
            where repair.contact_id = contact.id and repair.closed_at is null and repair.reason in ('unsubscribed', 'complained'))
          and (mailing.kind not in ('reminder', 'escalation') or ${owesAnswer('recipient', 'bulletin')})
      ) as wanted
      where address <> ''
    ) as addressed
  )`.as<'retried'>(sql`retried`)
}
