import { isIPv6 } from 'node:net'
import type { Instant } from '../../kernel/instant.ts'
import type { Work } from '../work/work.ts'
import type { Signer } from './signer.ts'
import type { AuthTables } from './tables.ts'

/**
 * How often something may be tried. After `free` failures each further one makes the next wait, twice as long each time,
 * up to `longestSeconds`. `windowSeconds` after its first failure a counter that is not waiting starts anew.
 */
export interface Limit {
  readonly free: number
  readonly firstSeconds: number
  readonly longestSeconds: number
  readonly windowSeconds: number
}

/**
 * The limits on guessing. Nobody can be locked out for good by somebody else's guesses:
 * 1. The tight limit counts one account from one network, so a guesser elsewhere does not use up its owner's tries.
 * 2. The limit on an account from everywhere never waits longer than a quarter of an hour.
 * 3. A try during a wait is refused unseen and not counted, so it makes no wait longer.
 * 4. Passkeys, sign-in at an outside provider and links count against the network only.
 * 5. Only someone who has the password can use up the tries of the second factor, so that limit may be strict.
 */
export const LIMITS = {
  'account-here': { free: 6, firstSeconds: 30, longestSeconds: 3_600, windowSeconds: 86_400 },
  account: { free: 20, firstSeconds: 30, longestSeconds: 900, windowSeconds: 86_400 },
  // A whole hospital, or all of the health network, may come from one address.
  network: { free: 200, firstSeconds: 10, longestSeconds: 300, windowSeconds: 900 },
  'second-factor': { free: 6, firstSeconds: 60, longestSeconds: 86_400, windowSeconds: 604_800 },
  'recovery-mail': { free: 3, firstSeconds: 600, longestSeconds: 3_600, windowSeconds: 86_400 },
} as const satisfies Readonly<Record<string, Limit>>

export type AttemptKind = keyof typeof LIMITS

export interface AttemptKey {
  readonly kind: AttemptKind
  readonly keyHash: string
}

/** The key under which tries are counted: a keyed hash, so that the table tells nothing of accounts or addresses. */
export function attemptKey(signer: Signer, kind: AttemptKind, ...parts: readonly string[]): AttemptKey {
  return { kind, keyHash: signer.sign('attempt', JSON.stringify([kind, ...parts])) }
}

/** What a caller cannot change at will: the whole IPv4 address, the /64 that an IPv6 host is given (RFC 6177). */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':')
}

/** How long after the nth failure the next try must wait. */
export function waitSeconds(limit: Limit, failures: number): number {
  if (failures < limit.free) return 0
  return Math.min(limit.longestSeconds, limit.firstSeconds * 2 ** Math.min(30, failures - limit.free))
}

export type TryVerdict =
  /** Go on. `locks` says whether a failure now starts a wait, which belongs in the audit. */
  { readonly allowed: true; readonly locks: boolean } | { readonly allowed: false; readonly retryAt: Instant }

/**
 * Counts a try before it is known whether it succeeds, so that many at once cannot slip past the limit; `forgiveTries`
 * takes it back. Refuses, counting nothing, while any of the keys is waiting.
 */
export async function countTry(work: Work<AuthTables>, keys: readonly AttemptKey[]): Promise<TryVerdict> {
  // In one order for everybody, or two tries could wait for each other.
  const ordered = keys.toSorted((a, b) => (a.keyHash < b.keyHash ? -1 : 1))
  const hashes = ordered.map(key => key.keyHash)
  // A row that is not there cannot be locked, so it is made first.
  await work.db
    .insertInto('auth_attempt')
    .values(hashes.map(key_hash => ({ key_hash, failures: 0, first_at: work.now, last_at: work.now })))
    .onConflict(clash => clash.column('key_hash').doNothing())
    .execute()
  const found = await work.db.selectFrom('auth_attempt').selectAll().where('key_hash', 'in', hashes).orderBy('key_hash').forUpdate().execute()
  const kinds = new Map(ordered.map(key => [key.keyHash, LIMITS[key.kind]]))
  const rows = found.flatMap(row => {
    const limit = kinds.get(row.key_hash)
    return limit === undefined ? [] : [{ ...row, limit }]
  })

  const end = Math.max(...rows.map(row => row.last_at.getTime() + waitSeconds(row.limit, row.failures) * 1000))
  if (end > work.now.getTime()) return { allowed: false, retryAt: new Date(end) }

  let locks = false
  for (const row of rows) {
    const startsAnew = work.now.getTime() - row.first_at.getTime() >= row.limit.windowSeconds * 1000
    const failures = startsAnew ? 1 : row.failures + 1
    const first_at = startsAnew ? work.now : row.first_at
    await work.db.updateTable('auth_attempt').set({ failures, first_at, last_at: work.now }).where('key_hash', '=', row.key_hash).execute()
    if (waitSeconds(row.limit, failures) > 0) locks = true
  }
  return { allowed: true, locks }
}

/**
 * What follows a success: the counters of the account start anew. The network's only loses this try, or one good account
 * would let somebody guess at all the others from there for ever.
 */
export async function forgiveTries(work: Work<AuthTables>, keys: readonly AttemptKey[]): Promise<void> {
  const shared = keys.filter(key => key.kind === 'network').map(key => key.keyHash)
  const own = keys.filter(key => key.kind !== 'network').map(key => key.keyHash)
  if (own.length > 0) await work.db.deleteFrom('auth_attempt').where('key_hash', 'in', own).execute()
  if (shared.length > 0)
    await work.db
      .updateTable('auth_attempt')
      .set(eb => ({ failures: eb('failures', '-', 1) }))
      .where('key_hash', 'in', shared)
      .where('failures', '>', 0)
      .execute()
}
