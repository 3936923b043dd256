import { Conflict } from '../../../../kernel/errors.ts'
import type { Id } from '../../../../kernel/id.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { isPooled } from './queries.ts'

/** Lets the unfunded improvements of a plan be counted among those of others, from the next freeze on. Throws `Conflict` when they are already. */
export async function joinPool(work: Work<Visible>, organisationId: Id<'organisation'>): Promise<void> {
  assertMay(work.actor, 'assure.benchmark.contribute')
  if (await isPooled(work.db, organisationId)) throw new Conflict('assure.sector.pooled', 'Your needs are counted among those of others already.')
  await work.db
    .insertInto('assure_need_pool')
    .values({ organisation_id: organisationId, since: work.now, by_id: work.actor.id })
    .onConflict(conflict => conflict.column('organisation_id').doUpdateSet({ since: work.now, by_id: work.actor.id, withdrawn_at: null }))
    .execute()
  work.record({ verb: 'assure.sector.pool-joined', subject: { kind: 'organisation', id: organisationId }, organisationId })
}

/** Takes that back: the next freeze is without them. What was released before stays, for nobody can be told from it. */
export async function leavePool(work: Work<Visible>, organisationId: Id<'organisation'>): Promise<void> {
  assertMay(work.actor, 'assure.benchmark.contribute')
  if (!(await isPooled(work.db, organisationId))) throw new Conflict('assure.sector.not-pooled', 'Your needs are not counted among those of others.')
  await work.db.updateTable('assure_need_pool').set({ withdrawn_at: work.now }).where('organisation_id', '=', organisationId).execute()
  work.record({ verb: 'assure.sector.pool-left', subject: { kind: 'organisation', id: organisationId }, organisationId })
}
