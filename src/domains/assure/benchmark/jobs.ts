import { handles } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { freeze, type Frozen } from './freeze.ts'
import { FREEZE } from './model.ts'

export const benchmarkJobs = [
  handles<Platform, { freezeId: string }>(FREEZE, {
    purpose: 'Freezes what organisations contributed to the benchmark, and releases what tells of none of them',
    retries: 3,
    retryAfterSeconds: 30,
    expireAfterSeconds: 300,
    handle: async (platform, { freezeId }) => {
      await freezeAsSystem(platform, freezeId)
    },
  }),
]

/** Freezes what was asked for, in one unit as the system. */
export function freezeAsSystem(platform: Platform, freezeId: string): Promise<Frozen | null> {
  return runWork<Visible, Frozen | null>(platform, SYSTEM, work => freeze(work, freezeId))
}
