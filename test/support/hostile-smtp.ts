import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'
import type { Random } from '../../src/app/sample/random.ts'

/** A mail server in a storm. What it took, it counts; the addresses that it never takes begin with `gone`. */
export interface HostileSmtp {
  readonly url: string
  /** How often each address got its message. */
  readonly taken: ReadonlyMap<string, number>
  /** The Message-IDs of all that it took. */
  readonly messageIds: ReadonlySet<string>
  /** How often it took a message of each address and hung up without saying so. */
  readonly unsaid: ReadonlyMap<string, number>
  /** Answer links, of some messages that it took. */
  readonly links: string[]
  /** What it refused, by code. */
  readonly refused: Map<number, number>
  /** From now on it takes everything at once. */
  calm(): void
  close(): Promise<void>
}

/** Now and then it answers 4xx, stalls, hangs up, and, worst, takes a message and hangs up before it says so. */
export async function startHostileSmtp(random: Random): Promise<HostileSmtp> {
  const taken = new Map<string, number>()
  const unsaid = new Map<string, number>()
  const messageIds = new Set<string>()
  const links: string[] = []
  const refused = new Map<number, number>()
  let isCalm = false
  const refuse = (code: number, words: string) => {
    refused.set(code, (refused.get(code) ?? 0) + 1)
    return Object.assign(new Error(words), { responseCode: code })
  }
  const chance = (likely: number) => !isCalm && random.chance(likely)
  const hangUp = (id: string) => {
    for (const connection of server.connections) {
      // The server shows neither; they are the only way to cut one connection.
      const { id: its, _socket: socket } = connection as unknown as { id: string; _socket: { destroy(): void } }
      if (its === id) socket.destroy()
    }
  }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 500,
    onRcptTo({ address }, session, done) {
      if (address.startsWith('gone')) return done(refuse(550, 'No such mailbox'))
      if (chance(0.01)) return done(refuse(451, 'Try later'))
      if (chance(0.005)) return hangUp(session.id)
      done()
    },
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => void end().catch(() => hangUp(session.id)))
      const end = async () => {
        const address = session.envelope.rcptTo[0]?.address ?? ''
        if (chance(0.01)) await pause(300)
        if (chance(0.01)) return done(refuse(452, 'Out of space'))
        const text = Buffer.concat(parts).toString('latin1')
        taken.set(address, (taken.get(address) ?? 0) + 1)
        messageIds.add(/^message-id:\s*<([^>]*)>/im.exec(text)?.[1] ?? '')
        if (links.length < 500) links.push(...linksIn(text))
        if (!chance(0.01)) return done(null, 'queued')
        unsaid.set(address, (unsaid.get(address) ?? 0) + 1)
        hangUp(session.id)
      }
    },
  })
  server.on('error', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    taken,
    unsaid,
    messageIds,
    links,
    refused,
    calm: () => void (isCalm = true),
    close: () => new Promise(resolve => void server.close(() => resolve())),
  }
}

/** The first answer link of a message, put together again where quoted-printable broke it. */
function linksIn(message: string): readonly string[] {
  const link = /\/r\/(del_[\w.-]+)/.exec(message.replace(/=\r\n/g, ''))?.[1]
  return link === undefined ? [] : [link]
}
