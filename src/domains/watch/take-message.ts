import { beginsAsXml } from '../../codecs/feed/encoding.ts'
import { readJsonFeed } from '../../codecs/feed/feed.ts'
import { looksLikeMessage, readMessage, type MailAttachment, type MailMessage } from '../../codecs/mail/message.ts'
import type { IntelligenceBatch, IntelligenceItem } from '../../kernel/intelligence.ts'
import type { Result } from '../../kernel/problem.ts'
import { shorten } from '../../kernel/text.ts'
import { narrowestTlp, type Tlp } from '../../kernel/tlp.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../../platform/work/actor.ts'
import type { Work } from '../../platform/work/work.ts'
import { recognise } from './gathering/recognise.ts'
import { isGzip, startOf } from './gathering/unpack.ts'
import type { SourceKey } from './sources/queries.ts'
import type { Visible } from './tables.ts'
import { looksLikeScores, takeDocument, takeRead, type DocumentToTake, type GatherResult } from './take-document.ts'

/** Messages in messages, such as a digest of what was forwarded. */
const DEEPEST = 3

/**
 * Takes in a document, or a message of mail: its text as an item of news, and each attachment that is a document, as one of its own. The message
 * comes last, so that one that was cut short comes again whole.
 */
export async function takeWhole(
  platform: Pick<Platform, 'database' | 'clock' | 'jobs'>,
  actor: Actor,
  named: SourceKey | undefined,
  document: DocumentToTake,
  also: (work: Work<Visible>) => Promise<void> = async () => {},
  depth = 0,
): Promise<GatherResult> {
  if (depth > DEEPEST || !looksLikeMessage(document.bytes)) return takeDocument(platform, actor, named, document, also)
  const message = await readMessage(document.bytes)
  if (!message.ok) return takeRead(platform, actor, named, document, message, also)
  const sender = document.sender ?? domainOf(message.value)
  const tlp = narrowerOf(document.tlp ?? null, message.value.tlp)
  const parts: GatherResult[] = []
  const remarks: string[] = []
  for (const [index, attachment] of message.value.attachments.entries()) {
    const address = `${document.address}#${attachment.name || `part ${index + 1}`}`
    if (looksLikeScores(attachment.bytes))
      remarks.push(`${address}: scores are not taken from mail, since they are for every threat. Gather the file.`)
    else if (holdsDocument(attachment))
      parts.push(
        await takeWhole(platform, actor, namedFor(named, attachment), { address, bytes: attachment.bytes, tlp, sender }, undefined, depth + 1),
      )
  }
  const own = named?.format === 'feed' ? named : undefined
  const result = await takeRead(platform, actor, own, { ...document, tlp, sender }, textOf(message.value), also)
  return { ...result, remarks: [...remarks, ...result.remarks], parts }
}

/** A source that a person names takes what is of its format. The rest of the message goes where mail goes. */
function namedFor(named: SourceKey | undefined, { bytes }: MailAttachment): SourceKey | undefined {
  if (named === undefined) return undefined
  const read = recognise(bytes)
  return read.ok && read.value.format === named.format ? named : undefined
}

/** Pictures, signatures and the like are none; what begins as one and cannot be read is put aside, so that somebody sees it. */
function holdsDocument({ bytes }: MailAttachment): boolean {
  if (isGzip(bytes) || looksLikeMessage(bytes) || recognise(bytes).ok) return true
  const start = Buffer.from(startOf(bytes, 200)).toString('utf8')
  return /^\uFEFF?\s*[{[]/.test(start) || (beginsAsXml(bytes) && !/^\s*<(?:!doctype\s+html|html|svg)/i.test(start))
}

/** The text of a message as the one entry of a feed: the codec of feeds makes its HTML safe and finds its CVEs. */
function textOf(message: MailMessage): Result<IntelligenceBatch> {
  const { id, subject, from, date, text, html } = message
  const read = readJsonFeed({
    version: 'https://jsonfeed.org/version/1.1',
    title: from.name || from.address || 'Mail',
    items: [
      {
        id: id || `${from.address} ${date} ${subject}`,
        title: subject,
        ...(text === '' ? { content_html: html } : { content_text: text }),
        date_published: date,
        authors: [{ name: [from.name, from.address].filter(part => part !== '').join(', ') }],
      },
    ],
  })
  if (!read.ok) return read
  const value = {
    ...read.value,
    label: `Mail "${shorten(subject || 'without a subject', 80)}"`,
    items: read.value.items.map(item => asMail(item, message)),
  }
  return { ...read, value }
}

/** What came of everything inside it, however deep. */
export function partsOf(result: GatherResult): readonly GatherResult[] {
  return (result.parts ?? []).flatMap(part => [...partsOf(part), part])
}

const MOST_REFERENCES = 60

function asMail(item: IntelligenceItem, { links, tlp }: MailMessage): IntelligenceItem {
  return {
    ...item,
    tlp,
    references: [...new Set([...item.references, ...links])].slice(0, MOST_REFERENCES),
    details: { ...item.details, feed: 'Mail' },
  }
}

function domainOf({ from }: MailMessage): string {
  return from.address.split('@').at(-1) ?? ''
}

function narrowerOf(a: Tlp | null, b: Tlp | null): Tlp | null {
  return a === null || b === null ? (a ?? b) : narrowestTlp([a, b])
}
