import { z } from 'zod'
import { NotFound } from '../../../../kernel/errors.ts'
import { parseId } from '../../../../kernel/id.ts'
import type { Page } from '../../../../kernel/page.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { csv, page, redirect } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import type { Actor } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { organisationPath } from '../../organisations/model.ts'
import type { DirectoryTables } from '../../tables.ts'
import { finishRepair } from './commands.ts'
import { isRepairReason, REPAIR_REASONS, REPAIRS_PATH, type Repair } from './model.ts'
import { listRepairs, openRepairById, type RepairFilter } from './queries.ts'
import { repairsView, type RepairQuery } from './views.ts'

const access = { permission: 'directory.contact.change' }
const PAGE_ROWS = 50
const CSV_ROWS = 500

/** What cannot be read in a list's address is left out: a filter never breaks a bookmark. */
export const repairsQuery = z.object({
  q: z.string().max(200).catch(''),
  reason: z.enum(['failed', 'unsubscribed', 'complained', '']).catch(''),
  urgent: z.enum(['yes', '']).catch(''),
  cursor: z.string().max(1_000).nullable().catch(null),
})

export function filterOf({ q, reason, urgent }: Omit<RepairQuery, 'cursor'>): RepairFilter {
  return { search: q, reason: isRepairReason(reason) ? reason : '', isUrgent: urgent === 'yes' }
}

const list = route({
  method: 'GET',
  path: REPAIRS_PATH,
  access,
  query: repairsQuery,
  async handle({ read, actor, query }) {
    const found = await read<DirectoryTables, Page<Repair>>(db =>
      listRepairs(db, actor.scope, filterOf(query), { limit: PAGE_ROWS, cursor: query.cursor }),
    )
    return page('directory/contacts/repairs/views/list.njk', 'Contacts to put right', repairsView(found, query))
  },
})

const listAsCsv = route({
  method: 'GET',
  path: `${REPAIRS_PATH}.csv`,
  access,
  query: repairsQuery,
  async handle({ read, actor, query }) {
    const rowsAfter = (cursor: string | null) =>
      read<DirectoryTables, Page<Repair>>(db => listRepairs(db, actor.scope, filterOf(query), { limit: CSV_ROWS, cursor }))
    return csv(
      'contacts-to-put-right.csv',
      csvPages(
        ['code', 'organisation', 'contact', 'what happened', 'words', 'since', 'can still be mailed'],
        row => [
          row.organisationCode,
          row.organisationName,
          row.contactName,
          REPAIR_REASONS[row.reason].label,
          row.words,
          row.openedAt.toISOString(),
          row.reachable,
        ],
        rowsAfter,
      ),
    )
  },
})

const done = route({
  method: 'POST',
  path: `${REPAIRS_PATH}/:id/done`,
  access,
  params: z.object({ id: z.string().max(60) }),
  async handle({ read, work, actor, params }) {
    const repair = await read<DirectoryTables, Repair>(db => askedRepair(db, actor, params.id))
    await work<DirectoryTables, void>(unit => finishRepair(unit, repair.id))
    return redirect(actor.scope.kind === 'organisation' ? '/our-organisation' : organisationPath(repair.organisationCode, false), {
      notice: `Thank you. ${repair.contactName} is off the list.`,
    })
  },
})

/** One that is open. Throws `NotFound` unless the actor looks after its organisation. */
export async function askedRepair(db: Reader<DirectoryTables>, { scope }: Actor, text: string): Promise<Repair> {
  const id = parseId('repair', text)
  const repair = id === undefined ? undefined : await openRepairById(db, scope, id)
  if (repair === undefined) throw new NotFound('directory.repair.unknown', 'That is not open any more. Somebody has seen to it.')
  return repair
}

export const REPAIR_ROUTES: readonly Route[] = [list, listAsCsv, done]
