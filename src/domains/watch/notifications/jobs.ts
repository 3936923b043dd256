import { Unavailable } from '../../../kernel/errors.ts'
import { handles, type JobHandler } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { understandNotifications } from '../notify.ts'
import type { Visible } from '../tables.ts'
import { recordAcknowledgement, tidyNotifications } from './commands.ts'
import { ACKNOWLEDGE_NOTIFICATION, TIDY_NOTIFICATIONS, UNDERSTAND_NOTIFICATIONS } from './model.ts'
import { acknowledgementOf, centrePhone } from './queries/show.ts'

const understand = handles<Platform, object>(UNDERSTAND_NOTIFICATIONS, {
  purpose: 'Brings what organisations report into the queue of threats',
  retries: 20,
  retryAfterSeconds: 5,
  expireAfterSeconds: 300,
  // Somebody at the centre should see it at once.
  isUrgent: true,
  // A job that was lost with its worker is made good within five minutes.
  cron: '*/5 * * * *',
  handle: platform => understandNotifications(platform),
})

const acknowledge = handles<Platform, { notificationId: string }>(ACKNOWLEDGE_NOTIFICATION, {
  purpose: 'Sends the number of an incident notification to whoever reported it',
  retries: 8,
  retryAfterSeconds: 60,
  expireAfterSeconds: 120,
  isUrgent: true,
  async handle(platform, { notificationId }) {
    const { found, phone } = await readAs<Visible, { found: Awaited<ReturnType<typeof acknowledgementOf>>; phone: string | null }>(
      platform,
      SYSTEM,
      async db => ({ found: await acknowledgementOf(db, notificationId), phone: await centrePhone(db) }),
    )
    const address = found?.email ?? null
    if (found === undefined || address === null || found.acknowledgement !== 'waiting' || !platform.mail.isConfigured) return
    // The text is fixed: strangers choose nothing of it, so nobody can be made to read through us what somebody else wrote.
    const model = { number: found.number, at: found.receivedAt, phone }
    const outcome = await platform.mail.send({
      to: { name: '', address },
      subject: `CareCERT: we have your report ${found.number}`,
      text: platform.views.render('watch/notifications/views/acknowledgement.txt.njk', model),
      html: platform.views.render('watch/notifications/views/acknowledgement.mail.njk', model),
      messageId: `${found.number}.${notificationId}@carecert`,
    })
    if (!outcome.ok && !outcome.permanent)
      throw new Unavailable('watch.notification.mail', 'The mail server did not take the message. It is tried again.')
    await runWork<Visible, void>(platform, SYSTEM, work => recordAcknowledgement(work, notificationId, outcome.ok ? 'sent' : 'refused'))
  },
})

const tidy = handles<Platform, object>(TIDY_NOTIFICATIONS, {
  purpose: 'Forgets from which networks incident notifications came a month ago',
  retries: 0,
  retryAfterSeconds: 60,
  expireAfterSeconds: 120,
  cron: '41 3 * * *',
  handle: platform => runWork(platform, SYSTEM, (work: Work<Visible>) => tidyNotifications(work)),
})

export const NOTIFICATION_JOBS: readonly JobHandler<Platform>[] = [understand, acknowledge, tidy]
