import { Readable } from 'node:stream'
import SMTPPool from 'nodemailer/lib/smtp-pool'
import { CareCertError } from '../../kernel/errors.ts'
import { cleanLine } from '../../kernel/text.ts'
import { systemClock, type Clock } from '../clock/clock.ts'
import { prepareBody, type MailBody } from './body.ts'
import { signDkim } from './dkim.ts'
import type { MailSigning } from './keys.ts'
import { headerFields, writeHead } from './message.ts'
import { signBody } from './signing/signer.ts'

export interface MailMessage {
  readonly to: { readonly name: string; readonly address: string }
  readonly subject: string
  readonly text: string
  readonly html: string
  /** `text` and `html`, composed beforehand for many recipients (body.ts). */
  readonly body?: MailBody
  /** Without angle brackets. The same on every try, so that a receiver can tell a repeat. */
  readonly messageId: string
  readonly headers?: Readonly<Record<string, string>>
  /** Whether it was tried before, and may have been taken then: a carrier that can tell is asked first. SMTP has no way to ask. */
  readonly isRepeat?: boolean
  /** Where what bounces comes back to; our own address when nothing is said (RFC 5321 §3.6.3). */
  readonly returnPath?: string
}

/**
 * What the mail server said. `permanent` is a 5xx (RFC 5321 §4.2.1): trying again will not help. `fault` says whose it is, so that no address
 * is held to be dead for a server that was down: `address` the recipient's, `ours` what we are or wrote, `service` the server or the network.
 */
export type MailOutcome =
  | { readonly ok: true; readonly words: string }
  | {
      readonly ok: false
      readonly permanent: boolean
      readonly fault: 'address' | 'ours' | 'service'
      readonly words: string
      /** How long the carrier asks to be left alone, where it says so. */
      readonly pauseSeconds?: number | null
    }

export interface MailTransport {
  /** Whether messages go anywhere: false until a server or the built-in mailbox is set up. */
  readonly isConfigured: boolean
  send(message: MailMessage): Promise<MailOutcome>
  close(): void
}

export interface TransportOptions {
  readonly signing?: MailSigning
  readonly clock?: Clock
}

/** How many connections are kept open. Signing and composing are the limit, not the wire: more buys nothing. */
const CONNECTIONS = 8

/** Without a key: what a process uses that hands out no mail. */
export const UNSIGNED: MailSigning = { body: null, dkim: [], close: () => {} }

/** Mail through one SMTP server, over connections that are kept open. With `null`, every message fails and says why. */
export function createMailTransport(smtpUrl: string | null, from: string, options: TransportOptions = {}): MailTransport {
  if (smtpUrl === null) return unconfigured
  const { signing = UNSIGNED, clock = systemClock } = options
  const pool = new SMTPPool({
    url: smtpUrl,
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: Infinity,
    connectionTimeout: 15_000,
    greetingTimeout: 15_000,
    socketTimeout: 60_000,
  })
  // Each message is told of its own failure; without a listener the process would end.
  pool.on('error', () => {})
  return {
    isConfigured: true,
    async send(message) {
      try {
        const bytes = await writeMessage(message, from, signing, clock)
        return { ok: true, words: cleanLine(await hand(pool, message, message.returnPath ?? from, bytes)) }
      } catch (error) {
        return refusal(error)
      }
    },
    close() {
      pool.close()
      signing.close()
    },
  }
}

/** The message as it is sent. What signs its text comes first, DKIM last, over all of it. */
async function writeMessage(message: MailMessage, from: string, signing: MailSigning, clock: Clock): Promise<Buffer> {
  const now = clock.now()
  const composed = message.body ?? prepareBody(message).personalise({})
  const body = signing.body === null ? composed : await signBody(composed, signing.body)
  const fields = headerFields(
    {
      from: { name: 'CareCERT', address: from },
      to: message.to,
      subject: message.subject,
      messageId: message.messageId,
      date: now,
      headers: { 'Auto-Submitted': 'auto-generated', ...message.headers },
    },
    body,
  )
  const signatures = await signDkim({ fields, content: body.content }, signing.dkim, now)
  return Buffer.from(writeHead([...signatures, ...fields]) + body.content, 'latin1')
}

/** Hands the message to the pool as nodemailer's own mailer does, but without composing it anew. Gives the server's words. */
function hand(pool: SMTPPool, message: MailMessage, sender: string, bytes: Buffer): Promise<string> {
  const written = {
    data: {},
    message: {
      getEnvelope: () => ({ from: sender, to: [message.to.address] }),
      messageId: () => `<${message.messageId}>`,
      getHeader: () => '',
      createReadStream: () => Readable.from([bytes], { objectMode: false }),
    },
  }
  return new Promise((resolve, reject) => {
    // The pool asks a message for these few things and no more (nodemailer's interface for transports).
    pool.send(written as unknown as Parameters<SMTPPool['send']>[0], (error, info) => {
      if (error === null && info !== undefined) resolve(info.response)
      else reject(error ?? new Error('The mail server gave no reason.'))
    })
  })
}

const unconfigured: MailTransport = {
  isConfigured: false,
  send: async () => ({ ok: false, permanent: false, fault: 'ours', words: 'No mail server is set up. Set SMTP_URL.' }),
  close: () => {},
}

function refusal(error: unknown): MailOutcome {
  // A signature that cannot be had now may be had later.
  if (error instanceof CareCertError) return { ok: false, permanent: false, fault: 'ours', words: error.message }
  const { responseCode, response, code, command, message } = error as RefusedMail
  const refused = { responseCode, response, code, command }
  return {
    ok: false,
    permanent: isPermanent(refused),
    fault: faultOf(refused),
    words: cleanLine(response ?? message ?? code ?? 'The mail server gave no reason.'),
  }
}

/** What nodemailer says of a refusal. */
interface RefusedMail {
  readonly responseCode?: number | undefined
  readonly response?: string | undefined
  readonly code?: string | undefined
  readonly command?: string | undefined
  readonly message?: string | undefined
}

/** A policy (X.7.X, RFC 3463 §3.8); or, as some servers say it without a code, that we may not send through them. */
const POLICY = /^\d{3}[ -][45]\.7\.\d|\brelay(?:ing)? (?:access )?(?:denied|not permitted|not allowed|prohibited)/i

/** Whether trying again will not help. A refused sign-in, a refused sender and a policy are ours to mend. */
function isPermanent({ responseCode = 0, response = '', code, command }: RefusedMail): boolean {
  return responseCode >= 500 && code !== 'EAUTH' && command !== 'MAIL FROM' && !POLICY.test(response)
}

/**
 * It is the address's when the server refuses the recipient, or after the message says that its mailbox cannot take it (X.1.X, X.2.X); not for its
 * own state, what is in the message, or a policy (X.3.X, X.6.X: RFC 3463 §3). 421 closes the connection whoever is written to (RFC 5321 §3.8).
 */
function faultOf({ responseCode = 0, response = '', command }: RefusedMail): 'address' | 'ours' | 'service' {
  if (responseCode < 400 || responseCode === 421) return 'service'
  const [, subject = ''] = /^\d{3}[ -][45]\.(\d{1,3})\.\d/.exec(response) ?? []
  const isOfAddress = command === 'RCPT TO' ? !['3', '6'].includes(subject) : command === 'DATA' && ['1', '2'].includes(subject)
  return isOfAddress && !POLICY.test(response) ? 'address' : 'ours'
}
