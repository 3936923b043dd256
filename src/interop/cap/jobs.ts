import { z } from 'zod'
import { writeCapAlert } from '../../codecs/cap/alert.ts'
import { publishedBulletin, publishedBulletins, type PublishedBulletin } from '../../domains/broadcast/contract.ts'
import { addHours, londonDate, type Instant } from '../../kernel/instant.ts'
import { handles, type JobHandler, type JobKind } from '../../platform/jobs/job.ts'
import type { Platform } from '../../platform/platform.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { keepAlert } from './commands.ts'
import { alertOf, nextMessage, type CapPolicy, type EarlierAlert } from './model.ts'
import { alertsOf, capPolicy } from './queries.ts'
import { openCapKey, signAlert } from './signing.ts'
import type { CapTables } from './tables.ts'

/** Makes the alert that comes next for one bulletin, where one does. */
export const alertByCap = { name: 'interop.alert-by-cap', payload: z.strictObject({ bulletinId: z.string() }) }

export const catchUpCap: JobKind<object> = { name: 'interop.catch-up-cap', payload: z.strictObject({}), atMostOneWaiting: true }
/** What is older is no news: whoever sets the key today alerts nobody to last month. */
const CATCH_UP_HOURS = 24
const MOST_AT_ONCE = 500

interface Standing {
  readonly bulletin: PublishedBulletin | undefined
  readonly policy: CapPolicy
  readonly earlier: readonly EarlierAlert[]
}

export const capJobs: readonly JobHandler<Platform>[] = [
  handles(alertByCap, {
    purpose: 'Makes and signs the CAP alert of an urgent bulletin, after its release or a change of it',
    retries: 5,
    retryAfterSeconds: 10,
    expireAfterSeconds: 60,
    async handle(platform, { bulletinId }) {
      const now = platform.clock.now()
      const key = await openCapKey(platform)
      if (key === null) return
      const { bulletin, policy, earlier } = await readAs<CapTables, Standing>(platform, SYSTEM, async db =>
        standingOf(db, await publishedBulletin(db, bulletinId), now),
      )
      const messageType = bulletin === undefined ? null : nextMessage(bulletin, policy, earlier)
      if (bulletin === undefined || messageType === null) return
      const { cap, mailFrom, baseUrl } = platform.config
      const alert = alertOf(bulletin, messageType, policy, earlier, {
        sender: cap.sender ?? mailFrom,
        senderName: cap.senderName,
        area: cap.area,
        baseUrl,
        now,
        isSample: platform.sample,
      })
      const xml = signAlert(writeCapAlert(alert), key)
      await runWork<CapTables, void>(platform, SYSTEM, work => keepAlert(work, bulletin, (earlier.at(-1)?.position ?? 0) + 1, alert, xml))
    },
  }),
  handles(catchUpCap, {
    purpose: 'Looks for CAP alerts of the last day that were missed, such as while the key could not be read',
    retries: 2,
    retryAfterSeconds: 60,
    expireAfterSeconds: 300,
    cron: '*/10 * * * *',
    handle: platform => catchUp(platform),
  }),
]

async function catchUp(platform: Platform): Promise<void> {
  const now = platform.clock.now()
  if (platform.config.cap.signing === null && !platform.sample) return
  const missed = await readAs<CapTables, readonly string[]>(platform, SYSTEM, async db => {
    const asked = { limit: MOST_AT_ONCE, cursor: null, withExercises: true, changedAfter: addHours(now, -CATCH_UP_HOURS) }
    const ids: string[] = []
    for (const published of (await publishedBulletins(db, asked)).rows) {
      const { policy, earlier } = await standingOf(db, published, now)
      if (nextMessage(published, policy, earlier) !== null) ids.push(published.id)
    }
    return ids
  })
  if (missed.length === 0) return
  await runWork<object, void>(platform, SYSTEM, async work => {
    for (const bulletinId of missed) work.enqueue(alertByCap, { bulletinId })
  })
}

async function standingOf(db: Reader<CapTables>, bulletin: PublishedBulletin | undefined, now: Instant): Promise<Standing> {
  return {
    bulletin,
    policy: await capPolicy(db, bulletin?.content.severity ?? 'information', londonDate(now)),
    earlier: await alertsOf(db, bulletin?.id ?? ''),
  }
}
