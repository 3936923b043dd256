import { z } from 'zod'
import type { AuditRow } from '../../../platform/audit/record.ts'
import { verifyChain } from '../../../platform/audit/verify.ts'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { listAudit, recordedVerbs } from './queries/list.ts'
import { namesOf, type Named } from './queries/names.ts'
import { auditQuery, filterOf } from './routes.ts'
import { idsIn, isByCommand, nameOf } from './views.ts'

const NamedId = z.object({ id: z.string(), name: z.string().nullable() })

const list = listOperation({
  id: 'listAudit',
  summary: 'List the records of the audit',
  description:
    'Newest first. `verb` may be the beginning of several, such as `broadcast.`. `subject.tlp` is the label of what the name gives away. `change` is JSON, as the text that was hashed.',
  page: 'GET /audit',
  path: '/api/v1/audit',
  access: { permission: 'operations.audit.list' },
  query: filtersOf(auditQuery),
  item: z.object({
    number: z.int(),
    at: instant,
    verb: z.string(),
    subject: NamedId.extend({ kind: z.string(), tlp: z.string().nullable() }),
    organisation: NamedId.nullable(),
    actor: NamedId.extend({ kind: z.string(), role: z.string().nullable() }),
    onBehalfOf: NamedId.nullable(),
    isByCommandLine: z.boolean(),
    reason: z.string().nullable(),
    change: z.string().nullable(),
    hash: z.string(),
  }),
  async list(db: Reader<unknown>, page, { query }) {
    const { rows, ...rest } = await listAudit(db, await filterOf(db, query, await recordedVerbs(db)), query.sort, page)
    const names = await namesOf(db, rows.flatMap(idsIn))
    return { ...rest, rows: rows.map(row => recordAnswer(row, names)) }
  },
})

function recordAnswer(row: AuditRow, names: ReadonlyMap<string, Named>) {
  const named = (id: string) => {
    const name = nameOf(names, id)
    return { id, name: name === id ? null : name }
  }
  return {
    ...row,
    number: row.seq,
    subject: { ...named(row.subject_id), kind: row.subject_kind, tlp: names.get(row.subject_id)?.tlp ?? null },
    organisation: row.organisation_id === null ? null : named(row.organisation_id),
    actor: { ...named(row.actor_id), kind: row.actor_kind, role: row.actor_role },
    onBehalfOf: row.on_behalf_of === null ? null : named(row.on_behalf_of),
    isByCommandLine: isByCommand(row),
  }
}

const verify = operation({
  id: 'verifyAudit',
  summary: 'Prove that the audit is whole',
  description: 'Walks the chain of hashes. `firstBroken` is the number of the first record that does not fit, `null` when all do.',
  page: 'GET /audit/verify',
  method: 'GET',
  path: '/api/v1/audit/verify',
  access: { permission: 'operations.audit.verify' },
  perMinute: 6,
  answer: z.object({ records: z.int(), ok: z.boolean(), firstBroken: z.int().nullable() }),
  read: async (db: Reader<unknown>) => verifyChain(db),
})

export const auditOperations: readonly Route[] = [list, verify]
