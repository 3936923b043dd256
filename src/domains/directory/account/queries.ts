import type { Instant } from '../../../kernel/instant.ts'
import { isRole, ROLES } from '../../../kernel/role.ts'
import { signInMeans, type SignInMeans } from '../../../platform/auth/accounts.ts'
import { recoveryCodesLeft } from '../../../platform/auth/recovery-codes.ts'
import { sessionsOf, signedInAt, type SessionRow } from '../../../platform/auth/sessions.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { SignInTables } from '../tables.ts'

type Asks = Pick<Reader<SignInTables>, 'selectFrom'>

export interface RoleHeld {
  readonly assignmentId: string
  readonly roleLabel: string
  readonly organisation: string
  readonly current: boolean
}

export interface Account {
  readonly name: string
  readonly email: string
  readonly roles: readonly RoleHeld[]
  readonly means: SignInMeans
  readonly codesLeft: number
  readonly sessions: readonly SessionRow[]
  /** When this session's person signed in. */
  readonly signedInAt: Instant | null
}

/** All that somebody's own page shows. */
export async function ownAccount(db: Asks, personId: string, idHash: string, now: Instant): Promise<Account> {
  const person = await db.selectFrom('directory_person').select(['name', 'email']).where('id', '=', personId).executeTakeFirstOrThrow()
  return {
    ...person,
    roles: await rolesOf(db, personId, idHash),
    means: await signInMeans(db, personId),
    codesLeft: await recoveryCodesLeft(db, personId),
    sessions: await sessionsOf(db, personId, now),
    signedInAt: await signedInAt(db, idHash),
  }
}

async function rolesOf(db: Asks, personId: string, idHash: string): Promise<readonly RoleHeld[]> {
  const rows = await db
    .selectFrom('directory_assignment as assignment')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'assignment.organisation_id')
    .leftJoin('auth_session as session', join => join.onRef('session.assignment_id', '=', 'assignment.id').on('session.id_hash', '=', idHash))
    .select(['assignment.id', 'assignment.role', 'organisation.name', 'session.id_hash'])
    .where('assignment.person_id', '=', personId)
    .where('assignment.until', 'is', null)
    .orderBy('organisation.name')
    .orderBy('assignment.role')
    .execute()
  return rows.map(row => ({
    assignmentId: row.id,
    roleLabel: isRole(row.role) ? ROLES[row.role].label : row.role,
    organisation: row.name,
    current: row.id_hash !== null,
  }))
}
