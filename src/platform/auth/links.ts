import { addHours, type Instant } from '../../kernel/instant.ts'
import type { Work } from '../work/work.ts'
import type { AuthReader, AuthTables, LinkPurpose } from './tables.ts'
import { hashToken, newToken } from './tokens.ts'

/** How long each kind of one-time link works. */
const LINK_HOURS = { 'first-administrator': 24, invitation: 7 * 24, recovery: 1 } as const satisfies Readonly<Record<LinkPurpose, number>>

export interface Link {
  readonly personId: string
  readonly purpose: LinkPurpose
}

/** Makes a link's token: 256 random bits of which only the hash is stored. Links made for the person before, for the same purpose, stop working: who asks to recover does not take away the invitation of an administrator. */
export async function makeLink(work: Work<AuthTables>, personId: string, purpose: LinkPurpose, hours: number = LINK_HOURS[purpose]): Promise<string> {
  await work.db
    .updateTable('auth_invitation')
    .set({ used_at: work.now })
    .where('person_id', '=', personId)
    .where('purpose', '=', purpose)
    .where('used_at', 'is', null)
    .execute()
  const token = newToken()
  await work.db
    .insertInto('auth_invitation')
    .values({
      id: work.newId('invitation'),
      token_hash: hashToken(token),
      purpose,
      person_id: personId,
      created_at: work.now,
      expires_at: addHours(work.now, hours),
      used_at: null,
    })
    .execute()
  work.record({ verb: 'auth.link.made', subject: { kind: 'person', id: personId }, change: { purpose } })
  return token
}

/** Whose link it is. Looking does not use it up, or the scanners that open every link in a mail would. `null` when it does not work. */
export async function readLink(db: AuthReader, token: string, now: Instant): Promise<Link | null> {
  const row = await db
    .selectFrom('auth_invitation')
    .select(['person_id', 'purpose'])
    .where('token_hash', '=', hashToken(token))
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row === undefined ? null : { personId: row.person_id, purpose: row.purpose }
}

/** Uses the link up, and every other that the person has open: of two that try at the same time, one succeeds. `null` when it does not work. */
export async function takeLink(work: Work<AuthTables>, token: string): Promise<Link | null> {
  // Locked before it is changed: a unit of work that changes nothing has nothing to record.
  const link = await work.db
    .selectFrom('auth_invitation')
    .select(['id', 'person_id', 'purpose'])
    .where('token_hash', '=', hashToken(token))
    .where('used_at', 'is', null)
    .where('expires_at', '>', work.now)
    .forUpdate()
    .executeTakeFirst()
  if (link === undefined) return null
  await work.db
    .updateTable('auth_invitation')
    .set({ used_at: work.now })
    .where('person_id', '=', link.person_id)
    .where('used_at', 'is', null)
    .execute()
  work.record({ verb: 'auth.link.used', subject: { kind: 'person', id: link.person_id }, change: { purpose: link.purpose } })
  return { personId: link.person_id, purpose: link.purpose }
}

/** When the last of the links that the person has not used yet stops working. `null` when there is none. */
export async function openLink(db: AuthReader, personId: string, now: Instant): Promise<Instant | null> {
  const row = await db
    .selectFrom('auth_invitation')
    .select('expires_at')
    .where('person_id', '=', personId)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('expires_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.expires_at ?? null
}
