import { Invalid, NotFound } from '../../../../kernel/errors.ts'
import { TLP, type Tlp } from '../../../../kernel/tlp.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { organisationByCode } from '../../../directory/contract.ts'
import type { Visible } from '../../tables.ts'

/**
 * Says what one organisation may be told, whatever its type; `tlp: null` gives it back to its type. It holds for releases from then on:
 * what was released stays with those who got it. Throws `NotFound` for a code of nobody, `Invalid` without a reason.
 */
export async function setClearance(
  work: Work<Visible>,
  input: { readonly code: string; readonly tlp: Tlp | null; readonly reason: string },
): Promise<void> {
  assertMay(work.actor, 'broadcast.clearance.set')
  const reason = input.reason.trim()
  if (reason === '' || reason.length > 2_000) throw new Invalid('broadcast.clearance.reason', 'Say why, in 2,000 characters or fewer.')
  if (input.tlp !== null && !TLP.includes(input.tlp)) throw new Invalid('broadcast.clearance.label', 'Choose one of the labels.')
  const organisation = await organisationByCode(work.db, input.code.trim().toUpperCase())
  if (organisation === undefined) throw new NotFound('broadcast.clearance.organisation', `There is no organisation ${input.code} in the directory.`)
  const ended = await work.db
    .updateTable('broadcast_clearance_override')
    .set({ ended_at: work.now, ended_by: work.actor.id })
    .where('organisation_id', '=', organisation.id)
    .where('ended_at', 'is', null)
    .returning('tlp')
    .executeTakeFirst()
  if (input.tlp === null && ended === undefined)
    throw new NotFound('broadcast.clearance.none', 'It is told what others of its type are told already.')
  if (input.tlp !== null)
    await work.db
      .insertInto('broadcast_clearance_override')
      .values({ organisation_id: organisation.id, tlp: input.tlp, reason, by_id: work.actor.id, at: work.now, ended_at: null, ended_by: null })
      .execute()
  work.record({
    verb: 'broadcast.clearance.set',
    subject: { kind: 'organisation', id: organisation.id },
    organisationId: organisation.id,
    change: { before: ended?.tlp ?? null, after: input.tlp },
    reason,
  })
}
