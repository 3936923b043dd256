import assert from 'node:assert/strict'
import PostalMime from 'postal-mime'
import { deliverMailing } from '../../src/domains/broadcast/deliveries/jobs.ts'
import type { TestPlatform } from './platform.ts'
import { releasedBulletin, type ReleasedBulletin, type ReleasedBulletinOptions } from './released-bulletin.ts'
import type { SmtpSink } from './smtp-sink.ts'

interface AnswerLinks {
  /** The path of the answer link in a message. */
  linkIn(bytes: Buffer): Promise<string>
  /** Releases a bulletin and mails it; gives the link of each message, in the order of their addresses. */
  mailed(options: ReleasedBulletinOptions): Promise<{ readonly bulletin: ReleasedBulletin; readonly links: readonly string[] }>
}

/** Answer links as their readers get them: out of the mail itself. */
export function createAnswerLinks(platform: TestPlatform, sink: SmtpSink): AnswerLinks {
  return { linkIn, mailed }

  async function mailed(options: ReleasedBulletinOptions) {
    const bulletin = await releasedBulletin(platform, options)
    const before = sink.messages.length
    await deliverMailing(platform, bulletin.mailingId, new AbortController().signal)
    const messages = sink.messages.slice(before).toSorted((a, b) => a.to.localeCompare(b.to))
    return { bulletin, links: await Promise.all(messages.map(({ bytes }) => linkIn(bytes))) }
  }
}

async function linkIn(bytes: Buffer): Promise<string> {
  const mail = await PostalMime.parse(bytes)
  const address = /http:\/\/localhost:8080(\/r\/\S+)/.exec(mail.text ?? '')?.[1]
  assert.ok(address !== undefined, mail.text)
  return address
}
