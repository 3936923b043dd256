import type { Id } from '../../../kernel/id.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { isAssessmentState, noSuchAssessment, type Assessment } from './model.ts'

export type Asks = Pick<Reader<Visible>, 'selectFrom'>

function assessments(db: Asks) {
  return db
    .selectFrom('assure_assessment as assessment')
    .innerJoin('assure_framework as framework', 'framework.id', 'assessment.framework_id')
    .leftJoin('assure_profile as profile', 'profile.id', 'assessment.profile_id')
    .select([
      'assessment.id',
      'assessment.organisation_id',
      'assessment.framework_id',
      'framework.code as framework_code',
      'framework.version as framework_version',
      'framework.name as framework_name',
      'assessment.profile_id',
      'profile.name as profile_name',
      'assessment.period',
      'assessment.subject',
      'assessment.state',
      'assessment.carried_from',
      'assessment.opened_at',
      'assessment.changed_at',
      'assessment.closed_at',
    ])
}

type Row = Awaited<ReturnType<ReturnType<typeof assessments>['executeTakeFirstOrThrow']>>

function asAssessment(row: Row): Assessment {
  return {
    id: row.id as Id<'assessment'>,
    organisationId: row.organisation_id as Id<'organisation'>,
    frameworkId: row.framework_id as Id<'framework'>,
    frameworkCode: row.framework_code,
    frameworkVersion: row.framework_version,
    frameworkName: row.framework_name,
    profileId: row.profile_id as Id<'profile'> | null,
    profileName: row.profile_name,
    period: row.period,
    subject: row.subject,
    // Only `assessmentTransition` gives states, so a row holds one of them.
    state: isAssessmentState(row.state) ? row.state : 'closed',
    carriedFrom: row.carried_from as Id<'assessment'> | null,
    openedAt: row.opened_at,
    changedAt: row.changed_at,
    closedAt: row.closed_at,
  }
}

/** The assessment, for whoever row-level security shows it: its organisation, the engaged assessor, the system. `null` for anybody else. */
export async function assessmentById(db: Asks, id: string): Promise<Assessment | null> {
  const row = await assessments(db).where('assessment.id', '=', id).executeTakeFirst()
  return row === undefined ? null : asAssessment(row)
}

/** One of the organisation's own. Throws `NotFound` for any other, also for one that the actor was asked to assess: that has its own pages. */
export async function ownAssessment(db: Asks, actor: Pick<Actor, 'organisationId'>, id: string): Promise<Assessment> {
  const found = await assessmentById(db, id)
  if (found === null || found.organisationId !== actor.organisationId) throw noSuchAssessment()
  return found
}
