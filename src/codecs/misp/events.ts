import type { IntelligenceBatch, RejectedItem } from '../../kernel/intelligence.ts'
import { excerptOf, isRecord, lineAt, listAt, memberOf, pointerTo, recordAt, type JsonRecord } from '../../kernel/json.ts'
import { fail, succeed, type Result } from '../../kernel/problem.ts'
import { shorten } from '../../kernel/text.ts'
import { readEvent, type Unit } from './event.ts'
import { recognisesMispManifest } from './manifest.ts'

/**
 * Events of MISP as JSON, in every shape in which its servers and tools write them: `{Event}`, `{response: [{Event}]}`, a list, an event by
 * itself, and what a REST search of events, attributes or objects answers. An event is an item; so is what a search found of one event, under
 * an id of its own, so that it never stands in for the whole.
 */

/** Whether parsed JSON is of MISP: events, the answer of a search, or a list of events, feeds or words that is refused with what to do. */
export function recognisesMisp(json: unknown): boolean {
  return unitsOf(json).length > 0 || isEmptyAnswer(json) || refusalOf(json) !== undefined
}

/**
 * Reads parsed JSON as events. An event without a UUID or that stands twice is put in `rejected`. Fails with `misp.listing` (a manifest or an
 * index of events, a list of feeds), `misp.vocabulary` (galaxies and taxonomies) and `misp.not-misp`.
 */
export function readMisp(json: unknown): Result<IntelligenceBatch> {
  const units = unitsOf(json)
  if (units.length === 0 && !isEmptyAnswer(json)) {
    return refusalOf(json) ?? refuse('misp.not-misp', 'This is JSON, but no event of MISP, nor what a search in one answers.')
  }
  const rejected: RejectedItem[] = []
  const seen = new Set<string>()
  const items = units.flatMap(unit => {
    const reason =
      unit.id === ''
        ? 'This has no UUID ("uuid"), so it could not be told from others.'
        : seen.has(unit.id)
          ? 'This event stands twice: the first was kept.'
          : undefined
    if (reason === undefined) {
      seen.add(unit.id)
      return [readEvent(unit)]
    }
    rejected.push({
      position: unit.position,
      externalId: unit.id === '' ? null : unit.id,
      reason,
      excerpt: excerptOf(unit.event ?? unit.attributes[0] ?? unit.objects[0]),
    })
    return []
  })
  const [only] = items
  return succeed({
    format: 'misp',
    complete: false,
    label: items.length === 1 && only !== undefined ? `MISP event "${shorten(only.title, 80)}"` : `${items.length} MISP events`,
    released: items.reduce<Date | null>(
      (newest, { updated }) => (updated !== null && (newest === null || updated > newest) ? updated : newest),
      null,
    ),
    publisher: publisherOf(units),
    items,
    rejected,
  })
}

function unitsOf(json: unknown, position = '', depth = 0): readonly Unit[] {
  if (depth > 3) return []
  if (Array.isArray(json)) return grouped(json.flatMap((entry, index) => unitsOf(entry, `${position}${pointerTo(index)}`, depth + 1)))
  if (!isRecord(json)) return []
  const answer = memberOf(json, 'response')
  if (answer !== undefined) return unitsOf(answer, `${position}/response`, depth + 1)
  const event = recordAt(json, 'Event')
  // An attribute or object of a search carries its event along.
  if (event !== undefined && lineAt(json, 'type') === undefined && lineAt(json, 'meta-category') === undefined)
    return [unitOf(event, `${position}/Event`)]
  if (isEvent(json)) return [unitOf(json, position)]
  const attributes = memberOf(json, 'Attribute')
  const object = recordAt(json, 'Object') ?? (lineAt(json, 'meta-category') === undefined ? undefined : json)
  if (object !== undefined) return grouped([partOf(object, position, [], [object])])
  if (Array.isArray(attributes)) {
    return grouped(
      attributes.filter(isAttribute).map((attribute, index) => partOf(attribute, `${position}/Attribute${pointerTo(index)}`, [attribute], [])),
    )
  }
  const attribute = recordAt(json, 'Attribute')
  return attribute !== undefined && isAttribute(attribute) ? [partOf(attribute, `${position}/Attribute`, [attribute], [])] : []
}

function isEvent(json: JsonRecord): boolean {
  return lineAt(json, 'info') !== undefined && (Array.isArray(memberOf(json, 'Attribute')) || Array.isArray(memberOf(json, 'Object')))
}

function isAttribute(value: unknown): boolean {
  return lineAt(value, 'type') !== undefined && lineAt(value, 'value') !== undefined
}

function unitOf(event: JsonRecord, position: string): Unit {
  return { id: lineAt(event, 'uuid') ?? '', position, event, attributes: listAt(event, 'Attribute'), objects: listAt(event, 'Object'), isPart: false }
}

/** What a search found: of its event when it names one, else by itself. */
function partOf(found: unknown, position: string, attributes: readonly unknown[], objects: readonly unknown[]): Unit {
  const event = recordAt(found, 'Event')
  const eventId = lineAt(event, 'uuid') ?? lineAt(event, 'id') ?? lineAt(found, 'event_id')
  const own = lineAt(found, 'uuid') ?? ''
  return { id: eventId === undefined || own === '' ? own : `search:${eventId}`, position, event, attributes, objects, isPart: true }
}

/** Parts of one event together. */
function grouped(units: readonly Unit[]): readonly Unit[] {
  const together = new Map<string, Unit[]>()
  const result: Unit[][] = []
  for (const unit of units) {
    const earlier = unit.id.startsWith('search:') ? together.get(unit.id) : undefined
    if (earlier !== undefined) {
      earlier.push(unit)
      continue
    }
    const group = [unit]
    together.set(unit.id, group)
    result.push(group)
  }
  return result.flatMap(group => {
    const [first] = group
    return first === undefined ? [] : [{ ...first, attributes: group.flatMap(unit => unit.attributes), objects: group.flatMap(unit => unit.objects) }]
  })
}

/** A search that found nothing. */
function isEmptyAnswer(json: unknown): boolean {
  const answer = memberOf(json, 'response')
  return Array.isArray(answer) ? answer.length === 0 : Array.isArray(memberOf(answer, 'Attribute')) && listAt(answer, 'Attribute').length === 0
}

function refusalOf(json: unknown): Result<never> | undefined {
  const first: unknown = Array.isArray(json) ? json[0] : undefined
  const isIndex = lineAt(first, 'info') !== undefined && memberOf(first, 'attribute_count') !== undefined
  const isListOfFeeds = recordAt(first, 'Feed') !== undefined
  if (recognisesMispManifest(json) || isIndex || isListOfFeeds) {
    return refuse(
      'misp.listing',
      'This lists events or feeds of MISP and holds none. Give the address of the feed as a source, or gather the events that it names.',
    )
  }
  const isTaxonomy = lineAt(json, 'namespace') !== undefined && Array.isArray(memberOf(json, 'predicates'))
  const isGalaxy =
    lineAt(json, 'uuid') !== undefined &&
    ((Array.isArray(memberOf(json, 'values')) && memberOf(json, 'authors') !== undefined) || lineAt(json, 'icon') !== undefined)
  return isTaxonomy || isGalaxy
    ? refuse('misp.vocabulary', 'This is a taxonomy or galaxy of MISP: words to describe events with, and no event.')
    : undefined
}

/** Who made most of the events. */
function publisherOf(units: readonly Unit[]): IntelligenceBatch['publisher'] {
  const counts = new Map<string, number>()
  for (const { event } of units) {
    const name = lineAt(recordAt(event, 'Orgc'), 'name')
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const [most] = [...counts].toSorted((a, b) => b[1] - a[1])
  return most === undefined ? null : { name: most[0], namespace: null }
}

function refuse(rule: string, message: string): Result<never> {
  return fail({ rule, pointer: '', severity: 'error', message })
}
