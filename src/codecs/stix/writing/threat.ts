import type { Instant } from '../../../kernel/instant.ts'
import type { IntelligenceIndicator } from '../../../kernel/intelligence.ts'
import type { Json } from '../../../kernel/json.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import { saying } from './extension.ts'
import { indicatorObject } from './indicator.ts'
import { filled, objectOf, stixTime, type Origin, type StixObject } from './object.ts'
import { courseOfAction, softwareObject, vulnerabilityObject, type StixStep } from './parts.ts'

/** A threat as the centre understands it, as it is written in STIX for the centre's own. */
export interface StixThreat {
  readonly origin: Origin
  readonly url: string
  readonly title: string
  readonly summary: string
  readonly cves: readonly string[]
  readonly steps: readonly StixStep[]
  readonly products: readonly { readonly maker: string; readonly name: string; readonly versions: readonly string[] }[]
  /** Those that no object of a source says already, each with its own label. */
  readonly indicators: readonly (Omit<IntelligenceIndicator, 'tlp'> & { readonly tlp: Tlp })[]
  /** What each source calls it. */
  readonly references: readonly { readonly source: string; readonly externalId: string | null; readonly url: string | null }[]
  /** The ids of the sources' own objects that it was understood from. */
  readonly sourceRefs: readonly string[]
  readonly sightings: readonly {
    readonly code: string
    readonly organisation: string
    readonly count: number
    readonly firstSeen: Instant | null
    readonly lastSeen: Instant | null
  }[]
  readonly facts: Readonly<Record<string, Json | undefined>>
}

/** The objects of a threat: a report and all that it refers to, but for the sources' own objects, and who saw it. */
export function objectsOfThreat(threat: StixThreat): readonly StixObject[] {
  const { origin } = threat
  const software = threat.products.flatMap(({ maker, name, versions }) =>
    (versions.length === 0 ? [null] : versions).map(version => softwareObject(origin, name, version, maker === '' ? null : maker)),
  )
  const parts = [
    ...threat.cves.map(cve => vulnerabilityObject(origin, cve)),
    ...threat.steps.map((step, index) => courseOfAction(origin, step, index)),
    ...software,
    ...threat.indicators.map(indicator => indicatorObject({ ...origin, tlp: indicator.tlp }, indicator)),
  ]
  const unique = [...new Map(parts.map(part => [part.id, part])).values()]
  const refs = [...new Set([...threat.sourceRefs, ...unique.map(part => part.id)])]
  const report = objectOf(origin, 'report', 'report', {
    name: threat.title,
    description: threat.summary,
    report_types: ['threat-report'],
    published: stixTime(origin.created),
    external_references: [{ source_name: 'CareCERT threat', external_id: origin.key, url: threat.url }, ...threat.references.map(referenceOf)],
    object_refs: refs.length === 0 ? [origin.createdBy] : refs,
    extensions: saying('threat', threat.facts),
  })
  return [report, ...unique, ...threat.sightings.flatMap(sighting => sightingOf(threat, sighting, report.id))]
}

/** OASIS's schema of a reference keeps the ids of CVE and CAPEC to references whose sources are called `cve` and `capec`. */
function referenceOf({ source, externalId, url }: StixThreat['references'][number]): Json {
  const isOfRegister = externalId !== null && /^(?:CVE-\d{4}-\d{4,}|CAPEC-\d+)$/.test(externalId)
  return filled({ source_name: source, ...(isOfRegister ? { description: externalId } : { external_id: externalId }), url })
}

/** What an organisation saw of it. That it did is between it and the centre, so it is marked as narrowly. */
function sightingOf({ origin }: StixThreat, sighting: StixThreat['sightings'][number], reportId: string): readonly StixObject[] {
  const own: Origin = { ...origin, tlp: origin.tlp === 'RED' ? 'RED' : 'AMBER+STRICT' }
  const { code, organisation, count, firstSeen, lastSeen } = sighting
  const identity = objectOf(own, 'identity', `organisation ${code}`, { name: organisation, identity_class: 'organization', sectors: ['healthcare'] })
  return [
    identity,
    objectOf(own, 'sighting', `sighting ${code}`, {
      // §5.2: at most this.
      count: Math.min(count, 999_999_999),
      first_seen: firstSeen === null ? undefined : stixTime(firstSeen),
      last_seen: lastSeen === null ? undefined : stixTime(lastSeen),
      sighting_of_ref: reportId,
      where_sighted_refs: [identity.id],
    }),
  ]
}
