import type { Instant } from '../../../kernel/instant.ts'
import { ROLES, isRole } from '../../../kernel/role.ts'
import { readLink, type Link } from '../../../platform/auth/links.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { SignInTables } from '../tables.ts'

type Asks = Pick<Reader<SignInTables>, 'selectFrom'>

/** Whom a link is for, and as what they will come in. */
export interface Invited extends Link {
  readonly name: string
  readonly email: string
  /** "Cyber or IT lead, Mersey Vale Hospital". */
  readonly roles: readonly string[]
  /** Words that a guesser of the password would start with. */
  readonly about: readonly string[]
}

/** Whom the link is for. `null` when it does not work: never made, used, too old, or the person has left. */
export async function invited(db: Asks, token: string, now: Instant): Promise<Invited | null> {
  const link = await readLink(db, token, now)
  if (link === null) return null
  const person = await db
    .selectFrom('directory_person')
    .select(['name', 'email'])
    .where('id', '=', link.personId)
    .where('left_at', 'is', null)
    .executeTakeFirst()
  if (person === undefined) return null
  const assignments = await db
    .selectFrom('directory_assignment as assignment')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'assignment.organisation_id')
    .select(['assignment.role', 'organisation.name'])
    .where('assignment.person_id', '=', link.personId)
    .where('assignment.until', 'is', null)
    .orderBy('assignment.since')
    .limit(20)
    .execute()
  return {
    ...link,
    ...person,
    roles: assignments.map(({ role, name }) => `${isRole(role) ? ROLES[role].label : role}, ${name}`),
    about: [person.name, person.email, ...assignments.map(({ name }) => name)],
  }
}

/** Whether anybody at all can sign in. Until then, whoever holds the machine makes the first administrator. */
export async function somebodyCanSignIn(db: Asks): Promise<boolean> {
  const password = await db.selectFrom('auth_account').select('person_id').where('password_hash', 'is not', null).limit(1).executeTakeFirst()
  const passkey = await db.selectFrom('auth_passkey').select('person_id').limit(1).executeTakeFirst()
  const outside = await db.selectFrom('auth_outside_identity').select('person_id').limit(1).executeTakeFirst()
  return (password ?? passkey ?? outside) !== undefined
}
