import { handles, type JobHandler } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { lockGathering } from '../sources/queries.ts'
import type { Visible } from '../tables.ts'
import { recountThreats, understandAnew } from './commands.ts'
import { isOutdated, refreshNames } from './matching/commands.ts'
import { lookAtMatching, readItemsAgain, recountAll } from './model.ts'

export const THREAT_JOBS: readonly JobHandler<Platform>[] = [
  handles<Platform, object>(lookAtMatching, {
    purpose: 'Has what was gathered read again, and counted anew, after an upgrade that reads or matches it otherwise',
    retries: 1,
    retryAfterSeconds: 60,
    expireAfterSeconds: 60,
    cron: '*/5 * * * *',
    async handle(platform) {
      await runWork(platform, SYSTEM, async (work: Work<Visible>) => {
        if (await isOutdated(work.db)) work.enqueue(readItemsAgain, { after: null }, { onceKey: 'all' })
      })
    },
  }),
  handles(readItemsAgain, {
    purpose: 'Reads again what kept items say of products and indicators of compromise, some at a time, and then has the threats counted anew',
    retries: 3,
    retryAfterSeconds: 30,
    expireAfterSeconds: 300,
    async handle(platform, { after }) {
      await runWork(platform, SYSTEM, async (work: Work<Visible>) => {
        await lockGathering(work.db)
        const next = await understandAnew(work, after)
        if (next === null) work.enqueue(recountAll, {}, { onceKey: 'all' })
        else work.enqueue(readItemsAgain, { after: next }, { onceKey: next })
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
