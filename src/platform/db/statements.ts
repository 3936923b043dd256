import { createHash } from 'node:crypto'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'

/** What PostgreSQL answers to the opening of a transaction. */
const OPENED = { command: 'BEGIN' as const, rowCount: 0, rows: [] }
const CLOSED = { command: 'COMMIT' as const, rowCount: 0, rows: [] }

/**
 * The pool as units of work use it: the opening of a transaction travels with its first statement, where that has no parameters, so that it costs
 * no trip of its own. With `prepares`, statements with parameters are parsed and planned once a connection and not each time: for work
 * that asks the same few again and again, each for a row or a batch by its key. What a page asks stays as it is, because the best plan for a
 * bulletin to fifty organisations is not that for one to fifty thousand.
 */
export function statementsOn(pool: pg.Pool, { prepares }: { readonly prepares: boolean }): PostgresPool {
  return {
    connect: async () => clientOn(await pool.connect(), prepares),
    end: () => pool.end(),
    options: pool.options,
  }
}

function clientOn(client: pg.PoolClient, prepares: boolean): PostgresPoolClient {
  let opening: string | null = null
  const query = async (text: string, parameters: readonly unknown[]) => {
    if (isOpening(text)) {
      opening = text
      return OPENED
    }
    const opened = opening
    opening = null
    if (opened !== null && isClosing(text)) return CLOSED
    if (parameters.length === 0) {
      const answers: unknown = await client.query(opened === null ? text : `${opened};${text}`)
      return Array.isArray(answers) ? (answers as readonly unknown[]).at(-1) : answers
    }
    if (opened !== null) await client.query(opened)
    return prepares ? client.query({ name: nameOf(text), text, values: [...parameters] }) : client.query(text, [...parameters])
  }
  // The two members of a client that Kysely uses without a cursor.
  return { query, release: (isBroken?: boolean) => client.release(isBroken) } as unknown as PostgresPoolClient
}

function isOpening(text: string): boolean {
  return text === 'begin' || text.startsWith('start transaction')
}

function isClosing(text: string): boolean {
  return text === 'commit' || text === 'rollback'
}

const names = new Map<string, string>()

/** PostgreSQL knows a prepared statement by a name of at most 63 bytes. */
function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = createHash('sha256').update(text).digest('base64url')
  names.set(text, name)
  return name
}
