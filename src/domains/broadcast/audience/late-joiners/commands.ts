import { Conflict, Invalid } from '../../../../kernel/errors.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { announce } from '../../announce.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { lockBulletin } from '../../bulletins/queries.ts'
import { startMailing } from '../../deliveries/mailings.ts'
import { bulletinPublished } from '../../publication/model.ts'
import { recipientRows, releaseOf } from '../../release/queries.ts'
import type { Visible } from '../../tables.ts'
import { hashOf } from '../queries.ts'
import { checkRule } from '../queries/checking.ts'
import { lateJoiners } from '../queries/late-joiners.ts'

/** As many as one decision takes in. More are caught up in several. */
const MOST_AT_ONCE = 10_000

export interface CaughtUp {
  readonly organisations: number
  readonly contacts: number
}

/**
 * Tells organisations of a released bulletin which fit its rule today and were not in its frozen audience. They join the recipients with the
 * time and the reason, and get a mailing of their own. The release keeps its rule, its names and its hash; the catch-up has its own hash.
 * `codes: 'everyone'` takes all who fit. Throws `Conflict` when the bulletin is not live, or one of them does not fit or has got it meanwhile.
 */
export async function catchUp(
  work: Work<Visible>,
  input: { readonly number: number; readonly codes: readonly string[] | 'everyone'; readonly reason: string; readonly baseUrl: string },
): Promise<CaughtUp> {
  assertMay(work.actor, 'broadcast.bulletin.release')
  const reason = input.reason.trim()
  if (reason === '' || reason.length > 2_000)
    throw new Invalid('broadcast.catch-up.reason', 'Say why they are told now, in 2,000 characters or fewer.')
  if (input.codes.length === 0) throw new Invalid('broadcast.catch-up.nobody', 'Choose at least one organisation.')
  const bulletin = await lockBulletin(work.db, input.number)
  const release = await releaseOf(work.db, bulletin.id)
  if (release === undefined || bulletin.state !== 'released')
    throw new Conflict('broadcast.catch-up.not-live', 'Only a released bulletin that was not withdrawn can be caught up on.')
  const checked = await checkRule(work.db, { rule: release.rule, tlp: bulletin.tlp, sharingGroup: bulletin.sharingGroup?.id ?? null })
  const late = (await lateJoiners(work.db, checked, bulletin.id, { limit: MOST_AT_ONCE, cursor: null })).rows
  const chosen = new Set(input.codes === 'everyone' ? late.map(({ code }) => code) : input.codes)
  const joining = late.filter(({ code }) => chosen.has(code))
  if (joining.length !== chosen.size || joining.length === 0)
    throw new Conflict(
      'broadcast.catch-up.changed',
      'One of them has got the bulletin meanwhile, or no longer fits its rule. Look again, then decide.',
    )

  const ids = joining.map(({ id }) => id)
  const figures = { organisations: joining.length, contacts: joining.reduce((sum, { contacts }) => sum + contacts, 0) }
  const audienceHash = hashOf(
    checked.rule,
    joining.map(({ code }) => code),
  )
  const { id: catchUpId } = await work.db
    .insertInto('broadcast_catch_up')
    .values({
      bulletin_id: bulletin.id,
      release_id: release.id,
      reason,
      audience_hash: audienceHash,
      ...figures,
      unreachable: joining.filter(({ contacts }) => contacts === 0).length,
      by_id: work.actor.id,
      at: work.now,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await work.db
    .insertInto('broadcast_recipient')
    .columns(['bulletin_id', 'organisation_id', 'release_id', 'type', 'region_code', 'board_code', 'looked_after_by', 'is_reachable', 'name'])
    .expression(
      recipientRows(
        bulletin.id,
        release.id,
        joining.map(({ id, contacts }) => ({ organisation_id: id, is_reachable: contacts > 0 })),
      ),
    )
    .execute()
  await work.db
    .updateTable('broadcast_recipient')
    .set({ joined_at: work.now, catch_up_id: catchUpId })
    .where('bulletin_id', '=', bulletin.id)
    .where('organisation_id', 'in', ids)
    .execute()
  work.record({
    verb: 'broadcast.bulletin.caught-up',
    subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
    reason,
    change: { release: release.id, catchUp: catchUpId, audience: audienceHash, ...figures },
  })
  await startMailing(work, { bulletinId: bulletin.id, kind: 'catch-up', organisationIds: ids, baseUrl: input.baseUrl })
  await announce(work, { type: 'bulletin.released', bulletinId: bulletin.id, organisationIds: ids })
  // Its machine exits are to give it to those who joined.
  work.enqueue(bulletinPublished, { bulletinId: bulletin.id })
  return figures
}
