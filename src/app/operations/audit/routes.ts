import { z } from 'zod'
import type { Page } from '../../../kernel/page.ts'
import type { AuditRow } from '../../../platform/audit/record.ts'
import { verifyChain } from '../../../platform/audit/verify.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { cursorText, searchText } from '../../../platform/http/list-address.ts'
import { csv, page } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { AUDIT_SORTS, auditAfter, listAudit, recordedVerbs, type AuditFilter } from './queries/list.ts'
import { idsNamed, namesOf, sameSubject, type Named } from './queries/names.ts'
import { AUDIT_HEAD, auditLine, auditModel, idsIn, type AskedAudit } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500

const access = { permission: 'operations.audit.list' }
export const auditQuery = z.object({
  q: searchText,
  subject: searchText,
  actor: searchText,
  verb: searchText,
  sort: z.enum(AUDIT_SORTS).catch('-when'),
  cursor: cursorText,
})

/** What is asked for, with the names in it looked up. */
export async function filterOf(
  db: Reader<unknown>,
  { q, subject, actor, verb }: Omit<AskedAudit, 'sort' | 'cursor'>,
  verbs: readonly string[],
): Promise<AuditFilter> {
  return {
    subjects: subject === '' ? null : await sameSubject(db, subject),
    actorId: actor || null,
    // A verb, or how several begin: `broadcast.`
    verbs: verb === '' ? null : verbs.filter(one => one.startsWith(verb)),
    search: q === '' ? null : { text: q, ids: await idsNamed(db, q) },
  }
}

interface Known {
  readonly verbs: readonly string[]
  readonly found: Page<AuditRow>
  readonly names: ReadonlyMap<string, Named>
}

const list = route({
  method: 'GET',
  path: '/audit',
  access,
  query: auditQuery,
  async handle({ query, read, actor }) {
    const { verbs, found, names } = await read<unknown, Known>(async db => {
      const recorded = await recordedVerbs(db)
      const records = await listAudit(db, await filterOf(db, query, recorded), query.sort, { limit: PAGE_ROWS, cursor: query.cursor })
      return { verbs: recorded, found: records, names: await namesOf(db, [...records.rows.flatMap(idsIn), query.actor, query.subject]) }
    })
    return page('operations/audit.njk', 'Audit', { ...auditModel(query, found, names, verbs), mayVerify: may(actor, 'operations.audit.verify') })
  },
})

interface NamedRecord {
  readonly record: AuditRow
  readonly names: ReadonlyMap<string, Named>
}

const listCsv = route({
  method: 'GET',
  path: '/audit.csv',
  access,
  query: auditQuery,
  async handle({ query, read }) {
    const filter = await read<unknown, AuditFilter>(async db => filterOf(db, query, await recordedVerbs(db)))
    const part = (cursor: string | null) =>
      read<unknown, Omit<Page<NamedRecord>, 'total'>>(async db => {
        const { rows, next } = await auditAfter(db, filter, query.sort, { limit: CSV_ROWS, cursor })
        const names = await namesOf(db, rows.flatMap(idsIn))
        return { rows: rows.map(record => ({ record, names })), next }
      })
    return csv(
      'audit.csv',
      csvPages(AUDIT_HEAD, ({ record, names }: NamedRecord) => auditLine(record, names), part),
    )
  },
})

const verify = route({
  method: 'GET',
  path: '/audit/verify',
  access: { permission: 'operations.audit.verify' },
  perMinute: 6,
  async handle({ read }) {
    const verdict = await read(db => verifyChain(db))
    return page('operations/audit-verified.njk', 'Audit verified', { verdict })
  },
})

export const auditRoutes: readonly Route[] = [list, listCsv, verify]
