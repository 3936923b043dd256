import { Conflict, Forbidden, Invalid } from '../../../kernel/errors.ts'
import { transition, type Transition } from '../../../kernel/lifecycle.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { releasedAlone } from '../alone.ts'
import { announce } from '../announce.ts'
import { resolveAudience, ruleOf, type AudienceOrganisation } from '../audience/queries.ts'
import { BULLETIN_LIFECYCLE, type BulletinAction } from '../bulletins/lifecycle.ts'
import { bulletinNumber, findingsOf, respondByAt, type BulletinState } from '../bulletins/model.ts'
import { lockBulletin, responseDeadlines, versionOf, type Bulletin } from '../bulletins/queries.ts'
import { assertApproved } from '../bulletins/queries/approval.ts'
import { startMailing } from '../deliveries/mailings.ts'
import { canRelease, canReleaseTo } from '../policy.ts'
import { bulletinPublished } from '../publication/model.ts'
import { reasonFrom } from '../reason.ts'
import type { Visible } from '../tables.ts'
import { audienceChangedSinceApproval, recipientRows } from './queries.ts'

export interface ReleaseInput {
  readonly number: number
  /** The version that the releaser saw. */
  readonly version: number
  /** The audience that the releaser saw. */
  readonly audienceHash: string
  /** The product's own address: its host stands in the Message-ID of every mail. */
  readonly baseUrl: string
}

export interface Released {
  readonly releaseId: string
  readonly mailingId: string
  readonly organisations: number
  readonly contacts: number
  readonly unreachable: number
}

/**
 * Releases a bulletin, all or nothing: the rule is resolved again and frozen with those it reaches, every delivery is written, and
 * the jobs that carry them out are asked for, in this one transaction.
 *
 * 1. It is released once: the row is locked, and the table of releases holds one for each bulletin.
 * 2. What goes out is the approved version, and to whom the releaser saw. Throws `Conflict` when either has changed since.
 * 3. A rule that is empty, fails or reaches nobody releases nothing and says so (`Invalid`).
 * 4. Whoever changed the rule after the approval does not release it too (`Forbidden`).
 */
export async function releaseBulletin(work: Work<Visible>, input: ReleaseInput): Promise<Released> {
  const { bulletin, step } = await beginRelease(work, input.number, 'release')
  const decision = canRelease(work.actor, bulletin)
  if (!decision.ok) throw new Forbidden(decision.code, decision.reason)
  await assertApproved(work.db, bulletin.id, bulletin.version)
  await assertAudienceSeen(work, bulletin)
  return goOut(work, bulletin, step, input, null)
}

/** Throws `Forbidden` where nobody but the actor has looked at who gets it since the approval. */
export async function assertAudienceSeen(work: Work<Visible>, bulletin: Bulletin): Promise<void> {
  const decision = canReleaseTo(work.actor, await audienceChangedSinceApproval(work.db, bulletin.id, bulletin.version))
  if (!decision.ok) throw new Forbidden(decision.code, decision.reason)
}

/**
 * Releases, by the decision of one person, a bulletin that nobody else approved. The reason is kept, readers see that one person released it,
 * and somebody else reviews it after. All else holds as for `releaseBulletin`.
 */
export async function releaseAlone(work: Work<Visible>, input: ReleaseInput & { readonly reason: string }): Promise<Released> {
  const { bulletin, step } = await beginRelease(work, input.number, 'release-alone')
  return goOut(work, bulletin, step, input, { kind: 'emergency', reason: reasonFrom(input.reason) })
}

/**
 * Releases a holding statement. For the command that has just written it from an approved template, in the same unit of work: there is no other
 * way for a bulletin to become one.
 */
export async function releaseHolding(work: Work<Visible>, input: ReleaseInput & { readonly template: string }): Promise<Released> {
  const { bulletin, step } = await beginRelease(work, input.number, 'release-holding')
  return goOut(work, bulletin, step, input, { kind: 'holding', reason: `By the template ${input.template}` })
}

async function beginRelease(work: Work<Visible>, number: number, action: 'release' | 'release-alone' | 'release-holding') {
  assertMay(work.actor, `broadcast.bulletin.${action}`)
  const bulletin = await lockBulletin(work.db, number)
  return { bulletin, step: transition<BulletinState, BulletinAction>(BULLETIN_LIFECYCLE, 'bulletin', bulletin.state, action) }
}

/** What goes out by the decision of one person, and why. */
interface Alone {
  readonly kind: 'holding' | 'emergency'
  readonly reason: string
}

async function goOut(
  work: Work<Visible>,
  bulletin: Bulletin,
  step: Transition<BulletinState>,
  input: ReleaseInput,
  alone: Alone | null,
): Promise<Released> {
  if (input.version !== bulletin.version)
    throw new Conflict(
      'broadcast.release.version-changed',
      `Version ${bulletin.version} was ${alone === null ? 'approved' : 'saved'} meanwhile. Look at it, then decide again.`,
    )
  const { content } = await versionOf(work.db, bulletin.id, bulletin.version)
  const errors = findingsOf(content, work.now).filter(finding => finding.severity === 'error')
  if (errors.length > 0) throw new Invalid('broadcast.release.incomplete', errors.map(error => error.message).join(' '))

  const audience = await resolveAudience(work.db, await ruleOf(work.db, bulletin.id))
  if (audience.problems.length > 0) throw new Invalid('broadcast.release.audience', `Nothing was released. ${audience.problems.join(' ')}`)
  const count = audience.organisations.length
  if (count === 0)
    throw new Invalid('broadcast.release.nobody', 'Nothing was released: no open organisation fits the rule. Change who should get it.')
  if (audience.hash !== input.audienceHash) {
    throw new Conflict(
      'broadcast.release.audience-changed',
      `Nothing was released: the audience has changed since you looked. It is now ${count.toLocaleString('en-GB')} ${count === 1 ? 'organisation' : 'organisations'}. Look again, then decide.`,
    )
  }

  const releaseId = work.newId('release')
  const figures = { organisations: count, contacts: audience.contacts, unreachable: audience.unreachable.length }
  await work.db
    .insertInto('broadcast_release')
    .values({
      id: releaseId,
      bulletin_id: bulletin.id,
      version: bulletin.version,
      released_by: work.actor.id,
      released_at: work.now,
      rule: JSON.stringify(audience.rule),
      matched: JSON.stringify(audience.matched),
      audience_hash: audience.hash,
      ...figures,
    })
    .execute()
  await freeze(work, bulletin, releaseId, audience.organisations)
  await work.db
    .updateTable('broadcast_bulletin')
    .set({
      state: step.next,
      is_holding: alone?.kind === 'holding',
      released_at: work.now,
      updated_at: work.now,
      respond_by: respondByAt(content, work.now, await responseDeadlines(work.db)),
    })
    .where('id', '=', bulletin.id)
    .execute()
  if (alone !== null) await releasedAlone(work, bulletin.id, bulletin.version, alone)
  work.record({
    verb: alone === null ? 'broadcast.bulletin.released' : `broadcast.bulletin.released-${alone.kind}`,
    subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
    ...(alone === null ? {} : { reason: alone.reason }),
    change: { version: bulletin.version, release: releaseId, audience: audience.hash, ...figures },
  })
  const organisationIds = audience.organisations.map(({ id }) => id)
  const { mailingId } = await startMailing(work, { bulletinId: bulletin.id, kind: 'release', organisationIds, baseUrl: input.baseUrl })
  await announce(work, { type: 'bulletin.released', bulletinId: bulletin.id })
  work.enqueue(bulletinPublished, { bulletinId: bulletin.id })
  return { releaseId, mailingId, ...figures }
}

/** As many rows as go in one statement: a few megabytes of parameters. */
const CHUNK = 10_000

async function freeze(work: Work<Visible>, bulletin: Bulletin, releaseId: string, organisations: readonly AudienceOrganisation[]): Promise<void> {
  for (const part of inChunks(organisations.map(({ id, reachable }) => ({ organisation_id: id, is_reachable: reachable })))) {
    await work.db
      .insertInto('broadcast_recipient')
      .columns(['bulletin_id', 'organisation_id', 'release_id', 'type', 'region_code', 'board_code', 'looked_after_by', 'is_reachable', 'name'])
      .expression(recipientRows(bulletin.id, releaseId, part))
      .execute()
  }
}

function* inChunks<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += CHUNK) yield rows.slice(at, at + CHUNK)
}
