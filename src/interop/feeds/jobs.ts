import { z } from 'zod'
import { fiveLines, publishedBulletin, publishedBulletins, type PublishedBulletin } from '../../domains/broadcast/contract.ts'
import { handles, type JobHandler } from '../../platform/jobs/job.ts'
import type { Platform } from '../../platform/platform.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { cleanHtml } from '../../ui/filters/safe-html.ts'
import { logChange } from './commands.ts'
import { lastLogged } from './queries.ts'
import type { FeedTables } from './tables.ts'

/** Logs what readers of one bulletin see anew. */
export const tellByFeeds = { name: 'interop.tell-by-feeds', payload: z.strictObject({ bulletinId: z.string() }) }

export const catchUpFeeds = { name: 'interop.catch-up-feeds', payload: z.object({}) }
const PART = 100

export const feedJobs: readonly JobHandler<Platform>[] = [
  handles(tellByFeeds, {
    purpose: 'Logs a change of a bulletin for the feeds',
    retries: 5,
    retryAfterSeconds: 10,
    expireAfterSeconds: 60,
    async handle(platform, { bulletinId }) {
      const bulletin = await readAs<FeedTables, PublishedBulletin | undefined>(platform, SYSTEM, db => publishedBulletin(db, bulletinId))
      if (bulletin !== undefined) await log(platform, bulletin)
    },
  }),
  handles(catchUpFeeds, {
    purpose: 'Logs for the feeds what was published before they were there, or was missed',
    retries: 3,
    retryAfterSeconds: 60,
    expireAfterSeconds: 1_800,
    cron: '*/10 * * * *',
    async handle(platform, _payload, signal) {
      // The oldest change first, so that the log tells them in their order.
      for (const bulletin of (await missing(platform)).toReversed()) {
        if (signal.aborted) return
        await log(platform, bulletin)
      }
    },
  }),
]

async function log(platform: Platform, bulletin: PublishedBulletin): Promise<void> {
  const html = cleanHtml(platform.views.render('feeds/views/entry.njk', { ...bulletin, lines: fiveLines(bulletin.content) }))
  await runWork<FeedTables, void>(platform, SYSTEM, work => logChange(work, bulletin, html))
}

/** What is not logged as it stands, the newest change first: looked for part by part until a whole one is logged. */
async function missing(platform: Platform): Promise<readonly PublishedBulletin[]> {
  const found: PublishedBulletin[] = []
  let cursor: string | null = null
  do {
    const part: Part = await readAs<FeedTables, Part>(platform, SYSTEM, db => partAfter(db, cursor))
    found.push(...part.unlogged)
    cursor = part.unlogged.length > 0 ? part.next : null
  } while (cursor !== null)
  return found
}

interface Part {
  readonly unlogged: readonly PublishedBulletin[]
  readonly next: string | null
}

async function partAfter(db: Reader<FeedTables>, cursor: string | null): Promise<Part> {
  const { rows, next } = await publishedBulletins(db, { limit: PART, cursor, labels: ['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT'] })
  const logged = await lastLogged(
    db,
    rows.map(({ id }) => id),
  )
  return { unlogged: rows.filter(({ id, changedAt }) => logged.get(id)?.getTime() !== changedAt.getTime()), next }
}
