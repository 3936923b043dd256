import type { Work } from '../../../platform/work/work.ts'
import type { TallyTable, Visible } from '../tables.ts'
import { TALLY_KEY } from './queries.ts'

/**
 * Merges the sums of one bulletin: one row a key, and none for a key that nobody stands on. Rows that others add meanwhile are
 * not seen, so they stay. Changes no figure.
 */
export async function mergeTally(work: Work<Visible>, bulletinId: string): Promise<void> {
  const rows = await work.db.deleteFrom('broadcast_tally').where('bulletin_id', '=', bulletinId).returningAll().execute()
  const merged = new Map<string, TallyTable>()
  for (const row of rows) {
    const key = JSON.stringify(TALLY_KEY.map(column => row[column]))
    merged.set(key, { ...row, change: row.change + (merged.get(key)?.change ?? 0) })
  }
  const kept = [...merged.values()].filter(({ change }) => change !== 0)
  for (let start = 0; start < kept.length; start += 1_000)
    await work.db
      .insertInto('broadcast_tally')
      .values(kept.slice(start, start + 1_000))
      .execute()
}
