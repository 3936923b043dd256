import { handles, type JobHandler } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { recountThreats } from './commands.ts'
import { isOutdated, refreshNames } from './matching/commands.ts'
import { lookAtMatching, recountAll } from './model.ts'

export const THREAT_JOBS: readonly JobHandler<Platform>[] = [
  handles<Platform, object>(lookAtMatching, {
    purpose: 'Has the threats counted anew after an upgrade that matches products by other rules, or that matches them for the first time',
    retries: 1,
    retryAfterSeconds: 60,
    expireAfterSeconds: 60,
    cron: '*/5 * * * *',
    async handle(platform) {
      await runWork(platform, SYSTEM, async (work: Work<Visible>) => {
        if (await isOutdated(work.db)) work.enqueue(recountAll, {}, { onceKey: 'all' })
      })
    },
  }),
  handles<Platform, object>(recountAll, {
    purpose: 'Counts anew how many organisations run what each threat is about',
    retries: 3,
    retryAfterSeconds: 30,
    expireAfterSeconds: 300,
    // Organisations open, close and share without an import; once a night sets right what nothing announced.
    cron: '20 4 * * *',
    async handle(platform) {
      await runWork(platform, SYSTEM, (work: Work<Visible>) => refreshNames(work, 'all'))
      await runWork(platform, SYSTEM, (work: Work<Visible>) => recountThreats(work))
    },
  }),
]
