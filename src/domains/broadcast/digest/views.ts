import type { Instant } from '../../../kernel/instant.ts'
import type { MailMessage } from '../../../platform/mail/transport.ts'
import type { Views } from '../../../platform/views.ts'
import { digestLetter, type DigestItem } from './model.ts'
import type { ClaimedLetter } from './queries.ts'

/** The letter for one address. */
export function digestMessage(views: Views, letter: ClaimedLetter, items: readonly DigestItem[], now: Instant, baseUrl: string): MailMessage {
  const { subject, ...model } = digestLetter(items, now, baseUrl)
  const host = URL.parse(baseUrl)?.hostname.replace(/^\[|\]$/g, '') ?? 'localhost'
  return {
    to: { name: letter.name, address: letter.address },
    subject,
    text: views.render('broadcast/digest/views/digest.mail.txt.njk', model),
    html: views.render('broadcast/digest/views/digest.mail.html.njk', model),
    messageId: `${letter.id}@${host}`,
  }
}
