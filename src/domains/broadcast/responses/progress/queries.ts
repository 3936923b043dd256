import { createHash } from 'node:crypto'
import type { Reader } from '../../../../platform/work/read.ts'
import { matchesOf } from '../../audience/queries.ts'
import { releaseOf } from '../../release/queries.ts'
import type { Visible } from '../../tables.ts'

/** How far an organisation has come, summed over what it counts. */
export interface ProgressTotal {
  readonly total: number
  readonly done: number
}

/** The sum; `null` where nothing is counted, or the organisation keeps it to itself. */
export async function progressTotalOf(db: Reader<Visible>, bulletinId: string, organisationId: string): Promise<ProgressTotal | null> {
  const row = await db
    .selectFrom('broadcast_progress_total')
    .where('bulletin_id', '=', bulletinId)
    .where('organisation_id', '=', organisationId)
    .select(['total', 'done'])
    .executeTakeFirst()
  return row === undefined || row.total === 0 ? null : row
}

/** One product or group of devices, with how many of how many are done. */
export interface AssetProgress extends ProgressTotal {
  readonly key: string
  readonly label: string
  /** Whether the organisation has said so itself, or it follows from the technology that it told. */
  readonly isKept: boolean
}

const MOST_ASSETS = 500

/** What the organisation counts for a bulletin; first what it told that it runs of what the bulletin is about, until it says otherwise. */
export async function assetsOf(db: Reader<Visible>, bulletinId: string, organisationId: string): Promise<readonly AssetProgress[]> {
  const rows = await db
    .selectFrom('broadcast_asset_progress')
    .where('bulletin_id', '=', bulletinId)
    .where('organisation_id', '=', organisationId)
    .orderBy('label')
    .orderBy('asset_key')
    .limit(MOST_ASSETS)
    .select(['asset_key as key', 'label', 'total', 'done'])
    .execute()
  const kept = rows.map(row => ({ ...row, isKept: true }))
  const release = await releaseOf(db, bulletinId)
  const matches = release === undefined ? [] : await matchesOf(db, organisationId, release)
  const told = matches.map(match => {
    const label = [match.maker, match.product, match.version].filter(part => part !== '').join(' ')
    return { key: assetKey(label), label, total: match.count ?? 1, done: 0, isKept: false }
  })
  const known = new Set(kept.map(({ key }) => key))
  return [...kept, ...told.filter(({ key }, at) => !known.has(key) && told.findIndex(other => other.key === key) === at)]
}

/** One name, however it is spaced and cased, is one thing. */
export function assetKey(label: string): string {
  return createHash('sha256').update(label.toLowerCase().replaceAll(/\s+/g, ' ').trim()).digest('hex').slice(0, 16)
}

/** What an organisation did of a bulletin's steps, by the step's key. */
export async function stepTicks(
  db: Reader<Visible>,
  bulletinId: string,
  organisationId: string,
): Promise<ReadonlyMap<string, { readonly isDone: boolean; readonly delegatedTo: string | null }>> {
  const rows = await db
    .selectFrom('broadcast_step_tick')
    .where('bulletin_id', '=', bulletinId)
    .where('organisation_id', '=', organisationId)
    .select(['step_key', 'is_done', 'delegated_to'])
    .execute()
  return new Map(rows.map(row => [row.step_key, { isDone: row.is_done, delegatedTo: row.delegated_to }]))
}

/** By what a step says: one that is written anew is a new step. */
export function stepKey(step: { readonly type: string; readonly text: string }): string {
  return createHash('sha256').update(`${step.type}\n${step.text}`).digest('hex').slice(0, 16)
}
