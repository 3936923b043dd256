import { readIndicator } from '../../kernel/indicator.ts'
import { instantFromMillis, parseInstant, type Instant } from '../../kernel/instant.ts'
import type { IndicatorType, IntelligenceIndicator } from '../../kernel/intelligence.ts'
import { lineAt, listAt, memberOf, textAt } from '../../kernel/json.ts'
import { shorten } from '../../kernel/text.ts'
import { tlpRank, type Tlp } from '../../kernel/tlp.ts'
import { sharingOf } from './sharing.ts'

/** The parts of a value, joined by `|`, of each type of attribute that says an indicator. `null` for a part that says none. */
const PARTS: Readonly<Record<string, readonly (IndicatorType | 'ip' | null)[]>> = {
  md5: ['md5'],
  sha1: ['sha1'],
  sha256: ['sha256'],
  sha512: ['sha512'],
  filename: ['file-name'],
  'filename|md5': ['file-name', 'md5'],
  'filename|sha1': ['file-name', 'sha1'],
  'filename|sha256': ['file-name', 'sha256'],
  'filename|sha512': ['file-name', 'sha512'],
  'malware-sample': ['file-name', 'md5'],
  attachment: ['file-name'],
  'email-attachment': ['file-name'],
  'ip-src': ['ip'],
  'ip-dst': ['ip'],
  'ip-src|port': ['ip', null],
  'ip-dst|port': ['ip', null],
  hostname: ['domain'],
  'hostname|port': ['domain', null],
  domain: ['domain'],
  'domain|ip': ['domain', 'ip'],
  'onion-address': ['domain'],
  url: ['url'],
  uri: ['url'],
  email: ['email'],
  'email-src': ['email'],
  'email-dst': ['email'],
  'email-reply-to': ['email'],
  regkey: ['registry-key'],
  'regkey|value': ['registry-key', null],
}

/** Categories in which a value is evidence of an attack even when nobody ticked "for intrusion detection". */
const EVIDENCE: ReadonlySet<string> = new Set([
  'payload delivery',
  'payload installation',
  'payload type',
  'artifacts dropped',
  'persistence mechanism',
  'network activity',
  'antivirus detection',
])

/** Types that are an attacker's only when they are ticked: the address of a mail's recipient is the victim's. */
const ONLY_WHEN_TICKED: ReadonlySet<string> = new Set(['email-dst', 'attachment'])

/** One attribute that is not deleted, of an event or of an object in it. */
export interface Attribute {
  readonly type: string
  readonly category: string
  readonly value: string
  readonly comment: string
  readonly relation: string
  readonly isTicked: boolean
  /** Its own label or its object's, the narrower; `null` when it follows its event. */
  readonly tlp: Tlp | null
  readonly unknown: readonly string[]
  readonly raw: unknown
}

/** Reads an attribute; `null` for a deleted one. `objectTlp` is the label of the object that it belongs to. */
export function readAttribute(raw: unknown, objectTlp: Tlp | null): Attribute | null {
  if (isTrue(memberOf(raw, 'deleted'))) return null
  const { tlp, unknown } = sharingOf(raw)
  return {
    type: lineAt(raw, 'type')?.toLowerCase() ?? '',
    category: lineAt(raw, 'category') ?? '',
    value: textAt(raw, 'value') ?? '',
    comment: textAt(raw, 'comment') ?? '',
    relation: lineAt(raw, 'object_relation') ?? '',
    isTicked: isTrue(memberOf(raw, 'to_ids')),
    tlp: narrower(tlp, objectTlp),
    unknown,
    raw,
  }
}

function narrower(a: Tlp | null, b: Tlp | null): Tlp | null {
  if (a === null || b === null) return a ?? b
  return tlpRank(a) >= tlpRank(b) ? a : b
}

/**
 * The indicators of an attribute. One that its source marks for detection (`to_ids`) always counts; one that it does not counts in the
 * categories of evidence, with a note that says so, since many publishers tick nothing; elsewhere it is context.
 */
export function indicatorsOf(attribute: Attribute, eventTlp: Tlp | null): readonly IntelligenceIndicator[] {
  const parts = Object.hasOwn(PARTS, attribute.type) ? (PARTS[attribute.type] ?? []) : []
  const isEvidence = EVIDENCE.has(attribute.category.toLowerCase()) && !ONLY_WHEN_TICKED.has(attribute.type)
  if (!attribute.isTicked && !isEvidence) return []
  const values = parts.length === 1 ? [attribute.value] : attribute.value.split('|')
  const notes = [attribute.comment, attribute.isTicked ? '' : 'Not marked for detection by its source.'].filter(note => note !== '')
  const seen = timesOf(attribute.raw)
  return parts.flatMap((part, at) => {
    const text = values[at] ?? ''
    const type = part === null ? null : typeOf(part, text)
    const value = type === null ? undefined : readIndicator(type, text)
    if (type === null || value === undefined) return []
    const tlp = attribute.tlp !== null && (eventTlp === null || tlpRank(attribute.tlp) > tlpRank(eventTlp)) ? attribute.tlp : null
    return [{ type, value, tlp, ...seen, note: notes.length === 0 ? null : shorten(notes.join(' '), 500) }]
  })
}

/** An address of either version stands under one type, and the bare name of a server often under `url`. */
function typeOf(part: IndicatorType | 'ip', text: string): IndicatorType {
  if (part === 'ip') return text.includes(':') ? 'ipv6' : 'ipv4'
  return part === 'url' && readIndicator('domain', text) !== undefined ? 'domain' : part
}

/** When it was seen, by its own dates and its sightings (type 0); a sighting of type 2 says when it expires. */
function timesOf(raw: unknown): Pick<IntelligenceIndicator, 'firstSeen' | 'lastSeen' | 'validUntil'> {
  const sightings = listAt(raw, 'Sighting')
  const ofType = (type: string) =>
    sightings.filter(sighting => String(memberOf(sighting, 'type')) === type).flatMap(sighting => epochOf(memberOf(sighting, 'date_sighting')) ?? [])
  const seen = [lineAt(raw, 'first_seen'), lineAt(raw, 'last_seen')].flatMap(text => (text === undefined ? [] : (parseInstant(text) ?? [])))
  const all = [...seen, ...ofType('0')].map(at => at.toISOString()).toSorted()
  return {
    firstSeen: all[0] ?? null,
    lastSeen: all.at(-1) ?? null,
    validUntil:
      ofType('2')
        .map(at => at.toISOString())
        .toSorted()[0] ?? null,
  }
}

/** Seconds since 1970, as text or as a number; nought means never. */
export function epochOf(value: unknown): Instant | undefined {
  const seconds = typeof value === 'number' ? value : typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : 0
  return seconds > 0 ? instantFromMillis(seconds * 1_000) : undefined
}

/** MISP writes truth as `true`, `1` or `"1"`. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 1 || value === '1' || value === 'true'
}
