import { defang } from '../../kernel/indicator.ts'
import { parseInstant } from '../../kernel/instant.ts'
import type { IntelligenceIndicator, IntelligenceItem, IntelligenceProduct } from '../../kernel/intelligence.ts'
import { lineAt, listAt, memberOf, recordAt, textAt, type Json } from '../../kernel/json.ts'
import type { Problem } from '../../kernel/problem.ts'
import type { Severity } from '../../kernel/severity.ts'
import { shorten } from '../../kernel/text.ts'
import { mayCarry, type Tlp } from '../../kernel/tlp.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'
import { epochOf, indicatorsOf, isTrue, readAttribute, type Attribute } from './attribute.ts'
import { sharingOf, tagNames } from './sharing.ts'

/** An event with what of it was read: the whole, or the attributes and objects that a search found. */
export interface Unit {
  readonly id: string
  readonly position: string
  /** The event, or what a search says of it. */
  readonly event: unknown
  readonly attributes: readonly unknown[]
  readonly objects: readonly unknown[]
  /** Whether this is only what a search found of the event. */
  readonly isPart: boolean
}

const CVE = /\bCVE-\d{4}-\d{4,19}\b/gi
const LONGEST_CONTEXT = 1_000

/**
 * Makes an item of an event. Its members of `details`: `isPart`, `publisher`, `analysis`, `threatLevel`, `isPublished`, `galaxies`, `objects`,
 * `context` (attributes that are no indicators, as `{type, category, value, comment, relation}`), `reports`, `related` (ids of events) and
 * `counts`. Attributes marked more narrowly than the event are indicators under their own label and nothing else (`counts.withheld`); deleted
 * ones are left out. Faults: `misp.sharing`, `misp.unpublished`, `misp.value`, `misp.title`.
 */
export function readEvent(unit: Unit): IntelligenceItem {
  const { event } = unit
  const faults: Problem[] = []
  const complain = (rule: string, message: string) => faults.push({ rule, pointer: '', severity: 'warning', message })
  const sharing = sharingOf(event)
  const { attributes, deleted } = attributesOf(unit)
  const { tlp } = sharing
  for (const name of new Set([...sharing.unknown, ...attributes.flatMap(attribute => attribute.unknown)]))
    complain('misp.sharing', `How it may be shared is not known ("${shorten(name, 60)}"). It is treated as TLP:RED.`)
  if (!unit.isPart && memberOf(event, 'published') !== undefined && !isTrue(memberOf(event, 'published')))
    complain('misp.unpublished', 'Its source has not published this event yet, so it may still change.')

  const indicators = unique(attributes.flatMap(attribute => indicatorsOf(attribute, tlp)))
  const told = attributes.filter(attribute => attribute.tlp === null || mayCarry(tlp, attribute.tlp))
  const context = told.filter(attribute => indicatorsOf(attribute, tlp).length === 0)
  const unread = context.filter(attribute => attribute.isTicked && VALUED.test(attribute.type))
  if (unread.length > 0)
    complain(
      'misp.value',
      `${unread.length} of its values are not what their type says, so they were kept as text ("${shorten(unread[0]?.value ?? '', 60)}").`,
    )
  const title = lineAt(event, 'info')
  if (title === undefined && !unit.isPart) complain('misp.title', 'It has no title ("info").')
  const reports = listAt(event, 'EventReport').filter(report => !isTrue(memberOf(report, 'deleted')) && mayTell(tlp, report))
  const texts = [
    title ?? '',
    ...told.map(attribute => `${attribute.value}\n${attribute.comment}`),
    ...reports.map(report => textAt(report, 'content') ?? ''),
  ]
  const date = lineAt(event, 'date') ?? ''
  return {
    externalId: unit.id,
    title: shorten(title ?? nameOf(unit, attributes), 500),
    summary: shorten(summaryOf(context, reports), 20_000),
    url: null,
    published: parseInstant(`${date}T00:00:00Z`) ?? null,
    updated: epochOf(memberOf(event, 'timestamp')) ?? null,
    cves: [
      ...new Set(
        texts
          .join('\n')
          .match(CVE)
          ?.map(cve => cve.toUpperCase()),
      ),
    ],
    severity: SEVERITIES[levelOf(event)] ?? null,
    cvssTenths: null,
    products: context.filter(attribute => attribute.type === 'cpe').map(productOf),
    kev: null,
    tlp,
    withdrawn: false,
    references: [...new Set(context.filter(isReference).flatMap(attribute => parseWebAddress(attribute.value) ?? []))],
    details: {
      isPart: unit.isPart,
      publisher: lineAt(recordAt(event, 'Orgc'), 'name') ?? null,
      analysis: ANALYSES[lineOrNumber(event, 'analysis')] ?? null,
      threatLevel: LEVELS[levelOf(event)] ?? null,
      isPublished: memberOf(event, 'published') === undefined ? null : isTrue(memberOf(event, 'published')),
      galaxies: galaxiesOf(event),
      objects: objectsOf(unit, tlp),
      context: context.map(({ type, category, value, comment, relation }) => ({
        type,
        category,
        value: shorten(value, LONGEST_CONTEXT),
        comment: shorten(comment, LONGEST_CONTEXT),
        relation,
      })),
      reports: reports.map(report => ({ name: lineAt(report, 'name') ?? '', content: textAt(report, 'content') ?? '' })),
      related: [...new Set(listAt(event, 'RelatedEvent').flatMap(entry => lineAt(recordAt(entry, 'Event'), 'uuid') ?? []))],
      counts: { attributes: attributes.length, indicators: indicators.length, deleted, withheld: attributes.length - told.length },
    },
    indicators,
    tags: [...new Set([...tagNames(event), ...told.flatMap(attribute => tagNames(attribute.raw))])],
    faults,
  }
}

/** Types whose values have a form, so that one that does not fit is a fault. */
const VALUED = /^(?:md5|sha\d+|ip-|domain|hostname|url|email|filename\|)/

const SEVERITIES: Readonly<Record<string, Severity>> = { 1: 'high', 2: 'medium', 3: 'low' }
const LEVELS: Readonly<Record<string, string>> = { 1: 'high', 2: 'medium', 3: 'low', 4: 'undefined' }
const ANALYSES: Readonly<Record<string, string>> = { 0: 'initial', 1: 'ongoing', 2: 'complete' }

function levelOf(event: unknown): string {
  return lineOrNumber(event, 'threat_level_id')
}

function lineOrNumber(value: unknown, name: string): string {
  const member = memberOf(value, name)
  return typeof member === 'number' ? String(member) : (lineAt(value, name) ?? '')
}

/** Every attribute, those of objects too, that is not deleted; an attribute of a deleted object is deleted. */
function attributesOf({ attributes, objects }: Unit): { readonly attributes: readonly Attribute[]; readonly deleted: number } {
  const all = [
    ...attributes.map(raw => readAttribute(raw, null)),
    ...objects.flatMap(object => {
      const isDeleted = isTrue(memberOf(object, 'deleted'))
      const { tlp } = sharingOf(object)
      return listAt(object, 'Attribute').map(raw => (isDeleted ? null : readAttribute(raw, tlp)))
    }),
  ]
  const kept = all.filter(attribute => attribute !== null)
  return { attributes: kept, deleted: all.length - kept.length }
}

function mayTell(tlp: Tlp | null, part: unknown): boolean {
  const own = sharingOf(part).tlp
  return own === null || mayCarry(tlp, own)
}

function unique(indicators: readonly IntelligenceIndicator[]): readonly IntelligenceIndicator[] {
  const byValue = new Map<string, IntelligenceIndicator>()
  for (const indicator of indicators) {
    const key = `${indicator.type} ${indicator.value}`
    const held = byValue.get(key)
    // Of two that say one value under different labels, the one that its event's own label covers may be told to more.
    if (held === undefined || (held.tlp !== null && indicator.tlp === null)) byValue.set(key, indicator)
  }
  return [...byValue.values()]
}

/** What a search found outside any event has no title of its own. */
function nameOf(unit: Unit, attributes: readonly Attribute[]): string {
  const object = unit.objects[0]
  const first = attributes[0]
  const kind = lineAt(object, 'name') ?? first?.type ?? 'event'
  return first === undefined ? `MISP ${kind}` : `MISP ${kind}: ${defang(shorten(first.value, 120))}`
}

/** A report on the event, or what its publisher wrote about it in attributes of plain text. */
function summaryOf(context: readonly Attribute[], reports: readonly unknown[]): string {
  const report = reports.map(entry => textAt(entry, 'content')).find(content => content !== undefined)
  if (report !== undefined) return report
  const notes = context.filter(
    ({ type, category }) => (type === 'comment' || type === 'text') && /^(?:external analysis|internal reference)$/i.test(category),
  )
  return notes
    .slice(0, 5)
    .map(note => note.value)
    .join('\n\n')
}

function isReference({ type, category }: Attribute): boolean {
  return type === 'link' || (type === 'url' && category.toLowerCase() === 'external analysis')
}

function productOf({ value }: Attribute): IntelligenceProduct {
  return { maker: '', product: value, version: null, cpe: value, purl: null, affected: null }
}

function galaxiesOf(event: unknown): readonly Json[] {
  return listAt(event, 'Galaxy').flatMap(galaxy =>
    listAt(galaxy, 'GalaxyCluster').map(cluster => ({
      galaxy: lineAt(galaxy, 'name') ?? lineAt(galaxy, 'type') ?? '',
      value: lineAt(cluster, 'value') ?? '',
      description: shorten(textAt(cluster, 'description') ?? '', LONGEST_CONTEXT),
    })),
  )
}

function objectsOf({ objects }: Unit, tlp: Tlp | null): readonly Json[] {
  return objects
    .filter(object => !isTrue(memberOf(object, 'deleted')) && mayTell(tlp, object))
    .map(object => ({ name: lineAt(object, 'name') ?? '', comment: textAt(object, 'comment') ?? '', attributes: listAt(object, 'Attribute').length }))
}
