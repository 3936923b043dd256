import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { SMTPServer } from 'smtp-server'

export interface SunkMessage {
  /** Of the envelope: where a bounce would go. */
  readonly from: string
  readonly to: string
  readonly bytes: Buffer
  readonly messageId: string
}

/** What the server does with one recipient: take it, refuse it with a code and words, hang up, or wait first. */
export type Manner = 'take' | { readonly code: number; readonly words: string } | 'hang-up' | { readonly waitMillis: number }

export interface SmtpSink {
  readonly url: string
  /** All that was taken, repeats too. */
  readonly messages: SunkMessage[]
  /** May be replaced while it runs. */
  manner: (address: string) => Manner
  close(): Promise<void>
}

/** A real SMTP server on a loopback port that behaves as told, closed after the test file. */
export async function startSmtpSink(manner: (address: string) => Manner = () => 'take'): Promise<SmtpSink> {
  const messages: SunkMessage[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 500,
    onRcptTo({ address }, session, done) {
      const what = sink.manner(address)
      if (what === 'take') return done()
      if (what === 'hang-up')
        return void [...server.connections].forEach(
          connection =>
            (connection as { id?: string }).id === session.id && (connection as unknown as { _socket: { destroy(): void } })._socket.destroy(),
        )
      if ('code' in what) return done(Object.assign(new Error(what.words), { responseCode: what.code }))
      setTimeout(done, what.waitMillis)
    },
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const bytes = Buffer.concat(parts)
        const messageId = /^message-id:\s*<([^>]*)>/im.exec(bytes.toString('latin1'))?.[1] ?? ''
        const from = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address
        messages.push({ from, to: session.envelope.rcptTo[0]?.address ?? '', bytes, messageId })
        done(null, 'queued')
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  const sink: SmtpSink = {
    url: `smtp://127.0.0.1:${port}`,
    messages,
    manner,
    close: () => new Promise(resolve => void server.close(() => resolve())),
  }
  after(() => sink.close())
  return sink
}
