import type { AddressInfo } from 'node:net'
import PostalMime from 'postal-mime'
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server'
import type { Instant } from '../../kernel/instant.ts'
import { systemClock } from '../clock/clock.ts'

/** One message as a person would read it. Everything in it came from outside: escape it. */
export interface ReceivedMessage {
  /** Counts up from 1. */
  readonly id: number
  readonly receivedAt: Instant
  readonly to: readonly string[]
  readonly from: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** In the order of the message, names in lower case. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

/** The built-in mailbox of the sample sector: an SMTP server on a loopback port that keeps the newest messages in memory. */
export interface Mailbox {
  /** What `SMTP_URL` would be. */
  readonly url: string
  /** Newest first; with `search`, those whose addressee, subject or text holds the words. */
  messages(search?: string): Promise<readonly ReceivedMessage[]>
  message(id: number): Promise<ReceivedMessage | undefined>
  close(): Promise<void>
}

interface Kept {
  readonly id: number
  readonly receivedAt: Instant
  readonly to: readonly string[]
  readonly bytes: Buffer
}

const MOST_KEPT = 500
const LARGEST_BYTES = 1_048_576

/** Starts the mailbox. It takes whatever is sent to it from this machine, and forwards nothing. */
export async function startMailbox(): Promise<Mailbox> {
  const kept: Kept[] = []
  const parsed = new WeakMap<Kept, Promise<ReceivedMessage>>()
  let last = 0
  const server = new SMTPServer({
    name: 'mailbox.carecert.invalid',
    // Senders keep their connections open; nobody needs to wait half a minute for them at the end.
    closeTimeout: 500,
    banner: 'the built-in mailbox',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    size: LARGEST_BYTES,
    onData(stream, session, done) {
      collect(stream).then(bytes => {
        const to = session.envelope.rcptTo.map(({ address }) => address)
        kept.push({ id: ++last, receivedAt: systemClock.now(), to, bytes })
        if (kept.length > MOST_KEPT) kept.shift()
        done(null, `OK: kept as message ${last}`)
      }, done)
    },
  })
  // A sender that hangs up is no fault of ours; without a listener the process would end.
  server.on('error', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo

  // Messages are taken apart when they are looked at, so that receiving keeps up with any sender.
  const read = (message: Kept) => {
    const known = parsed.get(message) ?? parse(message)
    parsed.set(message, known)
    return known
  }
  return {
    url: `smtp://127.0.0.1:${port}`,
    async messages(search = '') {
      const words = search
        .toLowerCase()
        .split(/\s+/)
        .filter(word => word !== '')
      const all = await Promise.all(kept.toReversed().map(read))
      return all.filter(message => {
        const text = [...message.to, message.subject, message.text].join('\n').toLowerCase()
        return words.every(word => text.includes(word))
      })
    },
    async message(id) {
      const found = kept.find(message => message.id === id)
      return found === undefined ? undefined : read(found)
    },
    close: () => new Promise(resolve => void server.close(() => resolve())),
  }
}

async function collect(stream: SMTPServerDataStream): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

async function parse({ id, receivedAt, to, bytes }: Kept): Promise<ReceivedMessage> {
  const mail = await PostalMime.parse(bytes)
  return {
    id,
    receivedAt,
    to,
    from: mail.from?.address ?? '',
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html ?? '',
    headers: mail.headers.map(({ key, value }) => ({ name: key, value })),
  }
}
