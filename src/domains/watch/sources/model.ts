import type { Instant } from '../../../kernel/instant.ts'
import { INTELLIGENCE_FORMATS, type IntelligenceBatch, type IntelligenceFormat } from '../../../kernel/intelligence.ts'
import type { Json } from '../../../kernel/json.ts'
import { shorten } from '../../../kernel/text.ts'
import { TLP, type Tlp } from '../../../kernel/tlp.ts'

/** The formats that are read, in words. */
const FORMAT_NAMES: Readonly<Record<IntelligenceFormat, string>> = {
  'kev-json': 'CISA catalogue of known exploited vulnerabilities (JSON)',
  'nhs-cyber-alerts': 'NHS cyber alerts (API page)',
  csaf: 'CSAF 2.0 advisory (JSON)',
  nvd: 'NVD vulnerabilities (API 2.0)',
  cve: 'CVE records (JSON 5)',
  epss: 'EPSS scores (CSV, packed or not)',
  feed: 'News feed (RSS, Atom, RDF or JSON Feed)',
  stix: 'STIX 2.1 objects (a bundle, or a TAXII 2.1 collection)',
  misp: 'MISP events (JSON)',
}

/** The format of the source under which files are put that nobody could read. */
export const UNRECOGNISED = 'unrecognised'

/** The format of the one source that is not gathered: what organisations report by the form and the API (`notifications`). */
export const NOTIFICATION = 'notification'

/** The format of a source that is a folder on the server: each file in it goes to the source that its content names. */
export const FOLDER = 'folder'

/** What a person may add a source of. */
export const SOURCE_FORMATS = [...INTELLIGENCE_FORMATS, FOLDER] as const
export type SourceFormat = (typeof SOURCE_FORMATS)[number]

export function formatName(format: string): string {
  if (format === NOTIFICATION) return 'Incident notifications (the form, or the API)'
  if (format === FOLDER) return 'A folder on the server (files of any of these, messages of mail)'
  return Object.hasOwn(FORMAT_NAMES, format) ? FORMAT_NAMES[format as IntelligenceFormat] : 'Not recognised'
}

/** Letters, digits, dots and hyphens: it stands in addresses and is typed on the command line. */
export const SOURCE_CODE = /^[a-z0-9][a-z0-9.-]{1,62}$/

export interface NewSource {
  readonly code: string
  readonly name: string
  readonly format: SourceFormat | typeof UNRECOGNISED | typeof NOTIFICATION
  /** Where it is gathered from by the clock: an address, or the path of a folder. `null` for one that is fed by hand. */
  readonly url: string | null
  /** What a person chose for it (settings.ts). */
  readonly settings?: Readonly<Record<string, Json>>
  /** How often the clock asks it; every hour unless somebody chose. */
  readonly everyMinutes?: number
  /** Whether its items open threats; as its format usually does (`ENRICHES`) unless somebody chose. */
  readonly opensThreats?: boolean
}

/** What may be changed of a source: its code is in addresses and its format in what it holds. */
export type SourceChanges = Required<Omit<NewSource, 'code' | 'format'>>

/**
 * The source of a document that no configured source claims. The lists of which there is one in the world have one source each. Every
 * publisher of the others has its own, `csaf-` and the host of its namespace, because two publishers may use one id for different things.
 */
export function defaultSource(batch: Pick<IntelligenceBatch, 'format' | 'publisher'>): NewSource {
  switch (batch.format) {
    case 'kev-json':
      return { code: 'cisa-kev', name: 'CISA known exploited vulnerabilities', format: batch.format, url: null }
    case 'nhs-cyber-alerts':
      return { code: 'nhs-cyber-alerts', name: 'NHS cyber alerts', format: batch.format, url: null }
    case 'nvd':
      return { code: 'nvd', name: 'National Vulnerability Database', format: batch.format, url: null }
    case 'epss':
      return { code: 'epss', name: 'EPSS scores', format: batch.format, url: null }
    case 'cve':
      return { code: 'cve', name: 'CVE records', format: batch.format, url: null }
    case 'csaf':
    case 'feed':
    case 'stix':
    case 'misp': {
      const name = batch.publisher?.name ?? 'Unknown publisher'
      return {
        code: codeOf(batch.format, batch.publisher),
        name: `${shorten(name, 80)} ${WHAT_IT_GIVES[batch.format]}`,
        format: batch.format,
        url: null,
      }
    }
  }
}

/**
 * The source of what came by mail from a domain, one for each format. It is never that of the publisher, whose items nobody should be able to
 * change by writing its name over a message.
 */
export function mailSource(format: IntelligenceFormat, domain: string): NewSource {
  const name =
    format === 'feed' ? `Mail from ${shorten(domain, 80)}` : `${FORMAT_NAMES[format].replace(/ \(.*$/, '')} by mail from ${shorten(domain, 80)}`
  return { code: `${format}-mail-${slugOf(domain).slice(0, 38) || 'unknown'}`, name, format, url: null }
}

/** Whether many publish in that format, so that a document of it does not say by its format alone where it belongs. */
export function hasManyPublishers(format: IntelligenceFormat): boolean {
  return Object.hasOwn(WHAT_IT_GIVES, format)
}

const WHAT_IT_GIVES = { csaf: 'advisories', feed: 'news', stix: 'objects', misp: 'events' } as const

function codeOf(format: IntelligenceFormat, publisher: IntelligenceBatch['publisher']): string {
  const namespace = publisher?.namespace ?? ''
  const host = URL.canParse(namespace) ? new URL(namespace).hostname.replace(/^www\./, '') : ''
  return `${format}-${slugOf(host === '' ? (publisher?.name ?? '') : host).slice(0, 50) || 'unknown'}`
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
}

export const UNRECOGNISED_SOURCE: NewSource = { code: UNRECOGNISED, name: 'Files that could not be recognised', format: UNRECOGNISED, url: null }

export const NOTIFICATION_SOURCE: NewSource = { code: 'incident-notifications', name: 'Incident notifications', format: NOTIFICATION, url: null }

/** The formats whose items say more about threats that others open: every CVE there is would bury the queue. */
export const ENRICHES: ReadonlySet<string> = new Set(['nvd', 'cve', 'epss'] satisfies IntelligenceFormat[])

/** The label that a person chose for what a source does not mark (settings.ts). */
export function defaultTlp(settings: Readonly<Record<string, Json>>): Tlp | null {
  return TLP.find(label => label === settings['tlp']) ?? null
}

/** Hours after which a source that has not been reached is called stale. */
export const STALE_AFTER_HOURS = 48

/** How a source can do; what needs somebody comes first. */
export const HEALTHS = ['failing', 'stale', 'never', 'working', 'stopped'] as const
export type SourceHealth = (typeof HEALTHS)[number]

export interface SourceState {
  readonly url: string | null
  readonly enabled: boolean
  readonly lastSuccessAt: Instant | null
  readonly lastAttemptAt: Instant | null
  /** The first failure since the last success. */
  readonly failingSince: Instant | null
}

/**
 * How a source does. An answer without anything new is a success: empty is not broken. Only a source with an address can be stale,
 * since one fed by hand comes when it comes.
 */
export function healthOf(source: SourceState, now: Instant): SourceHealth {
  if (!source.enabled) return 'stopped'
  if (source.failingSince !== null) return 'failing'
  if (source.lastSuccessAt === null) return 'never'
  return source.url !== null && hoursBetween(source.lastSuccessAt, now) >= STALE_AFTER_HOURS ? 'stale' : 'working'
}

/** Whether the clock should gather it: enabled, with an address, and at the time that was set when it was asked last (`schedule.ts`). */
export function isDue(source: Pick<SourceState, 'enabled' | 'url'> & { readonly nextAt: Instant | null }, now: Instant): boolean {
  return source.enabled && source.url !== null && (source.nextAt === null || source.nextAt <= now)
}

function hoursBetween(from: Instant, to: Instant): number {
  return (to.getTime() - from.getTime()) / 3_600_000
}
