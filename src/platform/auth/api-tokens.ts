import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Work } from '../work/work.ts'
import type { AuthTables } from './tables.ts'

const SECRET_BYTES = 24
const FORM = /^carecert_([0-9a-f]{48})([0-9a-f]{8})$/

/** What every token begins with, so that scanners for secrets find one that was left in a repository or a log. */
export const TOKEN_PREFIX = 'carecert_'

/** A token for a program: the prefix, 192 random bits, and the CRC-32 of those, by which a scanner knows a true one without asking us. */
export function newApiToken(): string {
  const secret = randomBytes(SECRET_BYTES).toString('hex')
  return `${TOKEN_PREFIX}${secret}${checksum(secret)}`
}

/** Whether it has the form of a token and its checksum is right. What has not need not be looked for. */
export function isApiToken(text: string): boolean {
  const [, secret, sum] = FORM.exec(text) ?? []
  return secret !== undefined && checksum(secret) === sum
}

function checksum(secret: string): string {
  return crc32(secret).toString(16).padStart(8, '0')
}

/** Revokes all that a person's programs use: whoever sets up sign-in anew may do so because somebody else had got in, and may have left a token behind. */
export async function revokeTokensOf(work: Work<AuthTables>, personId: string): Promise<void> {
  const revoked = await work.db
    .updateTable('auth_token')
    .set({ revoked_at: work.now, revoked_by: work.actor.id })
    .where('person_id', '=', personId)
    .where('revoked_at', 'is', null)
    .returning('id')
    .execute()
  for (const { id } of revoked) work.record({ verb: 'auth.token.revoked', subject: { kind: 'token', id }, change: { person: personId } })
}
