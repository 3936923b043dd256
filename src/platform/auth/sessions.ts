import { addHours, type Instant } from '../../kernel/instant.ts'
import type { Work } from '../work/work.ts'
import type { AuthReader, AuthTables, SignInMethod } from './tables.ts'
import { hashToken, newToken } from './tokens.ts'

/** A working day or a night's duty, then sign in again. */
const SESSION_HOURS = 12
/** Long enough for an incident call between two clicks; a kept form survives it. */
const IDLE_HOURS = 8
/** The browser keeps the cookie longer, so that a form sent too late can be given back to whom it belongs. */
export const COOKIE_SECONDS = 36 * 3600
/** Changing how one signs in needs a sign-in at most this old. */
const FRESH_MINUTES = 10
const TOUCH_EVERY_MILLIS = 60_000

export interface NewSession {
  readonly personId: string
  /** In which role, at which organisation, the person acts. */
  readonly assignmentId: string
  readonly how: SignInMethod
  /** The session that the browser came with, which ends: an id that was there before a sign-in is worth nothing after it. */
  readonly replaces: string | null
}

/** Starts a session with an id of its own. Gives the cookie's value; only its hash is stored. */
export async function startSession(work: Work<AuthTables>, session: NewSession): Promise<string> {
  const last = await work.db
    .selectFrom('auth_session')
    .select(['id_hash', 'last_seen_at', 'previous_visit_at'])
    .where('person_id', '=', session.personId)
    .orderBy('last_seen_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  // Signing in again in the middle of a visit is the same visit.
  const previousVisit = last !== undefined && last.id_hash === session.replaces ? last.previous_visit_at : (last?.last_seen_at ?? null)
  if (session.replaces !== null) await endSession(work, session.replaces)
  const token = newToken()
  await work.db
    .insertInto('auth_session')
    .values({
      id_hash: hashToken(token),
      person_id: session.personId,
      assignment_id: session.assignmentId,
      csrf_secret: newToken(),
      assurance: session.how,
      created_at: work.now,
      last_seen_at: work.now,
      expires_at: addHours(work.now, SESSION_HOURS),
      previous_visit_at: previousVisit,
      ended_at: null,
    })
    .execute()
  work.record({
    verb: 'auth.session.started',
    subject: { kind: 'person', id: session.personId },
    change: { how: session.how, assignment: session.assignmentId },
  })
  return token
}

/** Gives the session another id, and another assignment to act under. When it was begun and when it ends stay. `null` when it has ended. */
export async function continueAs(work: Work<AuthTables>, idHash: string, assignmentId: string): Promise<string | null> {
  const token = newToken()
  const row = await work.db
    .updateTable('auth_session')
    .set({ id_hash: hashToken(token), csrf_secret: newToken(), assignment_id: assignmentId })
    .where('id_hash', '=', idHash)
    .where('ended_at', 'is', null)
    .returning('person_id')
    .executeTakeFirst()
  if (row === undefined) return null
  work.record({ verb: 'auth.session.switched', subject: { kind: 'person', id: row.person_id }, change: { assignment: assignmentId } })
  return token
}

export async function endSession(work: Work<AuthTables>, idHash: string): Promise<void> {
  const row = await work.db
    .updateTable('auth_session')
    .set({ ended_at: work.now })
    .where('id_hash', '=', idHash)
    .where('ended_at', 'is', null)
    .returning('person_id')
    .executeTakeFirst()
  if (row !== undefined) work.record({ verb: 'auth.session.ended', subject: { kind: 'person', id: row.person_id } })
}

/** Ends all sessions of a person but `except`, or only those that act under one assignment. Gives how many there were. */
export async function endSessions(
  work: Work<AuthTables>,
  personId: string,
  only: { except?: string | null; assignmentId?: string } = {},
): Promise<number> {
  let ending = work.db.updateTable('auth_session').set({ ended_at: work.now }).where('person_id', '=', personId).where('ended_at', 'is', null)
  if (only.except !== undefined && only.except !== null) ending = ending.where('id_hash', '<>', only.except)
  if (only.assignmentId !== undefined) ending = ending.where('assignment_id', '=', only.assignmentId)
  const ended = await ending.returning('id_hash').execute()
  if (ended.length > 0) work.record({ verb: 'auth.sessions.ended', subject: { kind: 'person', id: personId }, change: { count: ended.length } })
  return ended.length
}

/** Notes that the session is in use. Called at most once a minute (`needsTouch`): reading a page should not write. */
export async function touchSession(work: Work<AuthTables>, idHash: string): Promise<void> {
  await work.db.updateTable('auth_session').set({ last_seen_at: work.now }).where('id_hash', '=', idHash).execute()
}

export function needsTouch(lastSeenAt: Instant, now: Instant): boolean {
  return now.getTime() - lastSeenAt.getTime() >= TOUCH_EVERY_MILLIS
}

/** A session last seen before this has been idle for too long. */
export function idleSince(now: Instant): Instant {
  return addHours(now, -IDLE_HOURS)
}

/** When the person of a living session signed in. `null` when it has ended. */
export async function signedInAt(db: AuthReader, idHash: string): Promise<Instant | null> {
  const row = await db.selectFrom('auth_session').select('created_at').where('id_hash', '=', idHash).where('ended_at', 'is', null).executeTakeFirst()
  return row?.created_at ?? null
}

/** Whether the person signed in lately enough to change how they sign in. */
export function isFresh(signedInAt: Instant, now: Instant): boolean {
  return now.getTime() - signedInAt.getTime() <= FRESH_MINUTES * 60_000
}

export interface SessionRow {
  readonly idHash: string
  readonly how: SignInMethod
  readonly startedAt: Instant
  readonly lastSeenAt: Instant
}

/** The person's sessions that are alive, the latest used first. */
export async function sessionsOf(db: AuthReader, personId: string, now: Instant): Promise<readonly SessionRow[]> {
  const rows = await db
    .selectFrom('auth_session')
    .select(['id_hash', 'assurance', 'created_at', 'last_seen_at'])
    .where('person_id', '=', personId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .where('last_seen_at', '>', idleSince(now))
    .orderBy('last_seen_at', 'desc')
    .execute()
  return rows.map(row => ({ idHash: row.id_hash, how: row.assurance, startedAt: row.created_at, lastSeenAt: row.last_seen_at }))
}

/** Whose the session is or was, even when it has ended: to give a form that came too late back to its writer alone. */
export async function ownerOfSession(db: AuthReader, cookie: string | null): Promise<string | null> {
  if (cookie === null) return null
  const row = await db.selectFrom('auth_session').select('person_id').where('id_hash', '=', hashToken(cookie)).executeTakeFirst()
  return row?.person_id ?? null
}

/** Which of those sessions are alive. Looking does not count as using them. */
export async function livingSessions(db: AuthReader, idHashes: readonly string[], now: Instant): Promise<ReadonlySet<string>> {
  if (idHashes.length === 0) return new Set()
  const rows = await db
    .selectFrom('auth_session')
    .select('id_hash')
    .where('id_hash', 'in', idHashes)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .where('last_seen_at', '>', idleSince(now))
    .execute()
  return new Set(rows.map(row => row.id_hash))
}
