import { Conflict, Invalid } from '../../../kernel/errors.ts'
import { londonDate } from '../../../kernel/instant.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import { startMailing } from '../deliveries/mailings.ts'
import type { Visible } from '../tables.ts'
import { dueByStart, ownTypesIn, policiesFor, type ChasePolicy, type Step } from './model.ts'
import { chasedSince, regionContacts, seniorContacts, silentFor, startsOf, type Chased, type SilentOrganisation } from './queries.ts'

/**
 * Takes the steps that are due about one bulletin: reminds the silent, tells their seniors, then their regions. Each step of an organisation is
 * written with the mailing that carries it. Gives how many organisations it was about.
 */
export async function chaseBulletin(work: Work<Visible>, bulletin: Chased, policies: readonly ChasePolicy[], baseUrl: string): Promise<number> {
  // One worker at a time for each bulletin: another finds the steps taken.
  await work.db.selectFrom('broadcast_release').where('bulletin_id', '=', bulletin.id).select('id').forUpdate().execute()
  const inForce = policiesFor(policies, bulletin.severity, bulletin.releasedAt)
  const ownTypes = ownTypesIn(inForce)
  const since = chasedSince(work.now)
  const starts = (await startsOf(work.db, bulletin)).filter(start => start > since)
  let count = 0
  for (const [type, policy] of inForce) {
    for (const { step, starts: due } of dueByStart(policy, starts, work.now)) {
      if (step.kind === 'telephone') continue
      const silent = await silentFor(work.db, bulletin, step, { type, ownTypes, starts: due })
      if (silent.length === 0) continue
      await TAKE[step.kind](work, bulletin, policy, step, silent, baseUrl)
      count += silent.length
    }
  }
  return count
}

type Take = (
  work: Work<Visible>,
  bulletin: Chased,
  policy: ChasePolicy,
  step: Pick<Step, 'kind' | 'nth'>,
  silent: readonly SilentOrganisation[],
  baseUrl: string,
) => Promise<void>

const TAKE: Readonly<Record<'reminder' | 'escalation' | 'region', Take>> = {
  async reminder(work, bulletin, _policy, step, silent, baseUrl) {
    const { mailingId } = await startMailing(work, { bulletinId: bulletin.id, kind: 'reminder', organisationIds: idsOf(silent), baseUrl })
    await writeSteps(work, bulletin, step, idsOf(silent), () => mailingId)
  },
  async escalation(work, bulletin, policy, step, silent, baseUrl) {
    const seniors = await seniorContacts(work.db, idsOf(silent), policy.escalateTo)
    const named = new Set(seniors.map(({ organisationId }) => organisationId))
    const mailing =
      seniors.length === 0
        ? null
        : await startMailing(work, {
            bulletinId: bulletin.id,
            kind: 'escalation',
            organisationIds: [...named],
            contactIds: seniors.map(({ id }) => id),
            baseUrl,
          })
    await writeSteps(work, bulletin, step, idsOf(silent), id => (named.has(id) ? (mailing?.mailingId ?? null) : null))
  },
  async region(work, bulletin, _policy, step, silent, baseUrl) {
    const byRegion = Map.groupBy(silent, ({ lookedAfterBy }) => lookedAfterBy ?? '')
    const contacts = Map.groupBy(await regionContacts(work.db, [...byRegion.keys()]), ({ region }) => region)
    for (const [region, own] of byRegion) {
      const told = contacts.get(region) ?? []
      const mailing =
        told.length === 0
          ? null
          : await startMailing(work, {
              bulletinId: bulletin.id,
              kind: 'escalation',
              organisationIds: idsOf(own),
              contactIds: told.map(({ id }) => id),
              baseUrl,
            })
      await writeSteps(work, bulletin, step, idsOf(own), () => mailing?.mailingId ?? null)
    }
  },
}

const CHUNK = 5_000

async function writeSteps(
  work: Work<Visible>,
  bulletin: Chased,
  step: Pick<Step, 'kind' | 'nth'>,
  organisationIds: readonly string[],
  mailingOf: (organisationId: string) => string | null,
): Promise<void> {
  if (step.kind === 'telephone') return
  const { kind, nth } = step
  for (let at = 0; at < organisationIds.length; at += CHUNK) {
    await work.db
      .insertInto('broadcast_chase_step')
      .values(
        organisationIds
          .slice(at, at + CHUNK)
          .map(id => ({ bulletin_id: bulletin.id, organisation_id: id, kind, nth, at: work.now, mailing_id: mailingOf(id) })),
      )
      // Asked to answer again, they are reminded again.
      .onConflict(conflict =>
        conflict
          .columns(['bulletin_id', 'organisation_id', 'kind', 'nth'])
          .doUpdateSet(eb => ({ at: eb.ref('excluded.at'), mailing_id: eb.ref('excluded.mailing_id') })),
      )
      .execute()
  }
  work.record({
    verb: 'broadcast.chase.step-taken',
    subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
    change: { step: kind, nth, organisations: organisationIds.length, mailed: organisationIds.filter(id => mailingOf(id) !== null).length },
  })
}

function idsOf(silent: readonly SilentOrganisation[]): readonly string[] {
  return silent.map(({ id }) => id)
}

/** A policy as it is set: the database numbers it, and the days on which nobody works are the same for all. */
export type NewPolicy = Omit<ChasePolicy, 'id' | 'closedDays'>

/**
 * Sets a policy from a day on. Rows are never changed: a newer one takes over. Throws `Conflict` when one begins on that day, and `Invalid` for a day
 * that is over: what was released since then keeps its policy, and no step falls due all at once.
 */
export async function setPolicy(work: Work<Visible>, policy: NewPolicy): Promise<void> {
  assertMay(work.actor, 'broadcast.chase.set')
  if (policy.effectiveFrom < londonDate(work.now))
    throw new Invalid('broadcast.chase.policy-past', 'That day is over. Choose today or a later day: what was released before keeps its policy.')
  const made = await work.db
    .insertInto('broadcast_chase_policy')
    .values({
      severity: policy.severity,
      organisation_type: policy.organisationType,
      effective_from: policy.effectiveFrom,
      acknowledge_hours: policy.acknowledgeHours,
      act_hours: policy.actHours,
      remind_hours: [...policy.remindHours],
      telephone_hours: policy.telephoneHours,
      escalate_hours: policy.escalateHours,
      escalate_to: policy.escalateTo.map(purpose => purpose.toLowerCase()),
      region_hours: policy.regionHours,
      working_hours: policy.isWorkingHours,
      source: policy.source,
      set_by: work.actor.id,
      set_at: work.now,
    })
    .onConflict(conflict => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (made === undefined)
    throw new Conflict(
      'broadcast.chase.policy-known',
      'A policy for these begins on that day already. Choose another day: rows are not changed afterwards.',
    )
  work.record({
    verb: 'broadcast.chase.policy-set',
    subject: { kind: 'chase-policy', id: String(made.id) },
    reason: policy.source,
    change: { severity: policy.severity, type: policy.organisationType, from: policy.effectiveFrom, remind: [...policy.remindHours] },
  })
}
