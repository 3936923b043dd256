import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import type { LocalDate } from '../../../../kernel/instant.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { isWeekday } from '../model.ts'

/** A day on which nobody works, from now on, for every policy that counts working hours. Throws `Conflict` when it is one already. */
export async function closeDay(
  work: Work<Visible>,
  closed: { readonly day: LocalDate; readonly name: string; readonly source: string },
): Promise<void> {
  assertMay(work.actor, 'broadcast.chase.set')
  if (!isWeekday(closed.day)) throw new Invalid('broadcast.chase.weekend', 'Nobody works on that day anyway: it is a Saturday or a Sunday.')
  const made = await work.db
    .insertInto('broadcast_closed_day')
    .values({ ...closed, set_by: work.actor.id, set_at: work.now })
    .onConflict(conflict => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (made === undefined) throw new Conflict('broadcast.chase.day-closed', 'That day is on the list already.')
  work.record({
    verb: 'broadcast.chase.day-closed',
    subject: { kind: 'closed-day', id: closed.day },
    reason: closed.source,
    change: { name: closed.name },
  })
}

/** Takes a day that was entered by mistake off the list. Throws `NotFound` when it is not on it. */
export async function openDay(work: Work<Visible>, day: LocalDate): Promise<void> {
  assertMay(work.actor, 'broadcast.chase.set')
  const { numUpdatedRows } = await work.db
    .updateTable('broadcast_closed_day')
    .set({ removed_by: work.actor.id, removed_at: work.now })
    .where('day', '=', day)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw new NotFound('broadcast.chase.day-open', 'That day is not on the list.')
  work.record({ verb: 'broadcast.chase.day-opened', subject: { kind: 'closed-day', id: day } })
}
