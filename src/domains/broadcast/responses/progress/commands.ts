import { Invalid, NotFound } from '../../../../kernel/errors.ts'
import type { Id } from '../../../../kernel/id.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { bulletinById } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { holdRecipient, newestDetail } from '../queries.ts'
import { sharesDetail } from '../sharing/queries.ts'
import type { CountedAsset } from './model.ts'
import { assetKey } from './queries.ts'

interface Place {
  readonly bulletinId: string
  readonly organisationId: Id<'organisation'>
}

/** Writes down how many of how many are done, for the products or groups named; the others stay. `total` 0 takes one off the list. */
export async function countAssets(work: Work<Visible>, place: Place, assets: readonly CountedAsset[]): Promise<void> {
  assertMay(work.actor, 'broadcast.response.answer')
  await assertRecipient(work, place)
  for (const { label, total, done } of assets) {
    if (done > total) throw new Invalid('broadcast.progress.more-than-all', `${label}: ${done} of ${total} cannot be done.`)
    const key = { bulletin_id: place.bulletinId, organisation_id: place.organisationId, asset_key: assetKey(label) }
    const said = { label, total, done, updated_at: work.now, updated_by_kind: work.actor.kind, updated_by_id: work.actor.id }
    await work.db
      .insertInto('broadcast_asset_progress')
      .values({ ...key, ...said })
      .onConflict(conflict => conflict.columns(['bulletin_id', 'organisation_id', 'asset_key']).doUpdateSet(said))
      .execute()
  }
  const sum = await work.db
    .selectFrom('broadcast_asset_progress')
    .where('bulletin_id', '=', place.bulletinId)
    .where('organisation_id', '=', place.organisationId)
    .select(({ fn }) => [fn.sum<string>('total').as('total'), fn.sum<string>('done').as('done')])
    .executeTakeFirstOrThrow()
  const newest = await newestDetail(work.db, place.bulletinId, place.organisationId)
  const total = {
    total: Number(sum.total),
    done: Number(sum.done),
    // As open as the newest answer, or as the organisation has chosen before there is one.
    is_shared: newest?.isShared ?? (await sharesDetail(work.db, place.organisationId)),
    updated_at: work.now,
  }
  await work.db
    .insertInto('broadcast_progress_total')
    .values({ bulletin_id: place.bulletinId, organisation_id: place.organisationId, ...total })
    .onConflict(conflict => conflict.columns(['bulletin_id', 'organisation_id']).doUpdateSet(total))
    .execute()
  await record(work, place, 'broadcast.progress.counted', { groups: assets.length })
}

/** Ticks a step, or gives it to somebody at the organisation, by the step's key. */
export async function tickSteps(
  work: Work<Visible>,
  place: Place,
  ticks: readonly { readonly key: string; readonly isDone: boolean; readonly delegatedTo: string | null }[],
): Promise<void> {
  assertMay(work.actor, 'broadcast.response.answer')
  await assertRecipient(work, place)
  for (const { key, isDone, delegatedTo } of ticks) {
    const said = { is_done: isDone, delegated_to: delegatedTo, updated_at: work.now, updated_by_kind: work.actor.kind, updated_by_id: work.actor.id }
    await work.db
      .insertInto('broadcast_step_tick')
      .values({ bulletin_id: place.bulletinId, organisation_id: place.organisationId, step_key: key, ...said })
      .onConflict(conflict => conflict.columns(['bulletin_id', 'organisation_id', 'step_key']).doUpdateSet(said))
      .execute()
  }
  await record(work, place, 'broadcast.steps.ticked', { done: ticks.filter(({ isDone }) => isDone).length, of: ticks.length })
}

/** Holds it too: whoever counts at the same moment waits, and sums up what was counted here as well. */
async function assertRecipient(work: Work<Visible>, place: Place): Promise<void> {
  if (!(await holdRecipient(work.db, place)))
    throw new NotFound('broadcast.response.not-a-recipient', 'This bulletin was not sent to that organisation, or you do not answer for it.')
}

async function record(work: Work<Visible>, { bulletinId, organisationId }: Place, verb: string, change: Readonly<Record<string, number>>) {
  const { number } = await bulletinById(work.db, bulletinId)
  work.record({ verb, subject: { kind: 'bulletin', id: bulletinNumber(number) }, organisationId, change })
}
