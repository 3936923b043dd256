import { Unavailable } from '../../../kernel/errors.ts'
import { handles, type JobHandler } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { TELL_ASSESSOR } from './model.ts'
import { addressOfAssessor } from './queries.ts'

const tell = handles<Platform, { engagementId: string }>(TELL_ASSESSOR, {
  purpose: 'Tells somebody by mail that they were asked to assess, without saying whom',
  retries: 8,
  retryAfterSeconds: 60,
  expireAfterSeconds: 120,
  async handle(platform, { engagementId }) {
    const found = await readAs<Visible, Awaited<ReturnType<typeof addressOfAssessor>>>(platform, SYSTEM, db => addressOfAssessor(db, engagementId))
    if (found === undefined || !platform.mail.isConfigured) return
    const model = { name: found.name, address: `${platform.config.baseUrl}/independent` }
    const outcome = await platform.mail.send({
      to: { name: found.name, address: found.email },
      subject: 'CareCERT: you are asked to assess',
      text: platform.views.render('assure/engagements/views/asked.txt.njk', model),
      html: platform.views.render('assure/engagements/views/asked.mail.njk', model),
      messageId: `${engagementId}@carecert`,
    })
    if (!outcome.ok && !outcome.permanent)
      throw new Unavailable('assure.engagement.mail', 'The mail server did not take the message. It is tried again.')
  },
})

export const engagementJobs: readonly JobHandler<Platform>[] = [tell]
