import { sql, type SqlBool } from 'kysely'
import { NotFound } from '../../../kernel/errors.ts'
import type { Instant, LocalDate } from '../../../kernel/instant.ts'
import { londonDate } from '../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { seesOnlyGiven } from '../assessments/model.ts'
import type { Visible } from '../tables.ts'
import { evidenceState, expiringBy, type EvidenceKind, type EvidenceState } from './model.ts'

type Db = Reader<Visible>
type Viewer = Pick<Actor, 'id' | 'role'>

export interface EvidenceGrade {
  readonly code: string
  readonly label: string
  readonly meaning: string
}

/** The grades, from the weakest to the strongest. */
export function evidenceGrades(db: Db): Promise<readonly EvidenceGrade[]> {
  return db.selectFrom('assure_evidence_grade').select(['code', 'label', 'meaning']).orderBy('position').execute()
}

export interface EvidenceLine {
  readonly id: string
  readonly kind: EvidenceKind
  readonly title: string
  readonly grade: string
  readonly gradeLabel: string
  readonly effectiveOn: LocalDate
  readonly expiresOn: LocalDate | null
  readonly state: EvidenceState
  readonly ownerName: string | null
  readonly addedAt: Instant
  readonly outcomes: readonly string[]
}

export interface EvidenceFilter {
  readonly search: string
  /** `in-force`: what counts today, the expiring with it. */
  readonly state: EvidenceState | 'in-force' | 'all'
  readonly kind: EvidenceKind | ''
  readonly grade: string
  readonly outcome: string
}

export const EVIDENCE_SORTS = ['-added', 'expires', 'title'] as const
export type EvidenceSort = (typeof EVIDENCE_SORTS)[number]

/** The pieces of a review that the viewer may see: for somebody who was given some outcomes, those of these. */
export async function listEvidence(
  db: Db,
  viewer: Viewer,
  assessmentId: string,
  ask: { readonly filter: EvidenceFilter; readonly sort: EvidenceSort; readonly now: Instant },
  request: PageRequest,
): Promise<Page<EvidenceLine>> {
  const matching = matchingEvidence(db, viewer, assessmentId, ask.filter, ask.now)
  const { total } = await matching.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const [key, id] = decodeCursor(request.cursor, 2) ?? []
  const isFrom = typeof key === 'string' && typeof id === 'string'
  const sorted = {
    '-added': { key: sql<string>`piece.id`, after: sql<SqlBool>`piece.id < ${id ?? ''}`, order: sql`piece.id desc` },
    expires: {
      key: sql<string>`coalesce(piece.expires_on::text, '9999-12-31')`,
      after: sql<SqlBool>`(coalesce(piece.expires_on::text, '9999-12-31'), piece.id) > (${key ?? ''}, ${id ?? ''})`,
      order: sql`coalesce(piece.expires_on::text, '9999-12-31'), piece.id`,
    },
    title: {
      key: sql<string>`lower(piece.title)`,
      after: sql<SqlBool>`(lower(piece.title) collate "C", piece.id) > (${key ?? ''}, ${id ?? ''})`,
      order: sql`lower(piece.title) collate "C", piece.id`,
    },
  }[ask.sort]
  const rows = await linesOf(matching)
    .select(sorted.key.as('sort_key'))
    .$if(isFrom, query => query.where(sorted.after))
    .orderBy(sorted.order)
    .limit(request.limit + 1)
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: await withOutcomes(db, assessmentId, shown, ask.now),
    total,
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.sort_key, last.id]) : null,
  }
}

function matchingEvidence(db: Db, viewer: Viewer, assessmentId: string, { search, state, kind, grade, outcome }: EvidenceFilter, now: Instant) {
  const [today, soon] = [londonDate(now), expiringBy(now)]
  const isReplaced = sql<SqlBool>`exists (select from assure_evidence newer where newer.replaces = piece.id)`
  return db
    .selectFrom('assure_evidence as piece')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('assure_evidence_outcome as placed')
          .select(sql`1`.as('one'))
          .whereRef('placed.evidence_id', '=', 'piece.id')
          .where('placed.assessment_id', '=', assessmentId)
          .$if(outcome !== '', query => query.where('placed.outcome_code', '=', outcome))
          .$if(seesOnlyGiven(viewer), query =>
            query.where(
              'placed.outcome_code',
              'in',
              selectFrom('assure_respondent').where('assessment_id', '=', assessmentId).where('person_id', '=', viewer.id).select('outcome_code'),
            ),
          ),
      ),
    )
    .$if(search !== '', query =>
      query.where(sql<SqlBool>`position(lower(${search}) in lower(concat_ws(' ', piece.title, piece.note, piece.place, piece.file_name))) > 0`),
    )
    .$if(kind !== '', query => query.where('piece.kind', '=', kind === '' ? 'file' : kind))
    .$if(grade !== '', query => query.where('piece.grade', '=', grade))
    .$if(state === 'withdrawn', query => query.where('piece.withdrawn_at', 'is not', null))
    .$if(state === 'replaced', query => query.where('piece.withdrawn_at', 'is', null).where(isReplaced))
    .$if(!['all', 'withdrawn', 'replaced'].includes(state), query =>
      query.where('piece.withdrawn_at', 'is', null).where(sql<SqlBool>`not ${isReplaced}`),
    )
    .$if(state === 'in-force', query => query.where(sql<SqlBool>`(piece.expires_on is null or piece.expires_on >= ${today}::date)`))
    .$if(state === 'current', query => query.where(sql<SqlBool>`(piece.expires_on is null or piece.expires_on > ${soon}::date)`))
    .$if(state === 'expiring', query => query.where(sql<SqlBool>`piece.expires_on between ${today}::date and ${soon}::date`))
    .$if(state === 'expired', query => query.where(sql<SqlBool>`piece.expires_on < ${today}::date`))
}

function linesOf(matching: ReturnType<typeof matchingEvidence>) {
  return matching
    .innerJoin('assure_evidence_grade as grade', 'grade.code', 'piece.grade')
    .leftJoin('directory_person as owner', 'owner.id', 'piece.owner_id')
    .leftJoin('assure_evidence as newer', 'newer.replaces', 'piece.id')
    .select([
      'piece.id',
      'piece.kind',
      'piece.title',
      'piece.grade',
      'grade.label as gradeLabel',
      'piece.effective_on as effectiveOn',
      'piece.expires_on as expiresOn',
      'piece.withdrawn_at as withdrawnAt',
      'piece.added_at as addedAt',
      'owner.name as ownerName',
      'newer.id as replacedBy',
    ])
}

type LineRow = Omit<EvidenceLine, 'state' | 'outcomes'> & { readonly withdrawnAt: Instant | null; readonly replacedBy: string | null }

async function withOutcomes(db: Db, assessmentId: string, rows: readonly LineRow[], now: Instant): Promise<readonly EvidenceLine[]> {
  if (rows.length === 0) return []
  const placed = await db
    .selectFrom('assure_evidence_outcome')
    .where('assessment_id', '=', assessmentId)
    .where(
      'evidence_id',
      'in',
      rows.map(({ id }) => id),
    )
    .select(['evidence_id', 'outcome_code'])
    .orderBy('outcome_code')
    .execute()
  return rows.map(row => ({
    ...row,
    state: evidenceState({ expiresOn: row.expiresOn, withdrawnAt: row.withdrawnAt, isReplaced: row.replacedBy !== null }, now),
    outcomes: placed.filter(({ evidence_id }) => evidence_id === row.id).map(({ outcome_code }) => outcome_code),
  }))
}

export interface Evidence extends EvidenceLine {
  readonly note: string
  readonly place: string
  readonly fileName: string | null
  readonly mediaType: string | null
  readonly bytes: number | null
  readonly sha256: string | null
  readonly replaces: string | null
  readonly replacedBy: string | null
  readonly withdrawnAt: Instant | null
  readonly withdrawnReason: string | null
}

/** One piece of a review, for whoever may see it there. Throws `NotFound` for any other. */
export async function evidenceOf(db: Db, viewer: Viewer, { id: assessmentId }: { readonly id: string }, id: string, now: Instant): Promise<Evidence> {
  const everything = { search: '', state: 'all', kind: '', grade: '', outcome: '' } as const
  const row = await linesOf(matchingEvidence(db, viewer, assessmentId, everything, now))
    .where('piece.id', '=', id)
    .select([
      'piece.note',
      'piece.place',
      'piece.file_name as fileName',
      'piece.media_type as mediaType',
      'piece.bytes',
      'piece.sha256',
      'piece.replaces',
    ])
    .select('piece.withdrawn_reason as withdrawnReason')
    .executeTakeFirst()
  if (row === undefined)
    throw new NotFound('assure.evidence.unknown', 'There is no such evidence in this review, or it is for outcomes that were not given to you.')
  const [line] = await withOutcomes(db, assessmentId, [row], now)
  return { ...row, state: line?.state ?? 'current', outcomes: line?.outcomes ?? [] }
}

export interface EvidenceCheck {
  readonly at: Instant
  readonly isSame: boolean
  readonly byName: string | null
}

/** When somebody looked whether it is still the same file, the newest first. */
export function checksOf(db: Db, evidenceId: string): Promise<readonly EvidenceCheck[]> {
  return db
    .selectFrom('assure_evidence_check as checked')
    .leftJoin('directory_person as person', 'person.id', 'checked.by_id')
    .where('checked.evidence_id', '=', evidenceId)
    .select(['checked.at', 'checked.is_same as isSame', 'person.name as byName'])
    .orderBy('checked.at', 'desc')
    .orderBy('checked.id', 'desc')
    .limit(50)
    .execute()
}

/** The bytes of a file that is kept here. */
export async function contentOf(db: Db, evidenceId: string): Promise<Buffer> {
  const row = await db.selectFrom('assure_evidence_file').select('content').where('evidence_id', '=', evidenceId).executeTakeFirst()
  if (row === undefined) throw new NotFound('assure.evidence.no-file', 'The file is not kept here.')
  return row.content
}

/** How many pieces of a review have expired, and how many will within the month. */
export async function expiryOf(
  db: Db,
  viewer: Viewer,
  assessmentId: string,
  now: Instant,
): Promise<{ readonly expired: number; readonly expiring: number }> {
  const count = async (state: 'expired' | 'expiring') => {
    const filter = { search: '', state, kind: '', grade: '', outcome: '' } as const
    const matching = matchingEvidence(db, viewer, assessmentId, filter, now)
    return (await matching.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow()).total
  }
  return { expired: await count('expired'), expiring: await count('expiring') }
}

/** What expires within the month and has an owner who was not reminded of that day: for the job, which sees all. */
export async function expiringUnreminded(db: Db, now: Instant) {
  const rows = await db
    .selectFrom('assure_evidence as piece')
    .where('piece.withdrawn_at', 'is', null)
    .where('piece.owner_id', 'is not', null)
    .where(sql<SqlBool>`piece.expires_on between ${londonDate(now)}::date and ${expiringBy(now)}::date`)
    .where(sql<SqlBool>`piece.reminded_for is distinct from piece.expires_on`)
    .where(sql<SqlBool>`not exists (select from assure_evidence newer where newer.replaces = piece.id)`)
    .select(['piece.id', 'piece.organisation_id as organisationId', 'piece.owner_id as ownerId', 'piece.expires_on as expiresOn'])
    .orderBy('piece.id')
    .limit(5_000)
    .execute()
  return rows.map(row => ({ ...row, ownerId: row.ownerId ?? '' }))
}

/** The address of somebody who is to be reminded; `null` where they have left. */
export async function reminderAddress(db: Db, personId: string): Promise<{ readonly name: string; readonly email: string } | null> {
  const row = await db
    .selectFrom('directory_person')
    .select(['name', 'email'])
    .where('id', '=', personId)
    .where('left_at', 'is', null)
    .executeTakeFirst()
  return row ?? null
}
