import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { SUM_KEYS } from './queries.ts'

/**
 * Merges the sums of one bulletin: one row a key, and none for a key that nobody stands on. Rows that others add meanwhile are
 * not seen, so they stay. Changes no figure.
 */
export async function mergeTally(work: Work<Visible>, bulletinId: string): Promise<void> {
  const tallies = await work.db.deleteFrom('broadcast_tally').where('bulletin_id', '=', bulletinId).returningAll().execute()
  for (const part of inParts(merged(tallies, SUM_KEYS.broadcast_tally))) await work.db.insertInto('broadcast_tally').values(part).execute()
  const times = await work.db.deleteFrom('broadcast_answer_time').where('bulletin_id', '=', bulletinId).returningAll().execute()
  for (const part of inParts(merged(times, SUM_KEYS.broadcast_answer_time))) await work.db.insertInto('broadcast_answer_time').values(part).execute()
  const deliveries = await work.db.deleteFrom('broadcast_delivery_tally').where('bulletin_id', '=', bulletinId).returningAll().execute()
  for (const part of inParts(merged(deliveries, SUM_KEYS.broadcast_delivery_tally)))
    await work.db.insertInto('broadcast_delivery_tally').values(part).execute()
}

function merged<R extends { readonly change: number }>(rows: readonly R[], key: readonly (keyof R)[]): readonly R[] {
  const sums = new Map<string, R>()
  for (const row of rows) {
    const name = JSON.stringify(key.map(column => row[column]))
    sums.set(name, { ...row, change: row.change + (sums.get(name)?.change ?? 0) })
  }
  return [...sums.values()].filter(({ change }) => change !== 0)
}

function* inParts<R>(rows: readonly R[]): Generator<readonly R[]> {
  for (let start = 0; start < rows.length; start += 1_000) yield rows.slice(start, start + 1_000)
}
