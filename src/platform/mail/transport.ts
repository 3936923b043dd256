import { createTransport, type Transporter } from 'nodemailer'
import type SMTPPool from 'nodemailer/lib/smtp-pool/index.js'

export interface MailMessage {
  readonly to: { readonly name: string; readonly address: string }
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Without angle brackets. The same on every try, so that a receiver can tell a repeat. */
  readonly messageId: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What the mail server said. `permanent` is a 5xx (RFC 5321 §4.2.1): trying again will not help. */
export type MailOutcome = { readonly ok: true; readonly words: string } | { readonly ok: false; readonly permanent: boolean; readonly words: string }

export interface MailTransport {
  /** Whether messages go anywhere: false until a server or the built-in mailbox is set up. */
  readonly isConfigured: boolean
  send(message: MailMessage): Promise<MailOutcome>
  close(): void
}

/** How many connections are kept open. Composing is the limit, not the wire: more buys nothing. */
const CONNECTIONS = 8

/** Mail through one SMTP server, over connections that are kept open. With `null`, every message fails and says why. */
export function createMailTransport(smtpUrl: string | null, from: string): MailTransport {
  if (smtpUrl === null) return unconfigured
  const options: SMTPPool.Options = {
    url: smtpUrl,
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: Infinity,
    connectionTimeout: 15_000,
    greetingTimeout: 15_000,
    socketTimeout: 60_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
  const transporter: Transporter<SMTPPool.SentMessageInfo> = createTransport(options)
  return {
    isConfigured: true,
    async send(message) {
      try {
        const info = await transporter.sendMail({
          from: { name: 'CareCERT', address: from },
          to: { name: message.to.name, address: message.to.address },
          subject: message.subject,
          text: message.text,
          html: message.html,
          messageId: `<${message.messageId}>`,
          headers: { 'Auto-Submitted': 'auto-generated', ...message.headers },
        })
        return { ok: true, words: info.response }
      } catch (error) {
        return refusal(error)
      }
    },
    close: () => transporter.close(),
  }
}

const unconfigured: MailTransport = {
  isConfigured: false,
  send: async () => ({ ok: false, permanent: false, words: 'No mail server is set up. Set SMTP_URL.' }),
  close: () => {},
}

function refusal(error: unknown): MailOutcome {
  const { responseCode, response, code, message } = error as { responseCode?: number; response?: string; code?: string; message?: string }
  // A refused sign-in (535) or sender is ours to mend: the recipient's address is not at fault.
  const permanent = responseCode !== undefined && responseCode >= 500 && code !== 'EAUTH'
  return { ok: false, permanent, words: response ?? message ?? code ?? 'The mail server gave no reason.' }
}
