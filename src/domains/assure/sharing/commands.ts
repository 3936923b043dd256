import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import type { Instant } from '../../../kernel/instant.ts'
import { isRole, ROLES } from '../../../kernel/role.ts'
import { cleanText } from '../../../kernel/text.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { organisationByCode } from '../../directory/contract.ts'
import type { Assessment } from '../assessments/model.ts'
import { ownAssessment } from '../assessments/queries.ts'
import type { Visible } from '../tables.ts'
import { SHARE_ITEMS, type ShareItem } from './model.ts'
import { ownShare, partsOf, startLooking, type SharedWithUs } from './queries.ts'

const GIVE = 'assure.share.give'

export interface NewShare {
  /** The review from whose page it is shared. The plan is of the whole organisation, whatever the review. */
  readonly assessmentId: string
  readonly item: ShareItem
  /** The objective or outcome, where one is shared; else `null`. */
  readonly part: string | null
  readonly receiverCode: string
  readonly purpose: string
  readonly until: Instant
}

/**
 * Shares one item of the actor's own organisation with a body, for a purpose, until a time. Throws `Invalid` for a body, a part or a time that cannot be, and
 * `Conflict` for an agreed record before both sides have signed.
 */
export async function giveShare(work: Work<Visible>, wanted: NewShare): Promise<Id<'share'>> {
  assertMay(work.actor, GIVE)
  const assessment = await ownAssessment(work.db, work.actor, wanted.assessmentId)
  if (assessment.state === 'withdrawn') throw new Conflict('assure.sharing.withdrawn', 'This review has been withdrawn. Share another.')
  if (wanted.item === 'agreed-record' && assessment.state !== 'agreed' && assessment.state !== 'closed')
    throw new Conflict(
      'assure.sharing.not-agreed',
      'Nothing is agreed yet: both sides sign first. You can share outcomes as you see them yourselves.',
    )
  const part = await partNamed(work, assessment, wanted)
  const receiver = await organisationByCode(work.db, wanted.receiverCode)
  if (receiver === undefined || receiver.status === 'closed')
    throw new Invalid('assure.sharing.receiver', 'There is no such body in the directory, or it is closed. Check its code.')
  if (receiver.id === assessment.organisationId) throw new Invalid('assure.sharing.receiver', 'That is your own organisation. Name another body.')
  if (wanted.until <= work.now) throw new Invalid('assure.sharing.until', 'Choose a day in the future. You can take it back at any time before.')
  const id = work.newId('share')
  await work.db
    .insertInto('assure_share')
    .values({
      id,
      organisation_id: assessment.organisationId,
      assessment_id: wanted.item === 'plan' ? null : assessment.id,
      item: wanted.item,
      part_code: part,
      receiver_id: receiver.id,
      purpose: wanted.purpose,
      until: wanted.until,
      given_at: work.now,
      given_by: work.actor.id,
    })
    .execute()
  work.record({ verb: 'assure.share.given', subject: { kind: 'share', id }, organisationId: assessment.organisationId })
  return id
}

async function partNamed(work: Work<Visible>, assessment: Assessment, { item, part }: NewShare): Promise<string | null> {
  if (item !== 'objective' && item !== 'outcome') return null
  const known = await partsOf(work.db, assessment.frameworkId, item)
  if (part !== null && known.some(({ code }) => code === part)) return part
  throw new Invalid('assure.sharing.part', `Choose which ${item} you share.`)
}

/** Takes a share back, at once and for good. Throws `Conflict` when it was taken back before. */
export async function revokeShare(work: Work<Visible>, wanted: { readonly shareId: string; readonly reason: string }): Promise<void> {
  assertMay(work.actor, GIVE)
  const share = await ownShare(work.db, work.actor, wanted.shareId)
  if (share.revokedAt !== null) throw new Conflict('assure.sharing.revoked', 'It was taken back already.')
  const reason = cleanText(wanted.reason)
  if (reason.length > 1_000) throw new Invalid('assure.sharing.reason', 'Say why in at most 1,000 characters, or leave it empty.')
  await work.db
    .updateTable('assure_share')
    .set({ revoked_at: work.now, revoked_by: work.actor.id, revoke_reason: reason === '' ? null : reason })
    .where('id', '=', share.id)
    .execute()
  work.record({ verb: 'assure.share.revoked', subject: { kind: 'share', id: share.id }, organisationId: share.organisationId })
}

/**
 * Opens what another organisation has shared with the actor's body, and writes down that it was looked at, by whom and when: the one is not had without the
 * other. What lies in it can be read in this unit of work alone. Throws `NotFound` for a share that ended, was taken back, or is not for that body.
 */
export async function lookAt(work: Work<Visible>, shareId: string): Promise<SharedWithUs> {
  assertMay(work.actor, 'assure.share.read')
  const shared = await startLooking(work.db, shareId)
  if (shared === undefined)
    throw new NotFound(
      'assure.sharing.unknown',
      'Nothing is shared with you here. It may have ended or been taken back: look at the list of what is shared.',
    )
  const { actor } = work
  await work.db
    .insertInto('assure_look')
    .values({
      id: work.newId('look'),
      share_id: shared.id,
      organisation_id: shared.organisationId,
      at: work.now,
      person_id: actor.id,
      person_name: actor.name,
      person_role: actor.role !== null && isRole(actor.role) ? ROLES[actor.role].label : (actor.role ?? ''),
      by_program: actor.through?.startsWith('token:') === true,
      what: `${SHARE_ITEMS[shared.item].label}${shared.part === null ? '' : ` ${shared.part}`}`,
    })
    .execute()
  work.record({ verb: 'assure.share.looked-at', subject: { kind: 'share', id: shared.id }, organisationId: shared.organisationId })
  return shared
}
