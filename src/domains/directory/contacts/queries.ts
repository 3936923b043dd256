import { sql } from 'kysely'
import type { Id } from '../../../kernel/id.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { DirectoryTables } from '../tables.ts'
import type { Contact } from './model.ts'

type Db = Reader<Pick<DirectoryTables, 'directory_contact'>>

const CONTACT = [
  'id',
  'organisation_id as organisationId',
  'name',
  'purpose',
  'email',
  'mobile',
  'phone',
  'out_of_hours as isOutOfHours',
  'receives_bulletins as receivesBulletins',
  'last_proved_at as lastProvedAt',
  'last_failed_at as lastFailedAt',
  'last_failure as lastFailure',
] as const

/** The organisation's contacts, those for the night last. Row-level security says whose may be seen. */
export async function contactsOf(db: Db, organisationId: Id<'organisation'>): Promise<readonly Contact[]> {
  const rows = await db
    .selectFrom('directory_contact')
    .select(CONTACT)
    .where('organisation_id', '=', organisationId)
    .where('ended_at', 'is', null)
    .orderBy('out_of_hours')
    .orderBy('name')
    .orderBy('id')
    .execute()
  return rows as unknown as readonly Contact[]
}

/** One contact that has not ended, or `undefined` when there is none that may be seen. */
export async function contactById(db: Db, id: Id<'contact'>): Promise<Contact | undefined> {
  const row = await db.selectFrom('directory_contact').select(CONTACT).where('id', '=', id).where('ended_at', 'is', null).executeTakeFirst()
  return row as unknown as Contact | undefined
}

/** The contacts of several organisations, for comparing with a list. */
export async function contactsOfAll(db: Db, organisationIds: readonly string[]): Promise<readonly Contact[]> {
  if (organisationIds.length === 0) return []
  const rows = await db
    .selectFrom('directory_contact')
    .select(CONTACT)
    .where('organisation_id', '=', sql<string>`any(${organisationIds}::text[])`)
    .where('ended_at', 'is', null)
    .execute()
  return rows as unknown as readonly Contact[]
}
