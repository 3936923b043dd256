import { addHours } from '../../../kernel/instant.ts'
import type { DomainAllowances } from '../../../platform/config/mail.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { domainOf, isAskingForPatience, minuteOf, slowPauseSeconds } from './model.ts'
import { deferredRows, pacesOf, type Deferral } from './queries/pace.ts'

/** A delivery that is due. */
export interface Due {
  readonly id: string
  readonly address: string
  readonly channel: string
}

/**
 * Which of the deliveries that are due may be taken up now: of each mail domain no more than its allowance a minute, whoever sends it, and
 * none while its servers ask for patience. The rest of those domains waits for its time; other domains do not wait with them.
 */
export async function withinPace(
  work: Work<Visible>,
  mailingId: string,
  due: readonly Due[],
  allowances: DomainAllowances,
): Promise<readonly string[]> {
  const byDomain = Map.groupBy(
    due.filter(({ channel }) => channel === 'email'),
    ({ address }) => domainOf(address),
  )
  // In one order, so that two workers cannot wait for each other.
  const domains = [...byDomain.keys()].toSorted()
  const counted = domains.filter(domain => allowanceOf(allowances, domain) !== null)
  await makePaces(work, counted)
  const paces = new Map([...(await pacesOf(work.db, counted, true)), ...(await pacesOf(work.db, domains, false))])
  const held = new Set<string>()
  for (const domain of domains) {
    const rows = byDomain.get(domain) ?? []
    const pace = paces.get(domain)
    const allowance = allowanceOf(allowances, domain)
    const slowUntil = pace?.slowUntil ?? null
    if (slowUntil !== null && slowUntil > work.now) {
      for (const { id } of rows) held.add(id)
      await defer(work, { mailingId, domain, until: slowUntil, allowance, taken: [] })
      continue
    }
    if (allowance === null) continue
    const minute = minuteOf(work.now)
    const claimed = pace?.minute.getTime() === minute.getTime() ? pace.claimed : 0
    const taken = Math.min(rows.length, Math.max(allowance - claimed, 0))
    for (const { id } of rows.slice(taken)) held.add(id)
    if (taken > 0)
      await work.db
        .updateTable('broadcast_pace')
        .where('domain', '=', domain)
        .set({ minute, claimed: claimed + taken })
        .execute()
    if (taken < rows.length)
      await defer(work, { mailingId, domain, until: addHours(minute, 1 / 60), allowance, taken: rows.slice(0, taken).map(({ id }) => id) })
  }
  return due.filter(({ id }) => !held.has(id)).map(({ id }) => id)
}

/** How many messages a minute may go to that mail domain; `null` sets no bound. */
function allowanceOf(allowances: DomainAllowances, domain: string): number | null {
  return allowances.named.get(domain) ?? allowances.others
}

async function makePaces(work: Work<Visible>, domains: readonly string[]): Promise<void> {
  if (domains.length === 0) return
  await work.db
    .insertInto('broadcast_pace')
    .values(domains.map(domain => ({ domain, minute: minuteOf(work.now), claimed: 0 })))
    .onConflict(conflict => conflict.doNothing())
    .execute()
}

/** What the mailing still has for the domain waits until then, spread over the minutes that its allowance asks for. */
async function defer(work: Work<Visible>, deferral: Deferral): Promise<void> {
  await work.db
    .updateTable('broadcast_delivery')
    .from(deferredRows(deferral, work.now))
    .whereRef('broadcast_delivery.id', '=', 'deferred.id')
    .set(eb => ({ due_at: eb.ref('deferred.due_at') }))
    .execute()
}

/** What the mail server said to one message. */
export interface Said {
  readonly address: string
  readonly ok: boolean
  readonly words: string
}

/**
 * A mail domain whose server said 421, or took nothing of a batch and asked to come back later (45x), is left alone for a while, longer each
 * time; one that takes messages again is written to as before.
 */
export async function keepPace(work: Work<Visible>, said: readonly Said[]): Promise<void> {
  const byDomain = Map.groupBy(said, ({ address }) => domainOf(address))
  const domains = [...byDomain.keys()].toSorted()
  const slow = domains.filter(domain => isAskingForPatience(byDomain.get(domain) ?? []))
  const known = await pacesOf(work.db, domains, false)
  if (slow.length > 0)
    await work.db
      .insertInto('broadcast_pace')
      .values(
        slow.map(domain => {
          const slowed = (known.get(domain)?.slowed ?? 0) + 1
          const words =
            byDomain
              .get(domain)
              ?.find(({ ok }) => !ok)
              ?.words.slice(0, 200) ?? null
          const until = addHours(work.now, slowPauseSeconds(slowed) / 3_600)
          return { domain, minute: minuteOf(work.now), claimed: 0, slowed, words, slow_until: until }
        }),
      )
      .onConflict(conflict =>
        conflict.column('domain').doUpdateSet(eb => ({
          slowed: eb.ref('excluded.slowed'),
          words: eb.ref('excluded.words'),
          slow_until: eb.ref('excluded.slow_until'),
        })),
      )
      .execute()
  const mended = domains.filter(domain => (known.get(domain)?.slowed ?? 0) > 0 && byDomain.get(domain)?.some(({ ok }) => ok) === true)
  for (const domain of mended.filter(name => !slow.includes(name)))
    await work.db.updateTable('broadcast_pace').where('domain', '=', domain).set({ slowed: 0, slow_until: null, words: null }).execute()
}
