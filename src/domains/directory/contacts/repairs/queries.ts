import { sql } from 'kysely'
import type { Id } from '../../../../kernel/id.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Scope } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { isInScope } from '../../scope.ts'
import type { DirectoryTables } from '../../tables.ts'
import type { Repair, RepairReason } from './model.ts'

type Db = Reader<Pick<DirectoryTables, 'directory_contact' | 'directory_contact_repair' | 'directory_organisation'>>

export interface RepairFilter {
  /** In the organisation's name or code, or the contact's name. */
  readonly search: string
  readonly reason: RepairReason | ''
  /** Only organisations that nobody can be mailed at. */
  readonly isUrgent: boolean
}

const EVERY_REPAIR: RepairFilter = { search: '', reason: '', isUrgent: false }

function open(db: Db, scope: Scope, filter: RepairFilter) {
  const words = `%${filter.search.trim().replace(/[\\%_]/g, '\\$&')}%`
  return db
    .selectFrom('directory_contact_repair as repair')
    .innerJoin('directory_contact as contact', 'contact.id', 'repair.contact_id')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'repair.organisation_id')
    .where('repair.closed_at', 'is', null)
    .where('organisation.status', '=', 'open')
    .where(isInScope(scope, 'repair.organisation_id'))
    .$if(filter.reason !== '', query => query.where('repair.reason', '=', filter.reason === '' ? 'failed' : filter.reason))
    .$if(filter.isUrgent, query => query.where('organisation.mailable_contacts', '=', 0))
    .$if(filter.search.trim() !== '', query =>
      query.where(eb =>
        eb.or([eb('organisation.name', 'ilike', words), eb('organisation.code', 'ilike', words), eb('contact.name', 'ilike', words)]),
      ),
    )
}

function selected(query: ReturnType<typeof open>) {
  return query.select([
    'repair.id',
    'repair.reason',
    'repair.words',
    'repair.opened_at as openedAt',
    'contact.id as contactId',
    'contact.name as contactName',
    'organisation.code as organisationCode',
    'organisation.name as organisationName',
    'organisation.mailable_contacts as reachable',
  ])
}

/** One page of what is open, the longest waiting first, with the true count. */
export async function listRepairs(db: Db, scope: Scope, filter: RepairFilter, request: PageRequest): Promise<Page<Repair>> {
  const [after] = decodeCursor(request.cursor, 1) ?? []
  const rows = await selected(open(db, scope, filter))
    // By its own time: an instant of JavaScript is coarser than one of the database, and a page would begin on the row that ended the last.
    .$if(typeof after === 'string', query =>
      query.where(
        sql<boolean>`(repair.opened_at, repair.id) > (select last.opened_at, last.id from directory_contact_repair last where last.id = ${after})`,
      ),
    )
    .orderBy('repair.opened_at')
    .orderBy('repair.id')
    .limit(request.limit + 1)
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(row => row as Repair),
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.id]) : null,
    total: await countRepairs(db, scope, filter),
  }
}

/** How many are open, of all or of those that the filter leaves. */
export async function countRepairs(db: Db, scope: Scope, filter: Partial<RepairFilter> = {}): Promise<number> {
  const { total } = await open(db, scope, { ...EVERY_REPAIR, ...filter })
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  return total
}

/** What is open at one organisation. */
export async function repairsOf(db: Db, organisationId: string): Promise<readonly Repair[]> {
  const rows = await selected(open(db, { kind: 'system' }, EVERY_REPAIR))
    .where('repair.organisation_id', '=', organisationId)
    .orderBy('repair.opened_at')
    .execute()
  return rows.map(row => row as Repair)
}

/** One that is open, where the actor looks after the organisation. */
export async function openRepairById(db: Db, scope: Scope, id: Id<'repair'>): Promise<Repair | undefined> {
  const row = await selected(open(db, scope, EVERY_REPAIR))
    .where('repair.id', '=', id)
    .executeTakeFirst()
  return row as Repair | undefined
}
