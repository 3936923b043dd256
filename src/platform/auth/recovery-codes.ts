import { randomInt } from 'node:crypto'
import type { Work } from '../work/work.ts'
import type { AuthReader, AuthTables } from './tables.ts'
import { hashToken } from './tokens.ts'

/** Crockford's base 32: no letter that is taken for a digit. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const CODES = 10
const GROUPS = 6
const GROUP = 4

/** 120 random bits in six groups of four: enough that a plain hash keeps it (OWASP ASVS 5, 6.5.2 asks for 112). */
export function newRecoveryCode(): string {
  const group = () => Array.from({ length: GROUP }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return Array.from({ length: GROUPS }, group).join('-')
}

/** The code as it is hashed, however it was typed: capitals, spaces, an O for a 0. */
export function tidyRecoveryCode(typed: string): string {
  return typed.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1')
}

/** Makes ten new codes and ends the ones before. The caller shows them once; only their hashes are stored. */
export async function replaceRecoveryCodes(work: Work<AuthTables>, personId: string): Promise<readonly string[]> {
  const codes = Array.from({ length: CODES }, newRecoveryCode)
  await work.db.deleteFrom('auth_recovery_code').where('person_id', '=', personId).execute()
  const rows = codes.map(code => ({ person_id: personId, code_hash: hashToken(tidyRecoveryCode(code)), used_at: null }))
  await work.db.insertInto('auth_recovery_code').values(rows).execute()
  work.record({ verb: 'auth.recovery-codes.made', subject: { kind: 'person', id: personId } })
  return codes
}

/** Uses a code up. Whether it was one of the person's that had not been used. */
export async function takeRecoveryCode(work: Work<AuthTables>, personId: string, typed: string): Promise<boolean> {
  const codeHash = hashToken(tidyRecoveryCode(typed))
  // Locked before it is changed: of two requests with the same code, the second finds it used.
  const unused = await work.db
    .selectFrom('auth_recovery_code')
    .select('person_id')
    .where('person_id', '=', personId)
    .where('code_hash', '=', codeHash)
    .where('used_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (unused === undefined) return false
  await work.db
    .updateTable('auth_recovery_code')
    .set({ used_at: work.now })
    .where('person_id', '=', personId)
    .where('code_hash', '=', codeHash)
    .execute()
  work.record({ verb: 'auth.recovery-code.used', subject: { kind: 'person', id: personId } })
  return true
}

/** How many codes the person has left. */
export async function recoveryCodesLeft(db: AuthReader, personId: string): Promise<number> {
  const rows = await db.selectFrom('auth_recovery_code').select('code_hash').where('person_id', '=', personId).where('used_at', 'is', null).execute()
  return rows.length
}
