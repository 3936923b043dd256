import type { Id } from '../../../kernel/id.ts'
import { parseInstant, type Instant } from '../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import {
  isAssessmentState,
  noSuchAssessment,
  seesOnlyGiven,
  type Assessment,
  type AssessmentRow,
  type AssessmentsFilter,
  type AssessmentSort,
  type FrameworkChoice,
  type ProfileChoice,
} from './model.ts'

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

type Who = Pick<Actor, 'id' | 'role' | 'organisationId'>

/** The organisation's own reviews, page by page; to a contributor those in which something was given to them. */
export async function listAssessments(
  db: Asks,
  actor: Who,
  filter: AssessmentsFilter,
  sort: AssessmentSort,
  request: PageRequest,
): Promise<Page<AssessmentRow>> {
  const { total } = await filtered(db, actor, filter)
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const column = sort.endsWith('period') ? 'assessment.period' : 'assessment.opened_at'
  const direction = sort.startsWith('-') ? 'desc' : 'asc'
  const [value, id] = decodeCursor(request.cursor, 2) ?? []
  const after = typeof value !== 'string' ? undefined : column === 'assessment.period' ? value : parseInstant(value)
  const found = await filtered(db, actor, filter)
    .$if(after !== undefined && typeof id === 'string', query =>
      query.where(eb => {
        const key = typeof after === 'string' ? eb.val(after) : eb.cast<Instant>(eb.val(after?.toISOString() ?? ''), 'timestamptz')
        const sign = direction === 'desc' ? '<' : '>'
        return eb.or([eb(column, sign, key), eb.and([eb(column, '=', key), eb('assessment.id', sign, String(id))])])
      }),
    )
    .select(['assessment.id', 'assessment.period', 'assessment.opened_at'])
    .orderBy(column, direction)
    .orderBy('assessment.id', direction)
    .limit(request.limit + 1)
    .execute()
  const shown = found.slice(0, request.limit)
  const last = shown.at(-1)
  const rows = await rowsOf(
    db,
    actor,
    shown.map(row => row.id),
  )
  const key = last === undefined ? '' : column === 'assessment.period' ? last.period : last.opened_at.toISOString()
  return { rows, next: found.length > request.limit && last !== undefined ? encodeCursor([key, last.id]) : null, total }
}

function filtered(db: Asks, actor: Who, { search, state }: AssessmentsFilter) {
  let query = db
    .selectFrom('assure_assessment as assessment')
    .innerJoin('assure_framework as framework', 'framework.id', 'assessment.framework_id')
    .where('assessment.organisation_id', '=', actor.organisationId ?? '')
  if (state === '') query = query.where('assessment.state', '<>', 'withdrawn')
  else if (state !== 'all') query = query.where('assessment.state', '=', state)
  for (const word of search.split(/\s+/).filter(part => part !== '')) {
    const like = `%${word.replace(/[\\%_]/g, '\\$&')}%`
    query = query.where(eb =>
      eb.or([eb('framework.name', 'ilike', like), eb('assessment.subject', 'ilike', like), eb('assessment.period', 'ilike', like)]),
    )
  }
  if (!seesOnlyGiven(actor)) return query
  return query.where('assessment.id', 'in', eb =>
    eb.selectFrom('assure_respondent').select('assure_respondent.assessment_id').where('assure_respondent.person_id', '=', actor.id),
  )
}

/** To a contributor the counts are of what was given to them. */
async function rowsOf(db: Asks, actor: Who, ids: readonly string[]): Promise<readonly AssessmentRow[]> {
  if (ids.length === 0) return []
  const heads = await assessments(db).where('assessment.id', 'in', ids).execute()
  const views = await db
    .selectFrom('assure_view')
    .where('assessment_id', 'in', ids)
    .where('view', '=', 'self')
    .$if(seesOnlyGiven(actor), query =>
      query.where(({ exists, selectFrom }) =>
        exists(
          selectFrom('assure_respondent as given')
            .select('given.person_id')
            .whereRef('given.assessment_id', '=', 'assure_view.assessment_id')
            .whereRef('given.outcome_code', '=', 'assure_view.outcome_code')
            .where('given.person_id', '=', actor.id),
        ),
      ),
    )
    .groupBy('assessment_id')
    .select(({ fn, eb }) => [
      'assessment_id',
      fn.countAll<number>().as('outcomes'),
      fn.countAll<number>().filterWhere('state', '=', 'recorded').as('complete'),
      fn.max(eb.ref('changed_at')).as('answered_at'),
    ])
    .execute()
  const byId = new Map(heads.map(row => [row.id, asAssessment(row)]))
  const counts = new Map(views.map(row => [row.assessment_id, row]))
  return ids.flatMap(id => {
    const head = byId.get(id)
    const count = counts.get(id)
    if (head === undefined) return []
    return [{ ...head, outcomes: count?.outcomes ?? 0, complete: count?.complete ?? 0, answeredAt: count?.answered_at ?? null }]
  })
}

/** The reviews whose answers can be carried into a new one, the newest first. */
export async function earlierAssessments(db: Asks, { organisationId }: Pick<Actor, 'organisationId'>): Promise<readonly Assessment[]> {
  const rows = await assessments(db)
    .where('assessment.organisation_id', '=', organisationId ?? '')
    .where('assessment.state', '<>', 'withdrawn')
    .orderBy('assessment.period', 'desc')
    .orderBy('assessment.id', 'desc')
    .limit(50)
    .execute()
  return rows.map(asAssessment)
}

/** The frameworks that a review can be opened of, each with how much it asks. */
export async function frameworkChoices(db: Asks): Promise<readonly FrameworkChoice[]> {
  const rows = await db
    .selectFrom('assure_framework as framework')
    .where('framework.withdrawn_at', 'is', null)
    .select(eb => [
      'framework.id',
      'framework.code',
      'framework.version',
      'framework.name',
      'framework.description',
      'framework.subject',
      eb
        .selectFrom('assure_indicator')
        .whereRef('assure_indicator.framework_id', '=', 'framework.id')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('indicators'),
    ])
    .orderBy('framework.name')
    .orderBy('framework.version', 'desc')
    .execute()
  return rows.map(row => ({ ...row, id: row.id as Id<'framework'>, indicators: row.indicators ?? 0 }))
}

/** The profiles that fit a kind of organisation: those for all, and those for its type; of a year those for that year or for all. */
export async function profilesFor(
  db: Asks,
  organisationId: Id<'organisation'>,
  frameworkId: string | null,
  period: string | null,
): Promise<readonly ProfileChoice[]> {
  let query = db
    .selectFrom('assure_profile as profile')
    .where('profile.withdrawn_at', 'is', null)
    .where(eb =>
      eb.or([
        eb('profile.organisation_type', 'is', null),
        eb('profile.organisation_type', '=', eb.selectFrom('directory_organisation').where('id', '=', organisationId).select('type')),
      ]),
    )
  if (frameworkId !== null) query = query.where('profile.framework_id', '=', frameworkId)
  if (period !== null) query = query.where(eb => eb.or([eb('profile.period', 'is', null), eb('profile.period', '=', period)]))
  const rows = await query
    .select(['profile.id', 'profile.framework_id as frameworkId', 'profile.name', 'profile.period'])
    .orderBy('profile.name')
    .execute()
  return rows.map(row => ({ ...row, id: row.id as Id<'profile'> }))
}
