import { z } from 'zod'
import { forgetAnswers, type AnsweredTables } from '../../platform/http/answered.ts'
import { handles, type JobHandler } from '../../platform/jobs/job.ts'
import type { Platform } from '../../platform/platform.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { runWork } from '../../platform/work/work.ts'

export const FORGET_ANSWERS: JobHandler<Platform> = handles<Platform, object>(
  { name: 'api.forget-answers', payload: z.object({}) },
  {
    purpose: 'Forgets what programs were answered more than a day ago, which was kept in case they ask the same again',
    retries: 0,
    retryAfterSeconds: 60,
    expireAfterSeconds: 300,
    cron: '41 * * * *',
    handle: platform => runWork<AnsweredTables, void>(platform, SYSTEM, forgetAnswers),
  },
)
