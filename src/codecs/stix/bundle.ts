import type { IntelligenceBatch, RejectedItem } from '../../kernel/intelligence.ts'
import { excerptOf, isRecord, lineAt, listAt, memberOf, pointerTo } from '../../kernel/json.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { shorten } from '../../kernel/text.ts'
import { graphOf, type StixGraph } from './graph.ts'
import { ITEM_TYPES, readObject } from './item.ts'
import { recognisesStix1Json, refuseStix1 } from './stix1.ts'

/**
 * Threat intelligence in STIX 2.0 and 2.1 (OASIS): a bundle, one object, a list of them, or a page of a TAXII 2.1 collection (`{objects, more, next}`).
 *
 * Objects of some types become items (`ITEM_TYPES`); the others are told in the items that they lie next to. Each item keeps its own object
 * whole; what lies next to none is found in the bytes of the document, which the watch domain keeps. Only the newest version of an object counts.
 */

const OBJECT_ID = /^[a-z][a-z0-9-]*--[0-9a-f]{8}-/i

/** Whether parsed JSON is STIX 2, or a page of it. */
export function recognisesStix(json: unknown): boolean {
  if (Array.isArray(json)) return json.length > 0 && json.every(isObject)
  if (!isRecord(json)) return false
  if (memberOf(json, 'type') === 'bundle') return true
  if (isObject(json)) return true
  const objects = memberOf(json, 'objects')
  if (!Array.isArray(objects)) return recognisesStix1Json(json)
  // A page that has nothing (more) to give is an empty object, or says only that there is no more (TAXII 2.1 §3.7).
  return objects.length > 0 ? objects.some(isObject) : Object.keys(json).every(name => /^(?:objects|more|next|id|spec_version)$/.test(name))
}

function isObject(value: unknown): boolean {
  const [type, id] = [lineAt(value, 'type'), lineAt(value, 'id')]
  return type !== undefined && id !== undefined && OBJECT_ID.test(id) && (id.startsWith(`${type}--`) || memberOf(value, 'spec_version') !== undefined)
}

/**
 * Reads parsed JSON as STIX 2. `known` are objects from elsewhere that this may refer to, such as the markings and identities of earlier pages of a
 * collection. Fails with `stix.version-1`, `stix.version` and `stix.not-stix`; warns with `stix.nothing`. An object that should be an item and has no
 * id is put in `rejected`.
 */
export function readStix(json: unknown, known: readonly unknown[] = []): Result<IntelligenceBatch> {
  if (recognisesStix1Json(json)) return refuseStix1()
  if (!recognisesStix(json))
    return refuse('stix.not-stix', 'This is JSON, but no STIX: neither a bundle, nor a page of a collection, nor an object of one.')
  const version = versionOf(json)
  if (version.startsWith('1.')) return refuseStix1()
  if (version !== '2.0' && version !== '2.1')
    return refuse('stix.version', `This says that it is STIX ${shorten(version, 20)}. STIX 2.0 and 2.1 can be read.`)

  const objects = objectsOf(json)
  const graph = graphOf(objects, known)
  const items = graph.objects.filter(({ type }) => ITEM_TYPES.includes(type)).map(object => readObject(object, graph))
  const rejected = objects.flatMap((object, index) => rejectionOf(object, pointerFor(json, index)))
  const problems: Problem[] =
    objects.length > 0 && items.length === 0 && rejected.length === 0
      ? [{ rule: 'stix.nothing', pointer: '', severity: 'warning', message: nothingIn(graph) }]
      : []
  return succeed(
    {
      format: 'stix',
      complete: false,
      label: labelOf(json, version, objects.length),
      released: latest(items.map(item => item.updated)),
      publisher: publisherOf(graph),
      items,
      rejected,
    },
    problems,
  )
}

function objectsOf(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json
  return memberOf(json, 'type') === 'bundle' || memberOf(json, 'type') === undefined ? listAt(json, 'objects') : [json]
}

function pointerFor(json: unknown, index: number): string {
  if (Array.isArray(json)) return pointerTo(index)
  return memberOf(json, 'type') === 'bundle' || memberOf(json, 'type') === undefined ? pointerTo('objects', index) : ''
}

/** STIX 2.0 says its version on the bundle, STIX 2.1 on each object. */
function versionOf(json: unknown): string {
  const own = lineAt(json, 'spec_version')
  if (own !== undefined) return own
  const said = objectsOf(json).flatMap(object => lineAt(object, 'spec_version') ?? [])
  return said.find(version => version !== '2.0') ?? said[0] ?? '2.0'
}

function rejectionOf(object: unknown, position: string): readonly RejectedItem[] {
  const type = lineAt(object, 'type')
  if (lineAt(object, 'id') !== undefined && type !== undefined) return []
  const reason = !isRecord(object)
    ? 'This is no object with named members.'
    : type === undefined
      ? 'This object does not say what type it is of ("type").'
      : `This ${shorten(type, 40)} has no id ("id"), so it could not be told from others.`
  return [{ position, externalId: lineAt(object, 'id') ?? null, reason, excerpt: excerptOf(object) }]
}

function labelOf(json: unknown, version: string, count: number): string {
  const type = lineAt(json, 'type')
  if (type !== undefined && type !== 'bundle') return `STIX ${version} ${shorten(type, 40)}`
  return `${type === 'bundle' ? `STIX ${version} bundle` : `STIX ${version} objects`} (${count} ${count === 1 ? 'object' : 'objects'})`
}

function nothingIn(graph: StixGraph): string {
  const counts = new Map<string, number>()
  for (const { type } of graph.objects) counts.set(type, (counts.get(type) ?? 0) + 1)
  const listed = [...counts].map(([type, count]) => `${count} ${type}`).slice(0, 6)
  return `These objects (${shorten(listed.join(', '), 200)}) tell of no report, flaw, indicator or attack by themselves, so no item was made of them.`
}

/** Who made most of the objects. */
function publisherOf(graph: StixGraph): IntelligenceBatch['publisher'] {
  const counts = new Map<string, number>()
  for (const { object } of graph.objects) {
    const creator = lineAt(object, 'created_by_ref')
    if (creator !== undefined) counts.set(creator, (counts.get(creator) ?? 0) + 1)
  }
  const [most] = [...counts].toSorted((a, b) => b[1] - a[1])
  const name = most === undefined ? undefined : lineAt(graph.find(most[0]), 'name')
  return name === undefined ? null : { name, namespace: null }
}

function latest(instants: readonly (Date | null)[]): Date | null {
  return instants.reduce<Date | null>((newest, at) => (at !== null && (newest === null || at > newest) ? at : newest), null)
}

function refuse(rule: string, message: string): Result<never> {
  return fail({ rule, pointer: '', severity: 'error', message })
}
