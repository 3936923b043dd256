import { handles } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { chaseBulletin } from './commands.ts'
import { CHASE, type ChasePolicy } from './model.ts'
import { chasedBulletins, chasePolicies, type Chased } from './queries.ts'

export const chaseJob = handles<Platform, object>(CHASE, {
  purpose: 'Reminds the silent and tells their seniors and regions, as the policies say',
  retries: 2,
  retryAfterSeconds: 30,
  expireAfterSeconds: 600,
  cron: '*/5 * * * *',
  handle: chaseAll,
})

/** Takes the steps that are due, each bulletin in a unit of its own: what fails for one delays no other. */
export async function chaseAll(platform: Platform): Promise<void> {
  const { bulletins, policies } = await readAs<Visible, { bulletins: readonly Chased[]; policies: readonly ChasePolicy[] }>(
    platform,
    SYSTEM,
    async db => ({
      bulletins: await chasedBulletins(db, platform.clock.now()),
      policies: await chasePolicies(db),
    }),
  )
  const failures: unknown[] = []
  for (const bulletin of bulletins) {
    try {
      await runWork<Visible, number>(platform, SYSTEM, work => chaseBulletin(work, bulletin, policies, platform.config.baseUrl))
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${bulletins.length} bulletins could not be chased`)
}
