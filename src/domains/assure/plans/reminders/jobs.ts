import { Unavailable } from '../../../../kernel/errors.ts'
import { londonDate } from '../../../../kernel/instant.ts'
import { handles } from '../../../../platform/jobs/job.ts'
import type { Platform } from '../../../../platform/platform.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { resumeAction } from '../steps/commands.ts'
import { remindOwner } from './commands.ts'
import { PLAN_DAY, REMIND_OWNER } from './model.ts'
import { dueReminders, endedAcceptances, newestReminder, type DueReminder, type Reminder } from './queries.ts'
import { reminderLetter } from './views.ts'

export const planDayJob = handles<Platform, object>(PLAN_DAY, {
  purpose: 'Reminds the owners of actions of their dates, and ends the acceptance of risks',
  retries: 3,
  retryAfterSeconds: 60,
  expireAfterSeconds: 900,
  cron: '0 7 * * *',
  handle: tendPlans,
})

export const remindOwnerJob = handles<Platform, { actionId: string }>(REMIND_OWNER, {
  purpose: 'Mails the owner of an action that its date is near or over',
  retries: 6,
  retryAfterSeconds: 30,
  expireAfterSeconds: 120,
  handle: remind,
})

/** Does what a day brings. Each in a unit of its own: what fails stops no other, and is tried again with the job. */
export async function tendPlans(platform: Platform): Promise<void> {
  const today = londonDate(platform.clock.now())
  const ended = await readAs<Visible, readonly string[]>(platform, SYSTEM, db => endedAcceptances(db, today))
  const failures: unknown[] = []
  for (const id of ended) await runWork<Visible, void>(platform, SYSTEM, work => resumeAction(work, id)).catch(error => failures.push(error))
  const due = await readAs<Visible, readonly DueReminder[]>(platform, SYSTEM, db => dueReminders(db, today))
  for (const reminder of due) await runWork<Visible, void>(platform, SYSTEM, work => remindOwner(work, reminder)).catch(error => failures.push(error))
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} of ${ended.length + due.length} changes of plans failed; they are tried again`)
}

async function remind(platform: Platform, { actionId }: { actionId: string }): Promise<void> {
  const reminder = await readAs<Visible, Reminder | undefined>(platform, SYSTEM, db => newestReminder(db, actionId))
  // Done meanwhile, or given another date: there is nothing to remind of.
  if (reminder === undefined) return
  let isUntaken = false
  for (const [position, to] of reminder.people.entries()) {
    const about = { actionId, dueOn: reminder.dueOn, days: reminder.days, baseUrl: platform.config.baseUrl }
    const outcome = await platform.mail.send(reminderLetter(platform.views, to, about, position))
    isUntaken ||= !outcome.ok && !outcome.permanent
  }
  if (isUntaken) throw new Unavailable('assure.plans.not-sent', 'The mail server did not take the message that reminds of an action.')
}
