import { capTime, type CapAlert } from '../../codecs/cap/alert.ts'
import type { PublishedBulletin } from '../../domains/broadcast/contract.ts'
import type { Work } from '../../platform/work/work.ts'
import { lastMaterialChange } from '../published.ts'
import type { CapTables } from './tables.ts'

/** Keeps a signed alert. Of two at once for one bulletin the second is refused by its position. */
export async function keepAlert(work: Work<CapTables>, bulletin: PublishedBulletin, position: number, alert: CapAlert, xml: string): Promise<void> {
  await work.db
    .insertInto('interop_cap_alert')
    .values({
      identifier: alert.identifier,
      bulletin_id: bulletin.id,
      position,
      message_type: alert.messageType,
      tlp: bulletin.tlp,
      sender: alert.sender,
      sent: capTime(alert.sent),
      changed_at: lastMaterialChange(bulletin),
      headline: alert.info.headline,
      xml,
    })
    .execute()
  work.record({
    verb: 'interop.cap.published',
    subject: { kind: 'bulletin', id: bulletin.id },
    change: { identifier: alert.identifier, messageType: alert.messageType, status: alert.status },
  })
}
