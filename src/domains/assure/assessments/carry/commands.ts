import { Conflict } from '../../../../kernel/errors.ts'
import { chunks } from '../../../../platform/db/chunks.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import type { Carried, Assessment, GivenAnswer } from '../model.ts'
import { NOTHING } from '../outcomes/model.ts'
import { carryPlan, crosswalkBetween } from './queries.ts'

/**
 * Copies what was answered in an earlier review into one that was just opened. Nothing of it counts before somebody confirms it; what last year's framework
 * did not ask is marked as new. Throws `Conflict` where the frameworks differ and no crosswalk ties them.
 */
export async function carryForward(work: Work<Visible>, from: Assessment, to: Assessment): Promise<void> {
  const plan = await carryPlan(work.db, from, to)
  if (plan === null)
    throw new Conflict(
      'assure.carry.no-crosswalk',
      `Nothing says how ${from.frameworkName} ${from.frameworkVersion} becomes ${to.frameworkName} ${to.frameworkVersion}. Open the review without carrying answers over, or ask the centre for a crosswalk.`,
    )
  const before = await work.db
    .selectFrom('assure_answer')
    .select(['indicator_code', 'answer', 'comment', 'alternative'])
    .where('assessment_id', '=', from.id)
    .where('view', '=', 'self')
    .execute()
  const byCode = new Map(before.map(row => [row.indicator_code, row]))
  const carried = [...plan.same, ...plan.changed].flatMap(pair => {
    const said = byCode.get(pair.from.code)
    return said === undefined ? [] : [rowOf(work, to, pair.to, said, 'unconfirmed')]
  })
  const added = plan.added.map(indicator => rowOf(work, to, indicator, NOTHING, 'new'))
  for (const rows of chunks([...carried, ...added])) {
    await work.db.insertInto('assure_answer').values(rows).execute()
    await work.db
      .insertInto('assure_answer_change')
      .values(rows.map(({ changed_at: at, changed_by: by, ...row }) => ({ ...row, at, by_id: by })))
      .execute()
  }
  await carrySummaries(work, from, to)
}

function rowOf(
  work: Work<Visible>,
  { id }: Assessment,
  indicator: { readonly code: string; readonly outcomeCode: string },
  { answer, comment, alternative }: GivenAnswer,
  carried: Carried,
) {
  const place = { assessment_id: id, view: 'self' as const, indicator_code: indicator.code, outcome_code: indicator.outcomeCode }
  return { ...place, answer, comment, alternative, carried, revision: 1, changed_at: work.now, changed_by: work.actor.id }
}

/** What was written about an outcome goes to the one that is the same: of the same code in the same version, or equal by the crosswalk. */
async function carrySummaries(work: Work<Visible>, from: Assessment, to: Assessment): Promise<void> {
  const isSameVersion = from.frameworkId === to.frameworkId
  const equal = isSameVersion ? [] : ((await crosswalkBetween(work.db, from, to)) ?? []).filter(({ relation }) => relation === 'equal')
  const becomes = new Map(equal.map(({ fromCode, toCode }) => [fromCode, toCode]))
  const written = await work.db
    .selectFrom('assure_view')
    .select(['outcome_code', 'summary'])
    .where('assessment_id', '=', from.id)
    .where('view', '=', 'self')
    .where('summary', '<>', '')
    .execute()
  for (const { outcome_code: code, summary } of written) {
    const outcome = isSameVersion ? code : becomes.get(code)
    if (outcome === undefined) continue
    await work.db
      .updateTable('assure_view')
      .set({ summary, carried: 'unconfirmed' })
      .where('assessment_id', '=', to.id)
      .where('view', '=', 'self')
      .where('outcome_code', '=', outcome)
      .execute()
  }
}
