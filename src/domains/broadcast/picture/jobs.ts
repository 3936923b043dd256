import { z } from 'zod'
import { handles } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { mergeTally } from './commands.ts'
import { scatteredTallies } from './queries.ts'

export const mergeTalliesJob = handles<Platform, object>(
  { name: 'broadcast.merge-tallies', payload: z.object({}) },
  {
    purpose: 'Merges the sums behind the figures of bulletins, so that pages stay fast',
    retries: 0,
    retryAfterSeconds: 60,
    expireAfterSeconds: 300,
    cron: '* * * * *',
    async handle(platform, _payload, signal) {
      const bulletinIds = await readAs<Visible, readonly string[]>(platform, SYSTEM, db => scatteredTallies(db))
      for (const bulletinId of bulletinIds) {
        if (signal.aborted) return
        await runWork<Visible, void>(platform, SYSTEM, work => mergeTally(work, bulletinId))
      }
    },
  },
)
