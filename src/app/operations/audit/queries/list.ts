import { sql, type RawBuilder } from 'kysely'
import { parseId } from '../../../../kernel/id.ts'
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
  /** Any of these ids, as who, on what or at which organisation; or else the words of a reason. */
  readonly search: { readonly text: string; readonly ids: readonly string[] } | null
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
  const inOrder = sql`order by seq ${sql.raw(isDown ? 'desc' : 'asc')} limit ${request.limit + 1}`
  const parts = partsOf(filter).map(({ column, ids, condition }) =>
    column === null
      ? sql`(select seq from audit_record where ${condition} and ${isAfter} ${inOrder})`
      : // From each id as far as a page needs. Told to look for any of them, PostgreSQL would read the audit backwards until it has found a page.
        sql`(select part.seq from unnest(${ids}::text[]) as wanted (id)
          cross join lateral (select seq from audit_record where ${sql.ref(column)} = wanted.id and ${condition} and ${isAfter} ${inOrder}) part)`,
  )
  const { rows } = await sql<AuditRow>`select * from audit_record where seq in (${sql.join(parts, sql` union `)}) ${inOrder}`.execute(db)
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return { rows: shown, next: rows.length > shown.length && last !== undefined ? encodeCursor([last.seq]) : null }
}

async function countAudit(db: Executor, filter: AuditFilter): Promise<number> {
  const isAll = Object.values(filter).every(value => value === null)
  const parts = partsOf(filter).map(({ column, ids, condition }) => {
    const isOne = column === null ? sql`true` : sql`${sql.ref(column)} = any(${ids}::text[])`
    return sql`select seq from audit_record where ${condition} and ${isOne}`
  })
  const { rows } = await sql<{ total: number }>`${
    // Records are numbered from one without a gap, and none is ever taken out: the chain proves it.
    isAll
      ? sql`select coalesce(max(seq), 0)::int as total from audit_record`
      : sql`select count(*)::int as total from (${sql.join(parts, sql` union `)}) found`
  }`.execute(db)
  return rows[0]?.total ?? 0
}

/** Records whose column holds any of the ids and that fulfil the condition; with no column, all that fulfil it. */
interface Part {
  readonly column: 'actor_id' | 'subject_id' | 'organisation_id' | null
  readonly ids: readonly string[]
  readonly condition: RawBuilder<unknown>
}

/**
 * What the filter asks for, in parts of which any will do. Each is asked for by itself, by the index that it has: of one condition
 * joined by "or" PostgreSQL reads the whole audit.
 */
function partsOf({ subjects, actorId, verbs, search }: AuditFilter): readonly Part[] {
  const conditions = [
    sql`true`,
    ...(subjects === null ? [] : [sql`(subject_id = any(${subjects}::text[]) or organisation_id = any(${subjects}::text[]))`]),
    ...(actorId === null ? [] : [sql`actor_id = ${actorId}`]),
    ...(verbs === null ? [] : [sql`verb = any(${verbs}::text[])`]),
  ]
  const condition = sql.join(conditions, sql` and `)
  if (search === null) return [{ column: null, ids: [], condition }]
  const { ids, text } = search
  return [
    { column: 'actor_id', ids, condition },
    { column: 'subject_id', ids, condition },
    { column: 'organisation_id', ids: ids.filter(id => parseId('organisation', id) !== undefined), condition },
    { column: null, ids: [], condition: sql`${condition} and reason is not null and ${holdsWords(sql`reason`, text)}` },
  ]
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
