import type { MailMessage } from '../../../platform/mail/transport.ts'
import type { Views } from '../../../platform/views.ts'
import { bulletinNumber, severityLabel } from '../bulletins/model.ts'
import { letterOf, messageIdOf } from './model.ts'
import type { ClaimedDelivery, ReleaseToDeliver } from './queries.ts'

/** Writes the message for one recipient, with the answer link given. */
export type Letter = (delivery: ClaimedDelivery, link: string) => MailMessage

/**
 * Prepares the message of a release. Its templates are rendered once; what differs from one recipient to the next is put in
 * afterwards, so that fifty thousand messages cost fifty thousand joins and not as many renderings.
 */
export function prepareLetter(views: Views, release: ReleaseToDeliver, baseUrl: string): Letter {
  const number = bulletinNumber(release.number)
  const slots = createSlots()
  const { subject, ...letter } = letterOf(release, number, `${baseUrl}/bulletins/${number}`)
  const model = { ...letter, link: slots.link, organisation: slots.organisation, contact: slots.contact }
  const text = slots.compile(views.render('broadcast/deliveries/views/bulletin.mail.txt.njk', model), plain)
  const html = slots.compile(views.render('broadcast/deliveries/views/bulletin.mail.html.njk', model), escapeHtml)
  return (delivery, link) => {
    const values = { link, organisation: delivery.organisationName, contact: delivery.contactName }
    return {
      to: { name: delivery.contactName, address: delivery.address },
      subject,
      text: text(values),
      html: html(values),
      messageId: delivery.messageId,
    }
  }
}

/** The message that brings a fresh answer link: short, since the bulletin itself was sent before. */
export function linkLetter(views: Views, release: ReleaseToDeliver, delivery: ClaimedDelivery, link: string, baseUrl: string): MailMessage {
  const number = bulletinNumber(release.number)
  const model = {
    number,
    tlp: release.tlp,
    respondBy: release.respondBy,
    isExercise: release.isExercise,
    link,
    organisation: delivery.organisationName,
    contact: delivery.contactName,
  }
  const named = `TLP:${release.tlp} ${severityLabel(release.severity)} ${number} Your new answer link`
  return {
    to: { name: delivery.contactName, address: delivery.address },
    subject: release.isExercise ? `EXERCISE ${named} EXERCISE` : named,
    text: views.render('broadcast/deliveries/views/link.mail.txt.njk', model),
    html: views.render('broadcast/deliveries/views/link.mail.html.njk', model),
    messageId: messageIdOf(delivery.id, baseUrl, delivery.generation),
  }
}

type SlotName = 'link' | 'organisation' | 'contact'
type SlotValues = Readonly<Record<SlotName, string>>

/** Marks that stand in a rendered template for what differs. They hold a random number, so that no bulletin's text can contain one. */
function createSlots() {
  const secret = crypto.randomUUID()
  const mark = (name: SlotName) => `[[${secret}:${name}]]`
  const pattern = new RegExp(`\\[\\[${secret}:(link|organisation|contact)\\]\\]`)
  return {
    link: mark('link'),
    organisation: mark('organisation'),
    contact: mark('contact'),
    compile(rendered: string, escape: (text: string) => string): (values: SlotValues) => string {
      // The captured names stand between the fixed parts: odd positions are slots.
      const parts = rendered.split(pattern)
      return values => parts.map((part, index) => (index % 2 === 1 ? escape(values[part as SlotName]) : part)).join('')
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
