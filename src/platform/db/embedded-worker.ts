/**
 * The thread in which the embedded PostgreSQL lives, so that a long query never holds up the web process.
 * It speaks PostgreSQL's own protocol on a private socket; everything else in the product uses the ordinary driver.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

/** Parse, Bind, Describe, Execute, Close and Flush, by the first byte of each: more follows, up to the Sync. */
const WITHIN_EXCHANGE = new Set([...'PBDECH'].map(letter => letter.charCodeAt(0)))

const { folder, socket } = workerData as { folder: string; socket: string }

const database = await PGlite.create(folder)
keepExchangesWhole(database)
const server = new PGLiteSocketServer({ db: database, path: socket, maxConnections: 64 })
await server.start()

async function stop(): Promise<void> {
  await server.stop()
  await database.close()
  parentPort?.postMessage('stopped')
  parentPort?.close()
}

parentPort?.on('message', (message: unknown) => {
  if (message === 'stop') void stop()
})
parentPort?.postMessage('ready')

/**
 * Lets no connection between the messages of another's exchange. PGlite has one session: the statement that one connection
 * parsed would be gone, or be another's, when its values arrive. The server holds the others back while a transaction runs;
 * here it is told the same from an exchange's first message (Parse) to its last (Sync). It matters for messages so large
 * that they come in pieces.
 */
function keepExchangesWhole(session: PGlite): void {
  const isInTransaction = session.isInTransaction.bind(session)
  const run = session.execProtocolRawStream.bind(session)
  let isWithinExchange = false
  session.isInTransaction = () => isWithinExchange || isInTransaction()
  session.execProtocolRawStream = async (message, options) => {
    isWithinExchange = WITHIN_EXCHANGE.has(message[0] ?? 0)
    await run(message, options)
  }
}
