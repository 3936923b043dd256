import { saveAudience } from '../../domains/broadcast/audience/commands.ts'
import { AudienceRule } from '../../domains/broadcast/audience/model.ts'
import { resolveAudience, ruleOf } from '../../domains/broadcast/audience/queries.ts'
import { approveBulletin, draftBulletin, sendForReview } from '../../domains/broadcast/bulletins/commands.ts'
import { approveTemplate } from '../../domains/broadcast/bulletins/holding/commands.ts'
import { withdrawBulletin } from '../../domains/broadcast/bulletins/living/commands.ts'
import { BulletinContent, parseBulletinNumber } from '../../domains/broadcast/bulletins/model.ts'
import { claimDeliveries, settleDeliveries } from '../../domains/broadcast/deliveries/commands.ts'
import { releaseBulletin } from '../../domains/broadcast/release/commands.ts'
import { respond } from '../../domains/broadcast/responses/commands.ts'
import type { ResponseState } from '../../domains/broadcast/responses/model.ts'
import type { Visible } from '../../domains/broadcast/tables.ts'
import type { Id } from '../../kernel/id.ts'
import { addDays, addHours, londonDate, type Instant } from '../../kernel/instant.ts'
import type { Platform } from '../../platform/platform.ts'
import { SYSTEM, type Actor } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import { SAMPLE_BULLETINS, type SampleBulletin } from './bulletins.ts'
import { chaseSilent } from './desk.ts'
import { responderAt, type SampleStaff } from './people.ts'
import type { Random } from './random.ts'

/**
 * Tells the sample's history through the product's own commands, each at the time when it would have happened: so the
 * sample obeys every rule, and whoever reads its audit sees what a real one looks like.
 */
export async function tellHistory(platform: Platform, staff: SampleStaff, random: Random): Promise<void> {
  const now = platform.clock.now()
  await approveTemplates(at(platform, addDays(now, -60)), staff)
  const inOrder = SAMPLE_BULLETINS.toSorted((a, b) => b.hoursAgo - a.hoursAgo)
  for (const bulletin of inOrder) await tell(platform, staff, random, bulletin, addHours(now, -bulletin.hoursAgo))
}

/** Two of the templates that come with the product are approved; the third waits, so that one sees how. */
async function approveTemplates(platform: Platform, staff: SampleStaff): Promise<void> {
  const effectiveFrom = londonDate(platform.clock.now())
  for (const code of ['looking-into', 'exploited'])
    await runWork<Visible, void>(platform, staff.dutyManager, work => approveTemplate(work, { code, version: 1, effectiveFrom }))
}

/** The same platform at another time. */
function at(platform: Platform, now: Instant): Platform {
  return { ...platform, clock: { now: () => now } }
}

async function tell(platform: Platform, staff: SampleStaff, random: Random, bulletin: SampleBulletin, releasedAt: Instant): Promise<void> {
  const as = <R>(actor: Actor, minutesBefore: number, body: (work: Work<Visible>) => Promise<R>) =>
    runWork(at(platform, addHours(releasedAt, -minutesBefore / 60)), actor, body)
  const content = BulletinContent.parse(bulletin.content)
  const threatId = bulletin.cve === null ? null : await threatOf(platform, bulletin.cve)

  const drafted = await as(staff.analyst, 50, work => draftBulletin(work, { threatId, content }))
  const number = parseBulletinNumber(drafted.number) ?? 0
  const rule = AudienceRule.parse(bulletin.audience)
  await as(staff.analyst, 40, work => saveAudience(work, { number, rule }))
  if (bulletin.stage === 'draft') return
  await as(staff.analyst, 30, work => sendForReview(work, { number, version: 1 }))
  if (bulletin.stage === 'in-review') return
  await as(staff.dutyManager, 10, work => approveBulletin(work, { number, version: 1 }))
  if (bulletin.stage === 'approved') return

  const { hash, organisations } = await readAs(platform, staff.dutyManager, async db => resolveAudience(db, await ruleOf(db, drafted.id)))
  // In a very small sector nobody may run the product: then the bulletin waits, approved.
  if (organisations.length === 0) return
  const released = await as(staff.dutyManager, 0, work =>
    releaseBulletin(work, { number, version: 1, audienceHash: hash, baseUrl: platform.config.baseUrl }),
  )
  if (bulletin.leavesMailToWorker !== true) await deliver(at(platform, addHours(releasedAt, 0.05)), released.mailingId, drafted.id, random)
  await answer(platform, drafted.id, bulletin, releasedAt, random)
  for (const mailingId of await chaseSilent(platform, drafted.id, releasedAt)) await deliver(platform, mailingId, drafted.id, random)
  if (bulletin.stage === 'withdrawn')
    await as(staff.dutyManager, -24 * 60, work => withdrawBulletin(work, { number, reason: 'The one source that reported it has taken it back.' }))
}

async function threatOf(platform: Platform, cve: string): Promise<string | null> {
  const threats = await readAs<Visible, { id: string; cves: string[] }[]>(platform, SYSTEM, db =>
    db.selectFrom('watch_threat').select(['id', 'cves']).execute(),
  )
  return threats.find(({ cves }) => cves.includes(cve))?.id ?? null
}

const UNBOUNDED = { channels: ['email'], allowances: { named: new Map<string, number>(), others: null } } as const

/** The mail of long ago: what the mail server said then is invented; a few contacts did not exist. */
async function deliver(platform: Platform, mailingId: string, bulletinId: string, random: Random): Promise<void> {
  for (;;) {
    const claimed = await runWork(platform, SYSTEM, (work: Work<Visible>) => claimDeliveries(work, mailingId, UNBOUNDED))
    if (claimed.length === 0) return
    const attempts = claimed.map(delivery => ({
      delivery,
      outcome: random.chance(0.02)
        ? ({ kind: 'tried', ok: false, permanent: true, words: '550 5.1.1 No such user here' } as const)
        : ({ kind: 'tried', ok: true, permanent: false, words: '250 2.0.0 Taken' } as const),
    }))
    await runWork(platform, SYSTEM, (work: Work<Visible>) => settleDeliveries(work, { mailingId, bulletinId, kind: 'release' }, attempts))
  }
}

async function answer(platform: Platform, bulletinId: string, bulletin: SampleBulletin, releasedAt: Instant, random: Random): Promise<void> {
  const hoursSince = bulletin.hoursAgo
  const recipients = await readAs<Visible, { organisation_id: string }[]>(platform, SYSTEM, db =>
    db
      .selectFrom('broadcast_recipient')
      .select('organisation_id')
      .where('bulletin_id', '=', bulletinId)
      .where('delivered_at', 'is not', null)
      .orderBy('organisation_id')
      .execute(),
  )
  for (const recipient of recipients) {
    if (!random.chance(bulletin.answered)) continue
    // Most answer within the first day, a few much later: as the published figures of real alerts show.
    const after = Math.min(hoursSince * 0.95, random.longTailed(60, 1.4) / 10)
    const organisationId = recipient.organisation_id as Id<'organisation'>
    await runWork(at(platform, addHours(releasedAt, after)), responderAt(organisationId), (work: Work<Visible>) =>
      respond(work, { bulletinId, organisationId, ...invent(random, bulletin.answers, work.now), via: 'sample' }),
    )
  }
}

const REASONS = [
  ['not-reachable', 'The device is on a network of its own and leaves service next month.'],
  ['clinical-downtime', 'The update would stop the clinic; we watch it instead until the weekend.'],
  ['awaiting-supplier', 'The maker does not support our version; we replace it in the spring.'],
] as const

/** An invented answer, by weight. */
export function invent(random: Random, weights: readonly (readonly [ResponseState, number])[], now: Instant) {
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0)
  let left = random.next() * total
  const state = weights.find(([, weight]) => (left -= weight) < 0)?.[0] ?? 'acknowledged'
  const [reasonCode, reason] = state === 'not-acting' ? random.pick(REASONS) : [null, null]
  return {
    state,
    note: random.chance(0.15) ? 'Sent from the service desk.' : null,
    reasonCode,
    reason,
    // Most share: otherwise there would be little to look at.
    isShared: random.chance(0.8),
    nextDate: state === 'in-progress' ? londonDate(addDays(now, random.between(2, 21))) : null,
  }
}
