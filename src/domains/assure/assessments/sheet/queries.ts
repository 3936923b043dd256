import type { Actor } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { indicatorsOf, outcomesOf } from '../../frameworks/queries.ts'
import type { Visible } from '../../tables.ts'
import type { Assessment } from '../model.ts'
import { frameworkOf, givenTo } from '../outcomes/queries.ts'
import { ANSWER_CELLS } from './model.ts'

type SheetCells = readonly (string | number)[]

/** Every statement of the review that the actor may see, with what stands as its answer: the rows of the table below its head. */
export async function sheetRows(db: Reader<Visible>, actor: Pick<Actor, 'id' | 'role'>, assessment: Assessment): Promise<readonly SheetCells[]> {
  const given = await givenTo(db, actor, assessment.id)
  const { levels } = await frameworkOf(db, assessment)
  const labels = new Map(levels.map(({ code, label }) => [code, label]))
  const outcomes = new Map((await outcomesOf(db, assessment.frameworkId)).map(outcome => [outcome.code, outcome]))
  const indicators = await indicatorsOf(db, assessment.frameworkId)
  const answers = await db
    .selectFrom('assure_answer')
    .select(['indicator_code', 'answer', 'comment', 'alternative', 'revision'])
    .where('assessment_id', '=', assessment.id)
    .where('view', '=', 'self')
    .execute()
  const byCode = new Map(answers.map(row => [row.indicator_code, row]))
  const place = (code: string) => outcomes.get(code)?.position ?? 0
  return indicators
    .filter(({ outcomeCode }) => given?.has(outcomeCode) ?? true)
    .toSorted((one, other) => place(one.outcomeCode) - place(other.outcomeCode) || one.position - other.position)
    .map(({ code, outcomeCode, level, text }) => {
      const said = byCode.get(code)
      const answer = said === undefined || said.answer === null ? '' : ANSWER_CELLS[said.answer]
      const title = outcomes.get(outcomeCode)?.title ?? ''
      return [outcomeCode, title, labels.get(level) ?? level, code, text, answer, said?.comment ?? '', said?.alternative ?? '', said?.revision ?? 0]
    })
}
