import { readMarkings } from '../../codecs/stix/markings.ts'
import { neighbourhoodIn } from '../../codecs/stix/neighbourhood.ts'
import { EXTENSION_OBJECTS } from '../../codecs/stix/writing/extension.ts'
import { markingOf } from '../../codecs/stix/writing/markings.ts'
import { bundleOf, type StixObject } from '../../codecs/stix/writing/object.ts'
import { identityObject, type StixIdentity } from '../../codecs/stix/writing/parts.ts'
import { objectsOfThreat } from '../../codecs/stix/writing/threat.ts'
import type { ThreatDossier } from '../../domains/watch/contract.ts'
import { lineAt, linesAt, recordAt, type Json, type JsonRecord } from '../../kernel/json.ts'
import { TLP, type Tlp } from '../../kernel/tlp.ts'

/**
 * All that is held of a threat as one bundle, for the centre's own: how the centre understands it, and the sources' objects as they gave them with
 * what lies next to them, so that nothing that was gathered in STIX is lost on the way out.
 */
export function stixOfThreat(dossier: ThreatDossier, setting: { readonly centre: StixIdentity; readonly baseUrl: string }): StixObject {
  const { threat, facts, items, indicators, sightings } = dossier
  const centre = identityObject(setting.centre)
  const given = givenObjects(items)
  const said = new Set(
    items.filter(({ format }) => format === 'stix').flatMap(({ content }) => (content.indicators ?? []).map(({ type, value }) => `${type} ${value}`)),
  )
  const own = indicators.filter(({ type, value }) => !said.has(`${type} ${value}`))
  const objects = objectsOfThreat({
    origin: { key: threat.id, createdBy: centre.id, tlp: threat.tlp, created: threat.created_at, modified: threat.updated_at },
    url: `${setting.baseUrl}/threats/${threat.id}`,
    title: threat.title,
    summary: threat.summary,
    cves: threat.cves,
    steps: facts.remediation,
    products: facts.affects.map(({ maker, product, versions }) => ({ maker, name: product, versions })),
    indicators: own.map(({ type, value, tlp, firstSeen, lastSeen, validUntil, note }) => ({
      type,
      value,
      tlp,
      note,
      firstSeen: firstSeen.toISOString(),
      lastSeen: lastSeen.toISOString(),
      validUntil: validUntil?.toISOString() ?? null,
    })),
    references: referencesOf(dossier),
    sourceRefs: items.filter(({ format }) => format === 'stix').map(({ externalId }) => externalId),
    sightings: sightings.map(({ code, name, count, firstSeen, lastSeen }) => ({ code, organisation: name, count, firstSeen, lastSeen })),
    facts: factsOf(dossier),
  })
  const labels = new Set<Tlp>([threat.tlp, ...own.map(({ tlp }) => tlp), ...(sightings.length === 0 ? [] : ['AMBER+STRICT' as const])])
  const common = [...TLP.filter(tlp => labels.has(tlp)).map(markingOf), ...EXTENSION_OBJECTS, centre]
  return bundleOf(`${threat.id} ${threat.updated_at.toISOString()}`, unique([...common, ...objects, ...given]))
}

/**
 * The sources' objects, as they stand in the documents that they came in; where a document is not kept, as the items hold them. What is RED among them
 * is for named people, and in no file.
 */
function givenObjects(items: ThreatDossier['items']): readonly StixObject[] {
  const fromStix = items.filter(({ format }) => format === 'stix')
  return [...Map.groupBy(fromStix, ({ document }) => document)].flatMap(([document, some]) => {
    const ids = new Set(some.map(({ externalId }) => externalId))
    const withheld = new Set(some.flatMap(({ content }) => linesAt(content.details, 'withheld')).filter(id => !ids.has(id)))
    const around = document === null ? [] : neighbourhoodIn(document, [...ids])
    const byId = new Map(around.map(object => [lineAt(object, 'id') ?? '', object]))
    const held = some.filter(({ externalId }) => !byId.has(externalId)).map(({ content }) => recordAt(content.details, 'object') ?? {})
    const open = around.filter(object => {
      const { tlp, unknown } = readMarkings(object, id => byId.get(id))
      // A marking that is not defined here stood on an earlier page of its collection: what was understood then holds.
      return tlp !== 'RED' || (unknown.length > 0 && !withheld.has(lineAt(object, 'id') ?? ''))
    })
    return [...open, ...held].flatMap(asStix)
  })
}

function asStix(object: JsonRecord): readonly StixObject[] {
  const [type, id] = [lineAt(object, 'type'), lineAt(object, 'id')]
  // It was parsed from JSON, so all that it holds is JSON.
  return type === undefined || id === undefined ? [] : [{ ...(object as Readonly<Record<string, Json>>), type, id }]
}

function referencesOf({ items, facts }: ThreatDossier) {
  const own = items.map(({ source, externalId, url }) => ({ source, externalId, url }))
  const told = new Set(own.map(({ url }) => url))
  return [...own, ...facts.references.filter(url => !told.has(url)).map(url => ({ source: URL.parse(url)?.host ?? 'Source', externalId: null, url }))]
}

function factsOf({ threat, facts }: ThreatDossier): Readonly<Record<string, Json | undefined>> {
  return {
    id: threat.id,
    state: threat.state,
    priority: threat.priority_word,
    reason: threat.reason,
    severity: threat.severity,
    cvss: threat.cvss_tenths === null ? null : threat.cvss_tenths / 10,
    threatType: facts.threatType,
    runs: threat.runs,
    mayRun: threat.may_run,
    clinicalSafety: threat.clinical_safety,
    careAffected: threat.care_affected,
    ransomware: threat.ransomware,
    exploitation: threat.exploitation,
    automatable: threat.automatable,
    technicalImpact: threat.technical_impact,
    epssMillionths: threat.epss_millionths,
    kev: facts.kev,
    publishedAt: threat.published_at?.toISOString() ?? null,
    withdrawnAt: threat.withdrawn_at?.toISOString() ?? null,
  }
}

/** Each version of each object once, the first of them: what a source gives in the place of our own, or of a label, does not count. */
function unique(objects: readonly StixObject[]): readonly StixObject[] {
  return [...Map.groupBy(objects, object => `${object.id} ${JSON.stringify(object['modified'])}`).values()].flatMap(([first]) => first ?? [])
}
