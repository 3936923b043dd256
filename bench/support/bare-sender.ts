import { readFile } from 'node:fs/promises'
import { createTransport } from 'nodemailer'
import type SMTPPool from 'nodemailer/lib/smtp-pool/index.js'
import type { MailMessage } from '../../src/platform/mail/transport.ts'

/**
 * The peer of `release-mail`: nodemailer's own pool with as many connections as ours, sending messages that are written already and
 * keeping no record of any. `bare-sender.ts SMTP_URL FILE [DKIM_KEY]`, the file one JSON text of messages; ends when all are taken. With the file
 * of an RSA key it signs each, as nodemailer does.
 */
const CONNECTIONS = 8
const [url = '', file = '', keyFile] = process.argv.slice(2)
const messages = JSON.parse(await readFile(file, 'utf8')) as MailMessage[]
const dkim =
  keyFile === undefined ? {} : { dkim: { domainName: 'carecert.example', keySelector: 'rsa', privateKey: await readFile(keyFile, 'utf8') } }
const options: SMTPPool.Options = { url, pool: true, maxConnections: CONNECTIONS, maxMessages: Infinity, ...dkim }
const transport = createTransport(options)
const queue = messages.values()
const sender = async () => {
  for (const { to, subject, text, html, messageId } of queue) {
    await transport.sendMail({
      from: { name: 'CareCERT', address: 'carecert@localhost' },
      to: { ...to },
      subject,
      text,
      html,
      messageId: `<${messageId}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
  }
}
await Promise.all(Array.from({ length: CONNECTIONS }, sender))
transport.close()
