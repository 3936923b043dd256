import { z } from 'zod'
import { listAudit } from '../../../platform/audit/list.ts'
import type { AuditRow } from '../../../platform/audit/record.ts'
import { verifyChain } from '../../../platform/audit/verify.ts'
import { page } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import { withQuery } from '../../../ui/links.ts'
import type { TableModel } from '../../../ui/models.ts'

const text = z.string().trim().max(200).catch('').default('')
const query = z.object({ subject: text, actor: text, verb: text, cursor: z.string().nullable().catch(null).default(null) })

export const auditRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/audit',
    access: { permission: 'operations.audit.list' },
    query,
    async handle({ query: asked, read, actor }) {
      const filter = { subjectId: asked.subject || null, actorId: asked.actor || null, verb: asked.verb || null }
      const found = await read(db => listAudit(db, filter, { limit: 50, cursor: asked.cursor }))
      const keep = { subject: asked.subject, actor: asked.actor, verb: asked.verb }
      const model = {
        asked,
        total: found.total,
        isFiltered: Object.values(filter).some(value => value !== null),
        table: auditTable(found.rows),
        nextHref: found.next === null ? null : withQuery('/audit', keep, { cursor: found.next }),
        firstHref: asked.cursor === null ? null : withQuery('/audit', keep),
        mayVerify: may(actor, 'operations.audit.verify'),
        verdict: null,
      }
      return page('operations/audit.njk', 'Audit', model)
    },
  }),
  route({
    method: 'GET',
    path: '/audit/verify',
    access: { permission: 'operations.audit.verify' },
    perMinute: 6,
    async handle({ read }) {
      const verdict = await read(db => verifyChain(db))
      return page('operations/audit-verified.njk', 'Audit verified', { verdict })
    },
  }),
]

function auditTable(rows: readonly AuditRow[]): TableModel {
  return {
    caption: 'Records, newest first',
    captionHidden: true,
    head: [
      { text: 'Number', format: 'numeric' },
      { text: 'When' },
      { text: 'What' },
      { text: 'On what' },
      { text: 'Who' },
      { text: 'Reason and change' },
    ],
    rows: rows.map(row => [
      row.seq,
      { at: row.at },
      { text: row.verb, href: withQuery('/audit', { verb: row.verb }) },
      { text: row.subject_id, href: withQuery('/audit', { subject: row.subject_id }), hint: row.subject_kind },
      {
        text: row.actor_id,
        href: withQuery('/audit', { actor: row.actor_id }),
        hint: `${row.actor_role ?? row.actor_kind}${row.correlation.startsWith('command-line:') ? ', by the operator’s command line' : ''}`,
      },
      { text: row.reason ?? '', hint: row.change ?? undefined },
    ]),
  }
}
