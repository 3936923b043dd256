import type { Id } from '../../kernel/id.ts'
import type { Work } from '../../platform/work/work.ts'
import { addActions } from './plans/commands.ts'
import { CHOSEN_UNDATED, type ActionToAdd, type AddedActions } from './plans/model.ts'
import type { Visible } from './tables.ts'

/**
 * The one way from a decision about money into the plan: what was chosen becomes actions, whose date is still to be set. What stands in the plan already is left as it
 * is. Throws `Forbidden` for whoever may not change the plan.
 */
export async function takeUp(work: Work<Visible>, organisationId: Id<'organisation'>, actions: readonly ActionToAdd[]): Promise<AddedActions> {
  return addActions(
    work,
    organisationId,
    actions.map(action => ({ ...action, dueOn: null, noDateReason: CHOSEN_UNDATED })),
  )
}
