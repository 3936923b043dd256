import type { Id } from '../../../../kernel/id.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/** What colleagues say to each other about an outcome; no part of its answers. */
export interface Comment {
  readonly id: Id<'comment'>
  readonly indicatorCode: string | null
  readonly text: string
  readonly at: Instant
  readonly by: string
}

/** Those of one outcome, the oldest first. The caller has seen to it that the reader may see the outcome. */
export async function commentsOf(db: Reader<Visible>, assessmentId: string, outcomeCode: string): Promise<readonly Comment[]> {
  const rows = await db
    .selectFrom('assure_comment as comment')
    .leftJoin('directory_person as person', 'person.id', 'comment.by_id')
    .select(['comment.id', 'comment.indicator_code as indicatorCode', 'comment.text', 'comment.at', 'person.name'])
    .where('comment.assessment_id', '=', assessmentId)
    .where('comment.outcome_code', '=', outcomeCode)
    .orderBy('comment.at')
    .orderBy('comment.id')
    .limit(500)
    .execute()
  return rows.map(({ id, name, ...row }) => ({ ...row, id: id as Id<'comment'>, by: name ?? 'Somebody who has left' }))
}
