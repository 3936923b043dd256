import { Unavailable } from '../../../kernel/errors.ts'
import { parseId } from '../../../kernel/id.ts'
import { monotonicMillis, sleep, within } from '../../../platform/clock/clock.ts'
import { handles } from '../../../platform/jobs/job.ts'
import type { MailOutcome } from '../../../platform/mail/transport.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { TextMessage } from '../../../platform/texts.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import { returnPath, streamEnvelope } from '../envelope.ts'
import type { Visible } from '../tables.ts'
import { answerAddress, checkCode, shortAnswerAddress } from './answer-link/model.ts'
import { withoutAnswered } from './answered.ts'
import { claimDeliveries, followUp, settleDeliveries, stopDeliveries, type AttemptOutcome, type ClaimLimits } from './commands.ts'
import { DELIVER, LEASE_SECONDS, RESUME_DELIVERY, SEND_LINK } from './model.ts'
import { pump } from './pump.ts'
import {
  claimedDeliveries,
  mailingToDeliver,
  stalledMailings,
  standingOf,
  type ClaimedDelivery,
  type MailingToDeliver,
  type ToldOrganisation,
} from './queries.ts'
import { linkLetter, linkMessage, prepareLetter, prepareText, type Writers } from './views.ts'

/** A worker serves one mailing for so long, then leaves the rest to a job of its own, so that no job outlives its expiry. */
const LONGEST_RUN_MILLIS = 300_000
const LONGEST_SEND_MILLIS = (LEASE_SECONDS / 3) * 1_000

export const deliverJob = handles<Platform, { mailingId: string }>(DELIVER, {
  purpose: 'Hands the messages of a bulletin to the mail server',
  retries: 20,
  retryAfterSeconds: 10,
  expireAfterSeconds: 900,
  isUrgent: true,
  handle: (platform, { mailingId }, signal) => deliverMailing(platform, mailingId, signal),
})

export const resumeDeliveryJob = handles<Platform, object>(RESUME_DELIVERY, {
  purpose: 'Takes up mailings whose worker died',
  retries: 0,
  retryAfterSeconds: 60,
  expireAfterSeconds: 60,
  cron: '* * * * *',
  async handle(platform) {
    await runWork<Visible, void>(platform, SYSTEM, async work => {
      for (const mailingId of await stalledMailings(work.db, work.now)) work.enqueue(DELIVER, { mailingId })
    })
  },
})

export const sendLinkJob = handles<Platform, { deliveryId: string; generation: number }>(SEND_LINK, {
  purpose: 'Sends a fresh answer link',
  retries: 6,
  retryAfterSeconds: 30,
  expireAfterSeconds: 120,
  isUrgent: true,
  handle: (platform, { deliveryId, generation }) => sendLink(platform, deliveryId, generation),
})

/**
 * Works through a mailing: claims a batch, sends it outside any transaction, and writes down what became of it as it goes (pump.ts).
 * Any number of workers may do so for the same mailing at once. Ends when nothing is due, when the mail server
 * takes nothing, when it is paused, after `LONGEST_RUN_MILLIS`, or when told to stop; what is left then comes back by a job.
 */
export async function deliverMailing(platform: Platform, mailingId: string, signal: AbortSignal): Promise<void> {
  const mailing = await readAs<Visible, MailingToDeliver | undefined>(platform, SYSTEM, db => mailingToDeliver(db, mailingId))
  if (mailing === undefined) return
  // What is queued is found again by the clock (`resumeDeliveryJob`). A job that asked for its like would add one a minute, for ever.
  const limits = claimLimits(platform)
  if (limits.channels.length === 0) return
  const about = [bulletinNumber(mailing.number), mailing.kind]
  const envelope = (delivery: ClaimedDelivery) => streamEnvelope(platform, { stream: 'bulletins', id: delivery.contactId }, about, delivery.id)
  const writers = {
    mail: prepareLetter(platform.views, mailing, platform.config.baseUrl, envelope),
    text: prepareText(mailing, platform.config.baseUrl, told => checkCode(platform.signer.sign, mailing.bulletinId, told.organisationId)),
  }
  const fallback = { hasTexts: platform.texts.isConfigured, baseUrl: platform.config.baseUrl }
  const startedAt = monotonicMillis()
  const isServerDown = await pump({
    mayGoOn: () => !signal.aborted && monotonicMillis() - startedAt < LONGEST_RUN_MILLIS,
    send: delivery => send(platform, writers, delivery),
    exchange: (outcomes, wantsMore) =>
      persistently(() =>
        inWork(platform, async work => {
          await settleDeliveries(work, mailing, outcomes, fallback)
          return wantsMore && (await isOpen(work, mailingId)) ? withoutAnswered(work, mailing, await claimDeliveries(work, mailingId, limits)) : []
        }),
      ),
  })
  await persistently(() => inWork(platform, work => leave(work, mailingId, limits, isServerDown)))
}

/** What a run leaves behind when it ends early or late: the mailing comes back by itself. */
async function leave(work: Work<Visible>, mailingId: string, { channels }: ClaimLimits, isServerDown: boolean): Promise<void> {
  // The clock finds it again within a minute or two (`resumeDeliveryJob`): one chain of tries a mailing, not one a worker.
  if (isServerDown) return
  // A paused one is asked for when somebody resumes it. Of a withdrawn one the clock finds what a dead worker held, when its lease is over.
  if ((await standingOf(work.db, mailingId)) !== 'open') return
  await followUp(work, mailingId, channels)
}

/** Whether its messages may go out. What a withdrawn bulletin still had to send is given up here. */
async function isOpen(work: Work<Visible>, mailingId: string): Promise<boolean> {
  const standing = await standingOf(work.db, mailingId)
  if (standing === 'withdrawn') await stopDeliveries(work, mailingId)
  return standing === 'open'
}

const TOO_SLOW = { ok: false, permanent: false, fault: 'service', words: 'The server did not finish in time.' } as const

async function send(platform: Platform, writers: Writers, delivery: ClaimedDelivery): Promise<AttemptOutcome> {
  const linkOf = (told: ToldOrganisation) => addressFor(platform, told, delivery)
  const sending =
    delivery.channel === 'text' ? sendText(platform, writers.text(delivery, linkOf)) : platform.mail.send(writers.mail(delivery, linkOf))
  const outcome = await within<MailOutcome>(LONGEST_SEND_MILLIS, sending, TOO_SLOW)
  return { kind: 'tried', permanent: false, ...outcome }
}

/** A text message. A refusal for a fault of ours is not the number's, so it is tried again. */
async function sendText(platform: Platform, text: TextMessage) {
  const outcome = await platform.texts.send(text)
  return outcome.ok ? outcome : { ...outcome, permanent: outcome.permanent && outcome.fault === 'address' }
}

function claimLimits(platform: Platform): ClaimLimits {
  return {
    channels: [...(platform.mail.isConfigured ? (['email'] as const) : []), ...(platform.texts.isConfigured ? (['text'] as const) : [])],
    allowances: platform.config.mail.allowances,
  }
}

/** The address at which the reader of a message answers, as its channel has room for it. */
function addressFor({ config, signer, clock }: Platform, delivery: ToldOrganisation, { channel }: ClaimedDelivery): string {
  return channel === 'text'
    ? shortAnswerAddress(config.baseUrl, signer.signShort, delivery, clock.now())
    : answerAddress(config.baseUrl, signer.sign, delivery, clock.now())
}

async function sendLink(platform: Platform, deliveryId: string, generation: number): Promise<void> {
  const found = await readAs<Visible, { delivery: ClaimedDelivery; mailing: MailingToDeliver } | undefined>(platform, SYSTEM, async db => {
    const [delivery] = await claimedDeliveries(db, parseId('delivery', deliveryId) === undefined ? [''] : [deliveryId])
    const mailing = delivery === undefined ? undefined : await mailingToDeliver(db, delivery.mailingId)
    return delivery === undefined || mailing === undefined ? undefined : { delivery, mailing }
  })
  // A newer link was asked for meanwhile: that job sends it.
  if (found === undefined || found.delivery.generation !== generation) return
  const { delivery, mailing } = found
  const link = addressFor(platform, delivery, delivery)
  const outcome =
    delivery.channel === 'text'
      ? await sendText(platform, linkMessage(mailing, delivery, link))
      : await platform.mail.send({
          ...linkLetter(platform.views, mailing, delivery, link, platform.config.baseUrl),
          ...returnPath(platform, delivery.id),
        })
  if (!outcome.ok && !outcome.permanent) throw new Unavailable('broadcast.link.not-sent', 'The message with the new link was not taken.')
}

function inWork<R>(platform: Platform, body: (work: Work<Visible>) => Promise<R>): Promise<R> {
  return runWork<Visible, R>(platform, SYSTEM, body)
}

const WRITE_TRIES = 5

/** Writing down what was sent is worth patience: what is not written down is sent again. */
async function persistently<R>(write: () => Promise<R>): Promise<R> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write()
    } catch (error) {
      if (attempt === WRITE_TRIES) throw error
      await sleep(200 * 4 ** attempt)
    }
  }
}
