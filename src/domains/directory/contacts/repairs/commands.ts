import { NotFound } from '../../../../kernel/errors.ts'
import type { Id } from '../../../../kernel/id.ts'
import { shorten } from '../../../../kernel/text.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { DirectoryTables } from '../../tables.ts'
import type { RepairOutcome, RepairReason } from './model.ts'
import { openRepairById } from './queries.ts'

type DirectoryWork = Work<DirectoryTables>

/** Asks that a contact be put right. One is open for each contact at most: the first reason stands until it is seen to. */
export async function openRepair(
  work: DirectoryWork,
  input: {
    readonly contactId: string
    readonly organisationId: string
    readonly reason: RepairReason
    readonly words: string | null
    /** Whether it got bulletins until then. */
    readonly hadBulletins: boolean
  },
): Promise<void> {
  const opened = await work.db
    .insertInto('directory_contact_repair')
    .values({
      id: work.newId('repair'),
      organisation_id: input.organisationId,
      contact_id: input.contactId,
      reason: input.reason,
      had_bulletins: input.hadBulletins,
      words: input.words === null ? null : shorten(input.words, 500),
      opened_at: work.now,
      closed_at: null,
      closed_by: null,
      outcome: null,
    })
    .onConflict(conflict => conflict.column('contact_id').where('closed_at', 'is', null).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (opened === undefined) return
  work.record({
    verb: 'directory.repair.opened',
    subject: { kind: 'contact', id: input.contactId },
    organisationId: input.organisationId,
    change: { reason: input.reason },
  })
}

/** Closes what is open for those contacts, or at those organisations; with `reason`, only what was opened for it. */
export async function closeRepairs(
  work: DirectoryWork,
  of: { readonly contactIds: readonly string[] } | { readonly organisationIds: readonly string[] },
  outcome: RepairOutcome,
  reason?: RepairReason,
): Promise<void> {
  const [column, ids] = 'contactIds' in of ? (['contact_id', of.contactIds] as const) : (['organisation_id', of.organisationIds] as const)
  if (ids.length === 0) return
  const closed = await work.db
    .updateTable('directory_contact_repair')
    .where(column, 'in', [...ids])
    .where('closed_at', 'is', null)
    .$if(reason !== undefined, query => query.where('reason', '=', reason ?? 'failed'))
    .set({ closed_at: work.now, closed_by: work.actor.id, outcome })
    .returning(['contact_id', 'organisation_id'])
    .execute()
  for (const row of closed)
    work.record({
      verb: 'directory.repair.closed',
      subject: { kind: 'contact', id: row.contact_id },
      organisationId: row.organisation_id,
      change: { outcome },
    })
}

/** Somebody says that it is seen to. Throws `NotFound` when it is not open, or not theirs. */
export async function finishRepair(work: DirectoryWork, id: Id<'repair'>): Promise<void> {
  assertMay(work.actor, 'directory.contact.change')
  const repair = await openRepairById(work.db, work.actor.scope, id)
  if (repair === undefined) throw new NotFound('directory.repair.unknown', 'That is not open any more. Somebody has seen to it.')
  await closeRepairs(work, { contactIds: [repair.contactId] }, 'done')
}
