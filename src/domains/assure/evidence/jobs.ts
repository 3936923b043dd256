import { z } from 'zod'
import { Unavailable } from '../../../kernel/errors.ts'
import { handles, type JobHandler, type JobKind } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { claimReminders } from './commands.ts'
import { reminderAddress } from './queries.ts'

const FIND_EXPIRING: JobKind<object> = { name: 'assure.evidence.find-expiring', payload: z.object({}) }
const REMIND: JobKind<{ personId: string }> = { name: 'assure.evidence.remind', payload: z.object({ personId: z.string() }) }

const findExpiring = handles<Platform, object>(FIND_EXPIRING, {
  purpose: 'Finds evidence that expires within a month, and has its owners reminded',
  retries: 3,
  retryAfterSeconds: 60,
  expireAfterSeconds: 300,
  cron: '10 7 * * *',
  handle: platform =>
    runWork<Visible, void>(platform, SYSTEM, async work => {
      for (const personId of await claimReminders(work)) work.enqueue(REMIND, { personId })
    }),
})

const remind = handles<Platform, { personId: string }>(REMIND, {
  purpose: 'Reminds somebody by mail that evidence of theirs expires, without a word of what it is',
  retries: 8,
  retryAfterSeconds: 60,
  expireAfterSeconds: 120,
  async handle(platform, { personId }) {
    const to = await readAs<Visible, Awaited<ReturnType<typeof reminderAddress>>>(platform, SYSTEM, db => reminderAddress(db, personId))
    if (to === null || !platform.mail.isConfigured) return
    // Mail is read by more eyes than a review is: it says neither what expires nor for what.
    const model = { address: `${platform.config.baseUrl}/assessments` }
    const outcome = await platform.mail.send({
      to: { name: to.name, address: to.email },
      subject: 'CareCERT: evidence of yours expires soon',
      text: platform.views.render('assure/evidence/views/expires.txt.njk', model),
      html: platform.views.render('assure/evidence/views/expires.mail.njk', model),
      messageId: `evidence.${personId}.${platform.clock.now().getTime()}@carecert`,
    })
    if (!outcome.ok && !outcome.permanent)
      throw new Unavailable('assure.evidence.mail', 'The mail server did not take the message. It is tried again.')
  },
})

export const evidenceJobs: readonly JobHandler<Platform>[] = [findExpiring, remind]
