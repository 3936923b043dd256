import { Unavailable } from '../../../kernel/errors.ts'
import type { AuthTables } from '../../../platform/auth/tables.ts'
import { handles, type JobHandler } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { SignInTables } from '../tables.ts'
import { tidySignIn } from './commands.ts'
import { CHANGES, TELL_SIGN_IN_CHANGED, TIDY_SIGN_IN, type SignInChange } from './model.ts'
import { personById, type PersonFound } from './queries.ts'

const tell = handles<Platform, { personId: string; change: SignInChange }>(TELL_SIGN_IN_CHANGED, {
  purpose: 'Tells a person by mail that the way they sign in was changed',
  retries: 8,
  retryAfterSeconds: 60,
  expireAfterSeconds: 120,
  async handle(platform, { personId, change }) {
    const person = await readAs<SignInTables, PersonFound | null>(platform, SYSTEM, db => personById(db, personId))
    if (person === null || !platform.mail.isConfigured) return
    const model = { name: person.name, words: CHANGES[change], at: platform.clock.now(), address: `${platform.config.baseUrl}/recover` }
    const outcome = await platform.mail.send({
      to: { name: person.name, address: person.email },
      subject: 'CareCERT: the way you sign in was changed',
      text: platform.views.render('directory/sign-in/views/changed.txt.njk', model),
      html: platform.views.render('directory/sign-in/views/changed.mail.njk', model),
      messageId: `${change}.${platform.clock.now().getTime()}.${personId}@carecert`,
    })
    if (!outcome.ok && !outcome.permanent)
      throw new Unavailable('directory.sign-in.mail', 'The mail server did not take the message. It is tried again.')
  },
})

const tidy = handles<Platform, object>(TIDY_SIGN_IN, {
  purpose: 'Clears away spent challenges, forgotten failures and sessions that ended long ago',
  retries: 0,
  retryAfterSeconds: 60,
  expireAfterSeconds: 300,
  cron: '17 3 * * *',
  handle: platform => runWork<AuthTables, void>(platform, SYSTEM, tidySignIn),
})

export const SIGN_IN_JOBS: readonly JobHandler<Platform>[] = [tell, tidy]
