import { sql, type RawBuilder } from 'kysely'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { AuditRow } from '../../../../platform/audit/record.ts'
import { holdsWords } from '../../../../platform/db/search.ts'
import type { Reader } from '../../../../platform/work/read.ts'

type Executor = Pick<Reader<unknown>, 'getExecutor'>

/** What the list is narrowed by, with names already looked up (`names.ts`). `null` narrows nothing. */
export interface AuditFilter {
  /** Ids of one thing or organisation, in every form in which records have it. */
  readonly subjects: readonly string[] | null
  readonly actorId: string | null
  readonly verbs: readonly string[] | null
  /** Words of a reason, or else any of these ids, as who, on what or at which organisation, or any of these verbs. */
  readonly search: { readonly text: string; readonly ids: readonly string[]; readonly verbs: readonly string[] } | null
}

/** Newest first, or the other way round. */
export const AUDIT_SORTS = ['-when', 'when'] as const
export type AuditSort = (typeof AUDIT_SORTS)[number]

/** A page of the audit, with how many records there are. Runs in the caller's scope: only the centre sees any. */
export async function listAudit(db: Executor, filter: AuditFilter, sort: AuditSort, request: PageRequest): Promise<Page<AuditRow>> {
  return { ...(await auditAfter(db, filter, sort, request)), total: await countAudit(db, filter) }
}

/** The records after a cursor, without a count: for a download, part by part. */
export async function auditAfter(db: Executor, filter: AuditFilter, sort: AuditSort, request: PageRequest): Promise<Omit<Page<AuditRow>, 'total'>> {
  const [from] = decodeCursor(request.cursor, 1) ?? []
  const isDown = sort === '-when'
  const isAfter = typeof from === 'number' ? sql`seq ${sql.raw(isDown ? '<' : '>')} ${from}` : sql`true`
  const { rows } = await sql<AuditRow>`select * from audit_record where ${matching(filter)} and ${isAfter}
    order by seq ${sql.raw(isDown ? 'desc' : 'asc')} limit ${request.limit + 1}`.execute(db)
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return { rows: shown, next: rows.length > shown.length && last !== undefined ? encodeCursor([last.seq]) : null }
}

async function countAudit(db: Executor, filter: AuditFilter): Promise<number> {
  // Records are numbered from one without a gap, and none is ever taken out: the chain proves it.
  const isAll = Object.values(filter).every(value => value === null)
  const count = isAll
    ? sql`select coalesce(max(seq), 0)::int as total from audit_record`
    : sql`select count(*)::int as total from audit_record where ${matching(filter)}`
  const { rows } = await sql<{ total: number }>`${count}`.execute(db)
  return rows[0]?.total ?? 0
}

function matching({ subjects, actorId, verbs, search }: AuditFilter): RawBuilder<unknown> {
  const conditions = [
    ...(subjects === null ? [] : [sql`(subject_id = any(${subjects}::text[]) or organisation_id = any(${subjects}::text[]))`]),
    ...(actorId === null ? [] : [sql`actor_id = ${actorId}`]),
    ...(verbs === null ? [] : [sql`verb = any(${verbs}::text[])`]),
    ...(search === null ? [] : [found(search)]),
  ]
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
}

/** Each part has an index of its own, so that a search reads what it finds and not the whole audit. */
function found({ text, ids, verbs }: NonNullable<AuditFilter['search']>): RawBuilder<unknown> {
  return sql`(actor_id = any(${ids}::text[]) or subject_id = any(${ids}::text[]) or organisation_id = any(${ids}::text[])
    or verb = any(${verbs}::text[]) or (reason is not null and ${holdsWords(sql`reason`, text)}))`
}

/** Every verb that stands in the audit, in order. Steps from one to the next by index: there are a hundred, in millions of records. */
export async function recordedVerbs(db: Executor): Promise<readonly string[]> {
  const { rows } = await sql<{ verb: string }>`
    with recursive step as (
      (select verb from audit_record order by verb limit 1)
      union all
      select (select verb from audit_record where verb > step.verb order by verb limit 1) from step where step.verb is not null
    )
    select verb from step where verb is not null`.execute(db)
  return rows.map(row => row.verb)
}
