import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { Unavailable } from '../../kernel/errors.ts'
import { openEmbedded } from './embedded.ts'
import { outsideGuard } from './guards.ts'
import { statementsOn } from './statements.ts'

/**
 * The one database, whichever engine is behind it: the embedded PostgreSQL or a server. Both are reached by the same
 * driver, with the same parsers: `int8` as number (no count here passes 2^53), `date` as text, `numeric` as text.
 */
export interface Database {
  readonly engine: 'embedded' | 'server'
  /** Whether this process hosts the embedded database. Always false for a server. */
  readonly isHost: boolean
  readonly pool: pg.Pool
  /** For what runs outside any unit of work: migrations, sign of life, backups. It throws when used inside one (guard 1). Domains get a `Reader` or a `Work`. */
  readonly kysely: Kysely<unknown>
  /** What units of work open their transactions on. For `platform/work` alone. */
  readonly transactions: Kysely<unknown>
  /** The same, with statements that are parsed and planned once a connection (statements.ts). */
  readonly preparedTransactions: Kysely<unknown>
  close(): Promise<void>
}

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text'): unknown => {
    if (oid === pg.types.builtins.INT8) return Number
    if (oid === pg.types.builtins.DATE) return (text: string) => text
    return pg.types.getTypeParser(oid, format ?? 'text')
  }) as pg.CustomTypesConfig['getTypeParser'],
}

/** Opens the server at `url`, or with `null` the embedded database in `dataFolder`. Throws `Unavailable` when it cannot be reached. */
export async function openDatabase(options: { url: string | null; dataFolder: string; connections?: number }): Promise<Database> {
  if (options.url !== null)
    return connectTo({ connectionString: options.url, max: options.connections ?? 10 }, { engine: 'server', isHost: false, stop: async () => {} })
  const embedded = await openEmbedded(options.dataFolder)
  const address = { host: embedded.socketFolder, user: 'postgres', database: 'postgres', max: options.connections ?? 4 }
  return connectTo(address, { engine: 'embedded', isHost: embedded.isHost, stop: embedded.stop })
}

async function connectTo(address: pg.PoolConfig, engine: { engine: Database['engine']; isHost: boolean; stop(): Promise<void> }): Promise<Database> {
  const pool = new pg.Pool({
    ...address,
    types,
    application_name: 'carecert',
    connectionTimeoutMillis: engine.engine === 'server' ? 10_000 : 60_000,
    idleTimeoutMillis: 30_000,
  })
  // An idle connection that the server closes is replaced by the pool; without a listener the process would end.
  pool.on('error', () => {})
  // The same for one in use: whoever uses it is told by its next query.
  pool.on('connect', client => void client.on('error', () => {}))
  try {
    await pool.query('select 1')
  } catch (cause) {
    await pool.end()
    await engine.stop()
    throw new Unavailable(
      'platform.db.unreachable',
      'The database cannot be reached. Check that DATABASE_URL is right and that the server runs.',
      undefined,
      { cause },
    )
  }
  const transactionsOn = (prepares: boolean) => new Kysely<unknown>({ dialect: new PostgresDialect({ pool: statementsOn(pool, { prepares }) }) })
  const transactions = transactionsOn(false)
  // The embedded database is one session behind all connections, where the name of a statement would be given twice.
  const preparedTransactions = engine.engine === 'server' ? transactionsOn(true) : transactions
  const kysely = transactions.withPlugin(outsideGuard)
  let closing: Promise<void> | undefined
  const close = async () => {
    await transactions.destroy()
    await engine.stop()
  }
  return { engine: engine.engine, isHost: engine.isHost, pool, kysely, transactions, preparedTransactions, close: () => (closing ??= close()) }
}
