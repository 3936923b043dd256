import { Conflict, Forbidden, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { isRole, ROLES, type Role } from '../../../kernel/role.ts'
import { makeLink } from '../../../platform/auth/links.ts'
import { endSessions } from '../../../platform/auth/sessions.ts'
import type { AuthTables } from '../../../platform/auth/tables.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { mayKeepRole, mayMakeLink } from '../policy.ts'
import { TELL_SIGN_IN_CHANGED } from '../sign-in/model.ts'
import { personByEmail } from '../sign-in/queries.ts'
import type { SignInTables } from '../tables.ts'
import { holdsRoleElsewhere, lockHolders, somebodyElseHolds, standingOf } from './queries.ts'

/**
 * These commands run with the system's sight (`withSystemSight`): whether somebody exists elsewhere, or can sign in, is
 * not for a lead to see, but decides what happens. Each checks the policy first, by the actor's own role and organisation.
 */

export interface NewPerson {
  readonly name: string
  readonly email: string
  readonly phone: string | null
}

export interface RoleAt {
  readonly role: Role
  readonly organisationId: Id<'organisation'>
}

/**
 * Takes somebody on in a role: a new person, or the one who has that e-mail address already. Throws `Forbidden` for a role
 * that the actor may not give, `Conflict` when the person holds it.
 */
export async function addPerson(work: Work<SignInTables>, person: NewPerson, at: RoleAt): Promise<{ personId: Id<'person'>; isNew: boolean }> {
  await assertMayKeep(work, at.role, at.organisationId)
  const known = await personByEmail(work.db, person.email)
  if (known !== null && !may(work.actor, 'directory.people.manage') && (await holdsRoleElsewhere(work.db, known.id, at.organisationId))) {
    throw new Forbidden(
      'directory.people.belongs-elsewhere',
      'This person has a role at another organisation. Ask an administrator at the centre to add the role.',
    )
  }
  const personId = known?.id ?? (await insertOrReturn(work, person, at.organisationId))
  await assignRole(work, personId, at)
  return { personId, isNew: known === null }
}

/** A new row, or the row of somebody who left and comes back. */
async function insertOrReturn(work: Work<SignInTables>, person: NewPerson, organisationId: string): Promise<Id<'person'>> {
  const details = { name: person.name, phone: person.phone }
  const left = await work.db
    .updateTable('directory_person')
    .set({ ...details, left_at: null })
    .where('email', '=', person.email.toLowerCase())
    .where('left_at', 'is not', null)
    .returning('id')
    .executeTakeFirst()
  const id = (left?.id as Id<'person'> | undefined) ?? work.newId('person')
  if (left === undefined) {
    await work.db
      .insertInto('directory_person')
      .values({ id, ...details, email: person.email.toLowerCase(), out_of_hours_phone: null, created_at: work.now, left_at: null })
      .execute()
  }
  work.record({ verb: left === undefined ? 'directory.person.added' : 'directory.person.returned', subject: { kind: 'person', id }, organisationId })
  return id
}

/** Gives somebody a role. Throws `Forbidden`, and `Conflict` when they hold it. */
export async function assignRole(work: Work<SignInTables>, personId: string, at: RoleAt): Promise<void> {
  await assertMayKeep(work, at.role, at.organisationId)
  const held = await work.db
    .selectFrom('directory_assignment')
    .select('id')
    .where('person_id', '=', personId)
    .where('organisation_id', '=', at.organisationId)
    .where('role', '=', at.role)
    .where('until', 'is', null)
    .executeTakeFirst()
  if (held !== undefined) throw new Conflict('directory.assignment.held', 'This person holds that role there already.')
  const id = work.newId('assignment')
  await work.db
    .insertInto('directory_assignment')
    .values({ id, person_id: personId, organisation_id: at.organisationId, role: at.role, since: work.now, until: null })
    .execute()
  work.record({
    verb: 'directory.role.given',
    subject: { kind: 'person', id: personId },
    organisationId: at.organisationId,
    change: { role: at.role },
  })
}

/**
 * Ends a role: sessions that act under it end at once. With the last role the person has left, and all they had with us is
 * closed. Throws `NotFound`, `Forbidden`, and `Conflict` for the last administrator.
 */
export async function endRole(work: Work<SignInTables>, assignmentId: string, reason: string | null): Promise<{ hasLeft: boolean }> {
  // Before the role itself is locked: two administrators who end each other would otherwise each count the other, or wait for each other.
  await lockHolders(work.db, 'administrator')
  const row = await work.db
    .selectFrom('directory_assignment')
    .selectAll()
    .where('id', '=', assignmentId)
    .where('until', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined || !isRole(row.role)) throw new NotFound('directory.assignment.unknown', 'That role has ended already.')
  await assertMayKeep(work, row.role, row.organisation_id)
  if (row.role === 'administrator' && !(await somebodyElseHolds(work.db, 'administrator', assignmentId))) {
    throw new Conflict('directory.assignment.last-administrator', 'This is the last administrator. Give somebody else the role first.')
  }
  await work.db.updateTable('directory_assignment').set({ until: work.now }).where('id', '=', assignmentId).execute()
  work.record({
    verb: 'directory.role.ended',
    subject: { kind: 'person', id: row.person_id },
    organisationId: row.organisation_id,
    change: { role: row.role },
    ...(reason === null ? {} : { reason }),
  })
  await endSessions(work.lend<AuthTables>(), row.person_id, { assignmentId })

  const others = await work.db
    .selectFrom('directory_assignment')
    .select('id')
    .where('person_id', '=', row.person_id)
    .where('until', 'is', null)
    .limit(1)
    .executeTakeFirst()
  if (others !== undefined) return { hasLeft: false }
  await closeAccount(work, row.person_id)
  return { hasLeft: true }
}

/** Nothing that somebody who left could come in with remains: should they return, they are invited anew. */
async function closeAccount(work: Work<SignInTables>, personId: string): Promise<void> {
  await work.db.updateTable('directory_person').set({ left_at: work.now }).where('id', '=', personId).execute()
  await endSessions(work.lend<AuthTables>(), personId)
  await work.db.deleteFrom('auth_account').where('person_id', '=', personId).execute()
  await work.db.deleteFrom('auth_passkey').where('person_id', '=', personId).execute()
  await work.db.deleteFrom('auth_recovery_code').where('person_id', '=', personId).execute()
  await work.db.deleteFrom('auth_outside_identity').where('person_id', '=', personId).execute()
  await work.db.updateTable('auth_invitation').set({ used_at: work.now }).where('person_id', '=', personId).where('used_at', 'is', null).execute()
  work.record({ verb: 'directory.person.left', subject: { kind: 'person', id: personId } })
}

/** Makes a link with which the person sets up sign-in, and gives its path, to be shown once. Throws `Forbidden`, and `NotFound` for somebody without a role. */
export async function makeInvitation(work: Work<SignInTables>, personId: string): Promise<string> {
  const standing = await standingOf(work.db, personId, work.now)
  if (standing.organisationIds.length === 0) throw new NotFound('directory.person.no-role', 'This person holds no role here. Give them one first.')
  if (!mayMakeLink(work.actor, standing)) {
    throw new Forbidden(
      'directory.people.link',
      'This person can sign in already, or works for others too, so only an administrator at the centre makes a link for them.',
    )
  }
  // A link for somebody who can sign in takes their account over, so they are told.
  if (standing.canSignIn) work.enqueue(TELL_SIGN_IN_CHANGED, { personId, change: 'link-made' })
  return `/invitation/${await makeLink(work.lend<AuthTables>(), personId, 'invitation')}`
}

async function assertMayKeep(work: Work<SignInTables>, role: Role, organisationId: string): Promise<void> {
  const organisation = await work.db.selectFrom('directory_organisation').select(['id', 'type']).where('id', '=', organisationId).executeTakeFirst()
  if (organisation === undefined) throw new NotFound('directory.organisation.unknown', 'There is no such organisation.')
  if (work.actor.kind === 'system' || mayKeepRole(work.actor, role, organisation)) return
  throw new Forbidden(
    'directory.people.role',
    `You cannot give or end the role "${ROLES[role].label}" there. Ask an administrator at the centre.`,
    `${work.actor.role ?? work.actor.kind}: ${role}`,
  )
}
