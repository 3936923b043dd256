import { sql, type SqlBool } from 'kysely'
import { NotFound } from '../../../kernel/errors.ts'
import type { Instant } from '../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { figureContent, ownImprovementContent, ownScenarioContent, settingsContent, versionsContent } from './content.ts'
import type { InvestmentCase, OwnEntry, Override } from './model.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom'>

export interface CaseLine {
  readonly id: string
  readonly name: string
  readonly openedAt: Instant
  readonly changedAt: Instant
  readonly answeredAt: Instant | null
  readonly decidedAt: Instant | null
}

/** The organisation's cases, the newest first. */
export async function casesOf(db: Asks, actor: Pick<Actor, 'organisationId'>, search: string, request: PageRequest): Promise<Page<CaseLine>> {
  const matching = db
    .selectFrom('assure_case as one')
    .where('one.organisation_id', '=', actor.organisationId ?? '')
    .where('one.withdrawn_at', 'is', null)
    .$if(search !== '', query => query.where(sql<SqlBool>`position(lower(${search}) in lower(one.name)) > 0`))
  const { total } = await matching.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const [after] = decodeCursor(request.cursor, 1) ?? []
  const rows = await matching
    .$if(typeof after === 'string', query => query.where('one.id', '<', String(after)))
    .select(eb => [
      'one.id',
      'one.name',
      'one.opened_at as openedAt',
      'one.changed_at as changedAt',
      eb
        .selectFrom('assure_case_answer as answer')
        .whereRef('answer.case_id', '=', 'one.id')
        .select(({ fn }) => fn.max('answer.at').as('at'))
        .as('answeredAt'),
      eb
        .selectFrom('assure_case_decision as decision')
        .whereRef('decision.case_id', '=', 'one.id')
        .select(({ fn }) => fn.max('decision.at').as('at'))
        .as('decidedAt'),
    ])
    .orderBy('one.id', 'desc')
    .limit(request.limit + 1)
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return { rows: shown, total, next: rows.length > request.limit && last !== undefined ? encodeCursor([last.id]) : null }
}

/** The case, for its own organisation. Throws `NotFound` for everybody else. */
export async function caseById(db: Asks, id: string): Promise<InvestmentCase> {
  const row = await db.selectFrom('assure_case').where('id', '=', id).where('withdrawn_at', 'is', null).selectAll().executeTakeFirst()
  if (row === undefined) throw new NotFound('assure.investment.unknown', 'There is no such case among yours. Look at the list of your cases.')
  return {
    id: row.id,
    organisationId: row.organisation_id,
    name: row.name,
    assessmentId: row.assessment_id,
    versions: versionsContent.parse(row.versions),
    settings: settingsContent.parse(row.settings),
    inPlace: row.in_place,
    revision: row.revision,
    openedAt: row.opened_at,
    changedAt: row.changed_at,
  }
}

export async function overridesOf(db: Asks, caseId: string): Promise<readonly Override[]> {
  const rows = await db
    .selectFrom('assure_case_override')
    .where('case_id', '=', caseId)
    .selectAll()
    .orderBy('kind')
    .orderBy('code')
    .orderBy('field')
    .execute()
  return rows.map(({ kind, code, field, value, reason, owner, at }) => ({ kind, code, field, figure: figureContent.parse(value), reason, owner, at }))
}

export async function ownEntriesOf(db: Asks, caseId: string): Promise<readonly OwnEntry[]> {
  const rows = await db.selectFrom('assure_case_entry').where('case_id', '=', caseId).selectAll().orderBy('kind').orderBy('code').execute()
  return rows.map(({ kind, code, name, content }): OwnEntry =>
    kind === 'improvement'
      ? { kind, code, name, content: ownImprovementContent.parse(content) }
      : { kind, code, name, content: ownScenarioContent.parse(content) },
  )
}

/** What an organisation is to a case: its type and its staff, where they are known. */
export async function ownOrganisation(db: Asks, actor: Pick<Actor, 'organisationId'>) {
  const row = await db
    .selectFrom('directory_organisation')
    .where('id', '=', actor.organisationId ?? '')
    .select(['id', 'name', 'type', 'size'])
    .executeTakeFirst()
  if (row === undefined) throw new NotFound('assure.investment.organisation', 'You act for no organisation, so there is no case to make.')
  return row
}

/** The newest review of the organisation, with the status of each of its outcomes: what both agreed, else what the assessor says, else what it says itself. */
export interface ReviewedOutcomes {
  readonly id: string
  readonly framework: string
  readonly version: string
  readonly period: string
  /** Outcome → its status and whether that is the framework's best level. */
  readonly best: ReadonlySet<string>
}

export async function newestReviews(db: Asks, organisationId: string): Promise<readonly ReviewedOutcomes[]> {
  const reviews = await db
    .selectFrom('assure_assessment as assessment')
    .innerJoin('assure_framework as framework', 'framework.id', 'assessment.framework_id')
    .where('assessment.organisation_id', '=', organisationId)
    .where('assessment.state', '<>', 'withdrawn')
    .where('framework.subject', '=', 'organisation')
    .select(['assessment.id', 'assessment.period', 'framework.code', 'framework.version', 'framework.levels'])
    .distinctOn('framework.code')
    .orderBy('framework.code')
    .orderBy('assessment.opened_at', 'desc')
    .execute()
  if (reviews.length === 0) return []
  const statuses = await db
    .selectFrom('assure_view')
    .where(
      'assessment_id',
      'in',
      reviews.map(({ id }) => id),
    )
    .where('view', 'in', ['self', 'independent', 'agreed'])
    .select(['assessment_id', 'view', 'outcome_code', 'status'])
    .execute()
  const rank: Readonly<Record<string, number>> = { agreed: 2, independent: 1, self: 0 }
  return reviews.map(({ id, period, code, version, levels }) => {
    const bestLevel = firstCode(levels)
    const standing = new Map<string, { rank: number; status: string }>()
    for (const row of statuses) {
      const known = standing.get(row.outcome_code)
      const mine = rank[row.view] ?? 0
      if (row.assessment_id === id && (known === undefined || known.rank < mine)) standing.set(row.outcome_code, { rank: mine, status: row.status })
    }
    return {
      id,
      framework: code,
      version,
      period,
      best: new Set([...standing].filter(([, { status }]) => status === bestLevel).map(([outcome]) => outcome)),
    }
  })
}

/** Levels stand best first. */
function firstCode(levels: unknown): string | undefined {
  const first: unknown = Array.isArray(levels) ? levels[0] : undefined
  const code: unknown = typeof first === 'object' && first !== null ? Reflect.get(first, 'code') : undefined
  return typeof code === 'string' ? code : undefined
}

export interface KeptAnswer {
  readonly id: string
  readonly caseId: string
  readonly inputsHash: string
  readonly problem: unknown
  readonly answer: unknown
  readonly study: unknown
  readonly certificate: unknown
  readonly at: Instant
}

/** Without its certificate, which is long: whether there is one. */
export async function newestAnswer(
  db: Asks,
  caseId: string,
): Promise<(Omit<KeptAnswer, 'certificate'> & { readonly hasCertificate: boolean }) | null> {
  const found = db
    .selectFrom('assure_case_answer')
    .select(['id', 'case_id as caseId', 'inputs_hash as inputsHash', 'problem', 'answer', 'study', 'at'])
    .select(eb => eb('certificate', 'is not', null).$castTo<boolean>().as('hasCertificate'))
  return (await found.where('case_id', '=', caseId).orderBy('at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst()) ?? null
}

/** Throws `NotFound` for an answer of another case. */
export async function answerById(db: Asks, caseId: string, id: string): Promise<KeptAnswer> {
  const found = await answers(db).where('case_id', '=', caseId).where('id', '=', id).executeTakeFirst()
  if (found === undefined) throw new NotFound('assure.investment.answer', 'There is no such answer. Solve the case again.')
  return found
}

/** How far the study of an answer is. Throws `NotFound` for an answer of another case. */
export async function studyById(db: Asks, caseId: string, id: string): Promise<unknown> {
  const found = await db.selectFrom('assure_case_answer').where('case_id', '=', caseId).where('id', '=', id).select('study').executeTakeFirst()
  if (found === undefined) throw new NotFound('assure.investment.answer', 'There is no such answer. Solve the case again.')
  return found.study
}

/** By its id alone: for what works behind the scenes. */
export async function answerToStudy(db: Asks, id: string): Promise<(KeptAnswer & { readonly years: number }) | null> {
  const found = await answers(db).where('id', '=', id).executeTakeFirst()
  if (found === undefined) return null
  const { settings } = await db.selectFrom('assure_case').where('id', '=', found.caseId).select('settings').executeTakeFirstOrThrow()
  return { ...found, years: settingsContent.parse(settings).years }
}

function answers(db: Asks) {
  return db
    .selectFrom('assure_case_answer')
    .select(['id', 'case_id as caseId', 'inputs_hash as inputsHash', 'problem', 'answer', 'study', 'certificate', 'at'])
}

export interface Decision {
  readonly id: string
  readonly answerId: string
  readonly chosen: readonly string[]
  readonly isOwn: boolean
  readonly reason: string
  readonly at: Instant
}

export async function newestDecision(db: Asks, caseId: string): Promise<Decision | null> {
  const found = await db
    .selectFrom('assure_case_decision')
    .where('case_id', '=', caseId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .select(['id', 'answer_id as answerId', 'chosen', 'is_own as isOwn', 'reason', 'at'])
    .executeTakeFirst()
  return found ?? null
}
