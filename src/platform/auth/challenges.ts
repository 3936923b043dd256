import type { ZodType } from 'zod'
import type { Instant } from '../../kernel/instant.ts'
import type { Work } from '../work/work.ts'
import type { AuthReader, AuthTables } from './tables.ts'
import { hashToken, newToken } from './tokens.ts'

/** One kind of short-lived, single-use memory between two requests of the same visitor, such as "the password was right". */
export interface ChallengeKind<D extends object> {
  readonly purpose: string
  readonly minutes: number
  readonly data: ZodType<D>
}

export interface Challenge<D> {
  readonly personId: string | null
  readonly data: D
}

/**
 * Keeps something for the visitor who can show the token, and gives the token. Pass `token` when there is one already
 * (a link's, or the challenge that a browser signs); keeping under the same token again replaces what was kept.
 */
export async function openChallenge<D extends object>(
  work: Work<AuthTables>,
  kind: ChallengeKind<D>,
  content: Challenge<D>,
  token: string = newToken(),
): Promise<string> {
  const row = {
    id_hash: idOf(kind, token),
    purpose: kind.purpose,
    person_id: content.personId,
    data: JSON.stringify(kind.data.parse(content.data)),
    expires_at: new Date(work.now.getTime() + kind.minutes * 60_000),
  }
  const { id_hash: _, ...changes } = row
  await work.db
    .insertInto('auth_challenge')
    .values(row)
    .onConflict(clash => clash.column('id_hash').doUpdateSet(changes))
    .execute()
  return token
}

/** What was kept, without using it up. `null` when there is nothing, or it has expired. */
export async function readChallenge<D extends object>(
  db: AuthReader,
  kind: ChallengeKind<D>,
  token: string | null,
  now: Instant,
): Promise<Challenge<D> | null> {
  if (token === null) return null
  const row = await db
    .selectFrom('auth_challenge')
    .select(['person_id', 'data'])
    .where('id_hash', '=', idOf(kind, token))
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row === undefined ? null : { personId: row.person_id, data: kind.data.parse(row.data) }
}

/** What was kept, used up: of two that ask at the same time, one gets it. `null` when there is nothing, or it has expired. */
export async function takeChallenge<D extends object>(
  work: Work<AuthTables>,
  kind: ChallengeKind<D>,
  token: string | null,
): Promise<Challenge<D> | null> {
  if (token === null) return null
  const row = await work.db
    .deleteFrom('auth_challenge')
    .where('id_hash', '=', idOf(kind, token))
    .returning(['person_id', 'data', 'expires_at'])
    .executeTakeFirst()
  return row === undefined || row.expires_at <= work.now ? null : { personId: row.person_id, data: kind.data.parse(row.data) }
}

/** The purpose is part of the key: a token of one purpose opens nothing of another. */
function idOf(kind: ChallengeKind<object>, token: string): string {
  return hashToken(`${kind.purpose} ${token}`)
}
