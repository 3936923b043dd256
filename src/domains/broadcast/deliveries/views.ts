import { createSlots, prepareBody, type PreparedBody } from '../../../platform/mail/body.ts'
import type { MailMessage } from '../../../platform/mail/transport.ts'
import type { TextMessage } from '../../../platform/texts.ts'
import type { Views } from '../../../platform/views.ts'
import { bulletinNumber, severityLabel } from '../bulletins/model.ts'
import type { Envelope } from '../envelope.ts'
import { textMessage } from '../renditions/model.ts'
import { toldBy } from './answered.ts'
import { headlineOf, letterOf, messageIdOf, MOST_IN_A_MESSAGE, newLinkText, withdrawnText } from './model.ts'
import type { ClaimedDelivery, MailingToDeliver, ToldOrganisation } from './queries.ts'

/** Writes the message for one recipient, with the answer links that `linkOf` gives: one for each organisation that it is about. */
type Letter = (delivery: ClaimedDelivery, linkOf: (told: ToldOrganisation) => string) => MailMessage

/** The same as a text message. */
type Text = (delivery: ClaimedDelivery, linkOf: (told: ToldOrganisation) => string) => TextMessage

/** What writes the messages of a mailing, by channel. */
export interface Writers {
  readonly mail: Letter
  readonly text: Text
}

/**
 * Prepares the message of a mailing. Its templates are rendered and composed once for each number of organisations that a message names,
 * nearly always one; what differs from one recipient to the next is put in afterwards, so that fifty thousand messages cost fifty thousand
 * joins and not as many renderings. The text is the same for all: only names and links differ, so no message can hold what is meant for another.
 */
export function prepareLetter(
  views: Views,
  mailing: MailingToDeliver,
  baseUrl: string,
  envelopeOf: (delivery: ClaimedDelivery) => Envelope = () => ({}),
): Letter {
  const number = bulletinNumber(mailing.number)
  const { subject, ...letter } = letterOf(mailing, number, `${baseUrl}/bulletins/${number}`)
  const addresses = {
    successor: `${baseUrl}/bulletins/${mailing.successor ?? number}`,
    // Asked again, they are not silent there: what they answered before stands.
    recipients: `${baseUrl}/bulletins/${number}/recipients${mailing.askedAgainAt === null ? '?stage=silent' : ''}`,
  }
  const template = `broadcast/deliveries/views/${mailing.kind === 'withdrawal' ? 'withdrawal' : 'bulletin'}.mail`
  const prepared = new Map<string, PreparedBody>()
  const prepare = (organisations: number, mayAnswer: boolean) => {
    const names = Array.from({ length: organisations > MOST_IN_A_MESSAGE ? 0 : organisations }, (_, index) => ({
      organisation: `organisation-${index}`,
      link: `link-${index}`,
    }))
    const slots = createSlots(['contact', ...names.flatMap(({ organisation, link }) => [organisation, link])])
    const mark = (name: string) => slots.marks[name] ?? ''
    const answers = names.map(({ organisation, link }) => ({ organisation: mark(organisation), link: mayAnswer ? mark(link) : null }))
    const model = { ...letter, addresses, contact: mark('contact'), answers, organisations }
    return prepareBody({ text: views.render(`${template}.txt.njk`, model), html: views.render(`${template}.html.njk`, model) }, slots)
  }
  return (delivery, linkOf) => {
    const told = toldBy(delivery)
    const mayAnswer = told.every(organisation => organisation.mayAnswer) && mailing.kind !== 'withdrawal'
    const key = `${told.length} ${mayAnswer}`
    const parts = prepared.get(key) ?? prepare(told.length, mayAnswer)
    prepared.set(key, parts)
    const values: Record<string, string> = { contact: delivery.contactName }
    for (const [index, organisation] of told.slice(0, MOST_IN_A_MESSAGE).entries()) {
      values[`organisation-${index}`] = organisation.organisationName
      if (mayAnswer) values[`link-${index}`] = linkOf(organisation)
    }
    const body = parts.personalise(values)
    return {
      ...envelopeOf(delivery),
      to: { name: delivery.contactName, address: delivery.address },
      subject,
      body,
      // Asked for only by a carrier that composes the message itself.
      get text() {
        return body.text
      },
      get html() {
        return body.html
      },
      messageId: delivery.messageId,
      isRepeat: delivery.attempts > 1,
    }
  }
}

/**
 * Prepares the text message of a mailing, with the code that `codeOf` gives for its organisation. Whoever stands for several is led to the page that
 * names them, and reads no code, since each has one of its own.
 */
export function prepareText(mailing: MailingToDeliver, baseUrl: string, codeOf: (told: ToldOrganisation) => string): Text {
  const number = bulletinNumber(mailing.number)
  return (delivery, linkOf) => {
    const [only, ...others] = toldBy(delivery)
    const isOne = others.length === 0 && only?.mayAnswer === true && mailing.kind !== 'withdrawal'
    const link = isOne ? linkOf(only) : `${baseUrl}/bulletins/${mailing.kind === 'withdrawal' ? (mailing.successor ?? number) : number}`
    const text =
      mailing.kind === 'withdrawal'
        ? withdrawnText(number, mailing.successor, link, mailing.isExercise)
        : textMessage(mailing, number, { link, code: others.length === 0 && only !== undefined ? codeOf(only) : null }, headlineOf(mailing)).text
    return { to: delivery.address, text, reference: delivery.id, isRepeat: delivery.attempts > 1 }
  }
}

/** The text message that brings a fresh answer link, to whoever was sent the bulletin by one. */
export function linkMessage(mailing: MailingToDeliver, delivery: ClaimedDelivery, link: string): TextMessage {
  const { id, generation, address } = delivery
  return { to: address, text: newLinkText(bulletinNumber(mailing.number), link, mailing.isExercise), reference: `${id}.${generation}` }
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
