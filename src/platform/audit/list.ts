import { sql, type Kysely } from 'kysely'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../kernel/page.ts'
import type { AuditRow } from './record.ts'

export interface AuditFilter {
  readonly subjectId: string | null
  readonly actorId: string | null
  /** A verb, or the start of one: `broadcast.` */
  readonly verb: string | null
}

/** The newest records first. Runs in the caller's scope: only the centre sees any. */
export async function listAudit(db: Pick<Kysely<unknown>, 'getExecutor'>, filter: AuditFilter, request: PageRequest): Promise<Page<AuditRow>> {
  const [before] = decodeCursor(request.cursor, 1) ?? [null]
  const conditions = [
    sql`true`,
    ...(filter.subjectId === null ? [] : [sql`(subject_id = ${filter.subjectId} or organisation_id = ${filter.subjectId})`]),
    ...(filter.actorId === null ? [] : [sql`actor_id = ${filter.actorId}`]),
    ...(filter.verb === null ? [] : [sql`starts_with(verb, ${filter.verb})`]),
  ]
  const where = sql.join(conditions, sql` and `)
  const { rows: counted } = await sql<{ total: number }>`select count(*)::int as total from audit_record where ${where}`.execute(db)
  const { rows } =
    await sql<AuditRow>`select * from audit_record where ${where} and ${before === null ? sql`true` : sql`seq < ${before}`} order by seq desc limit ${request.limit + 1}`.execute(
      db,
    )
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return { rows: shown, total: counted[0]?.total ?? 0, next: rows.length > shown.length && last !== undefined ? encodeCursor([last.seq]) : null }
}
