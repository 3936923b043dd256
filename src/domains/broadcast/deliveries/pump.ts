import { monotonicMillis } from '../../../platform/clock/clock.ts'
import type { Attempt, AttemptOutcome } from './commands.ts'
import { domainOf, HOLD_AT, LEASE_SECONDS, ON_THE_WIRE, WRITE_AT } from './model.ts'
import type { ClaimedDelivery } from './queries.ts'

const BEGIN_WITHIN_MILLIS = (LEASE_SECONDS / 2) * 1_000

/** With so few left to begin, more are claimed, so that the wire is never idle while the database answers. */
const CLAIM_AT = 2 * ON_THE_WIRE

/** What the pump works with. */
export interface Ends {
  readonly send: (delivery: ClaimedDelivery) => Promise<AttemptOutcome>
  /** Writes down what became of some, and claims more when asked, in one unit of work. */
  readonly exchange: (outcomes: readonly Attempt[], wantsMore: boolean) => Promise<readonly ClaimedDelivery[]>
  /** Whether more may be begun. */
  readonly mayGoOn: () => boolean
}

/**
 * Sends while it writes down what was sent: a few are on the wire, and as soon as some are finished their outcomes are written, so that a
 * process that dies leaves little in doubt (`MOST_IN_DOUBT`). When the database is slow, sending waits for it.
 * Ends when nothing is due, when it may not go on, or when the mail server takes nothing; what was claimed and not begun is put back.
 * Gives whether the server took nothing. Throws what a sender or the database threw, after what was sent is written down.
 */
export async function pump({ send, exchange, mayGoOn }: Ends): Promise<boolean> {
  const queue: { readonly delivery: ClaimedDelivery; readonly claimedAt: number }[] = []
  const finished: Attempt[] = []
  const refusals = createStreak()
  const failures: unknown[] = []
  let onTheWire = 0
  let isExhausted = false
  let wake = () => {}

  const begin = () => {
    while (onTheWire < ON_THE_WIRE && finished.length < HOLD_AT) {
      const next = queue.shift()
      if (next === undefined) return
      onTheWire += 1
      void attempt(next.delivery, next.claimedAt)
    }
  }
  const attempt = async (delivery: ClaimedDelivery, claimedAt: number) => {
    const isLate = monotonicMillis() - claimedAt > BEGIN_WITHIN_MILLIS
    let outcome: AttemptOutcome = { kind: 'not-begun' }
    try {
      if (!isLate) outcome = await send(delivery)
    } catch (error) {
      failures.push(error)
    }
    finished.push({ delivery, outcome })
    refusals.add(delivery.address, outcome)
    onTheWire -= 1
    begin()
    wake()
  }

  for (;;) {
    const goesOn = failures.length === 0 && !refusals.isStuck() && mayGoOn()
    if (!goesOn) finished.push(...queue.splice(0).map(({ delivery }) => ({ delivery, outcome: { kind: 'not-begun' } as const })))
    const wantsMore: boolean = goesOn && !isExhausted && queue.length < CLAIM_AT
    if (!wantsMore && onTheWire + queue.length === 0 && finished.length === 0) break
    if (!wantsMore && onTheWire > 0 && finished.length < WRITE_AT) {
      await new Promise<void>(resolve => void (wake = resolve))
      continue
    }
    const outcomes = finished.splice(0)
    begin()
    const claimed = await exchange(outcomes, wantsMore)
    isExhausted ||= wantsMore && claimed.length === 0
    const claimedAt = monotonicMillis()
    queue.push(...claimed.map(delivery => ({ delivery, claimedAt })))
    begin()
  }
  if (failures.length > 0) throw failures[0]
  return refusals.isStuck()
}

/**
 * Not one message got through of the last few, and none was refused for good: the server is down, and more tries would only wear it and us.
 * One domain that takes nothing is another matter: it is left alone by itself (pace.ts).
 */
function createStreak() {
  const domains = new Set<string>()
  let length = 0
  return {
    add(address: string, outcome: AttemptOutcome) {
      if (outcome.kind === 'not-begun') return
      if (outcome.ok || outcome.permanent) {
        length = 0
        domains.clear()
        return
      }
      length += 1
      domains.add(domainOf(address))
    },
    isStuck: () => length >= 2 * ON_THE_WIRE && domains.size > 1,
  }
}
