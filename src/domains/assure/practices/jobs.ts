import { z } from 'zod'
import { handles, type JobHandler } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { publishUnnamed } from './commands.ts'

const publish = handles<Platform, object>(
  { name: 'assure.practice.publish', payload: z.object({}) },
  {
    purpose: 'Shows the good practice that was offered without a name, once three organisations of a type have offered some',
    retries: 3,
    retryAfterSeconds: 60,
    expireAfterSeconds: 300,
    cron: '20 2 * * *',
    handle: platform => runWork<Visible, void>(platform, SYSTEM, async work => void (await publishUnnamed(work))),
  },
)

export const practiceJobs: readonly JobHandler<Platform>[] = [publish]
