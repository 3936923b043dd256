import type { Id } from '../../../kernel/id.ts'
import type { Instant } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { DirectoryTables } from '../tables.ts'

type Db = Reader<Pick<DirectoryTables, 'directory_partnership' | 'directory_organisation'>>

/** The other side of a partnership: who answers, or for whom. */
export interface Partner {
  readonly id: Id<'partnership'>
  readonly code: string
  readonly name: string
  readonly since: Instant
}

const MOST_SHOWN = 500

/** The partners that answer for the organisation. */
export async function partnersOf(db: Db, organisationId: Id<'organisation'>): Promise<readonly Partner[]> {
  return partners(db, 'directory_partnership.organisation_id', 'directory_partnership.partner_id', organisationId)
}

/** The organisations that the partner answers for; at most the first 500 by name. */
export async function answeredForBy(db: Db, partnerId: Id<'organisation'>): Promise<readonly Partner[]> {
  return partners(db, 'directory_partnership.partner_id', 'directory_partnership.organisation_id', partnerId)
}

type Side = 'directory_partnership.organisation_id' | 'directory_partnership.partner_id'

async function partners(db: Db, near: Side, far: Side, id: Id<'organisation'>): Promise<readonly Partner[]> {
  const rows = await db
    .selectFrom('directory_partnership')
    .innerJoin('directory_organisation', 'directory_organisation.id', far)
    .select(['directory_partnership.id', 'directory_organisation.code', 'directory_organisation.name', 'directory_partnership.since'])
    .where(near, '=', id)
    .where('directory_partnership.until', 'is', null)
    .orderBy('directory_organisation.name_key')
    .limit(MOST_SHOWN)
    .execute()
  return rows as unknown as readonly Partner[]
}

export async function partnershipById(db: Db, id: Id<'partnership'>) {
  return db
    .selectFrom('directory_partnership')
    .select(['id', 'partner_id', 'organisation_id'])
    .where('id', '=', id)
    .where('until', 'is', null)
    .executeTakeFirst()
}

/** Whether the partner answers for the organisation today. */
export async function answersFor(db: Db, partnerId: Id<'organisation'>, organisationId: Id<'organisation'>): Promise<boolean> {
  const row = await db
    .selectFrom('directory_partnership')
    .select('id')
    .where('partner_id', '=', partnerId)
    .where('organisation_id', '=', organisationId)
    .where('until', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}
