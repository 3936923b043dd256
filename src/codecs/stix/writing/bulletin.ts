import type { Instant } from '../../../kernel/instant.ts'
import type { IntelligenceIndicator } from '../../../kernel/intelligence.ts'
import type { Json } from '../../../kernel/json.ts'
import { saying } from './extension.ts'
import { indicatorObject } from './indicator.ts'
import { objectOf, stixTime, type Origin, type StixObject } from './object.ts'
import { courseOfAction, noteObject, relationshipObject, softwareObject, vulnerabilityObject, type StixStep } from './parts.ts'

/** A published bulletin as it is written in STIX. */
export interface StixBulletin {
  readonly origin: Origin
  /** `CC-5001`. */
  readonly number: string
  /** Its page. */
  readonly url: string
  readonly title: string
  /** Markdown. */
  readonly description: string
  readonly threatType: string
  readonly labels: readonly string[]
  readonly confidence: 'confirmed' | 'likely' | 'possible' | 'unknown'
  readonly cves: readonly string[]
  readonly products: readonly { readonly name: string; readonly versions: readonly string[] }[]
  readonly steps: readonly StixStep[]
  readonly indicators: readonly IntelligenceIndicator[]
  /** Web addresses that it builds on. */
  readonly sources: readonly string[]
  /** What it means for care; `null` when nothing is said. */
  readonly clinicalImpact: string | null
  readonly isLive: boolean
  /** What followed its release, the oldest first. */
  readonly changes: readonly { readonly at: Instant; readonly summary: string }[]
  /** All that it says, by the names of its form: kept in an extension, so that a reader which knows it loses nothing. */
  readonly facts: Readonly<Record<string, Json | undefined>>
}

/** The report types of STIX 2.1 (§10.22) by what a bulletin is about. */
const REPORT_TYPES: Readonly<Record<string, string>> = {
  Vulnerability: 'vulnerability',
  'Insecure software': 'vulnerability',
  Malware: 'malware',
  'Attack methodology': 'attack-pattern',
  Intelligence: 'threat-report',
}

/** On the scale of the Admiralty (STIX 2.1, appendix A). What is not known is not said. */
const CONFIDENCES: Readonly<Record<StixBulletin['confidence'], number | undefined>> = { confirmed: 90, likely: 70, possible: 50, unknown: undefined }

/**
 * The objects of a bulletin: a report and all that it refers to. Ids depend on the bulletin and on what an object is, never on its version; all are
 * written as of `origin.modified`. Nothing is tied together that the bulletin does not tie: its steps mitigate a flaw where it names only one.
 * A bulletin that is no longer live is revoked with all its parts (STIX 2.1 §3.6); the notes that say why are not.
 */
export function objectsOfBulletin(bulletin: StixBulletin): readonly StixObject[] {
  const { origin } = bulletin
  const flaws = bulletin.cves.map(cve => vulnerabilityObject(origin, cve))
  const steps = bulletin.steps.map((step, index) => courseOfAction(origin, step, index))
  const software = bulletin.products.flatMap(({ name, versions }) =>
    versions.length === 0 ? [softwareObject(origin, name, null)] : versions.map(version => softwareObject(origin, name, version)),
  )
  const indicators = bulletin.indicators.map(indicator => indicatorObject(origin, indicator))
  const [flaw, ...more] = flaws
  const mitigations = flaw === undefined || more.length > 0 ? [] : steps.map(step => relationshipObject(origin, 'mitigates', step.id, flaw.id))
  const parts = unique([...flaws, ...steps, ...software, ...indicators, ...mitigations])
  const report = reportOf(bulletin, parts.length === 0 ? [origin.createdBy] : parts.map(part => part.id))
  const notes = notesOf(bulletin, report.id)
  return [...(bulletin.isLive ? [report, ...parts] : [report, ...parts].map(revoked)), ...notes]
}

/** The same object, taken back (STIX 2.1 §3.2). One that has no versions, such as a product, stays as it is. */
export function revoked(object: StixObject): StixObject {
  return object['modified'] === undefined ? object : { ...object, revoked: true }
}

function reportOf(bulletin: StixBulletin, refs: readonly string[]): StixObject {
  const { origin, number, url, title, description, threatType, labels, confidence, sources, facts } = bulletin
  return objectOf(origin, 'report', 'report', {
    name: title,
    description,
    report_types: [REPORT_TYPES[threatType] ?? 'threat-report'],
    published: stixTime(origin.created),
    confidence: CONFIDENCES[confidence],
    labels: [...labels],
    external_references: [
      { source_name: 'CareCERT bulletin', external_id: number, url },
      ...sources.map(source => ({ source_name: URL.parse(source)?.host ?? 'Source', url: source })),
    ],
    object_refs: [...refs],
    extensions: saying('bulletin', facts),
  })
}

function notesOf({ origin, changes, clinicalImpact }: StixBulletin, reportId: string): readonly StixObject[] {
  const about = [reportId]
  const impact =
    clinicalImpact === null ? [] : [noteObject(origin, 'clinical impact', { title: 'What it means for care', text: clinicalImpact, about })]
  return [
    ...impact,
    ...changes.map(({ at, summary }, index) => noteObject({ ...origin, created: at }, `change ${index}`, { title: summary, text: '', about })),
  ]
}

/** Two products of one name, or two indicators of one value, are one object. */
function unique(objects: readonly StixObject[]): readonly StixObject[] {
  return [...new Map(objects.map(object => [object.id, object])).values()]
}
