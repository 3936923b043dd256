import { createServer, type Socket } from 'node:net'

/**
 * A mail server in a process of its own that takes every message at once and keeps none: the least that a receiver can do, so that
 * the sender is what is measured. Speaks as much SMTP (RFC 5321) as a sender needs. Started by `startSink` (sink-process.ts).
 */
export interface SinkCount {
  readonly messages: number
  /** Recipients that got at least one. Fewer than `messages` means that some were mailed twice. */
  readonly recipients: number
  readonly bytes: number
  /** On the clock that all processes of the machine share, in milliseconds; 0 before the first message. */
  readonly firstAt: number
  readonly lastAt: number
}

const fresh = () => ({ messages: 0, recipients: new Set<string>(), bytes: 0, firstAt: 0, lastAt: 0 })
let count = fresh()

const END_OF_DATA = '\r\n.\r\n'

function converse(socket: Socket): void {
  let held = ''
  let isData = false
  let recipient = ''
  socket.setNoDelay(true)
  socket.setEncoding('latin1')
  socket.write('220 sink ESMTP\r\n')
  socket.on('error', () => {})
  socket.on('data', (part: string) => {
    held += part
    for (;;) {
      const end = held.indexOf(isData ? END_OF_DATA : '\r\n')
      if (end < 0) return
      const taken = held.slice(0, end)
      held = held.slice(end + (isData ? END_OF_DATA.length : 2))
      if (isData) {
        isData = false
        note(recipient, taken.length)
        socket.write('250 2.0.0 taken\r\n')
        continue
      }
      const verb = taken.slice(0, 4).toUpperCase()
      if (verb === 'RCPT') recipient = taken.slice(8)
      isData = verb === 'DATA'
      if (verb === 'QUIT') return void socket.end('221 2.0.0 bye\r\n')
      socket.write(isData ? '354 go on\r\n' : verb === 'EHLO' ? '250-sink\r\n250 8BITMIME\r\n' : '250 2.0.0 ok\r\n')
    }
  })
}

function note(recipient: string, bytes: number): void {
  const now = sharedMillis()
  if (count.messages === 0) count.firstAt = now
  count.lastAt = now
  count.messages += 1
  count.bytes += bytes
  count.recipients.add(recipient)
}

function sharedMillis(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

const server = createServer(converse)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 })
})
process.on('message', (message: 'count' | 'reset') => {
  if (message === 'reset') count = fresh()
  process.send?.({ ...count, recipients: count.recipients.size } satisfies SinkCount)
})
process.on('disconnect', () => process.exit(0))
