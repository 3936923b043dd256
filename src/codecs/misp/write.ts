import { v5 as uuidv5 } from 'uuid'
import type { Instant, LocalDate } from '../../kernel/instant.ts'
import type { IndicatorType } from '../../kernel/intelligence.ts'
import type { Json } from '../../kernel/json.ts'
import type { Tlp } from '../../kernel/tlp.ts'

/** An event as it is to be written, of whatever it tells. */
export interface MispDraft {
  /** What it is about, by our own id: the event's UUID is made of it, so the same thing is always the same event. */
  readonly key: string
  readonly title: string
  readonly date: LocalDate
  /** When it last changed, and when it was published. */
  readonly changed: Instant
  readonly published: Instant
  readonly threatLevel: 'high' | 'medium' | 'low' | 'undefined'
  readonly analysis: 'initial' | 'ongoing' | 'complete'
  readonly tlp: Tlp
  readonly sharingGroup: { readonly id: string; readonly name: string } | null
  /** Who made it; `key` as above. */
  readonly organisation: { readonly key: string; readonly name: string }
  /** Beside the label. */
  readonly tags: readonly string[]
  readonly attributes: readonly MispAttribute[]
  /** What it told before: what it tells no more is marked as deleted, since a server keeps what an event merely leaves out. */
  readonly earlier: readonly MispAttribute[]
  /** Markdown; empty for none. */
  readonly report: string
}

export interface MispAttribute {
  readonly type: string
  readonly category: string
  readonly value: string
  readonly comment: string
  /** Whether machines may look for it. */
  readonly toIds: boolean
  readonly firstSeen: string | null
  readonly lastSeen: string | null
}

/** Types of attribute and where MISP puts them, for each type of indicator (MISP core format, §2.4.2). */
const INDICATORS: Readonly<Record<IndicatorType, { readonly type: string; readonly category: string }>> = {
  ipv4: { type: 'ip-dst', category: 'Network activity' },
  ipv6: { type: 'ip-dst', category: 'Network activity' },
  domain: { type: 'domain', category: 'Network activity' },
  url: { type: 'url', category: 'Network activity' },
  email: { type: 'email-src', category: 'Payload delivery' },
  md5: { type: 'md5', category: 'Payload delivery' },
  sha1: { type: 'sha1', category: 'Payload delivery' },
  sha256: { type: 'sha256', category: 'Payload delivery' },
  sha512: { type: 'sha512', category: 'Payload delivery' },
  'file-name': { type: 'filename', category: 'Payload delivery' },
  'registry-key': { type: 'regkey', category: 'Persistence mechanism' },
}

const NAMESPACE = '6c1c9a5e-8d0e-4f0b-9a63-6d2f1c1f5a0d'
const LEVELS = { high: '1', medium: '2', low: '3', undefined: '4' } as const
const ANALYSES = { initial: '0', ongoing: '1', complete: '2' } as const
/** The colours by which MISP knows the labels (its taxonomy `tlp`). */
const COLOURS: Readonly<Record<Tlp, string>> = { CLEAR: '#ffffff', GREEN: '#339900', AMBER: '#FFC000', 'AMBER+STRICT': '#FFC000', RED: '#CC0033' }

/** The attribute of an indicator. Without a note it says nothing beside the value. */
export function mispIndicator(
  { type, value }: { readonly type: IndicatorType; readonly value: string },
  more: { readonly note: string | null; readonly firstSeen: string | null; readonly lastSeen: string | null },
  isActive: boolean,
): MispAttribute {
  return { ...INDICATORS[type], value, comment: more.note ?? '', toIds: isActive, firstSeen: more.firstSeen, lastSeen: more.lastSeen }
}

/** The UUID of the event about a thing of ours. Version 5: MISP takes no version above it. */
export function mispUuid(key: string): string {
  return uuidv5(key, NAMESPACE)
}

/**
 * Writes an event (MISP core format, https://www.misp-standard.org/rfc/misp-standard-core.html). The label is a tag of TLP 2.0; `distribution` is
 * as narrow: CLEAR goes to all, GREEN to the community of who takes it in, and what is narrower no further than its own organisation, or its group.
 */
export function writeMispEvent(draft: MispDraft): { readonly Event: Readonly<Record<string, Json>> } {
  const uuid = mispUuid(draft.key)
  const timestamp = seconds(draft.changed)
  const { sharingGroup } = draft
  return {
    Event: {
      uuid,
      info: draft.title,
      date: draft.date,
      timestamp,
      publish_timestamp: seconds(draft.published),
      published: true,
      threat_level_id: LEVELS[draft.threatLevel],
      analysis: ANALYSES[draft.analysis],
      distribution: distributionOf(draft),
      sharing_group_id: '0',
      ...(sharingGroup === null ? {} : { SharingGroup: { uuid: sharingGroup.id, name: sharingGroup.name, releasability: sharingGroup.name } }),
      extends_uuid: '',
      disable_correlation: false,
      Orgc: { name: draft.organisation.name, uuid: mispUuid(draft.organisation.key) },
      Tag: tagsOf(draft),
      Attribute: [
        ...unique(draft.attributes).map(attribute => attributeJson(attribute, uuid, timestamp)),
        ...goneOf(draft).map(attribute => ({ ...attributeJson(attribute, uuid, timestamp), to_ids: false, deleted: true })),
      ],
      Object: [],
      EventReport:
        draft.report === ''
          ? []
          : [
              {
                uuid: uuidv5('report', uuid),
                name: draft.title,
                content: draft.report,
                distribution: '5',
                sharing_group_id: '0',
                timestamp,
                deleted: false,
              },
            ],
    },
  }
}

/** What the manifest of a MISP feed says of an event, by its UUID. */
export function mispManifestEntry({ Event: event }: ReturnType<typeof writeMispEvent>): Readonly<Record<string, Json>> {
  const told = (name: string): Json => event[name] ?? null
  return Object.fromEntries(['Orgc', 'Tag', 'info', 'date', 'analysis', 'threat_level_id', 'timestamp'].map(name => [name, told(name)]))
}

/** The values of a draft as the hash list of a MISP feed knows them: each part of a value that has several. */
export function mispHashedValues({ attributes }: Pick<MispDraft, 'attributes'>): readonly string[] {
  return [...new Set(attributes.flatMap(({ type, value }) => (type.includes('|') ? value.split('|') : [value])))]
}

function attributeJson(attribute: MispAttribute, event: string, timestamp: string): Readonly<Record<string, Json>> {
  const { type, category, value, comment, toIds, firstSeen, lastSeen } = attribute
  return {
    uuid: uuidv5(keyOf(attribute), event),
    type,
    category,
    value,
    comment,
    to_ids: toIds,
    distribution: '5',
    sharing_group_id: '0',
    timestamp,
    disable_correlation: false,
    deleted: false,
    first_seen: firstSeen,
    last_seen: lastSeen,
  }
}

function distributionOf({ tlp, sharingGroup }: MispDraft): string {
  if (sharingGroup !== null) return '4'
  return { CLEAR: '3', GREEN: '1', AMBER: '0', 'AMBER+STRICT': '0', RED: '0' }[tlp]
}

function tagsOf({ tlp, tags }: MispDraft): readonly Json[] {
  return [{ name: `tlp:${tlp.toLowerCase()}`, colour: COLOURS[tlp] }, ...tags.map(name => ({ name, colour: '#005eb8' }))]
}

function unique(attributes: readonly MispAttribute[]): readonly MispAttribute[] {
  return [...new Map(attributes.map(one => [keyOf(one), one])).values()]
}

function goneOf({ attributes, earlier }: MispDraft): readonly MispAttribute[] {
  const told = new Set(attributes.map(keyOf))
  return unique(earlier).filter(one => !told.has(keyOf(one)))
}

/** What tells an attribute from the others of its event. */
function keyOf({ type, category, value }: MispAttribute): string {
  return `${type}\n${category}\n${value}`
}

function seconds(at: Instant): string {
  return String(Math.floor(at.getTime() / 1_000))
}
