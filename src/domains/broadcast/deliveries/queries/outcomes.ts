import type { Id } from '../../../../kernel/id.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/** A delivery that will reach nobody. */
export interface DeadDelivery {
  readonly organisationId: string
  readonly contactId: Id<'contact'>
  readonly channel: string
}

/** The message that a delivery went out with: the delivery that carries it, or itself, and its mailing. */
export async function messageOf(db: Reader<Visible>, deliveryId: string) {
  return db
    .selectFrom('broadcast_delivery as delivery')
    .innerJoin('broadcast_mailing as mailing', 'mailing.id', 'delivery.mailing_id')
    .where('delivery.id', '=', deliveryId)
    .select(({ fn }) => [
      fn.coalesce('delivery.carried_by', 'delivery.id').as('id'),
      'delivery.mailing_id as mailingId',
      'delivery.bulletin_id as bulletinId',
      'mailing.kind',
    ])
    .executeTakeFirst()
}

/** The mobile numbers of those of the contacts that may get a text message in place of a mail. Nobody's telephone rings for an exercise. */
export async function mobilesOf(db: Reader<Visible>, mailingId: string, contactIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (contactIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('directory_contact as contact')
    .where('contact.id', 'in', [...contactIds])
    .where('contact.ended_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('broadcast_delivery as text')
            .where('text.mailing_id', '=', mailingId)
            .where('text.channel', '=', 'text')
            .whereRef('text.contact_id', '=', 'contact.id')
            .select('text.id'),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('broadcast_mailing as mailing')
            .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'mailing.bulletin_id')
            .where('mailing.id', '=', mailingId)
            .where('bulletin.is_exercise', '=', true)
            .select('mailing.id'),
        ),
      ),
    )
    .select(['contact.id', 'contact.mobile'])
    .execute()
  return new Map(rows.flatMap(({ id, mobile }) => (mobile === null || mobile.trim() === '' ? [] : [[id, mobile.trim()] as const])))
}
