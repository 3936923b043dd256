import { randomInt } from 'node:crypto'
import { CareCertError, Unavailable } from '../../../../kernel/errors.ts'
import type { Json } from '../../../../kernel/json.ts'
import { monotonicMillis } from '../../../../platform/clock/clock.ts'
import { Unsuccessful } from '../../../../platform/fetch/fetch.ts'
import { handles } from '../../../../platform/jobs/job.ts'
import type { Platform } from '../../../../platform/platform.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { ADDRESS_SEAL, SECRET_SEAL } from '../commands.ts'
import { INSIDE, MESSAGE_TIMEOUT_MILLIS, payloadOf, SEND_WEBHOOKS, TELL_WEBHOOK_OWNER, type Attempted } from '../model.ts'
import { ownersOf, webhookById, type ClaimedMessage, type Webhook } from '../queries.ts'
import { signedHeaders } from '../signing.ts'
import { teamsMessage } from '../teams.ts'
import { claimMessages, settleMessages, type Tried } from './commands.ts'

/** How many are on the wire at once. */
const CONCURRENCY = 8
const LONGEST_RUN_MILLIS = 240_000
const LARGEST_ANSWER_BYTES = 65_536
/** The first step of the ladder is shorter than the clock's minute. */
const FIRST_RETRY_SECONDS = 6
const CHANCES = 1_000

export const sendWebhooksJob = handles<Platform, object>(SEND_WEBHOOKS, {
  purpose: 'Sends what happened to the webhooks that listen',
  retries: 3,
  retryAfterSeconds: 10,
  expireAfterSeconds: 600,
  isUrgent: true,
  // What a dead worker left, and what is to be tried again.
  cron: '* * * * *',
  handle: (platform, _payload, signal) => sendWebhooks(platform, signal),
})

export const tellWebhookOwnerJob = handles<Platform, { webhookId: string; words: string }>(TELL_WEBHOOK_OWNER, {
  purpose: 'Tells the owner of a webhook that it was switched off',
  retries: 10,
  retryAfterSeconds: 60,
  expireAfterSeconds: 120,
  handle: tellOwner,
})

/** Sends what is due: claims a batch, sends it outside any transaction, and writes down what became of it with the next claim. */
async function sendWebhooks(platform: Platform, signal: AbortSignal): Promise<void> {
  const startedAt = monotonicMillis()
  let tried: readonly Tried[] = []
  for (;;) {
    const mayGoOn = !signal.aborted && monotonicMillis() - startedAt < LONGEST_RUN_MILLIS
    const settled = tried
    const claimed = await runWork<Visible, readonly ClaimedMessage[]>(platform, SYSTEM, async work => {
      await settleMessages(work, settled)
      if (settled.some(({ message, attempted }) => attempted?.isAccepted === false && message.attempts === 1))
        work.enqueue(SEND_WEBHOOKS, {}, { delaySeconds: FIRST_RETRY_SECONDS })
      return mayGoOn ? claimMessages(work) : []
    })
    if (claimed.length === 0) return
    tried = await sendBatch(platform, claimed, signal)
  }
}

async function sendBatch(platform: Platform, claimed: readonly ClaimedMessage[], signal: AbortSignal): Promise<readonly Tried[]> {
  const tried: Tried[] = []
  const queue = claimed.values()
  const sender = async () => {
    for (const message of queue) {
      const beganAt = monotonicMillis()
      const attempted = signal.aborted ? null : await send(platform, message)
      tried.push({ message, attempted, milliseconds: Math.round(monotonicMillis() - beganAt), chance: randomInt(CHANCES) / CHANCES })
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, sender))
  return tried
}

/** One try. The address is looked up and judged anew, and no redirect is followed (`platform.outward`, which never follows one for a POST). */
async function send(platform: Platform, message: ClaimedMessage): Promise<Attempted> {
  const { telling, kind, webhookId } = message
  const path = telling.facts.number === undefined ? '/webhooks' : `/bulletins/${telling.facts.number}`
  const url = `${platform.config.baseUrl}${path}`
  try {
    const address = platform.signer.open(ADDRESS_SEAL, message.addressSealed, webhookId)
    const body = JSON.stringify(kind === 'teams' ? teamsMessage(telling, url) : payloadOf(telling, url))
    const secrets = message.secretsSealed.map(sealed => platform.signer.open(SECRET_SEAL, sealed, webhookId))
    const headers = kind === 'teams' ? {} : signedHeaders(secrets, message.id, platform.clock.now(), body)
    await platform.outward.get(address, {
      // The very text that was signed: what JSON gives from it is written the same.
      body: JSON.parse(body) as Json,
      headers,
      timeoutMillis: MESSAGE_TIMEOUT_MILLIS,
      largestBytes: LARGEST_ANSWER_BYTES,
    })
    return accepted('Accepted.')
  } catch (error) {
    return attemptedOf(error)
  }
}

/** What comes back with a success is not used: one that is too long or cannot be unpacked was a success all the same. */
const UNREAD_SUCCESS: ReadonlySet<string> = new Set(['platform.fetch.too-large', 'platform.fetch.damaged', 'platform.fetch.encoding'])

function attemptedOf(error: unknown): Attempted {
  if (error instanceof Unsuccessful) {
    const { status, retryAfterSeconds } = error
    const isRedirect = status >= 300 && status < 400
    const words = isRedirect
      ? `The receiver answered ${status}. Redirects are not followed: give the address that it leads to.`
      : `The receiver answered ${status}.`
    return { isAccepted: false, status, words, retryAfterSeconds }
  }
  if (error instanceof CareCertError && UNREAD_SUCCESS.has(error.code)) return accepted('Accepted. What came with the answer was not read.')
  const words = error instanceof CareCertError ? (WORDS[error.code] ?? error.message) : 'It could not be sent.'
  return { isAccepted: false, status: null, words, retryAfterSeconds: null }
}

/** The guard speaks to those who configure sources; the owner of a webhook can do other things about it. */
const WORDS: Readonly<Record<string, string>> = {
  'platform.fetch.private': INSIDE,
  'platform.fetch.time': `The receiver did not answer within ${MESSAGE_TIMEOUT_MILLIS / 1_000} seconds.`,
  'platform.auth.cannot-open': 'The address or secret of this webhook cannot be opened any more. Remove it and add it again.',
}

function accepted(words: string): Attempted {
  return { isAccepted: true, status: null, words, retryAfterSeconds: null }
}

async function tellOwner(platform: Platform, { webhookId, words }: { webhookId: string; words: string }): Promise<void> {
  const found = await readAs<Visible, { webhook: Webhook | undefined; owners: Awaited<ReturnType<typeof ownersOf>> }>(platform, SYSTEM, async db => ({
    webhook: await webhookById(db, webhookId),
    owners: await ownersOf(db, webhookId),
  }))
  const { webhook, owners } = found
  if (webhook === undefined || webhook.state !== 'disabled') return
  const model = { webhook, words, address: `${platform.config.baseUrl}/webhooks/${webhook.id}` }
  for (const { name, email } of owners) {
    const outcome = await platform.mail.send({
      to: { name, address: email },
      subject: `Your webhook "${webhook.name}" was switched off`,
      text: platform.views.render('broadcast/webhooks/views/disabled.mail.txt.njk', { ...model, name }),
      html: platform.views.render('broadcast/webhooks/views/disabled.mail.html.njk', { ...model, name }),
      messageId: `${webhook.id}.${webhook.stateAt.getTime()}@${new URL(platform.config.baseUrl).hostname}`,
    })
    if (!outcome.ok && !outcome.permanent)
      throw new Unavailable('broadcast.webhook.owner-not-told', 'The mail server did not take the message.', outcome.words)
  }
}
