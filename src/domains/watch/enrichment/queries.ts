import { sql } from 'kysely'
import type { EpssScore } from '../../../codecs/epss/scores.ts'
import type { LocalDate } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'

export interface EpssOfCve {
  readonly cve: string
  readonly scoreMillionths: number
  readonly percentileMillionths: number | null
}

/** The scores that are known of these CVEs, highest first. */
export function epssOf(db: Reader<Visible>, cves: readonly string[]): Promise<readonly EpssOfCve[]> {
  return db
    .selectFrom('watch_epss')
    .where('cve', '=', sql<string>`any(${cves}::text[])`)
    .orderBy('score_millionths', 'desc')
    .orderBy('cve')
    .select(['cve', 'score_millionths as scoreMillionths', 'percentile_millionths as percentileMillionths'])
    .execute()
}

/** The day of the newest scores, or `null` while there are none. */
export async function newestScoreDate(db: Reader<Visible>): Promise<LocalDate | null> {
  const row = await db.selectFrom('watch_epss_file').select('score_date').orderBy('score_date', 'desc').limit(1).executeTakeFirst()
  return row?.score_date ?? null
}

/** How many scores the last gathering under that label held, where it had these very bytes and could read all of them: then none of them is new. */
export async function scoresHeldOf(db: Reader<Visible>, label: string, bytesHash: string): Promise<number | undefined> {
  const last = await db
    .selectFrom('watch_gathering as gathering')
    .innerJoin('watch_source as source', 'source.id', 'gathering.source_id')
    .where('source.format', '=', 'epss')
    .where('gathering.label', '=', label)
    .where('gathering.outcome', '<>', 'failed')
    .orderBy('gathering.at', 'desc')
    .orderBy('gathering.id', 'desc')
    .select(['gathering.bytes_hash as hash', 'gathering.added', 'gathering.changed', 'gathering.unchanged', 'gathering.quarantined'])
    .limit(1)
    .executeTakeFirst()
  return last?.hash === bytesHash && last.quarantined === 0 ? last.added + last.changed + last.unchanged : undefined
}

/** The threats about a CVE whose score moved on that day. */
export async function threatsMovedOn(db: Reader<Visible>, date: LocalDate): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('watch_threat as threat')
    .where(sql<boolean>`exists (select from watch_epss epss where epss.cve = any(threat.cves) and epss.changed_on = ${date})`)
    .where('threat.merged_into', 'is', null)
    .select('threat.id')
    .orderBy('threat.id')
    .execute()
  return rows.map(row => row.id)
}

/** Rows of scores as the source of one statement. */
export function scoreRows(scores: readonly EpssScore[], date: LocalDate) {
  const rows = scores.map(({ cve, scoreMillionths: score, percentileMillionths: percentile }) => ({ cve, score, percentile }))
  return sql`select cve, score, percentile, ${date}::date from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row(cve text, score integer, percentile integer)`
}

/**
 * Whether a score or its rank moved so far that it is another: by a ten-thousandth, or by a thousandth of all CVEs. Every rank moves a
 * little every day, and to write a quarter of a million rows for that would tell nobody anything.
 */
export const hasMoved = sql<boolean>`abs(watch_epss.score_millionths - excluded.score_millionths) >= 100
  or abs(coalesce(watch_epss.percentile_millionths, 0) - coalesce(excluded.percentile_millionths, 0)) >= 1000`

/** Whether a row that was written is a new one: an updated row carries the number of the transaction that locked it. */
export const wasAdded = sql<boolean>`(xmax = 0)`.as('added')
