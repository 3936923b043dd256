import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server'
import { Unavailable } from '../../kernel/errors.ts'
import type { Log } from '../log/log.ts'

export interface MailListener {
  readonly port: number
  stop(): Promise<void>
}

export interface ListenerOptions {
  readonly protocol: 'smtp' | 'lmtp'
  readonly host: string
  readonly port: number
  readonly log: Log
  /** Whether there is such an address here. All others are refused, so that it forwards nothing and takes nothing in. */
  accepts(address: string): boolean
  /** Takes a message in for good before the server is told so. What it throws makes the server try again later. */
  take(bytes: Buffer, to: readonly string[]): Promise<void>
  /** The longest that one connection lasts; ten minutes when nothing is said. */
  readonly longestConnectionMillis?: number
}

const LARGEST_BYTES = 2 * 1024 * 1024
const MOST_RECIPIENTS = 10
const MOST_CLIENTS = 50
const LONGEST_CONNECTION_MILLIS = 600_000

/**
 * Listens for mail from a mail server of ours: SMTP (RFC 5321), or LMTP (RFC 2033). Throws `Unavailable` when the port is taken.
 * A recipient is refused with 5.1.1, what is too large with 5.3.4; a fault of ours is 4.3.0, so that nothing is lost.
 */
export async function startMailListener(options: ListenerOptions): Promise<MailListener> {
  const server = new SMTPServer({
    lmtp: options.protocol === 'lmtp',
    name: 'bounces.carecert.invalid',
    banner: 'bounces only',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    size: LARGEST_BYTES,
    maxClients: MOST_CLIENTS,
    socketTimeout: 60_000,
    closeTimeout: 2_000,
    onRcptTo({ address }, session, done) {
      if (session.envelope.rcptTo.length >= MOST_RECIPIENTS) return done(refusal(452, '4.5.3 Too many recipients in one message'))
      return options.accepts(address) ? done() : done(refusal(550, '5.1.1 No such address here'))
    },
    onData(stream, session, done) {
      collect(stream)
        .then(async bytes => {
          if (bytes === null) return done(refusal(552, '5.3.4 Larger than a report of delivery is'))
          await options.take(
            bytes,
            session.envelope.rcptTo.map(({ address }) => address),
          )
          return done(null, '2.0.0 Taken in')
        })
        .catch((error: unknown) => {
          options.log.error({ err: error }, 'mail: what came back could not be taken in')
          done(refusal(451, '4.3.0 Try again later'))
        })
    },
  })
  // Fifty who send a byte now and then would keep all others out. What was not answered yet, its sender brings again.
  server.server.on('connection', socket => {
    const limit = setTimeout(() => socket.destroy(), options.longestConnectionMillis ?? LONGEST_CONNECTION_MILLIS)
    socket.once('close', () => clearTimeout(limit))
  })
  // A sender that hangs up is no fault of ours; without a listener the process would end.
  server.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', (error: Error) =>
      reject(new Unavailable('platform.mail.listener', `Nothing can listen on ${options.host}:${options.port}: ${error.message}`)),
    )
    server.listen(options.port, options.host, resolve)
  })
  const { port } = server.server.address() as AddressInfo
  return { port, stop: () => new Promise(resolve => void server.close(() => resolve())) }
}

function refusal(responseCode: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode })
}

/** The bytes; `null` when there are more than are taken. All are read, so that the server hears why. */
async function collect(stream: SMTPServerDataStream): Promise<Buffer | null> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of stream) {
    size += (part as Buffer).length
    if (size <= LARGEST_BYTES) parts.push(part as Buffer)
    else parts.length = 0
  }
  return size > LARGEST_BYTES ? null : Buffer.concat(parts)
}
