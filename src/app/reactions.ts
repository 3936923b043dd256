import { bulletinPublished } from '../domains/broadcast/contract.ts'
import { technologyChanged } from '../domains/directory/contract.ts'
import { recountAll } from '../domains/watch/contract.ts'
import { alertByCap } from '../interop/cap/jobs.ts'
import { publishByCsaf } from '../interop/csaf-provider/jobs.ts'
import { tellByFeeds } from '../interop/feeds/jobs.ts'
import { publishByTaxii } from '../interop/taxii/jobs.ts'
import { handles, type JobHandler, type JobKind } from '../platform/jobs/job.ts'
import type { Platform } from '../platform/platform.ts'
import { SYSTEM } from '../platform/work/actor.ts'
import { runWork } from '../platform/work/work.ts'

/** The jobs that render a bulletin anew for machines after what its readers see has changed, one of each exit. */
const EXITS: readonly JobKind<{ bulletinId: string }>[] = [publishByCsaf, publishByTaxii, tellByFeeds, alertByCap]

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
  handles(bulletinPublished, {
    purpose: 'Has a bulletin rendered anew for every machine exit after its release or a change of it',
    retries: 5,
    retryAfterSeconds: 10,
    expireAfterSeconds: 60,
    handle: (platform, payload) =>
      runWork<object, void>(platform, SYSTEM, async work => {
        for (const kind of EXITS) work.enqueue(kind, payload)
      }),
  }),
]
