import type { Kysely } from 'kysely'
import type { Database } from '../db/database.ts'
import type { Actor } from './actor.ts'
import { inTransaction, type TransactionHabit } from './transaction.ts'

/** A handle that can only ask. `T` is narrowed to the tables that the caller's domain may see. */
export type Reader<T> = Pick<Kysely<T>, 'selectFrom' | 'selectNoFrom' | 'fn' | 'case' | 'dynamic' | 'getExecutor'>

const READ_TIMEOUT_MILLIS = 15_000

/**
 * Reads as one actor: a read-only transaction in the actor's scope. The database itself refuses a write in it. What takes many pages asks
 * for one picture. Throws `Bug` inside another read or unit of work: pass the handle down instead.
 */
export function readAs<T, R>(
  platform: { readonly database: Database },
  actor: Actor,
  body: (db: Reader<T>) => Promise<R>,
  habit: TransactionHabit = {},
): Promise<R> {
  // The caller names the tables it may see; this is the one place where the untyped handle takes that name.
  const options = { ...habit, readOnly: true, timeoutMillis: READ_TIMEOUT_MILLIS }
  return inTransaction(platform.database, actor, options, ({ guarded }) => body(guarded as Kysely<T>))
}
