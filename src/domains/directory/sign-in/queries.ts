import { sql } from 'kysely'
import { NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import type { Instant } from '../../../kernel/instant.ts'
import { isRole, ROLES, type Role } from '../../../kernel/role.ts'
import { openChallenge, readChallenge } from '../../../platform/auth/challenges.ts'
import { idleSince, needsTouch, ownerOfSession, touchSession } from '../../../platform/auth/sessions.ts'
import type { AuthTables } from '../../../platform/auth/tables.ts'
import { hashToken } from '../../../platform/auth/tokens.ts'
import type { Platform } from '../../../platform/platform.ts'
import { ANONYMOUS, SYSTEM, type Actor, type Scope } from '../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { SignInTables } from '../tables.ts'
import { emailKey, INTERRUPTED_FORM, keepableFields, readSlot, SAMPLE_PURPOSE, withSlot, type KeptForm } from './model.ts'

type Asks = Pick<Reader<SignInTables>, 'selectFrom'>

export type PermissionsOf = (role: Role) => ReadonlySet<string>

/** Who asks, and the session they ask in. The shape is the server's `Identity`. */
export interface Identified {
  readonly actor: Actor
  readonly session: {
    readonly personId: string
    readonly idHash: string
    readonly csrfSecret: string
    readonly previousVisitAt: Instant | null
    readonly actingFor: string
    readonly canSwitch: boolean
  } | null
}

const NOBODY: Identified = { actor: ANONYMOUS, session: null }

/**
 * Who the cookie belongs to, in one query: the session while it lives, its person, and the assignment they act under. A
 * session whose assignment or person has gone is worth nothing.
 */
export async function identify(platform: Platform, cookie: string | null, permissionsOf: PermissionsOf): Promise<Identified> {
  if (cookie === null) return NOBODY
  const now = platform.clock.now()
  const found = await readAs<SignInTables, SessionFound | null>(platform, SYSTEM, db => liveSession(db, hashToken(cookie), now))
  if (found === null || !isRole(found.role)) return NOBODY
  if (needsTouch(found.last_seen_at, now)) await runWork<AuthTables, void>(platform, SYSTEM, work => touchSession(work, found.id_hash))
  return {
    actor: actorOf(found, found.role, permissionsOf),
    session: {
      personId: found.person_id,
      idHash: found.id_hash,
      csrfSecret: found.csrf_secret,
      previousVisitAt: found.previous_visit_at,
      actingFor: found.organisation_name,
      canSwitch: found.assignments > 1,
    },
  }
}

interface AssignmentFound {
  readonly person_id: string
  readonly person_name: string
  readonly organisation_id: string
  readonly organisation_name: string
  readonly role: string
}

interface SessionFound extends AssignmentFound {
  readonly id_hash: string
  readonly csrf_secret: string
  readonly last_seen_at: Instant
  readonly previous_visit_at: Instant | null
  readonly assignments: number
}

async function liveSession(db: Asks, idHash: string, now: Instant): Promise<SessionFound | null> {
  const row = await db
    .selectFrom('auth_session as session')
    .innerJoin('directory_assignment as assignment', 'assignment.id', 'session.assignment_id')
    .innerJoin('directory_person as person', 'person.id', 'session.person_id')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'assignment.organisation_id')
    .select(eb => [
      'session.id_hash',
      'session.csrf_secret',
      'session.last_seen_at',
      'session.previous_visit_at',
      'person.id as person_id',
      'person.name as person_name',
      'organisation.id as organisation_id',
      'organisation.name as organisation_name',
      'assignment.role',
      eb
        .selectFrom('directory_assignment as other')
        .select(other => other.fn.countAll<number>().as('count'))
        .whereRef('other.person_id', '=', 'session.person_id')
        .where('other.until', 'is', null)
        .as('assignments'),
    ])
    .where('session.id_hash', '=', idHash)
    .where('session.ended_at', 'is', null)
    .where('session.expires_at', '>', now)
    .where('session.last_seen_at', '>', idleSince(now))
    .where('assignment.until', 'is', null)
    .whereRef('assignment.person_id', '=', 'session.person_id')
    .where('person.left_at', 'is', null)
    .executeTakeFirst()
  return row === undefined ? null : { ...row, assignments: row.assignments ?? 0 }
}

/** The person as an actor in the role found, with all that it holds. */
export function actorOf(found: AssignmentFound, role: Role, permissionsOf: PermissionsOf): Actor {
  // Read from the column whose values are made by `newId('organisation')`.
  const organisationId = found.organisation_id as Id<'organisation'>
  return {
    kind: 'person',
    id: found.person_id,
    name: found.person_name,
    role,
    organisationId,
    scope: scopeOf(role, organisationId),
    permissions: permissionsOf(role),
  }
}

function scopeOf(role: Role, organisationId: Id<'organisation'>): Scope {
  const { level } = ROLES[role]
  return level === 'centre' ? { kind: 'centre' } : { kind: level, organisationId }
}

/** The person as an actor, in their first role: for `--as EMAIL` on the command line. Throws `NotFound`. */
export async function personActor(platform: Platform, email: string, permissionsOf: PermissionsOf): Promise<Actor> {
  const row = await readAs<SignInTables, AssignmentFound | undefined>(platform, SYSTEM, db =>
    db
      .selectFrom('directory_person as person')
      .innerJoin('directory_assignment as assignment', 'assignment.person_id', 'person.id')
      .innerJoin('directory_organisation as organisation', 'organisation.id', 'assignment.organisation_id')
      .select([
        'person.id as person_id',
        'person.name as person_name',
        'organisation.id as organisation_id',
        'organisation.name as organisation_name',
        'assignment.role',
      ])
      .where(sql`lower(person.email)`, '=', emailKey(email))
      .where('person.left_at', 'is', null)
      .where('assignment.until', 'is', null)
      .orderBy('assignment.since')
      .orderBy('assignment.id')
      .executeTakeFirst(),
  )
  if (row === undefined || !isRole(row.role))
    throw new NotFound('directory.person.unknown', 'Nobody with that e-mail address holds a role here. See "carecert people list".')
  return actorOf(row, row.role, permissionsOf)
}

export interface PersonFound {
  readonly id: Id<'person'>
  readonly name: string
  readonly email: string
}

/** The person with that e-mail address who has not left, or `null`. */
export async function personByEmail(db: Asks, email: string): Promise<PersonFound | null> {
  const row = await db
    .selectFrom('directory_person')
    .select(['id', 'name', 'email'])
    .where(sql`lower(email)`, '=', emailKey(email))
    .where('left_at', 'is', null)
    .executeTakeFirst()
  return row === undefined ? null : { ...row, id: row.id as Id<'person'> }
}

/** The person with that id who has not left, or `null`. */
export async function personById(db: Asks, id: string): Promise<PersonFound | null> {
  const row = await db
    .selectFrom('directory_person')
    .select(['id', 'name', 'email'])
    .where('id', '=', id)
    .where('left_at', 'is', null)
    .executeTakeFirst()
  return row === undefined ? null : { ...row, id: row.id as Id<'person'> }
}

/** The assignment that a person acts under after signing in: the one they used last, or else their first. `null` for somebody without a role. */
export async function assignmentToActUnder(db: Asks, personId: string): Promise<string | null> {
  const row = await db
    .selectFrom('directory_assignment as assignment')
    .innerJoin('directory_person as person', 'person.id', 'assignment.person_id')
    .leftJoin('auth_session as session', join =>
      join.onRef('session.assignment_id', '=', 'assignment.id').onRef('session.person_id', '=', 'assignment.person_id'),
    )
    .select('assignment.id')
    .where('assignment.person_id', '=', personId)
    .where('assignment.until', 'is', null)
    .where('person.left_at', 'is', null)
    .orderBy('session.last_seen_at', order => order.desc().nullsLast())
    .orderBy('assignment.since')
    .orderBy('assignment.id')
    .executeTakeFirst()
  return row?.id ?? null
}

/**
 * Keeps a form that came after its sender's session had ended, without secrets, for that person in that browser. Gives the
 * value of the cookie `challenge`. `null` for a browser that never was signed in: strangers store nothing.
 */
export async function keepInterruptedForm(
  platform: Platform,
  address: string,
  body: Readonly<Record<string, unknown>>,
  sessionCookie: string | null,
): Promise<string | null> {
  const personId = await readAs<SignInTables, string | null>(platform, SYSTEM, db => ownerOfSession(db, sessionCookie))
  if (personId === null) return null
  const kept: KeptForm = { address, fields: keepableFields(body) }
  const token = await runWork<AuthTables, string>(platform, SYSTEM, work => openChallenge(work, INTERRUPTED_FORM, { personId, data: kept }))
  return withSlot(null, 'form', token)
}

/** The form that the browser's cookie names, when it was that person's. */
export async function interruptedForm(db: Asks, cookie: string | null, personId: string, now: Instant): Promise<KeptForm | null> {
  const kept = await readChallenge(db, INTERRUPTED_FORM, readSlot(cookie, 'form'), now)
  return kept === null || kept.personId !== personId ? null : kept.data
}

export interface SampleSignIn {
  readonly role: Role
  readonly label: string
  readonly name: string
  readonly url: string
}

/**
 * A one-click sign-in for each role of the sample: the first person whose address is `<role>@….sample.invalid`. They work in
 * sample mode from this machine only. Elsewhere the list is empty.
 */
export async function sampleSignInLinks(platform: Platform): Promise<readonly SampleSignIn[]> {
  if (!platform.sample) return []
  const rows = await readAs<SignInTables, { id: string; name: string; role: string; type: string }[]>(platform, SYSTEM, db =>
    db
      .selectFrom('directory_assignment as assignment')
      .innerJoin('directory_person as person', 'person.id', 'assignment.person_id')
      .innerJoin('directory_organisation as organisation', 'organisation.id', 'assignment.organisation_id')
      .distinctOn(['assignment.role', 'organisation.type'])
      .select(['person.id', 'person.name', 'assignment.role', 'organisation.type'])
      .where('assignment.until', 'is', null)
      .where('person.left_at', 'is', null)
      .where('person.email', 'like', sql<string>`assignment.role || '@%.sample.invalid'`)
      .orderBy('assignment.role')
      .orderBy('organisation.type', 'desc')
      .orderBy('assignment.since')
      .orderBy('assignment.id')
      .execute(),
  )
  const order = Object.keys(ROLES)
  return rows
    .flatMap(({ id, name, role, type }) =>
      isRole(role)
        ? [
            {
              role,
              label: type === 'care-home' ? 'Care home manager' : ROLES[role].label,
              name,
              url: `${platform.config.baseUrl}/sign-in/sample/${id}.${platform.signer.sign(SAMPLE_PURPOSE, id)}`,
            },
          ]
        : [],
    )
    .toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role))
}
