import { Conflict, Forbidden, Invalid, NotFound } from '../../../../kernel/errors.ts'
import { cleanText } from '../../../../kernel/text.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import type { Party } from '../model.ts'
import { planContent } from './content.ts'
import { holdAgreement } from './queries.ts'

const LONGEST_WORDS = 2_000

/**
 * Signs the plan as it stands: `hash` is that of the content which the signer saw, so that nobody signs what changed while they read. Who signs for which
 * party follows from who they are: an assessor for the assessor, a board member for the board, anybody else of the organisation for it.
 *
 * Throws `Conflict` where the plan says something else by now, holds nothing, or was signed so before; `Forbidden` for anybody else.
 */
export async function signPlan(
  work: Work<Visible>,
  { planId, hash, words }: { readonly planId: string; readonly hash: string; readonly words: string },
): Promise<void> {
  assertMay(work.actor, 'assure.agreement.sign')
  const said = cleanText(words)
  if (said.length > LONGEST_WORDS) throw new Invalid('assure.plans.words', 'Use 2,000 characters or fewer beside your signature.')
  const plan = await work.db.selectFrom('assure_plan').select(['id', 'organisation_id']).where('id', '=', planId).executeTakeFirst()
  if (plan === undefined)
    throw new NotFound('assure.plans.no-plan', 'There is no plan to sign. The organisation has none yet, or has not asked you in.')
  await holdAgreement(work.db, planId)
  const content = await planContent(work.db, planId)
  if (content.hash !== hash) throw new Conflict('assure.plans.other-content', 'The plan says something else by this time. Read it again, then sign.')
  const { count } = await work.db
    .selectFrom('assure_action')
    .where('plan_id', '=', planId)
    .where('state', '!=', 'cancelled')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (count === 0) throw new Conflict('assure.plans.empty', 'There is nothing in this plan to agree on yet. Add an action first.')
  const before = await work.db
    .selectFrom('assure_plan_signature')
    .select('id')
    .where('plan_id', '=', planId)
    .where('signer_id', '=', work.actor.id)
    .where('content_hash', '=', hash)
    .where('voided_at', 'is', null)
    .executeTakeFirst()
  if (before !== undefined) throw new Conflict('assure.plans.signed-before', 'You have signed exactly this. Your signature stands.')
  const id = work.newId('signature')
  await work.db
    .insertInto('assure_plan_signature')
    .values({
      id,
      plan_id: planId,
      organisation_id: plan.organisation_id,
      party: partyOf(work, plan.organisation_id),
      content_hash: hash,
      content: content.text,
      words: said,
      signed_at: work.now,
      signer_id: work.actor.id,
      signer_name: work.actor.name,
    })
    .execute()
  work.record({ verb: 'assure.plans.signed', subject: { kind: 'signature', id }, organisationId: plan.organisation_id })
}

/** Row-level security shows the plan to the organisation and to those assessors alone who may sign it: so whoever sees it is one or the other. */
function partyOf(work: Work<Visible>, organisationId: string): Party {
  const { actor } = work
  if (actor.kind !== 'person') throw new Forbidden('assure.plans.who-signs', 'A plan is signed by a person, with --as or signed in.')
  if (actor.organisationId !== organisationId) return 'assessor'
  return actor.role === 'board-member' ? 'board' : 'organisation'
}
