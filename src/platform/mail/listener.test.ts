import assert from 'node:assert/strict'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { createLog } from '../log/log.ts'
import { startMailListener } from './listener.ts'

test('who speaks a byte at a time does not keep a place of the listener for ever', async () => {
  const listener = await startMailListener({
    protocol: 'smtp',
    host: '127.0.0.1',
    port: 0,
    log: createLog('silent'),
    accepts: () => true,
    take: async () => {},
    longestConnectionMillis: 300,
  })
  const began = performance.now()
  const socket = createConnection(listener.port, '127.0.0.1').on('error', () => {})
  const drip = setInterval(() => void socket.write('N'), 50)
  await new Promise(resolve => socket.once('close', resolve))
  clearInterval(drip)
  assert.ok(performance.now() - began >= 250)
  await listener.stop()
})
