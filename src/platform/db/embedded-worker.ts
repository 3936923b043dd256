/**
 * The thread in which the embedded PostgreSQL lives, so that a long query never holds up the web process.
 * It speaks PostgreSQL's own protocol on a private socket; everything else in the product uses the ordinary driver.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

const { folder, socket } = workerData as { folder: string; socket: string }

const database = await PGlite.create(folder)
const server = new PGLiteSocketServer({ db: database, path: socket, maxConnections: 64 })
await server.start()

parentPort?.on('message', async (message: unknown) => {
  if (message !== 'stop') return
  await server.stop()
  await database.close()
  parentPort?.postMessage('stopped')
  parentPort?.close()
})
parentPort?.postMessage('ready')
