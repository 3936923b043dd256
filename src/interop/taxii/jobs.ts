import { z } from 'zod'
import { publishedBulletin, publishedBulletins } from '../../domains/broadcast/contract.ts'
import { handles, type JobHandler, type JobKind } from '../../platform/jobs/job.ts'
import type { Platform } from '../../platform/platform.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { publishBulletin } from './commands.ts'
import { renderedChanges } from './queries.ts'
import type { Visible } from './tables.ts'

/** Asked for after each change of a released bulletin. */
export const publishByTaxii: JobKind<{ bulletinId: string }> = {
  name: 'interop.taxii-publish',
  payload: z.strictObject({ bulletinId: z.string() }),
}

const catchUp: JobKind<object> = { name: 'interop.taxii-catch-up', payload: z.strictObject({}), atMostOneWaiting: true }

const PAGE_BULLETINS = 200

export const taxiiJobs: readonly JobHandler<Platform>[] = [
  handles(publishByTaxii, {
    purpose: 'Renders a bulletin in STIX for the TAXII server',
    retries: 8,
    retryAfterSeconds: 5,
    expireAfterSeconds: 120,
    handle: (platform, { bulletinId }) =>
      runWork<Visible, void>(platform, SYSTEM, async work => {
        const bulletin = await publishedBulletin<Visible>(work.db, bulletinId)
        if (bulletin !== undefined) await publishBulletin(work, bulletin, platform.config.baseUrl)
      }),
  }),
  handles(catchUp, {
    purpose: 'Looks for bulletins that the TAXII server does not say as they stand, such as those released before there was one',
    retries: 2,
    retryAfterSeconds: 60,
    expireAfterSeconds: 3_600,
    cron: '23 3 * * *',
    handle: platform => catchUpAll(platform).then(() => undefined),
  }),
]

/** Has every published bulletin rendered that is not, or not as it stands. Gives how many. */
export async function catchUpAll(platform: Platform): Promise<number> {
  let cursor: string | null = null
  let asked = 0
  do {
    const { stale, next } = await readAs<Visible, { stale: readonly string[]; next: string | null }>(platform, SYSTEM, async db => {
      const page = await publishedBulletins(db, { limit: PAGE_BULLETINS, cursor })
      const rendered = await renderedChanges(
        db,
        page.rows.map(({ id }) => id),
      )
      return { next: page.next, stale: page.rows.filter(row => rendered.get(row.id)?.getTime() !== row.changedAt.getTime()).map(({ id }) => id) }
    })
    if (stale.length > 0)
      await runWork<object, void>(platform, SYSTEM, async work => {
        for (const bulletinId of stale) work.enqueue(publishByTaxii, { bulletinId })
      })
    asked += stale.length
    cursor = next
  } while (cursor !== null)
  return asked
}
