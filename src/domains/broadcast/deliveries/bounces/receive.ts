import { createHash } from 'node:crypto'
import { readReturnedMessage, type Complaint } from '../../../../codecs/mail-report/report.ts'
import type { Platform } from '../../../../platform/platform.ts'
import { SYSTEM, type Actor } from '../../../../platform/work/actor.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { returnedTo, type Returned } from '../../envelope.ts'
import type { Visible } from '../../tables.ts'
import { parseStreamToken, STREAM_PATH, STREAM_PURPOSE, type StreamReader } from '../streams/model.ts'
import { applyComplaint, applyLetterReport, applyReport, type Proved } from './commands.ts'
import { decisive, type Received } from './model.ts'

/**
 * Takes in one message that came back. `envelopeTo` is where it was sent to, where the listener knows it; one from a folder tells by its head.
 * What a report says counts only for the message whose signed address it came to, whatever else it names.
 */
export async function receiveReturned(
  platform: Platform,
  bytes: Uint8Array,
  { envelopeTo = [], actor = SYSTEM }: { readonly envelopeTo?: readonly string[]; readonly actor?: Actor } = {},
): Promise<Received> {
  const read = await readReturnedMessage(bytes)
  if (!read.ok) return 'refused'
  const { id, addressedTo, content } = read.value
  const report = id === '' ? createHash('sha256').update(bytes).digest('hex') : id.slice(0, 250)
  if (content.kind === 'complaint') return takeComplaint({ platform, actor }, content.complaint, [...envelopeTo, ...addressedTo], report)
  if (content.kind !== 'delivery-status') return 'ignored'
  const returned = firstOf([...envelopeTo, ...addressedTo], address => returnedTo(platform, address))
  if (returned === undefined) return 'refused'
  const judged = decisive(content.status.recipients)
  if (judged === undefined) return 'ignored'
  const { class: kind, subject, detail } = judged.recipient.status
  const status = `${kind}.${subject}.${detail}`
  if (judged.kind === 'policy')
    platform.log.warn({ status, by: content.status.reportingServer }, 'mail: a server refuses our messages for what we are')
  return apply({ platform, actor }, returned, { kind: judged.kind, status, words: judged.recipient.words, report })
}

/** Who takes it in: the system, or an operator by hand. */
interface By {
  readonly platform: Platform
  readonly actor: Actor
}

/** A reader's complaint goes to another address than a bounce. It is ours when the message that it brings back holds what only we can sign. */
async function takeComplaint(by: By, complaint: Complaint, addressedTo: readonly string[], report: string): Promise<Received> {
  const { platform, actor } = by
  // Somebody took it out of the folder for unwanted mail.
  if (complaint.type === 'not-spam') return 'ignored'
  const returned = firstOf([...complaint.originalSenders, ...addressedTo], address => returnedTo(platform, address))
  if (returned !== undefined)
    return apply(by, returned, { kind: 'complaint', status: null, words: `Reported as unwanted (${complaint.type}).`, report })
  const reader = firstOf(complaint.unsubscribeAddresses, address => readerOf(platform, address))
  return reader === undefined ? 'refused' : runWork<Visible, Received>(platform, actor, work => applyComplaint(work, reader))
}

function apply({ platform, actor }: By, returned: Returned, proved: Proved): Promise<Received> {
  const fallback = { hasTexts: platform.texts.isConfigured, baseUrl: platform.config.baseUrl }
  return runWork<Visible, Received>(platform, actor, work =>
    returned.kind === 'letter' ? applyLetterReport(work, returned.id, proved) : applyReport(work, { ...proved, deliveryId: returned.id }, fallback),
  )
}

function readerOf({ config, signer }: Platform, address: string): StreamReader | undefined {
  const start = `${config.baseUrl}${STREAM_PATH}/`
  const parsed = address.startsWith(start) ? parseStreamToken(address.slice(start.length)) : undefined
  return parsed !== undefined && signer.verify(STREAM_PURPOSE, parsed.reader.id, parsed.signature) ? parsed.reader : undefined
}

function firstOf<T, R>(values: readonly T[], find: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const found = find(value)
    if (found !== undefined) return found
  }
  return undefined
}
