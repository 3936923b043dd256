import { sql, type Kysely, type Transaction } from 'kysely'
import type { Database } from '../db/database.ts'
import { assertOutsideTransaction, insideTransaction, transactionGuard, type TransactionState } from '../db/guards.ts'
import type { Actor } from './actor.ts'

/** The role under which every query of a domain runs. It owns nothing, so row-level security binds it. */
const APPLICATION_ROLE = 'carecert_app'

export interface OpenTransaction {
  /** Guarded, and bound by the actor's scope. */
  readonly guarded: Kysely<unknown>
  /** For the end of a unit of work only: out of the actor's scope, past the guards. */
  readonly raw: Transaction<unknown>
  readonly state: TransactionState
}

/** How a transaction asks. */
export interface TransactionHabit {
  /**
   * Whether its statements are the same few each time, each for a row or a batch by its key: then a server parses and plans them once a
   * connection. Not for what a page asks, whose best plan depends on how large a bulletin is.
   */
  readonly isPrepared?: boolean
  /** Whether all of its statements see the rows as they were at the first: for a reader of many pages. */
  readonly isOnePicture?: boolean
}

/**
 * Opens a transaction bound to the actor's scope: the role without rights of its own, and the settings that the
 * policies of row-level security read. Both end with the transaction, so a pooled connection carries nothing over.
 * Compiling queries (`jit`) is off: the policies make them look dear, and compiling took up to a second of each.
 */
export async function inTransaction<R>(
  database: Database,
  actor: Actor,
  options: { readOnly: boolean; timeoutMillis: number } & TransactionHabit,
  body: (transaction: OpenTransaction) => Promise<R>,
): Promise<R> {
  assertOutsideTransaction()
  const state: TransactionState = { written: new Set(), ended: false }
  const scopeId = 'organisationId' in actor.scope ? actor.scope.organisationId : ''
  try {
    const transaction = (options.isPrepared === true ? database.preparedTransactions : database.transactions).transaction()
    const isolated = options.isOnePicture === true ? transaction.setIsolationLevel('repeatable read') : transaction
    return await (options.readOnly ? isolated.setAccessMode('read only') : isolated).execute(async raw => {
      // Literals and no parameters, so that it travels with the opening of the transaction.
      await sql`select set_config('role', ${sql.lit(APPLICATION_ROLE)}, true), set_config('carecert.scope_kind', ${sql.lit(actor.scope.kind)}, true),
        set_config('carecert.scope_id', ${sql.lit(scopeId)}, true), set_config('carecert.actor_id', ${sql.lit(actor.id)}, true),
        set_config('statement_timeout', ${sql.lit(String(options.timeoutMillis))}, true),
        set_config('jit', 'off', true)`.execute(raw)
      const guarded = raw.withPlugin(transactionGuard(state))
      return await insideTransaction(state, () => body({ guarded, raw, state }))
    })
  } finally {
    state.ended = true
  }
}
