import { Conflict, Forbidden, Invalid, NotFound } from '../../../kernel/errors.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { LONGEST_REASON } from './model.ts'
import { bothViews } from './queries.ts'

/** Says what is held of an outcome after both assessors have talked. The first of the two writes it. Throws `Conflict` where both say the same. */
export async function moderate(
  work: Work<Visible>,
  input: { readonly assessmentId: string; readonly code: string; readonly status: string; readonly reason: string },
): Promise<void> {
  assertMay(work.actor, 'assure.review.moderate')
  const found = (await bothViews(work.db, work.actor)).find(one => one.assessmentId === input.assessmentId && one.code === input.code)
  if (found === undefined) throw new NotFound('assure.moderation.unknown', 'There is no such outcome that both of you have recorded.')
  if (found.kind === 'second') throw new Forbidden('assure.moderation.first', 'The first assessor writes down what you both hold.')
  if (found.first === found.second) throw new Conflict('assure.moderation.same', 'You both say the same, so there is nothing to moderate.')
  if (!found.outcomeLevels.includes(input.status)) throw new Invalid('assure.moderation.status', 'Choose a level that this outcome can have.')
  const reason = input.reason.trim()
  if (reason === '' || reason.length > LONGEST_REASON)
    throw new Invalid('assure.moderation.reason', `Say why, in at most ${LONGEST_REASON.toLocaleString('en-GB')} characters.`)
  const row = { status: input.status, reason, by_id: work.actor.id, by_name: work.actor.name, at: work.now }
  await work.db
    .insertInto('assure_moderated')
    .values({ assessment_id: input.assessmentId, outcome_code: input.code, ...row })
    .onConflict(clash => clash.columns(['assessment_id', 'outcome_code']).doUpdateSet(row))
    .execute()
  const of = await work.db.selectFrom('assure_assessment').where('id', '=', input.assessmentId).select('organisation_id').executeTakeFirstOrThrow()
  work.record({
    verb: 'assure.moderation.moderated',
    subject: { kind: 'assessment', id: input.assessmentId },
    organisationId: of.organisation_id,
  })
}
