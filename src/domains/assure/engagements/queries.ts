import { sql } from 'kysely'
import { NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { parseInstant } from '../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { type Engagement, type EngagementState } from './model.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom'>

function engagements(db: Asks) {
  return db
    .selectFrom('assure_engagement as engagement')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'engagement.organisation_id')
    .select([
      'engagement.id',
      'engagement.assessment_id as assessmentId',
      'engagement.organisation_id as organisationId',
      'organisation.name as organisationName',
      'organisation.code as organisationCode',
      'engagement.assessor_id as assessorId',
      'engagement.assessor_name as assessorName',
      'engagement.assessor_body as assessorBody',
      'engagement.kind',
      'engagement.sample',
      'engagement.purpose',
      'engagement.until',
      'engagement.independence',
      'engagement.conflicts',
      'engagement.declared_at as declaredAt',
      'engagement.asked_at as askedAt',
      'engagement.asked_by_name as askedByName',
      'engagement.submitted_at as submittedAt',
      'engagement.ended_at as endedAt',
      'engagement.end_reason as endReason',
    ])
}

type Row = Awaited<ReturnType<ReturnType<typeof engagements>['executeTakeFirstOrThrow']>>

/** Ids in rows are what `newId` made. */
const engagementOf = (row: Row): Engagement => ({ ...row, id: row.id as Id<'engagement'>, assessmentId: row.assessmentId as Id<'assessment'> })

/** Everybody who was ever asked to assess it, the newest first. */
export async function engagementsOf(db: Asks, assessmentId: string): Promise<readonly Engagement[]> {
  const rows = await engagements(db)
    .where('engagement.assessment_id', '=', assessmentId)
    .orderBy('engagement.asked_at', 'desc')
    .orderBy('engagement.id', 'desc')
    .execute()
  return rows.map(engagementOf)
}

/** One by its id, for its organisation and whoever was asked. Throws `NotFound` for anybody else. */
async function engagementById(db: Asks, id: string): Promise<Engagement> {
  const row = await engagements(db).where('engagement.id', '=', id).executeTakeFirst()
  if (row === undefined) throw noSuchEngagement()
  return engagementOf(row)
}

/** One that the actor was asked for. Throws `NotFound` for any other. */
export async function ownEngagement(db: Asks, actor: { readonly id: string }, id: string): Promise<Engagement> {
  const found = await engagementById(db, id)
  if (found.assessorId !== actor.id) throw noSuchEngagement()
  return found
}

/** The newest engagement of somebody who assesses (`independent` or `peer`), ended or not; `null` when nobody was ever asked. */
export async function leadEngagement(db: Asks, assessmentId: string): Promise<Engagement | null> {
  return (await engagementsOf(db, assessmentId)).find(({ kind }) => kind !== 'second') ?? null
}

function noSuchEngagement(): NotFound {
  return new NotFound('assure.engagement.unknown', 'There is no such assessment for you. It may have been given to somebody else.')
}

export interface EngagementFilter {
  readonly search: string
  /** `null` for those that still need the assessor: asked, at work or handed over. */
  readonly state: EngagementState | 'all' | null
}

/** What somebody was asked to assess, what ends soonest first. */
export async function engagementsFor(
  db: Reader<Visible>,
  actor: { readonly id: string },
  filter: EngagementFilter,
  page: PageRequest,
  now: Date,
): Promise<Page<Engagement>> {
  const state = sql<string>`case when engagement.ended_at is not null then 'ended' when engagement.until <= ${now} then 'lapsed'
    when engagement.declared_at is null then 'asked' when engagement.submitted_at is null then 'declared' else 'handed-over' end`
  const matching = engagements(db)
    .where('engagement.assessor_id', '=', actor.id)
    .$if(filter.search !== '', query =>
      query.where(eb =>
        eb.or([
          eb(sql`position(lower(${filter.search}) in lower(organisation.name))`, '>', 0),
          eb('organisation.code', '=', filter.search.toUpperCase()),
        ]),
      ),
    )
    .$if(filter.state !== 'all', query =>
      filter.state === null ? query.where(state, 'not in', ['ended', 'lapsed']) : query.where(state, '=', filter.state),
    )
  const { total } = await matching
    .clearSelect()
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const [time, id] = decodeCursor(page.cursor, 2) ?? []
  const until = typeof time === 'string' ? parseInstant(time) : undefined
  const rows = await matching
    .$if(until !== undefined && typeof id === 'string', query =>
      query.where(sql<boolean>`(engagement.until, engagement.id) > (${until}::timestamptz, ${id})`),
    )
    .orderBy('engagement.until')
    .orderBy('engagement.id')
    .limit(page.limit + 1)
    .execute()
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(engagementOf),
    total,
    next: rows.length > page.limit && last !== undefined ? encodeCursor([last.until.toISOString(), last.id]) : null,
  }
}

/** Somebody who can be asked in. Read with the sight of the system: an organisation does not see the people of other bodies. */
export interface Candidate {
  readonly id: string
  readonly name: string
  readonly body: string
}

/** The assessors of the centre, by name, without those who hold a role at that organisation. */
export async function centreAssessors(db: Asks, organisationId: string): Promise<readonly Candidate[]> {
  return candidates(db, organisationId).where('assignment.role', '=', 'assessor').orderBy('person.name').orderBy('person.id').execute()
}

/** The cyber lead of another organisation who has that address; `undefined` for anybody else. */
export async function peerByAddress(db: Asks, organisationId: string, email: string): Promise<Candidate | undefined> {
  return candidates(db, organisationId)
    .where('assignment.role', '=', 'cyber-lead')
    .where(({ fn }) => fn('lower', ['person.email']), '=', email.toLowerCase())
    .executeTakeFirst()
}

/** Where to tell somebody that they were asked in; `undefined` once they were taken off. */
export async function addressOfAssessor(db: Asks, engagementId: string): Promise<{ readonly name: string; readonly email: string } | undefined> {
  return db
    .selectFrom('assure_engagement as engagement')
    .innerJoin('directory_person as person', 'person.id', 'engagement.assessor_id')
    .where('engagement.id', '=', engagementId)
    .where('engagement.ended_at', 'is', null)
    .where('person.left_at', 'is', null)
    .select(['person.name', 'person.email'])
    .executeTakeFirst()
}

function candidates(db: Asks, organisationId: string) {
  return db
    .selectFrom('directory_person as person')
    .innerJoin('directory_assignment as assignment', 'assignment.person_id', 'person.id')
    .innerJoin('directory_organisation as body', 'body.id', 'assignment.organisation_id')
    .where('person.left_at', 'is', null)
    .where('assignment.until', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('directory_assignment as own')
            .whereRef('own.person_id', '=', 'person.id')
            .where('own.organisation_id', '=', organisationId)
            .where('own.until', 'is', null)
            .select('own.id'),
        ),
      ),
    )
    .select(['person.id', 'person.name', 'body.name as body'])
}
