import { z } from 'zod'
import { cleanLine, shorten } from '../../kernel/text.ts'
import type { TextOutcome } from '../texts.ts'

/** What GOV.UK Notify said to one message, by mail or by text. */
export type NotifyOutcome = TextOutcome

const Answer = z.object({
  status: z.number(),
  data: z.object({ errors: z.array(z.object({ error: z.string().default(''), message: z.string().default('') })).min(1) }),
})

const RATE_PAUSE_SECONDS = 60
const LONGEST_WORDS = 300

/**
 * Reads a refusal, by Notify's error table (docs.notifications.service.gov.uk, "Error codes"). 400 and 403 stay so until somebody changes something: the address, when the message says that it is
 * not one, and otherwise our own key, template or account. 429 is the rate a minute (`RateLimitError`) or the limit of the day
 * (`TooManyRequestsError`, which Notify starts anew at midnight UTC). All else is the service, and passes.
 *
 * `error` is what the client threw. It holds the request, so nothing of it but Notify's own words is ever passed on.
 */
export function notifyRefusal(error: unknown, now: Date): NotifyOutcome {
  const answer = Answer.safeParse((error as { response?: unknown } | null)?.response)
  const first = answer.data?.data.errors[0]
  if (!answer.success || first === undefined) return service('GOV.UK Notify gave no answer that could be read.', null)
  const { status } = answer.data
  const words = shorten(cleanLine(`${status} ${first.error}: ${first.message}`), LONGEST_WORDS)
  if (status === 429) return service(words, first.error === 'TooManyRequestsError' ? secondsToMidnight(now) : RATE_PAUSE_SECONDS)
  if (status >= 400 && status < 500) {
    const isAddress = status === 400 && first.error === 'ValidationError' && /^(phone_number|email_address)\b/.test(first.message)
    return { ok: false, permanent: true, fault: isAddress ? 'address' : 'ours', words, pauseSeconds: null }
  }
  return service(words, null)
}

/** A passing refusal. */
export function service(words: string, pauseSeconds: number | null): NotifyOutcome {
  return { ok: false, permanent: false, fault: 'service', words, pauseSeconds }
}

const DAY_MILLIS = 86_400_000

function secondsToMidnight(now: Date): number {
  return Math.ceil((DAY_MILLIS - (now.getTime() % DAY_MILLIS)) / 1_000)
}
