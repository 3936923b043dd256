import { sql } from 'kysely'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import type { BothViews } from './model.ts'

/**
 * The outcomes that both assessors of a review have recorded, of every review in which the reader is or was one of the two. Row-level security shows nobody else's: no
 * other role of the centre reads a row of it.
 */
export async function bothViews(db: Reader<Visible>, actor: { readonly id: string }): Promise<readonly BothViews[]> {
  const rows = await db
    .selectFrom('assure_view as first')
    .innerJoin('assure_view as second', join =>
      join
        .onRef('second.assessment_id', '=', 'first.assessment_id')
        .onRef('second.outcome_code', '=', 'first.outcome_code')
        .on('second.view', '=', 'second')
        .on('second.state', '=', 'recorded'),
    )
    .innerJoin('assure_assessment as assessment', 'assessment.id', 'first.assessment_id')
    .innerJoin('assure_framework as framework', 'framework.id', 'assessment.framework_id')
    .innerJoin('assure_framework_node as node', join =>
      join.onRef('node.framework_id', '=', 'framework.id').onRef('node.code', '=', 'first.outcome_code'),
    )
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'assessment.organisation_id')
    .innerJoin('assure_engagement as own', 'own.assessment_id', 'first.assessment_id')
    .leftJoin('assure_moderated as moderated', join =>
      join.onRef('moderated.assessment_id', '=', 'first.assessment_id').onRef('moderated.outcome_code', '=', 'first.outcome_code'),
    )
    .where('first.view', '=', 'independent')
    .where('first.state', '=', 'recorded')
    .where('own.assessor_id', '=', actor.id)
    .where('own.ended_at', 'is', null)
    .select([
      'first.assessment_id as assessmentId',
      'own.id as engagementId',
      'own.kind',
      'organisation.name as organisation',
      'assessment.period',
      'framework.id as frameworkId',
      'framework.name as framework',
      'framework.levels',
      'first.outcome_code as code',
      'node.title',
      'node.levels as outcomeLevels',
      'first.status as first',
      'second.status as second',
      sql<string>`assure_recorded_first(first.assessment_id, 'independent', first.outcome_code)`.as('firstBlind'),
      sql<string>`assure_recorded_first(first.assessment_id, 'second', first.outcome_code)`.as('secondBlind'),
      'first.changed_by as firstBy',
      'second.changed_by as secondBy',
      'moderated.status as moderated',
      'moderated.reason',
      'moderated.by_name as moderatedBy',
    ])
    .orderBy('organisation.name')
    .orderBy('node.position')
    .execute()
  // The levels were checked when the framework was taken in.
  return rows.map(row => ({ ...row, levels: row.levels as BothViews['levels'] }))
}

/** The names of those of them whom the reader may see. */
export async function namesOf(db: Reader<Visible>, ids: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  if (ids.size === 0) return new Map()
  const rows = await db
    .selectFrom('directory_person')
    .where('id', 'in', [...ids])
    .select(['id', 'name'])
    .execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}
