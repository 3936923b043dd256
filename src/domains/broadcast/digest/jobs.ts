import { handles } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { closedDayNames } from '../chase/closed-days/queries.ts'
import { answerAddress } from '../deliveries/answer-link/model.ts'
import { streamEnvelope } from '../envelope.ts'
import type { Visible } from '../tables.ts'
import { claimLetters, giveUpOldLetters, makeDigest, settleLetters, type LetterOutcome } from './commands.ts'
import { isDigestHour, MAKE_DIGEST, SEND_DIGEST } from './model.ts'
import { digestPolicies, digestsDue, itemsFor, type ClaimedLetter, type WaitingItem } from './queries.ts'
import { digestMessage } from './views.ts'

/** How many letters are on the wire at once. */
const CONCURRENCY = 8

export const makeDigestJob = handles<Platform, object>(MAKE_DIGEST, {
  purpose: 'Writes the weekly digest in its hour, and takes up one that was left',
  retries: 2,
  retryAfterSeconds: 60,
  expireAfterSeconds: 300,
  cron: '*/10 * * * *',
  async handle(platform) {
    await runWork<Visible, void>(platform, SYSTEM, async work => {
      if (isDigestHour(await digestPolicies(work.db), work.now, await closedDayNames(work.db))) await makeDigest(work)
      await giveUpOldLetters(work)
      for (const digestId of await digestsDue(work.db, work.now)) work.enqueue(SEND_DIGEST, { digestId })
    })
  },
})

export const sendDigestJob = handles<Platform, { digestId: string }>(SEND_DIGEST, {
  purpose: 'Mails the letters of a digest',
  retries: 5,
  retryAfterSeconds: 30,
  expireAfterSeconds: 1_800,
  handle: (platform, { digestId }, signal) => sendDigest(platform, digestId, signal),
})

/** Claims, sends and settles, batch by batch, until nothing is due. What the server would not take comes back by the clock. */
async function sendDigest(platform: Platform, digestId: string, signal: AbortSignal): Promise<void> {
  if (!platform.mail.isConfigured) return
  let outcomes: readonly LetterOutcome[] = []
  for (;;) {
    const settled = outcomes
    const mayGoOn = !signal.aborted && !isStuck(settled)
    const claimed = await runWork<Visible, readonly ClaimedLetter[]>(platform, SYSTEM, async work => {
      await settleLetters(work, digestId, settled)
      return mayGoOn ? claimLetters(work, digestId) : []
    })
    if (claimed.length === 0) return
    const items = await readAs<Visible, Awaited<ReturnType<typeof itemsFor>>>(platform, SYSTEM, db =>
      itemsFor(
        db,
        claimed.map(({ address }) => address),
        platform.clock.now(),
      ),
    )
    outcomes = await sendLetters(platform, claimed, items)
  }
}

/** Not one letter of a batch got through: the server is down. */
function isStuck(outcomes: readonly LetterOutcome[]): boolean {
  return outcomes.length > 0 && outcomes.every(({ outcome }) => outcome.kind === 'tried' && !outcome.ok && !outcome.permanent)
}

async function sendLetters(
  platform: Platform,
  letters: readonly ClaimedLetter[],
  items: ReadonlyMap<string, readonly WaitingItem[]>,
): Promise<readonly LetterOutcome[]> {
  const outcomes: LetterOutcome[] = []
  const queue = letters.values()
  const sender = async () => {
    for (const letter of queue) outcomes.push({ letter, outcome: await send(platform, letter, items.get(letter.address) ?? []) })
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, sender))
  return outcomes
}

async function send(platform: Platform, letter: ClaimedLetter, items: readonly WaitingItem[]): Promise<LetterOutcome['outcome']> {
  if (items.length === 0) return { kind: 'empty' }
  const linked = items.map(item => ({
    ...item,
    link: item.delivery === null ? null : answerAddress(platform.config.baseUrl, platform.signer.sign, item.delivery, platform.clock.now()),
  }))
  const { baseUrl } = platform.config
  const outcome = await platform.mail.send({
    ...digestMessage(platform.views, letter, linked, platform.clock.now(), baseUrl),
    ...streamEnvelope(platform, { stream: 'digest', id: letter.id }, ['digest'], letter.id),
  })
  return { kind: 'tried', ok: outcome.ok, permanent: outcome.ok ? false : outcome.permanent, words: outcome.words }
}
