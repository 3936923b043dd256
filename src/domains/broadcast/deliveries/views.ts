import type { MailMessage } from '../../../platform/mail/transport.ts'
import type { Views } from '../../../platform/views.ts'
import { bulletinNumber, severityLabel } from '../bulletins/model.ts'
import { letterOf, messageIdOf } from './model.ts'
import type { ClaimedDelivery, MailingToDeliver, ToldOrganisation } from './queries.ts'

/** Writes the message for one recipient, with the answer links that `linkOf` gives: one for each organisation that it is about. */
export type Letter = (delivery: ClaimedDelivery, linkOf: (told: ToldOrganisation) => string) => MailMessage

/**
 * Prepares the message of a mailing. Its templates are rendered once for each number of organisations that a message names, nearly always
 * one; what differs from one recipient to the next is put in afterwards, so that fifty thousand messages cost fifty thousand joins and not
 * as many renderings. The text is the same for all: only names and links differ, so no message can hold what is meant for another.
 */
export function prepareLetter(views: Views, mailing: MailingToDeliver, baseUrl: string): Letter {
  const number = bulletinNumber(mailing.number)
  const { subject, ...letter } = letterOf(mailing, number, `${baseUrl}/bulletins/${number}`)
  const template = `broadcast/deliveries/views/${mailing.kind === 'withdrawal' ? 'withdrawal' : 'bulletin'}.mail`
  const prepared = new Map<string, Record<'text' | 'html', (values: readonly string[]) => string>>()
  const prepare = (organisations: number, mayAnswer: boolean) => {
    const slots = createSlots()
    const answers = Array.from({ length: organisations }, (_, index) => ({
      organisation: slots.mark(1 + 2 * index),
      link: mayAnswer ? slots.mark(2 + 2 * index) : null,
    }))
    const model = { ...letter, contact: slots.mark(0), answers }
    return {
      text: slots.compile(views.render(`${template}.txt.njk`, model), plain),
      html: slots.compile(views.render(`${template}.html.njk`, model), escapeHtml),
    }
  }
  return (delivery, linkOf) => {
    const told = [delivery, ...delivery.carries]
    const mayAnswer = told.every(organisation => organisation.mayAnswer) && mailing.kind !== 'withdrawal'
    const key = `${told.length} ${mayAnswer}`
    const parts = prepared.get(key) ?? prepare(told.length, mayAnswer)
    prepared.set(key, parts)
    const values = [delivery.contactName, ...told.flatMap(organisation => [organisation.organisationName, mayAnswer ? linkOf(organisation) : ''])]
    return {
      to: { name: delivery.contactName, address: delivery.address },
      subject,
      text: parts.text(values),
      html: parts.html(values),
      messageId: delivery.messageId,
    }
  }
}

/** The message that brings a fresh answer link: short, since the bulletin itself was sent before. */
export function linkLetter(views: Views, mailing: MailingToDeliver, delivery: ClaimedDelivery, link: string, baseUrl: string): MailMessage {
  const number = bulletinNumber(mailing.number)
  const model = {
    number,
    tlp: mailing.tlp,
    respondBy: mailing.respondBy,
    isExercise: mailing.isExercise,
    link,
    organisation: delivery.organisationName,
    contact: delivery.contactName,
  }
  const named = `TLP:${mailing.tlp} ${severityLabel(mailing.severity)} ${number} Your new answer link`
  return {
    to: { name: delivery.contactName, address: delivery.address },
    subject: mailing.isExercise ? `EXERCISE ${named} EXERCISE` : named,
    text: views.render('broadcast/deliveries/views/link.mail.txt.njk', model),
    html: views.render('broadcast/deliveries/views/link.mail.html.njk', model),
    messageId: messageIdOf(delivery.id, baseUrl, delivery.generation),
  }
}

/** Marks that stand in a rendered template for what differs. They hold a random number, so that no bulletin's text can contain one. */
function createSlots() {
  const secret = crypto.randomUUID()
  const pattern = new RegExp(`\\[\\[${secret}:(\\d+)\\]\\]`)
  return {
    mark: (index: number) => `[[${secret}:${index}]]`,
    compile(rendered: string, escape: (text: string) => string): (values: readonly string[]) => string {
      // The captured numbers stand between the fixed parts: odd positions are slots.
      const parts = rendered.split(pattern)
      return values => parts.map((part, index) => (index % 2 === 1 ? escape(values[Number(part)] ?? '') : part)).join('')
    },
  }
}

function plain(text: string): string {
  return text
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => ESCAPES[character] ?? character)
}
