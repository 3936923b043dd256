import { Conflict, NotFound } from '../../../../kernel/errors.ts'
import type { Id } from '../../../../kernel/id.ts'
import type { LocalDate } from '../../../../kernel/instant.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { addActions } from '../commands.ts'
import { reasonFrom } from '../writing.ts'
import { proposalsFor, type Proposal } from './queries.ts'

export interface Taken {
  readonly kind: Proposal['kind']
  readonly id: string
  readonly ownerId: string | null
  readonly dueOn: LocalDate | null
  readonly noDateReason: string | null
}

/** Takes a proposal into the plan. Throws `NotFound` for what is not proposed, and `Conflict` for what a colleague took at the same moment. */
export async function takeProposal(work: Work<Visible>, organisationId: Id<'organisation'>, given: Taken): Promise<Id<'action'>> {
  const { kind, id, title, text, label } = await proposed(work, organisationId, given)
  const { ids } = await addActions(work, organisationId, [
    {
      title,
      text,
      source: { kind, id, label },
      ownerId: given.ownerId,
      dueOn: given.dueOn,
      noDateReason: given.noDateReason,
      // That there is no money for it is why it is proposed.
      funding: 'not-asked',
    },
  ])
  const [action] = ids
  if (action === undefined) throw new Conflict('assure.plans.taken', 'It stands in your plan already. Somebody took it a moment ago.')
  return action
}

/** Leaves a proposal, with a reason: it is not proposed again. */
export async function leaveProposal(
  work: Work<Visible>,
  organisationId: Id<'organisation'>,
  { kind, id, reason }: { readonly kind: Proposal['kind']; readonly id: string; readonly reason: string },
): Promise<void> {
  assertMay(work.actor, 'assure.plan.change')
  const why = reasonFrom(reason)
  await proposed(work, organisationId, { kind, id })
  await work.db
    .insertInto('assure_proposal_left')
    .values({ organisation_id: organisationId, source_kind: kind, source_id: id, reason: why, at: work.now, by_id: work.actor.id })
    .onConflict(conflict => conflict.doNothing())
    .execute()
  work.record({ verb: 'assure.plans.left', subject: { kind: 'organisation', id: organisationId }, organisationId })
}

async function proposed(work: Work<Visible>, organisationId: string, asked: Pick<Proposal, 'kind' | 'id'>): Promise<Proposal> {
  const found = (await proposalsFor(work.db, organisationId)).find(({ kind, id }) => kind === asked.kind && id === asked.id)
  if (found === undefined)
    throw new NotFound('assure.plans.not-proposed', 'That is not proposed any more. It was taken or left, or what it came from has changed.')
  return found
}
