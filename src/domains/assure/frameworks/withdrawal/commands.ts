import { Conflict, NotFound } from '../../../../kernel/errors.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { storedFramework } from '../queries/stored.ts'

/**
 * Takes a framework out of use: no new review is opened against it. Reviews that were opened keep it, word for word. The same file imported again brings it
 * back. Throws `NotFound`, and `Conflict` where it was withdrawn before.
 */
export async function withdrawFramework(work: Work<Visible>, code: string, version: string): Promise<void> {
  assertMay(work.actor, 'assure.framework.import')
  const framework = await storedFramework(work.db, code, version)
  if (framework === undefined) throw new NotFound('assure.framework.unknown', 'There is no such framework. The list of frameworks names them.')
  if (framework.withdrawnAt !== null) throw new Conflict('assure.framework.withdrawn', `${code} ${version} is withdrawn already.`)
  await work.db.updateTable('assure_framework').set({ withdrawn_at: work.now }).where('id', '=', framework.id).execute()
  work.record({ verb: 'assure.frameworks.withdrawn', subject: { kind: 'framework', id: framework.id }, change: { code, version } })
}
