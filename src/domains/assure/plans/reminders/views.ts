import type { MailMessage } from '../../../../platform/mail/transport.ts'
import type { Views } from '../../../../platform/views.ts'
import type { Reminded } from './queries.ts'

/** A reminder of a date. Mail is read by others: it says that there is an action, and neither which, nor whose plan it stands in. */
export function reminderLetter(
  views: Views,
  to: Reminded,
  about: { readonly actionId: string; readonly dueOn: string; readonly days: number; readonly baseUrl: string },
  position: number,
): MailMessage {
  const model = { name: to.name, dueOn: about.dueOn, days: about.days, link: `${about.baseUrl}/plan/${about.actionId}` }
  const host = URL.parse(about.baseUrl)?.hostname.replace(/^\[|\]$/g, '') ?? 'localhost'
  return {
    to,
    subject: about.days > 0 ? 'The date of an action of your plan is over' : 'The date of an action of your plan is near',
    text: views.render('assure/plans/reminders/views/reminder.mail.txt.njk', model),
    html: views.render('assure/plans/reminders/views/reminder.mail.html.njk', model),
    messageId: `${about.actionId}.${about.dueOn}.${about.days}.${position}@${host}`,
  }
}
