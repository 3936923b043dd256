import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { Forbidden, Invalid } from '../../../../kernel/errors.ts'
import { json } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { runWork } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { NOTIFY_STATUSES, takeNotifyCallback } from './commands.ts'

/** As much of a delivery receipt as is used. Whom it went to is not kept: we know that. */
const Receipt = z.object({ reference: z.string().max(300).nullish(), status: z.string().max(60) })

/** As many as Notify takes of us in a minute, and their repeats. */
const PER_MINUTE = 12_000

const notify = route({
  method: 'POST',
  path: '/api/v1/hooks/notify',
  access: { public: 'GOV.UK Notify says what became of a message. It proves itself by the bearer token that the operator gave both.' },
  perMinute: PER_MINUTE,
  async handle({ platform, body, bearerToken, requestId }) {
    if (!isSame(bearerToken, platform.secrets.notifyCallbackToken))
      throw new Forbidden('broadcast.notify.token', 'The bearer token is missing or wrong. Set the same at Notify and in NOTIFY_CALLBACK_TOKEN.')
    const receipt = Receipt.safeParse(body)
    if (!receipt.success) throw new Invalid('broadcast.notify.malformed', 'That is not a delivery receipt of GOV.UK Notify.')
    const status = NOTIFY_STATUSES.find(known => known === receipt.data.status)
    // A status that is new to us is nothing that Notify could mend by saying it again.
    if (status === undefined) return json({ taken: false })
    const input = { reference: receipt.data.reference ?? null, status, hasTexts: platform.texts.isConfigured, baseUrl: platform.config.baseUrl }
    const taken = await runWork<Visible, boolean>(platform, SYSTEM, work => takeNotifyCallback(work, input), requestId)
    return json({ taken })
  },
})

/** Compared by their hashes, in constant time: neither the length nor the beginning of the right one shows. */
function isSame(given: string | null, right: string | null): boolean {
  if (given === null || right === null) return false
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(right))
}

export const callbackRoutes: readonly Route[] = [notify]
