import { defang, readIndicator } from '../../kernel/indicator.ts'
import type { IntelligenceIndicator, IntelligenceProduct } from '../../kernel/intelligence.ts'
import { lineAt, linesAt, memberOf, numberAt, textAt, type Json, type JsonRecord } from '../../kernel/json.ts'
import { mayCarry, type Tlp } from '../../kernel/tlp.ts'
import { refsOf, type StixGraph } from './graph.ts'
import { indicatorsOf, sampleHashes } from './indicators.ts'
import { timeText } from './time.ts'

/** What the objects around one say that belongs to its item. */
export interface Related {
  readonly indicators: readonly IntelligenceIndicator[]
  readonly cves: readonly string[]
  readonly products: readonly IntelligenceProduct[]
  readonly details: Readonly<Record<string, Json>>
}

const CVE = /\bCVE-\d{4}-\d{4,19}\b/gi

/** The CVEs that an object names: in its references, its name and its description. */
export function cvesOf(object: JsonRecord): readonly string[] {
  const references = memberOf(object, 'external_references')
  const ids = Array.isArray(references) ? references.map(reference => lineAt(reference, 'external_id') ?? '') : []
  const text = [...ids, lineAt(object, 'name') ?? '', textAt(object, 'description') ?? ''].join('\n')
  return [...new Set(text.match(CVE)?.map(cve => cve.toUpperCase()))]
}

/**
 * Gathers what lies one step around an object: what a report contains, what a relationship ties to it, where it was sighted, what was
 * noted about it. What is marked more narrowly than the object stays out of it and is listed by id in `withheld`, but for indicators, which
 * carry their own label.
 */
export function relatedTo(id: string, object: JsonRecord, tlp: Tlp | null, graph: StixGraph): Related {
  const withheld = new Set<string>()
  const labelOf = (other: JsonRecord) => graph.markingOf(other).tlp
  /** The object of an id, when this item may tell about it. */
  const open = (ref: string): JsonRecord | undefined => {
    const other = graph.find(ref)
    if (other === undefined || mayCarry(tlp, labelOf(other))) return other
    withheld.add(ref)
    return undefined
  }
  const contained = refsOf(object)
  const relationships = graph.relationshipsOf(id).filter(relationship => {
    // That two objects are related is told of a relationship without a label too, for hardly any has one; its words are not.
    const label = labelOf(relationship)
    const isOpen = label === null || mayCarry(tlp, label)
    if (!isOpen) withheld.add(lineAt(relationship, 'id') ?? '')
    return isOpen
  })
  const ends = relationships.map(relationship => {
    const isOut = lineAt(relationship, 'source_ref') === id
    return { relationship, isOut, ref: lineAt(relationship, isOut ? 'target_ref' : 'source_ref') ?? '' }
  })

  const indicating = ends
    .filter(({ relationship, isOut }) => !isOut && lineAt(relationship, 'relationship_type') === 'indicates')
    .map(({ ref }) => ref)
  const carried = new Set<string>()
  const indicators = [...contained, ...indicating].flatMap(ref => {
    const indicator = graph.find(ref)
    if (indicator === undefined || lineAt(indicator, 'type') !== 'indicator' || memberOf(indicator, 'revoked') === true) return []
    const own = labelOf(indicator)
    const values = own === null && !mayCarry(tlp, own) ? [] : indicatorsOf(indicator, own, graph)
    if (values.length > 0) carried.add(ref)
    return values
  })
  const samples = refsOf(object, 'sample_refs').flatMap(ref => sampleHashes(open(ref), lineAt(object, 'name') ?? null))
  const creator = graph.find(lineAt(object, 'created_by_ref') ?? '')
  const found = contained.map(open).filter(other => other !== undefined)
  const details: Record<string, Json> = {
    contains: contained.map(ref => ({ ref, name: nameOf(open(ref)), isKnown: graph.find(ref) !== undefined })),
    relationships: ends.map(({ relationship, isOut, ref }) => ({
      type: lineAt(relationship, 'relationship_type') ?? '',
      direction: isOut ? 'to' : 'from',
      ref,
      name: nameOf(open(ref)),
      isKnown: graph.find(ref) !== undefined,
      description: mayCarry(tlp, labelOf(relationship)) ? (textAt(relationship, 'description') ?? null) : null,
    })),
    courses: ends
      .filter(({ ref }) => ref.startsWith('course-of-action--'))
      .flatMap(({ ref }) => {
        const course = open(ref)
        return course === undefined ? [] : [{ ref, name: lineAt(course, 'name') ?? '', description: textAt(course, 'description') ?? '' }]
      }),
    sightings: graph.sightingsOf(id).flatMap(sighting => readSighting(sighting, tlp, graph, withheld)),
    notes: graph.notesOn(id).flatMap(note => readNote(note, tlp, graph, withheld)),
  }
  return {
    indicators: unique([...samples, ...indicators]),
    cves: [...new Set(found.filter(other => lineAt(other, 'type') === 'vulnerability').flatMap(cvesOf))],
    products: found.filter(other => lineAt(other, 'type') === 'software').map(productOf),
    details: {
      ...details,
      createdBy: creator !== undefined && labelOf(creator) === null ? nameOf(creator) : nameOf(open(lineAt(object, 'created_by_ref') ?? '')),
      withheld: [...withheld].filter(ref => !carried.has(ref)),
    },
  }
}

/** What an object is called; a name that is the value of an indicator is defanged, since it must not become a link where it is shown. */
export function nameOf(object: JsonRecord | undefined): string | null {
  const name = lineAt(object, 'name') ?? lineAt(object, 'value') ?? lineAt(object, 'abstract')
  if (name === undefined) return null
  return /^\S*[.:@]\S*$/.test(name) && LINKS.some(type => readIndicator(type, name) !== undefined) ? defang(name) : name
}

const LINKS = ['ipv4', 'ipv6', 'domain', 'url', 'email'] as const

function readSighting(sighting: JsonRecord, tlp: Tlp | null, graph: StixGraph, withheld: Set<string>): readonly Json[] {
  if (!mayCarry(tlp, graph.markingOf(sighting).tlp)) {
    withheld.add(lineAt(sighting, 'id') ?? '')
    return []
  }
  const where = linesAt(sighting, 'where_sighted_refs').flatMap(ref => {
    const place = graph.find(ref)
    return place !== undefined && mayCarry(tlp, graph.markingOf(place).tlp) ? (nameOf(place) ?? []) : []
  })
  return [
    {
      count: numberAt(sighting, 'count') ?? null,
      firstSeen: timeText(lineAt(sighting, 'first_seen')),
      lastSeen: timeText(lineAt(sighting, 'last_seen')),
      where,
      isNegative: memberOf(sighting, 'x_opencti_negative') === true,
    },
  ]
}

function readNote(note: JsonRecord, tlp: Tlp | null, graph: StixGraph, withheld: Set<string>): readonly Json[] {
  if (!mayCarry(tlp, graph.markingOf(note).tlp)) {
    withheld.add(lineAt(note, 'id') ?? '')
    return []
  }
  return [
    {
      kind: lineAt(note, 'type') ?? '',
      title: lineAt(note, 'abstract') ?? lineAt(note, 'opinion') ?? '',
      text: textAt(note, 'content') ?? textAt(note, 'explanation') ?? '',
      authors: [...linesAt(note, 'authors')],
      at: timeText(lineAt(note, 'modified')),
    },
  ]
}

function productOf(software: JsonRecord): IntelligenceProduct {
  return {
    maker: lineAt(software, 'vendor') ?? '',
    product: lineAt(software, 'name') ?? '',
    version: lineAt(software, 'version') ?? null,
    cpe: lineAt(software, 'cpe') ?? null,
    purl: null,
    affected: null,
  }
}

function unique(indicators: readonly IntelligenceIndicator[]): readonly IntelligenceIndicator[] {
  const seen = new Set<string>()
  return indicators.filter(({ type, value }) => seen.size < seen.add(`${type} ${value}`).size)
}
