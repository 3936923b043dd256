import { textOf } from '../../../../kernel/text.ts'
import type { MailMessage } from '../../../../platform/mail/transport.ts'
import type { Views } from '../../../../platform/views.ts'
import type { Contact } from '../../../directory/contract.ts'
import { bulletinNumber, mailsContent } from '../../bulletins/model.ts'
import type { Bulletin } from '../../bulletins/queries.ts'
import { RESPONSE_STATES, type GivenAnswer } from '../model.ts'
import type { AskedSigner } from '../queries/reasons.ts'
import type { LinkedSignature, Signature } from './queries.ts'

/**
 * The message that asks for a signature. The decision's own words are never in it: they belong to the organisation, and mail is read by
 * others. Above GREEN the bulletin's title is not in it either.
 */
export function signatureLetter(
  views: Views,
  bulletin: Bulletin,
  asked: LinkedSignature & { readonly address: string },
  link: string,
  baseUrl: string,
): MailMessage {
  const number = bulletinNumber(bulletin.number)
  const model = {
    number,
    title: mailsContent(bulletin.tlp) ? bulletin.title : null,
    link,
    signer: asked.title,
    name: asked.contactName,
    organisation: asked.organisationName,
    askedBy: asked.askedBy,
    expiresAt: asked.expiresAt,
    isExercise: bulletin.isExercise,
  }
  const named = `TLP:${bulletin.tlp} ${number} A decision of ${asked.organisationName} waits for your signature`
  const host = URL.parse(baseUrl)?.hostname.replace(/^\[|\]$/g, '') ?? 'localhost'
  return {
    to: { name: asked.contactName, address: asked.address },
    subject: bulletin.isExercise ? `EXERCISE ${named} EXERCISE` : named,
    text: views.render('broadcast/responses/signing/views/ask.mail.txt.njk', model),
    html: views.render('broadcast/responses/signing/views/ask.mail.html.njk', model),
    messageId: `${asked.id}.${asked.generation}@${host}`,
  }
}

/** Whom the policy asks to sign and who has not been asked, and the contacts who could. */
export function askView(input: {
  readonly current: GivenAnswer | null
  readonly asked: readonly AskedSigner[]
  readonly signatures: readonly Signature[]
  readonly contacts: readonly Contact[]
  /** Who answers: nobody signs what they gave themselves. */
  readonly actorId: string
  readonly typed: Readonly<Record<string, unknown>>
}) {
  const { current, signatures } = input
  const standing = signatures.filter(({ state, responseId }) => responseId === current?.id && (state === 'asked' || state === 'signed'))
  const missing = input.asked.filter(({ signer }) => !standing.some(signature => signature.signer === signer))
  const contacts = input.contacts.filter(({ id, email }) => email !== null && id !== input.actorId && !standing.some(one => one.contactId === id))
  return {
    isOffered: current !== null && RESPONSE_STATES[current.state].isDecided,
    missing: missing.map(({ title }) => title),
    lines: signatures,
    fields:
      contacts.length === 0
        ? null
        : [
            {
              name: 'signer',
              label: 'As what',
              kind: 'select' as const,
              value: textOf(input.typed, 'signer'),
              options: [
                ...missing.map(({ signer, title }) => ({ value: signer, text: title })),
                { value: 'other', text: 'Somebody who agrees to it' },
              ],
            },
            {
              name: 'contact',
              label: 'Who',
              kind: 'select' as const,
              value: textOf(input.typed, 'contact'),
              options: contacts.map(({ id, name, purpose }) => ({ value: id, text: `${name}, ${purpose}` })),
            },
          ],
  }
}
