import { addHours } from '../../../../kernel/instant.ts'
import { londonDate, type Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import { isRole } from '../../../../kernel/role.ts'
import { isApiToken } from '../../../../platform/auth/api-tokens.ts'
import { hashToken } from '../../../../platform/auth/tokens.ts'
import type { Platform } from '../../../../platform/platform.ts'
import { SYSTEM, type Actor } from '../../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../../platform/work/read.ts'
import { runWork, type Work } from '../../../../platform/work/work.ts'
import { actorOf, type PermissionsOf } from '../../sign-in/queries.ts'
import type { SignInTables } from '../../tables.ts'
import type { TokenPolicy, TokenRow } from './model.ts'

type Asks = Pick<Reader<SignInTables>, 'selectFrom'>

const TOUCH_EVERY_HOURS = 1 / 60

/** Whom a program acts as. The shape is the server's `TokenIdentity`. */
export interface TokenHolder {
  readonly tokenId: string
  readonly actor: Actor
  readonly requestsPerMinute: number
}

/**
 * Whom that token lets its bearer act as, in one query: its person, in the role it was made for, with its scopes as far as the role still holds them.
 * `null` when it is unknown, has ended or was revoked, or when the person has left or lost the role.
 */
export async function identifyToken(platform: Platform, token: string, permissionsOf: PermissionsOf): Promise<TokenHolder | null> {
  if (!isApiToken(token)) return null
  const now = platform.clock.now()
  const find = (db: Asks) => liveToken(db, hashToken(token), now)
  const found = await readAs<SignInTables, Awaited<ReturnType<typeof liveToken>>>(platform, SYSTEM, find, { isPrepared: true })
  if (found === undefined || !isRole(found.role)) return null
  if (found.last_used_at === null || found.last_used_at <= addHours(now, -TOUCH_EVERY_HOURS))
    await runWork<SignInTables, void>(platform, SYSTEM, work => touch(work, found.id))
  const actor = actorOf(found, found.role, permissionsOf)
  const scopes = new Set(found.scopes.filter(scope => actor.permissions.has(scope)))
  return {
    tokenId: found.id,
    actor: { ...actor, permissions: scopes, through: `token:${found.id}` },
    requestsPerMinute: found.requests_per_minute ?? 0,
  }
}

function policyAt(db: Asks, now: Instant) {
  return db.selectFrom('auth_token_policy').where('effective_from', '<=', londonDate(now)).orderBy('effective_from', 'desc').limit(1)
}

function liveToken(db: Asks, hash: string, now: Instant) {
  return db
    .selectFrom('auth_token as token')
    .innerJoin('directory_assignment as assignment', 'assignment.id', 'token.assignment_id')
    .innerJoin('directory_person as person', 'person.id', 'token.person_id')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'assignment.organisation_id')
    .select([
      'token.id',
      'token.scopes',
      'token.last_used_at',
      'person.id as person_id',
      'person.name as person_name',
      'organisation.id as organisation_id',
      'organisation.name as organisation_name',
      'assignment.role',
      policyAt(db, now).select('requests_per_minute').as('requests_per_minute'),
    ])
    .where('token.token_hash', '=', hash)
    .where('token.revoked_at', 'is', null)
    .where('token.expires_at', '>', now)
    .where('assignment.until', 'is', null)
    .whereRef('assignment.person_id', '=', 'token.person_id')
    .where('person.left_at', 'is', null)
    .executeTakeFirst()
}

/** At most once a minute: a request that reads should not write. */
async function touch(work: Work<SignInTables>, id: string): Promise<void> {
  await work.db.updateTable('auth_token').set({ last_used_at: work.now }).where('id', '=', id).execute()
}

/** How long a token may work and how often it may ask, from the policy that is in force. */
export async function tokenPolicy(db: Asks, now: Instant): Promise<TokenPolicy> {
  const row = await policyAt(db, now).select(['longest_days', 'requests_per_minute']).executeTakeFirstOrThrow()
  return { longestDays: row.longest_days, requestsPerMinute: row.requests_per_minute }
}

export interface TokenFilter {
  /** Of that person alone; `null` for everybody's. */
  readonly personId: string | null
  /** Words in the name of the token or of its person. */
  readonly search: string
  /** Those that work alone, or all that there ever were. */
  readonly only: 'working' | 'all'
}

function filtered(db: Asks, { personId, search, only }: TokenFilter, now: Instant) {
  let query = db
    .selectFrom('auth_token as token')
    .innerJoin('directory_assignment as assignment', 'assignment.id', 'token.assignment_id')
    .innerJoin('directory_person as person', 'person.id', 'token.person_id')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'assignment.organisation_id')
  if (personId !== null) query = query.where('token.person_id', '=', personId)
  if (only === 'working')
    query = query.where('token.revoked_at', 'is', null).where('token.expires_at', '>', now).where('assignment.until', 'is', null)
  for (const word of search.split(/\s+/).filter(part => part !== '')) {
    const like = `%${word.replace(/[\\%_]/g, '\\$&')}%`
    query = query.where(eb => eb.or([eb('token.name', 'ilike', like), eb('person.name', 'ilike', like)]))
  }
  return query
}

/** One page of tokens, the newest first. */
export async function listTokens(db: Asks, filter: TokenFilter, request: PageRequest, now: Instant): Promise<Page<TokenRow>> {
  const { total } = await filtered(db, filter, now)
    .select(eb => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const [id] = decodeCursor(request.cursor, 1) ?? []
  const found = await filtered(db, filter, now)
    // An id sorts by when it was made.
    .$if(typeof id === 'string', query => query.where('token.id', '<', String(id)))
    .orderBy('token.id', 'desc')
    .limit(request.limit + 1)
    .select([
      'token.id',
      'token.name',
      'token.scopes',
      'token.made_at',
      'token.expires_at',
      'token.last_used_at',
      'token.revoked_at',
      'person.id as person_id',
      'person.name as person_name',
      'assignment.role',
      'assignment.until',
      'organisation.name as organisation_name',
    ])
    .execute()
  const rows = found.slice(0, request.limit)
  const last = rows.at(-1)
  return {
    rows: rows.map(row => ({
      id: row.id,
      name: row.name,
      personId: row.person_id,
      person: row.person_name,
      role: row.role,
      organisation: row.organisation_name,
      scopes: row.scopes,
      madeAt: row.made_at,
      expiresAt: row.expires_at,
      lastUsedAt: row.last_used_at,
      revokedAt: row.revoked_at,
      isHeld: row.until === null,
    })),
    next: found.length > request.limit && last !== undefined ? encodeCursor([last.id]) : null,
    total,
  }
}

/** Whose a token is, and whether it was revoked; `undefined` when there is none of that id. */
export function tokenOwner(db: Asks, id: string): Promise<{ person_id: string; revoked_at: Instant | null } | undefined> {
  return db.selectFrom('auth_token').select(['person_id', 'revoked_at']).where('id', '=', id).executeTakeFirst()
}

/** The role under which the person acts at that organisation: its assignment. */
export async function assignmentOf(db: Asks, personId: string, organisationId: string, role: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('directory_assignment')
    .select('id')
    .where('person_id', '=', personId)
    .where('organisation_id', '=', organisationId)
    .where('role', '=', role)
    .where('until', 'is', null)
    .executeTakeFirst()
  return row?.id
}
