import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { addDays, londonDate, type Instant } from '../../../kernel/instant.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { announce } from '../announce.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import { owesAnswer } from '../scope.ts'
import type { Visible } from '../tables.ts'
import { OTHER_REASON, RESPONSE_STATES, type Answer, type Via } from './model.ts'
import { newestDetail } from './queries.ts'
import { reasonsOn } from './queries/reasons.ts'
import { isOvertaken, overtakenWords } from './seen.ts'

export interface Target {
  readonly bulletinId: string
  readonly organisationId: Id<'organisation'>
}

/** How an answer is given, and with which answer before it in sight. */
interface Given {
  readonly via: Via
  readonly seenAt?: Instant | null | undefined
}

/** Why one of many was refused. `organisationId` and `bulletinId` say which. */
export interface RefusedAnswer extends Target {
  readonly why: string
}

export type ManyOutcome = { readonly ok: true; readonly recorded: number } | { readonly ok: false; readonly refused: readonly RefusedAnswer[] }

/**
 * Records the answer of one organisation: `state` with its `note`, and its reason or `nextDate` where the state needs one. What the organisation
 * keeps to itself is written where the centre cannot read it.
 * The answers before it are kept. The same answer sent twice (a double tap) is recorded once, unless it was asked for again in between.
 * Throws `NotFound` when the bulletin did not go to that organisation or lies outside the actor's scope, `Conflict` when it is withdrawn, or when
 * another answer has come than the one of `seenAt` (seen.ts).
 */
export async function respond(work: Work<Visible>, input: Target & Answer & Given): Promise<void> {
  // What somebody said on the telephone is theirs; whoever rang only writes it down.
  assertMay(work.actor, input.via === 'telephone' ? 'broadcast.call.make' : 'broadcast.response.answer')
  const answer = await completed(work, input)
  const recipient = await lockRecipient(work, input)
  if (recipient === undefined)
    throw new NotFound('broadcast.response.not-a-recipient', 'This bulletin was not sent to that organisation, or you do not answer for it.')
  if (recipient.state !== 'released') throw new Conflict('broadcast.response.not-live', WITHDRAWN)
  await write(work, recipient, { ...input, ...answer })
}

/**
 * Records one answer for many organisations, or for none: when any is refused, nothing is written and each refusal is named. A target may
 * have an answer of its own instead, and a way of its own in which it came. For an IT delivery partner that answers for those it looks after.
 */
export async function respondForMany(
  work: Work<Visible>,
  targets: readonly (Target & { readonly answer?: Answer | undefined; readonly via?: Via })[],
  input: Answer & { readonly via: Via },
): Promise<ManyOutcome> {
  const { accepted, refused } = await prepare(
    work,
    targets.map(target => ({ ...target, answer: target.answer ?? input })),
  )
  if (refused.length > 0) return { ok: false, refused: refused.map(({ target, why }) => ({ ...targetIn(target), why })) }
  for (const { target, recipient, answer } of accepted) await write(work, recipient, { ...targetIn(target), ...answer, via: target.via ?? input.via })
  return { ok: true, recorded: accepted.length }
}

/** Records for each target its own answer. Those that are refused are named and change nothing; the others are recorded. */
export async function respondForEach<T extends Target & { readonly answer: Answer }>(
  work: Work<Visible>,
  targets: readonly T[],
  via: Via,
): Promise<{ readonly recorded: number; readonly refused: readonly { readonly target: T; readonly why: string }[] }> {
  const { accepted, refused } = await prepare(work, targets)
  for (const { target, recipient, answer } of accepted) await write(work, recipient, { ...targetIn(target), ...answer, via })
  return { recorded: accepted.length, refused }
}

/** Locks the targets' recipients, and parts those that can be answered for from those that cannot. */
async function prepare<T extends Target & { readonly answer: Answer }>(work: Work<Visible>, targets: readonly T[]) {
  assertMay(work.actor, 'broadcast.response.answer')
  const refused: { target: T; why: string }[] = []
  const accepted: { target: T; recipient: LockedRecipient; answer: Completed }[] = []
  // The same answer for many is completed once.
  const completedOnce = new Map<Answer, Completed>()
  // In one order, so that two partners cannot wait for each other.
  for (const target of targets.toSorted((a, b) => `${a.bulletinId} ${a.organisationId}`.localeCompare(`${b.bulletinId} ${b.organisationId}`))) {
    const answer = completedOnce.get(target.answer) ?? (await completed(work, target.answer))
    completedOnce.set(target.answer, answer)
    const recipient = await lockRecipient(work, target)
    if (recipient === undefined) refused.push({ target, why: 'It was not sent to that organisation, or you do not answer for it.' })
    else if (recipient.state !== 'released') refused.push({ target, why: WITHDRAWN })
    else accepted.push({ target, recipient, answer })
  }
  return { accepted, refused }
}

function targetIn({ bulletinId, organisationId }: Target): Target {
  return { bulletinId, organisationId }
}

const WITHDRAWN = 'This bulletin was withdrawn, so it needs no answer any more.'

type LockedRecipient = NonNullable<Awaited<ReturnType<typeof lockRecipient>>>

function lockRecipient(work: Work<Visible>, { bulletinId, organisationId }: Target) {
  return work.db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'recipient.bulletin_id')
    .leftJoin('broadcast_sharing as sharing', 'sharing.organisation_id', 'recipient.organisation_id')
    .leftJoin('broadcast_progress_total as counted', join =>
      join.onRef('counted.bulletin_id', '=', 'recipient.bulletin_id').onRef('counted.organisation_id', '=', 'recipient.organisation_id'),
    )
    .where('recipient.bulletin_id', '=', bulletinId)
    .where('recipient.organisation_id', '=', organisationId)
    .select([
      'bulletin.state',
      'bulletin.number',
      'recipient.acknowledged_at',
      'recipient.decided_at',
      'recipient.done_at',
      'recipient.response',
      'recipient.response_at as responseAt',
      'sharing.shares_detail',
      'counted.is_shared as is_count_shared',
    ])
    .select(owesAnswer('recipient', 'bulletin').as('owes'))
    .forUpdate('recipient')
    .executeTakeFirst()
}

type Completed = Required<Omit<Answer, 'isShared' | 'window'>> & Pick<Answer, 'isShared' | 'window'>

async function write(work: Work<Visible>, recipient: LockedRecipient, input: Target & Completed & Given): Promise<void> {
  // Those who watch over others know only what they were told, and cannot write what an organisation keeps to itself.
  const keepsOwn = work.actor.scope.kind !== 'centre' && work.actor.scope.kind !== 'region'
  const isShared = !keepsOwn || mayBeRead(work, recipient, input)
  // Asked for again, the same answer is a new one: it says that it still holds.
  const mayRepeat = recipient.response === input.state && !recipient.owes
  if (mayRepeat && (await isRepeat(work, input, isShared))) return
  if (isOvertaken(recipient, input.seenAt)) throw new Conflict('broadcast.response.overtaken', overtakenWords(recipient.response))
  const { isDecided, isDone } = RESPONSE_STATES[input.state]
  const id = work.newId('response')
  const { bulletinId, organisationId, note, reason } = input
  await work.db
    .insertInto('broadcast_response')
    .values({
      id,
      bulletin_id: bulletinId,
      organisation_id: organisationId,
      state: input.state,
      at: work.now,
      by_kind: work.actor.kind,
      by_id: work.actor.id,
      via: input.via,
      note: isShared ? note : null,
      reason: isShared ? reason : null,
      next_date: input.nextDate,
      reason_code: input.reasonCode,
      review_on: input.reviewOn,
      keeps_detail: !isShared,
    })
    .execute()
  if (keepsOwn) {
    await work.db
      .insertInto('broadcast_response_detail')
      .values({
        response_id: id,
        bulletin_id: bulletinId,
        organisation_id: organisationId,
        is_shared: isShared,
        note,
        reason,
        owner: input.owner,
        evidence: input.evidence,
        evidence_sha256: input.evidenceSha256,
        window_from: input.window?.from ?? null,
        window_to: input.window?.to ?? null,
        window_stops: input.window?.stops ?? null,
        window_agreed_by: input.window?.agreedBy ?? null,
      })
      .execute()
    // What is counted is as open as the newest answer, as `shareAnswer` and `countAssets` have it. Most have counted nothing.
    if (recipient.is_count_shared !== null)
      await work.db
        .updateTable('broadcast_progress_total')
        .where('bulletin_id', '=', bulletinId)
        .where('organisation_id', '=', organisationId)
        .set({ is_shared: isShared })
        .execute()
  }
  await work.db
    .updateTable('broadcast_recipient')
    .where('bulletin_id', '=', bulletinId)
    .where('organisation_id', '=', organisationId)
    .set({
      response: input.state,
      response_at: work.now,
      next_date: input.nextDate,
      review_on: input.reviewOn,
      // The first sign of life stays; the others say where it stands, and an organisation may change its mind.
      acknowledged_at: recipient.acknowledged_at ?? work.now,
      decided_at: isDecided ? (recipient.decided_at ?? work.now) : null,
      done_at: isDone ? (recipient.done_at ?? work.now) : null,
    })
    .execute()
  work.record({
    verb: 'broadcast.response.recorded',
    subject: { kind: 'bulletin', id: bulletinNumber(recipient.number) },
    organisationId,
    change: {
      from: recipient.response,
      to: input.state,
      via: input.via,
      ...(input.nextDate === null ? {} : { nextDate: input.nextDate }),
      ...(input.reasonCode === null ? {} : { reasonCode: input.reasonCode, reviewOn: input.reviewOn }),
    },
  })
  await announce(work, { type: 'response.recorded', bulletinId, organisationId, state: input.state })
}

/** Whether the centre may read the detail: as the organisation has chosen, or for this answer says. A partner may close it, and not open it. */
function mayBeRead(work: Work<Visible>, { shares_detail }: LockedRecipient, { organisationId, isShared }: Target & Completed): boolean {
  const isPartners = work.actor.scope.kind === 'partner' && work.actor.organisationId !== organisationId
  if (isPartners) return isShared !== false && (shares_detail ?? false)
  return isShared ?? shares_detail ?? false
}

/** Whether the newest answer says the very same. */
async function isRepeat(work: Work<Visible>, input: Target & Completed, isShared: boolean): Promise<boolean> {
  const newest = await newestDetail(work.db, input.bulletinId, input.organisationId)
  if (newest === undefined) return false
  const said = ({ state, note, reason, nextDate, reasonCode, reviewOn, owner, evidence, evidenceSha256, window }: Completed, shared: boolean) =>
    JSON.stringify([state, note, reason, nextDate, reasonCode, reviewOn, owner, evidence, evidenceSha256, window ?? null, shared])
  return said(newest, newest.isShared ?? false) === said(input, isShared)
}

/** The answer with what the policy adds to it. Throws `Invalid` where it lacks what its state needs. */
async function completed(work: Work<Visible>, input: Answer): Promise<Completed> {
  const { needs, label } = RESPONSE_STATES[input.state]
  if (needs === 'date' && input.nextDate === null)
    throw new Invalid('broadcast.response.date-missing', `“${label}” needs the date by which you will say more.`)
  const base = {
    ...input,
    owner: input.owner ?? null,
    evidence: input.evidence ?? null,
    evidenceSha256: input.evidenceSha256 ?? null,
  }
  if (needs !== 'reason') return { ...base, reason: null, reasonCode: null, reviewOn: null }
  const code = input.reasonCode ?? (input.reason === null ? null : OTHER_REASON)
  const reason = (await reasonsOn(work.db, work.now)).find(known => known.code === code)
  if (code === null || reason === undefined || (reason.needsWords && input.reason === null))
    throw new Invalid('broadcast.response.reason-missing', `“${label}” needs a reason. One sentence is enough.`)
  return { ...base, reasonCode: code, reviewOn: input.reviewOn ?? londonDate(addDays(work.now, reason.reviewDays)) }
}
