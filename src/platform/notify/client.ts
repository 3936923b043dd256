import { NotifyClient } from 'notifications-node-client'
import { z } from 'zod'
import { monotonicMillis, sleep, type Clock } from '../clock/clock.ts'
import type { MailMessage, MailTransport } from '../mail/transport.ts'
import type { TextTransport } from '../texts.ts'
import { asNotifyText } from './markdown.ts'
import { notifyRefusal, service, type NotifyOutcome } from './refusal.ts'
import type { NotifySettings } from './settings.ts'

export interface Notify {
  readonly mail: MailTransport
  readonly texts: TextTransport
}

/** Below the 3,000 a minute that Notify takes of one kind of key, so that a release does not run into the limit by itself. */
const PER_SECOND = 45
const LONGEST_MILLIS = 30_000
/** After "too often" nothing is asked for so long at most, so that a limit that was raised is noticed. Each message waits as long as was asked. */
const LONGEST_HELD_SECONDS = 60

type Channel = 'email' | 'text'

/**
 * Mail and text messages by GOV.UK Notify, through its own client. Both stay below its rate together; after it said "too often" nothing is
 * asked of it on that channel for a while, and messages fail at once and come back later.
 */
export function createNotify(settings: NotifySettings, clock: Clock): Notify {
  const client = new NotifyClient(settings.url, settings.apiKey)
  const held: Record<Channel, { until: number; askedUntil: number }> = { email: { until: 0, askedUntil: 0 }, text: { until: 0, askedUntil: 0 } }
  let nextTurn = 0

  /** `inWords` says what an answer means. */
  async function ask(channel: Channel, question: () => Promise<unknown>, inWords: (answer: unknown) => string): Promise<NotifyOutcome> {
    const { until, askedUntil } = held[channel]
    const asked = monotonicMillis()
    if (until > asked) return service('GOV.UK Notify asked to be left alone for a while.', Math.ceil((askedUntil - asked) / 1_000))
    await myTurn()
    const tooLong = new AbortController()
    const limit = sleep(LONGEST_MILLIS, tooLong.signal).then(() => service('GOV.UK Notify did not answer in time.', null))
    const outcome = await Promise.race([answerTo(question, inWords, clock), limit])
    tooLong.abort()
    if (!outcome.ok && outcome.pauseSeconds !== null) {
      const now = monotonicMillis()
      held[channel] = { until: now + Math.min(outcome.pauseSeconds, LONGEST_HELD_SECONDS) * 1_000, askedUntil: now + outcome.pauseSeconds * 1_000 }
    }
    return outcome
  }

  /**
   * Sends a message, unless Notify took it when it was tried before: a worker that dies, or an answer that never comes, leaves that open, and
   * Notify knows each by its reference. What it could not deliver goes again.
   */
  async function sendOnce(
    channel: Channel,
    { reference, isRepeat = false }: { readonly reference: string; readonly isRepeat?: boolean | undefined },
    send: () => Promise<unknown>,
  ): Promise<NotifyOutcome> {
    if (isRepeat) {
      const before = await ask(channel, () => client.getNotifications(undefined, undefined, reference), takenBefore)
      if (!before.ok || before.words !== '') return before
    }
    return ask(channel, send, taken)
  }

  async function myTurn(): Promise<void> {
    const now = monotonicMillis()
    const turn = Math.max(nextTurn, now)
    nextTurn = turn + 1_000 / PER_SECOND
    if (turn > now) await sleep(turn - now)
  }

  const { emailTemplate, textTemplate } = settings
  return {
    mail: {
      isConfigured: emailTemplate !== null,
      async send(message) {
        if (emailTemplate === null)
          return { ok: false, permanent: false, fault: 'ours', words: 'No template for mail is set up. Set NOTIFY_EMAIL_TEMPLATE.' }
        const unsubscribe = oneClickAddress(message)
        const reference = referenceOf(message.messageId)
        const outcome = await sendOnce('email', { reference, isRepeat: message.isRepeat }, () =>
          client.sendEmail(emailTemplate, message.to.address, {
            personalisation: { subject: message.subject, body: asNotifyText(message.text) },
            reference,
            ...(unsubscribe === null ? {} : { oneClickUnsubscribeURL: unsubscribe }),
          }),
        )
        // A fault of ours is none of the recipient's, and is not counted against the address.
        if (outcome.ok) return outcome
        const { permanent, fault, words, pauseSeconds } = outcome
        return { ok: false, permanent: permanent && fault === 'address', fault, words, pauseSeconds }
      },
      close: () => {},
    },
    texts: {
      isConfigured: textTemplate !== null,
      async send({ to, text, reference, isRepeat }) {
        if (textTemplate === null) return { ok: false, permanent: false, fault: 'ours', words: 'Set NOTIFY_TEXT_TEMPLATE.', pauseSeconds: null }
        return sendOnce('text', { reference, isRepeat }, () => client.sendSms(textTemplate, to, { personalisation: { body: text }, reference }))
      },
    },
  }
}

async function answerTo(question: () => Promise<unknown>, inWords: (answer: unknown) => string, clock: Clock): Promise<NotifyOutcome> {
  try {
    return { ok: true, words: inWords(await question()) }
  } catch (error) {
    return notifyRefusal(error, clock.now())
  }
}

const Taken = z.object({ data: z.object({ id: z.string() }) })

function taken(answer: unknown): string {
  return `Accepted by GOV.UK Notify as ${Taken.safeParse(answer).data?.data.id ?? 'a message without an id'}`
}

const Known = z.object({ data: z.object({ notifications: z.array(z.object({ id: z.string(), status: z.string() })) }) })

/** Blank when nothing that it has by the reference arrived or is on its way: its statuses for what did not, and only those, say "failure". */
function takenBefore(answer: unknown): string {
  const found = Known.safeParse(answer).data?.data.notifications.find(({ status }) => !status.includes('fail'))
  return found === undefined ? '' : `Accepted by GOV.UK Notify as ${found.id}, when it was tried before`
}

/** What Notify gives back in a callback: the part of the Message-ID that is ours, `del_….1`. */
function referenceOf(messageId: string): string {
  return messageId.split('@')[0] ?? messageId
}

/** The address of one-click unsubscription (RFC 8058), where the message has one. */
function oneClickAddress({ headers = {} }: MailMessage): string | null {
  return /<(https:[^>]+)>/.exec(headers['List-Unsubscribe'] ?? '')?.[1] ?? null
}
