import { Unavailable } from '../../../kernel/errors.ts'
import { signInMeans } from '../../../platform/auth/accounts.ts'
import { makeLink } from '../../../platform/auth/links.ts'
import { recoveryCodesLeft } from '../../../platform/auth/recovery-codes.ts'
import type { AuthTables } from '../../../platform/auth/tables.ts'
import { handles, type JobHandler } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { personById, type PersonFound } from '../sign-in/queries.ts'
import type { SignInTables } from '../tables.ts'
import { SEND_RECOVERY_LINK } from './model.ts'

/** The link is made here, so that it stands in the mail alone and never in the queue. */
const sendRecoveryLink = handles<Platform, { personId: string | null }>(SEND_RECOVERY_LINK, {
  purpose: 'Mails a link to somebody who cannot sign in',
  retries: 5,
  retryAfterSeconds: 30,
  expireAfterSeconds: 120,
  async handle(platform, { personId }) {
    if (personId === null || !platform.mail.isConfigured) return
    const found = await readAs<SignInTables, { person: PersonFound; canProve: boolean } | null>(platform, SYSTEM, async db => {
      const person = await personById(db, personId)
      if (person === null) return null
      const means = await signInMeans(db, personId)
      return { person, canProve: means.authenticator || (await recoveryCodesLeft(db, personId)) > 0 }
    })
    if (found === null) return
    const { person, canProve } = found
    const token = canProve ? await runWork<AuthTables, string>(platform, SYSTEM, work => makeLink(work, personId, 'recovery')) : null
    const model = { name: person.name, address: token === null ? null : `${platform.config.baseUrl}/recovery/${token}` }
    const outcome = await platform.mail.send({
      to: { name: person.name, address: person.email },
      subject: 'CareCERT: when you cannot sign in',
      text: platform.views.render('directory/set-up/views/recover.txt.njk', model),
      html: platform.views.render('directory/set-up/views/recover.mail.njk', model),
      messageId: `recovery.${platform.clock.now().getTime()}.${personId}@carecert`,
    })
    if (!outcome.ok && !outcome.permanent)
      throw new Unavailable('directory.set-up.mail', 'The mail server did not take the message. It is tried again.')
  },
})

export const SET_UP_JOBS: readonly JobHandler<Platform>[] = [sendRecoveryLink]
