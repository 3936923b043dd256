import type { EpssFile } from '../../../codecs/epss/scores.ts'
import type { LocalDate } from '../../../kernel/instant.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { hasMoved, newestScoreDate, scoreRows, scoresHeldOf, threatsMovedOn, wasAdded } from './queries.ts'

export interface TakenScores {
  readonly added: number
  readonly changed: number
  readonly unchanged: number
  /** The threats about which a score moved. */
  readonly threats: readonly string[]
  /** Whether newer scores are held already, so that none of these was taken. */
  readonly isOutdated: boolean
}

/** As many as go in one statement. */
const ROWS_AT_ONCE = 10_000

/** The file as it was gathered. */
export interface ScoresDocument {
  readonly bytesHash: string
  /** Of its gathering; it names the day. */
  readonly label: string
}

/**
 * Takes in a day of EPSS scores. Older scores than those that are held change nothing. The same again changes nothing, and the same bytes
 * are not even read: a quarter of a million rows would be compared for nothing.
 */
export async function takeScores(
  work: Work<Visible>,
  file: EpssFile,
  { bytesHash, label }: ScoresDocument,
  fallback: LocalDate,
): Promise<TakenScores> {
  const date = file.scoreDate ?? fallback
  const newest = await newestScoreDate(work.db)
  if (newest !== null && date < newest) return { added: 0, changed: 0, unchanged: 0, threats: [], isOutdated: true }
  const held = date === newest ? await scoresHeldOf(work.db, label, bytesHash) : undefined
  if (held !== undefined) return { added: 0, changed: 0, unchanged: held, threats: [], isOutdated: false }
  const counts = { added: 0, changed: 0, read: 0 }
  for await (const some of file.rows) {
    for (let start = 0; start < some.length; start += ROWS_AT_ONCE) {
      const part = some.slice(start, start + ROWS_AT_ONCE)
      const written = await work.db
        .insertInto('watch_epss')
        .columns(['cve', 'score_millionths', 'percentile_millionths', 'changed_on'])
        .expression(scoreRows(part, date))
        .onConflict(conflict =>
          conflict
            .column('cve')
            .doUpdateSet(eb => ({
              score_millionths: eb.ref('excluded.score_millionths'),
              percentile_millionths: eb.ref('excluded.percentile_millionths'),
              changed_on: eb.ref('excluded.changed_on'),
            }))
            .where(hasMoved),
        )
        .returning(wasAdded)
        .execute()
      counts.read += part.length
      counts.added += written.filter(row => row.added).length
      counts.changed += written.filter(row => !row.added).length
    }
  }
  await work.db
    .insertInto('watch_epss_file')
    .values({ score_date: date, model_version: file.modelVersion, gathered_at: work.now })
    .onConflict(conflict => conflict.column('score_date').doUpdateSet(eb => ({ model_version: eb.ref('excluded.model_version') })))
    .execute()
  const { added, changed, read } = counts
  work.record({ verb: 'watch.epss.taken', subject: { kind: 'epss', id: date }, change: { added, changed, read, model: file.modelVersion } })
  return { added, changed, unchanged: read - added - changed, threats: await threatsMovedOn(work.db, date), isOutdated: false }
}
