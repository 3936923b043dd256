import { technologyChanged } from '../domains/directory/contract.ts'
import { recountAll } from '../domains/watch/contract.ts'
import { handles, type JobHandler } from '../platform/jobs/job.ts'
import type { Platform } from '../platform/platform.ts'
import { SYSTEM } from '../platform/work/actor.ts'
import { runWork } from '../platform/work/work.ts'

/**
 * All that happens by itself between domains: event → what follows. A lower domain announces an event by enqueuing its
 * kind; a higher one acts on it here, as a job, after the commit. This table is the only place where the two are tied.
 */
export const REACTIONS: readonly JobHandler<Platform>[] = [
  handles(technologyChanged, {
    purpose: 'Has the threats counted anew after the technology of an organisation changed',
    retries: 5,
    retryAfterSeconds: 10,
    expireAfterSeconds: 600,
    handle: platform => runWork<object, void>(platform, SYSTEM, async work => work.enqueue(recountAll, {}, { onceKey: 'all' })),
  }),
]
