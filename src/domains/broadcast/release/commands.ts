import { Conflict, Forbidden, Invalid } from '../../../kernel/errors.ts'
import { transition } from '../../../kernel/lifecycle.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { resolveAudience, ruleOf, type AudienceOrganisation } from '../audience/queries.ts'
import { bulletinNumber, findingsOf, BULLETIN_LIFECYCLE, respondByAt, type BulletinAction, type BulletinState } from '../bulletins/model.ts'
import { lockBulletin, responseDeadlines, versionOf, type Bulletin } from '../bulletins/queries.ts'
import { DELIVER, messageIdOf } from '../deliveries/model.ts'
import { canRelease } from '../policy.ts'
import type { Visible } from '../tables.ts'
import { workersFor } from './model.ts'
import { deliveryRows, mailableContacts, recipientRows, type MailableContact } from './queries.ts'

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
 */
export async function releaseBulletin(work: Work<Visible>, input: ReleaseInput): Promise<Released> {
  assertMay(work.actor, 'broadcast.bulletin.release')
  const bulletin = await lockBulletin(work.db, input.number)
  const step = transition<BulletinState, BulletinAction>(BULLETIN_LIFECYCLE, 'bulletin', bulletin.state, 'release')
  const decision = canRelease(work.actor, bulletin)
  if (!decision.ok) throw new Forbidden(decision.code, decision.reason)
  if (input.version !== bulletin.version)
    throw new Conflict('broadcast.release.version-changed', `Version ${bulletin.version} was approved meanwhile. Look at it, then decide again.`)
  const { content } = await versionOf(work.db, bulletin.id, bulletin.version)
  const errors = findingsOf(content, work.now).filter(finding => finding.severity === 'error')
  if (errors.length > 0) throw new Invalid('broadcast.release.incomplete', errors.map(error => error.message).join(' '))

  const rule = await ruleOf(work.db, bulletin.id)
  const audience = await resolveAudience(work.db, rule)
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
  const contacts = await mailableContacts(
    work.db,
    audience.organisations.map(({ id }) => id),
  )
  const figures = { organisations: count, contacts: contacts.length, unreachable: audience.unreachable.length }
  await work.db
    .insertInto('broadcast_release')
    .values({
      id: releaseId,
      bulletin_id: bulletin.id,
      version: bulletin.version,
      released_by: work.actor.id,
      released_at: work.now,
      rule: JSON.stringify(rule),
      audience_hash: audience.hash,
      ...figures,
    })
    .execute()
  await freeze(work, bulletin, releaseId, audience.organisations)
  await writeDeliveries(work, bulletin, releaseId, contacts, input.baseUrl)
  await work.db
    .updateTable('broadcast_bulletin')
    .set({
      state: step.next,
      released_at: work.now,
      updated_at: work.now,
      respond_by: respondByAt(content, work.now, await responseDeadlines(work.db)),
    })
    .where('id', '=', bulletin.id)
    .execute()
  work.record({
    verb: 'broadcast.bulletin.released',
    subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
    change: { version: bulletin.version, release: releaseId, audience: audience.hash, ...figures },
  })
  for (let worker = 0; worker < workersFor(contacts.length); worker++) work.enqueue(DELIVER, { releaseId })
  return { releaseId, ...figures }
}

/** As many rows as go in one statement: a few megabytes of parameters. */
const CHUNK = 10_000

async function freeze(work: Work<Visible>, bulletin: Bulletin, releaseId: string, organisations: readonly AudienceOrganisation[]): Promise<void> {
  for (const part of inChunks(organisations.map(({ id, reachable }) => ({ organisation_id: id, is_reachable: reachable })))) {
    await work.db
      .insertInto('broadcast_recipient')
      .columns(['bulletin_id', 'organisation_id', 'release_id', 'type', 'region_code', 'board_code', 'looked_after_by', 'is_reachable'])
      .expression(recipientRows(bulletin.id, releaseId, part))
      .execute()
  }
}

async function writeDeliveries(
  work: Work<Visible>,
  bulletin: Bulletin,
  releaseId: string,
  contacts: readonly MailableContact[],
  baseUrl: string,
): Promise<void> {
  const rows = contacts.map(contact => {
    const id = work.newId('delivery')
    return { id, organisation_id: contact.organisationId, contact_id: contact.id, address: contact.email, message_id: messageIdOf(id, baseUrl) }
  })
  for (const part of inChunks(rows)) {
    await work.db
      .insertInto('broadcast_delivery')
      .columns(['id', 'release_id', 'bulletin_id', 'organisation_id', 'contact_id', 'channel', 'address', 'state', 'queued_at', 'message_id'])
      .expression(deliveryRows(bulletin.id, releaseId, work.now, part))
      .execute()
  }
}

function* inChunks<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += CHUNK) yield rows.slice(at, at + CHUNK)
}
