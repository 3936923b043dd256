import { Conflict, Invalid } from '../../../kernel/errors.ts'
import { londonDate } from '../../../kernel/instant.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { CapTables } from '../tables.ts'
import type { NewCapPolicy } from './fields.ts'

/**
 * Sets of which bulletins alerts are made, from a day on. Rows are never changed: a newer one takes over. Throws `Invalid` for a day that is over, and
 * `Conflict` when one begins on that day.
 */
export async function setCapPolicy(work: Work<CapTables>, policy: NewCapPolicy): Promise<void> {
  assertMay(work.actor, 'interop.cap-policy.set')
  const { severity, effectiveFrom, isUrgent, urgency, capSeverity, source } = policy
  if (effectiveFrom < londonDate(work.now)) throw new Invalid('interop.cap-policy.day', 'Choose today or a later day: what is over is not changed.')
  const made = await work.db
    .insertInto('interop_cap_policy')
    .values({ severity, effective_from: effectiveFrom, is_urgent: isUrgent, cap_urgency: urgency, cap_severity: capSeverity, source })
    .onConflict(conflict => conflict.doNothing())
    .returning('severity')
    .executeTakeFirst()
  if (made === undefined)
    throw new Conflict(
      'interop.cap-policy.known',
      'A policy for that severity begins on that day already. Choose another day: rows are not changed afterwards.',
    )
  work.record({
    verb: 'interop.cap-policy.set',
    subject: { kind: 'cap-policy', id: `${severity} ${effectiveFrom}` },
    reason: source,
    change: { severity, from: effectiveFrom, isUrgent, urgency, capSeverity },
  })
}
