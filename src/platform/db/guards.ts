import { AsyncLocalStorage } from 'node:async_hooks'
import {
  AliasNode,
  TableNode,
  type KyselyPlugin,
  type OperationNode,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryResult,
  type RootOperationNode,
  type UnknownRow,
} from 'kysely'
import { Bug } from '../../kernel/errors.ts'

/**
 * The three guards of a unit of work. Each turns a silent mistake into an error that names it.
 *
 * 1. Nobody opens a second transaction, or queries outside, while inside one. On a pool the query would silently escape
 *    the transaction; on the embedded database it would wait for ever.
 * 2. No write without a record: a transaction that wrote and recorded nothing is rolled back.
 * 3. No query after the end: a handle that outlives its transaction throws.
 */
export interface TransactionState {
  /** The tables written to, for guard 2. */
  readonly written: Set<string>
  ended: boolean
}

const inside = new AsyncLocalStorage<TransactionState>()

/** Runs `body` marked as being inside a transaction. */
export function insideTransaction<R>(state: TransactionState, body: () => Promise<R>): Promise<R> {
  return inside.run(state, body)
}

/** Guard 1. Call it before anything that takes a connection of its own. */
export function assertOutsideTransaction(): void {
  if (inside.getStore()?.ended === false) {
    throw new Bug(
      'platform.work.nested',
      'A transaction is open: pass its handle down instead of opening another. (The embedded database would wait for ever.)',
    )
  }
}

/** Guards 2 and 3, as a plugin of the transaction's handle. */
export function transactionGuard(state: TransactionState): KyselyPlugin {
  return {
    transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
      if (state.ended)
        throw new Bug(
          'platform.work.ended',
          'This handle belongs to a transaction that has ended. Await every query before the unit of work returns.',
        )
      for (const table of writtenTables(node)) state.written.add(table)
      return node
    },
    async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
      return result
    },
  }
}

/** Guard 1 for the outer handle. */
export const outsideGuard: KyselyPlugin = {
  transformQuery({ node }) {
    assertOutsideTransaction()
    return node
  },
  async transformResult({ result }) {
    return result
  },
}

function writtenTables(node: RootOperationNode): string[] {
  switch (node.kind) {
    case 'InsertQueryNode':
      return tableNames(node.into)
    case 'UpdateQueryNode':
      return tableNames(node.table)
    case 'DeleteQueryNode':
      return node.from.froms.flatMap(tableNames)
    default:
      return []
  }
}

function tableNames(node: OperationNode | undefined): string[] {
  if (node === undefined) return []
  if (AliasNode.is(node)) return tableNames(node.node)
  return TableNode.is(node) ? [node.table.identifier.name] : ['an unnamed table']
}
