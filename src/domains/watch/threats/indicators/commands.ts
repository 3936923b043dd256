import { parseInstant } from '../../../../kernel/instant.ts'
import { narrowestTlp } from '../../../../kernel/tlp.ts'
import { chunks } from '../../../../platform/db/chunks.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { labelOf } from '../understanding.ts'
import { indicatorsOf } from './model.ts'
import { itemsWithIndicators } from './queries.ts'

/** Keeps the indicators of these items as they stand today. They belong to the item: they go where it goes, and are gone when it is withdrawn. */
export async function keepIndicators(work: Work<Visible>, itemIds: readonly string[]): Promise<void> {
  for (const ids of chunks(itemIds)) await work.db.deleteFrom('watch_indicator').where('item_id', 'in', ids).execute()
  for (const ids of chunks(itemIds)) {
    const items = await itemsWithIndicators(work.db, ids)
    const rows = items.flatMap(({ id, format, content }) => {
      const label = labelOf(format, content.tlp)
      return indicatorsOf(format, content).map(({ type, value, tlp, firstSeen, lastSeen, validUntil, note }) => ({
        item_id: id,
        type,
        value,
        tlp: tlp === null ? label : narrowestTlp([label, tlp]),
        first_seen: parseInstant(firstSeen ?? '') ?? null,
        last_seen: parseInstant(lastSeen ?? '') ?? null,
        valid_until: parseInstant(validUntil ?? '') ?? null,
        note,
      }))
    })
    for (const some of chunks(rows)) await work.db.insertInto('watch_indicator').values(some).execute()
  }
}
