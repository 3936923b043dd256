import { z } from 'zod'
import { writeCapAlert } from '../../codecs/cap/alert.ts'
import { publishedBulletin, type PublishedBulletin } from '../../domains/broadcast/contract.ts'
import { londonDate } from '../../kernel/instant.ts'
import { handles, type JobHandler } from '../../platform/jobs/job.ts'
import type { Platform } from '../../platform/platform.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { keepAlert } from './commands.ts'
import { alertOf, nextMessage, type CapPolicy, type EarlierAlert } from './model.ts'
import { alertsOf, capPolicy } from './queries.ts'
import { openCapKey, signAlert } from './signing.ts'
import type { CapTables } from './tables.ts'

/** Makes the alert that comes next for one bulletin, where one does. */
export const alertByCap = { name: 'interop.alert-by-cap', payload: z.strictObject({ bulletinId: z.string() }) }

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
      const { bulletin, policy, earlier } = await readAs<CapTables, Standing>(platform, SYSTEM, async db => {
        const found = await publishedBulletin(db, bulletinId)
        return {
          bulletin: found,
          policy: await capPolicy(db, found?.content.severity ?? '', londonDate(now)),
          earlier: await alertsOf(db, bulletinId),
        }
      })
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
]
