import { defang } from '../../kernel/indicator.ts'
import type { IntelligenceIndicator, IntelligenceItem } from '../../kernel/intelligence.ts'
import { lineAt, linesAt, listAt, memberOf, numberAt, textAt, type Json, type JsonRecord } from '../../kernel/json.ts'
import type { Problem } from '../../kernel/problem.ts'
import { severityOfCvss } from '../../kernel/severity.ts'
import { cleanLine, cleanText, shorten } from '../../kernel/text.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'
import type { GraphObject, StixGraph } from './graph.ts'
import { indicatorsOf } from './indicators.ts'
import type { Marking } from './markings.ts'
import { cvesOf, nameOf, relatedTo } from './related.ts'
import { parseTime, timeText } from './time.ts'

/**
 * The types of objects that are items: what tells of something that is out there, which a centre may have to act on. Every other object
 * (techniques, courses of action, tools, identities, places, observations, notes, sightings, relationships, markings) says something about these,
 * and stands in their `details` when it lies one step away.
 */
export const ITEM_TYPES: readonly string[] = [
  'report',
  'grouping',
  'vulnerability',
  'indicator',
  'malware',
  'campaign',
  'incident',
  'intrusion-set',
  'threat-actor',
]

/**
 * Makes an item of an object. Its members of `details`: `type`, `object` (the object as it was read, complete), `createdBy`, `aliases`,
 * `confidence`, `validFrom`, `statements` (what its markings say beside a label), `contains`, `relationships`, `courses`, `sightings`,
 * `notes`, and `withheld` (ids of what is marked too narrowly to be told here). Faults: `stix.marking`, `stix.schema`, `stix.pattern`.
 */
export function readObject({ id, type, object }: GraphObject, graph: StixGraph): IntelligenceItem {
  const faults: Problem[] = []
  const complain = (rule: string, pointer: string, message: string) => faults.push({ rule, pointer, severity: 'warning', message })
  const marking = graph.markingOf(object)
  sayMarkings(marking, complain)
  checkShape(id, type, object, complain)
  const own = type === 'indicator' ? indicatorsOf(object, marking.tlp, graph).map(indicator => ({ ...indicator, tlp: null })) : []
  if (type === 'indicator' && own.length === 0) {
    const language = lineAt(object, 'pattern_type') ?? 'stix'
    complain('stix.pattern', '/pattern', `Its pattern (${shorten(language, 20)}) was kept as text: no value of it stands alone.`)
  }
  const related = relatedTo(id, object, marking.tlp, graph)
  const references = listAt(object, 'external_references').flatMap(reference => parseWebAddress(lineAt(reference, 'url') ?? '') ?? [])
  const score = type === 'vulnerability' ? scoreOf(object) : null
  return {
    externalId: id,
    title: shorten(titleOf(type, id, object, own), 500),
    summary: textAt(object, 'description') ?? '',
    url: references[0] ?? null,
    published: parseTime(lineAt(object, 'published') ?? lineAt(object, 'created') ?? '') ?? null,
    updated: parseTime(lineAt(object, 'modified') ?? '') ?? null,
    cves: [...new Set([...cvesOf(object), ...related.cves])],
    severity: score === null ? null : severityOfCvss(score),
    cvssTenths: score,
    products: related.products,
    kev: null,
    tlp: marking.tlp,
    withdrawn: memberOf(object, 'revoked') === true,
    references: [...new Set(references)],
    details: {
      type,
      object: cleanJson(object),
      aliases: [...linesAt(object, 'aliases')],
      confidence: numberAt(object, 'confidence') ?? null,
      validFrom: timeText(lineAt(object, 'valid_from')),
      statements: marking.statements,
      ...related.details,
    },
    indicators: [...own, ...related.indicators.filter(({ type: kind, value }) => !own.some(mine => mine.type === kind && mine.value === value))],
    tags: tagsOf(object),
    faults,
  }
}

function sayMarkings({ unknown }: Marking, complain: (rule: string, pointer: string, message: string) => void): void {
  for (const ref of unknown)
    complain(
      'stix.marking',
      '/object_marking_refs',
      `The marking "${shorten(ref, 80)}" is missing or not known here. The object is treated as TLP:RED.`,
    )
}

const NAMELESS: readonly string[] = ['indicator', 'grouping']

/** What STIX 2.1 §3.2 and §4 ask of every object, as far as an item is poorer without it. */
function checkShape(id: string, type: string, object: JsonRecord, complain: (rule: string, pointer: string, message: string) => void): void {
  if (!/^[a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(id) || !id.startsWith(`${type}--`))
    complain('stix.schema', '/id', 'Its id is not its type and a UUID.')
  for (const member of ['created', 'modified'])
    if (parseTime(lineAt(object, member) ?? '') === undefined) complain('stix.schema', `/${member}`, `"${member}" is missing or no date.`)
  if (lineAt(object, 'name') === undefined && !NAMELESS.includes(type)) complain('stix.schema', '/name', 'It has no name.')
}

function titleOf(type: string, id: string, object: JsonRecord, own: readonly IntelligenceIndicator[]): string {
  const name = nameOf(object)
  if (name !== null) return name
  const [first, ...rest] = own
  if (first !== undefined) return `Indicator ${defang(first.value)}${rest.length === 0 ? '' : ` and ${rest.length} more`}`
  const description = lineAt(object, 'description')
  return description === undefined
    ? `${type.replaceAll('-', ' ')} ${id.slice(id.indexOf('--') + 2, id.indexOf('--') + 10)}`
    : shorten(description, 120)
}

/** STIX has no CVSS of its own; OpenCTI adds a score. */
function scoreOf(object: JsonRecord): number | null {
  const score = numberAt(object, 'x_opencti_cvss_base_score') ?? numberAt(object, 'x_opencti_base_score')
  return score === undefined || score < 0 || score > 10 ? null : Math.round(score * 10)
}

const TAG_MEMBERS = [
  'labels',
  'report_types',
  'indicator_types',
  'malware_types',
  'threat_actor_types',
  'infrastructure_types',
  'sectors',
  'x_opencti_labels',
]

function tagsOf(object: JsonRecord): readonly string[] {
  const phases = listAt(object, 'kill_chain_phases').map(phase => `${lineAt(phase, 'kill_chain_name') ?? ''}:${lineAt(phase, 'phase_name') ?? ''}`)
  return [...new Set([...TAG_MEMBERS.flatMap(member => linesAt(object, member)), ...phases])]
}

/** The value with its texts fit for the database. Recursion ends where `parseJson` refuses deeper documents. */
function cleanJson(value: unknown): Json {
  if (typeof value === 'string') {
    const cleaned = cleanText(value)
    return cleaned === value.trim() ? value : cleaned
  }
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(cleanJson)
  if (typeof value !== 'object' || value === null) return null
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [/^[\w-]*$/.test(name) ? name : cleanLine(name), cleanJson(member)]))
}
