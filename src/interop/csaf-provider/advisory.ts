import { v5 as uuidv5 } from 'uuid'
import {
  csafFileName,
  csafLabel,
  uriOf,
  type Advisory,
  type AdvisoryNote,
  type AdvisoryProduct,
  type AdvisoryPublisher,
  type AdvisoryReference,
  type AdvisoryRemediation,
  type AdvisoryVulnerability,
  type AdvisoryWeakness,
  type CsafVersion,
} from '../../codecs/csaf-writing/advisory.ts'
import { bulletinNumber, type BulletinContent, type PublishedBulletin } from '../../domains/broadcast/contract.ts'
import type { PublicFacts } from '../../domains/watch/contract.ts'
import type { Instant } from '../../kernel/instant.ts'
import { nameKey } from '../../kernel/name-key.ts'
import { cleanLine } from '../../kernel/text.ts'
import { folderUrl, type ProviderSettings } from './model.ts'

/** What a bulletin is written with besides its own words. */
export interface Surroundings {
  readonly settings: ProviderSettings
  /** The bulletin that replaced it, where its readers may know of that one. */
  readonly successor: PublishedBulletin | null
  readonly facts: readonly PublicFacts[]
  /** When it was issued anew without a change of the bulletin. */
  readonly reissuedAt: readonly Instant[]
  /** Kinds of weakness by id. */
  readonly weaknesses: ReadonlyMap<string, AdvisoryWeakness>
}

/** Beyond so many pairs of product and vulnerability a product stands for all its versions: a document of a hundred megabytes helps nobody. */
const MOST_PAIRS = 20_000
const MOST_CVE_REFERENCES = 100

const SEVERITY_WORDS = { high: 'High', medium: 'Medium', low: 'Low', information: 'Information only' } as const
const CONFIDENCE_WORDS = {
  confirmed: 'Confirmed: the centre or the maker has verified it.',
  likely: 'Likely: several sources agree.',
  possible: 'Possible: one source says so.',
  unknown: null,
} as const
const STEP_CATEGORIES = { Patch: 'vendor_fix', Guidance: 'mitigation', Action: 'mitigation', Aware: 'mitigation' } as const

/** The tracking id of a bulletin: its number, behind the beginning of its sharing group's id, so that a group's documents are told apart (CSAF 2.1 §3.2.3.5.1). */
export function trackingIdOf(bulletin: Pick<PublishedBulletin, 'number' | 'sharingGroup'>): string {
  const number = bulletinNumber(bulletin.number)
  return bulletin.sharingGroup === null ? number : `${bulletin.sharingGroup.id.slice(0, 8)}-${number}`
}

/** `2026/cc-5001.json`: the folder is the year of the first release (§7.1.11). */
export function pathOf(bulletin: Pick<PublishedBulletin, 'number' | 'sharingGroup' | 'releasedAt'>): string {
  return `${bulletin.releasedAt.toISOString().slice(0, 4)}/${csafFileName(trackingIdOf(bulletin))}`
}

/** A released bulletin as an advisory. The same bulletin and surroundings give the same advisory. */
export function advisoryOf(bulletin: PublishedBulletin, version: CsafVersion, around: Surroundings): Advisory {
  const { content } = bulletin
  const { settings } = around
  const id = trackingIdOf(bulletin)
  const kind = kindOf(bulletin, around.successor)
  const isOver = kind === 'withdrawn' || kind === 'superseded'
  return {
    kind,
    id,
    title: cleanLine(content.title.replaceAll(new RegExp(`${id}:?`, 'gi'), ' ')) || 'A bulletin of the centre',
    lang: 'en-GB',
    tlp: bulletin.tlp,
    sharingGroup: bulletin.sharingGroup,
    publisher: settings.publisher,
    generator: settings.generator,
    severity: SEVERITY_WORDS[content.severity],
    isInterim: bulletin.isHolding && !isOver,
    revisions: revisionsOf(bulletin, around.reissuedAt),
    notes: isOver ? [endNote(bulletin, kind)] : notesOf(content, kind),
    references: referencesOf(bulletin, version, around, isOver),
    products: isOver ? [] : productsOf(content, settings.publisher),
    vulnerabilities: kind === 'security' ? vulnerabilitiesOf(content, around) : [],
    remediations: kind === 'security' ? remediationsOf(content) : [],
  }
}

/**
 * The history in the order in which it happened, none dated before the one it follows: a clock may be put back, and the standard wants the dates in order (§6.1.14).
 * What was issued anew is a revision of its own, since a document that was published under a version never changes under it (§3.1.11).
 */
export function revisionsOf({ history }: Pick<PublishedBulletin, 'history'>, reissuedAt: readonly Instant[]): Advisory['revisions'] {
  let last: Instant | undefined
  const changes = history.map(({ at, summary }) => {
    last = last === undefined || at > last ? at : last
    return { at: last, summary }
  })
  const reissues = reissuedAt.map(at => ({ at, summary: 'Issued anew, from another address or under another name' }))
  return [...changes, ...reissues].toSorted((one, other) => one.at.getTime() - other.at.getTime())
}

function kindOf({ state, content }: PublishedBulletin, successor: PublishedBulletin | null): Advisory['kind'] {
  // A superseded document must name the one that took its place (§6.1.27.19).
  if (state === 'superseded') return successor === null ? 'withdrawn' : 'superseded'
  if (state === 'withdrawn') return 'withdrawn'
  return content.cves.length > 0 && content.platforms.length > 0 ? 'security' : 'informational'
}

/** The titles are those that the standard asks for, to the letter (§6.1.27.17, §6.1.27.18). */
function endNote({ reason }: PublishedBulletin, kind: 'withdrawn' | 'superseded'): AdvisoryNote {
  const title = kind === 'superseded' ? 'Reasoning for Supersession' : 'Reasoning for Withdrawal'
  return { category: 'description', title, text: reason ?? 'No reason was given.' }
}

function notesOf(content: BulletinContent, kind: Advisory['kind']): readonly AdvisoryNote[] {
  const note = (category: AdvisoryNote['category'], title: string, ...parts: readonly (string | null | undefined)[]): AdvisoryNote[] => {
    const text = parts.filter(part => part !== null && part !== undefined && part !== '').join('\n\n')
    return text === '' ? [] : [{ category, title, text }]
  }
  const steps = content.steps.map(({ type, text, link }, index) => `${index + 1}. ${type}: ${text}${link === '' ? '' : `\n${link}`}`)
  const platforms = content.platforms.filter(({ text }) => text !== '').map(({ platform, text }) => `${platform}: ${text}`)
  const notes = [
    ...note('summary', 'Summary', content.shortSummary, content.summary),
    ...note('details', 'Threat details', content.threatDetails),
    ...note('general', 'What to do', content.remediationIntro, ...steps),
    ...note('general', 'Affected platforms', ...platforms),
    ...note('general', 'Vulnerabilities', kind === 'informational' ? content.cves.join(', ') : null),
    ...note('general', 'Indicators of compromise', content.indicators),
    ...note('general', 'What stays safe to use', content.safeToUse),
    ...note('general', 'Impact on care', content.clinicalImpact),
    ...note('general', 'How sure we are', CONFIDENCE_WORDS[content.confidence]),
  ]
  return notes.some(({ category }) => category === 'summary' || category === 'details')
    ? notes
    : [{ category: 'summary', title: 'Summary', text: content.title }, ...notes]
}

function referencesOf(bulletin: PublishedBulletin, version: CsafVersion, around: Surroundings, isOver: boolean): readonly AdvisoryReference[] {
  const { content } = bulletin
  const { settings, successor } = around
  // What is for everybody has a page that asks nobody to sign in.
  const page = bulletin.tlp === 'CLEAR' ? 'public' : 'bulletins'
  const addressOf = (other: PublishedBulletin) => folderUrl(settings, version, other) + pathOf(other)
  const external = (summary: string, url: string): AdvisoryReference => ({ category: 'external', summary, url })
  const references = [
    { category: 'self', summary: 'This document', url: addressOf(bulletin) } as const,
    ...(successor === null ? [] : [external('Superseding Document', addressOf(successor))]),
    ...(isOver
      ? []
      : [
          ...(content.ncscLink === '' ? [] : [external('The National Cyber Security Centre', content.ncscLink)]),
          ...content.sources.map(source => external('A source of this advisory', source)),
          ...content.steps.filter(({ link }) => link !== '').map(({ type, link }) => external(`For a step: ${type}`, link)),
          ...content.cves.slice(0, MOST_CVE_REFERENCES).map(cve => external(cve, `https://www.cve.org/CVERecord?id=${cve}`)),
        ]),
    external('The bulletin as a page, and what became of it', `${settings.baseUrl}/${page}/${bulletinNumber(bulletin.number)}`),
  ]
  const seen = new Set<string>()
  return references.flatMap(reference => {
    const url = uriOf(reference.url)
    if (url === undefined || seen.has(url)) return []
    seen.add(url)
    return [{ ...reference, url }]
  })
}

/** Each platform in each version that is named. The same words are the same product in every document of this issuer. */
function productsOf(content: BulletinContent, publisher: AdvisoryPublisher): readonly AdvisoryProduct[] {
  const each = namesOf(content, true)
  const names = each.length * Math.max(1, content.cves.length) <= MOST_PAIRS ? each : namesOf(content, false)
  const issuer = uuidv5(publisher.namespace, uuidv5.URL)
  return [...new Map(names.map(name => [nameKey(name) || name, name])).entries()].map(([key, name], index) => ({
    id: `CSAFPID-${String(index + 1).padStart(4, '0')}`,
    name,
    uri: `urn:uuid:${uuidv5(key, issuer)}`,
  }))
}

function namesOf({ platforms }: BulletinContent, inEachVersion: boolean): readonly string[] {
  return platforms.flatMap(({ platform, versions }) =>
    inEachVersion && versions.length > 0 ? versions.map(version => cleanLine(`${platform} ${version}`)) : [platform],
  )
}

function vulnerabilitiesOf(content: BulletinContent, { facts, weaknesses }: Surroundings): readonly AdvisoryVulnerability[] {
  const known = new Map(facts.map(one => [one.cve, one]))
  return [...new Set(content.cves)].map(cve => {
    const said = known.get(cve)
    return {
      cve,
      note: content.shortSummary || content.title,
      weaknesses: (said?.weaknesses ?? []).flatMap(id => weaknesses.get(id) ?? []),
      scores: (['3.1', '4.0'] as const).flatMap(version => {
        const score = said?.scores.find(statement => statement.version === version && BASE_VECTORS[version].test(statement.vector))
        return score === undefined ? [] : [{ version, vector: score.vector, baseTenths: score.baseTenths }]
      }),
    }
  })
}

/** Base metrics alone: what else a vector holds is of one place or one day. */
const BASE_VECTORS = { '3.1': /^CVSS:3\.1(?:\/[A-Z]{1,2}:[A-Z]){8}$/, '4.0': /^CVSS:4\.0(?:\/[A-Z]{2}:[A-Z]){11}$/ } as const

function remediationsOf(content: BulletinContent): readonly AdvisoryRemediation[] {
  const steps = content.steps.map(({ type, text, link }) => ({ category: STEP_CATEGORIES[type], details: text, url: uriOf(link) ?? null }))
  const intro = content.remediationIntro === '' ? [] : [{ category: 'mitigation' as const, details: content.remediationIntro, url: null }]
  const all = [...intro, ...steps]
  return all.length > 0 ? all : [{ category: 'none_available', details: 'There is no step to take yet.', url: null }]
}

/** By what documents are told apart in feeds (§7.1.17): the sector, the language, what kind of threat, and the platforms. */
export function termsOf({ content }: PublishedBulletin): readonly string[] {
  return [...new Set(['Healthcare', 'en-GB', content.threatType, ...content.categories, ...content.platforms.map(({ platform }) => platform)])]
}

/** One line that says what it is about, for feeds. */
export function summaryOf({ content, state, reason }: PublishedBulletin): string {
  if (state !== 'live') return `Withdrawn: ${cleanLine(reason ?? '')}`
  return content.shortSummary || content.title
}

/** The folder of its label. */
export function folderOf(bulletin: Pick<PublishedBulletin, 'tlp'>, version: CsafVersion): string {
  return csafLabel(bulletin.tlp, version).toLowerCase()
}
