import type { Instant, LocalDate } from './instant.ts'
import type { Json } from './json.ts'
import type { Problem } from './problem.ts'
import type { Severity } from './severity.ts'
import type { Tlp } from './tlp.ts'

/**
 * The neutral shape into which every intelligence codec reads its format, so that the watch domain knows one shape and no format.
 * All text is clean (`kernel/text.ts`): fit for PostgreSQL and for a page, which still escapes it.
 */
export interface IntelligenceItem {
  /** The identity inside its source: the CVE of a KEV entry, `CC-nnnn` of an NHS cyber alert, `document.tracking.id` of a CSAF advisory. */
  readonly externalId: string
  readonly title: string
  /** Plain text. */
  readonly summary: string
  /** Where a person can read it at the source: http or https. */
  readonly url: string | null
  /**
   * When the source first gave it out. A source that gives a day only is read as the start of that day in UTC, which `londonDate`
   * turns back into the same day. `null` when the source says none that can be read.
   */
  readonly published: Instant | null
  /** When the source last changed it, if it says. */
  readonly updated: Instant | null
  /** In the order of the source, each once, in upper case. */
  readonly cves: readonly string[]
  readonly severity: Severity | null
  /** The highest CVSS base score that the source states, in tenths: 98 for 9.8. */
  readonly cvssTenths: number | null
  readonly products: readonly IntelligenceProduct[]
  readonly kev: KevEntry | null
  /** `null` when the source marks nothing: the source's own default applies, never a wider one. */
  readonly tlp: Tlp | null
  /** Whether the source itself says that this is withdrawn. */
  readonly withdrawn: boolean
  /** Web addresses, each once. */
  readonly references: readonly string[]
  /** What pages show beyond these. The codec of the format says which members there are. */
  readonly details: Readonly<Record<string, Json>>
  /** What it says about single vulnerabilities, one entry each. Absent or empty when it says nothing of the kind. */
  readonly assessments?: readonly VulnerabilityAssessment[]
  /** Indicators of compromise, each once. Absent or empty when it names none. */
  readonly indicators?: readonly IntelligenceIndicator[]
  /** The source's own labels: plain words, or machine tags such as `rsit:fraud="phishing"`. */
  readonly tags?: readonly string[]
  /** Where it departs from its own format and could be read all the same. */
  readonly faults?: readonly Problem[]
}

/** What one source says about one vulnerability. Two sources that differ are shown side by side, never averaged. */
export interface VulnerabilityAssessment {
  /** `null` for a vulnerability without a CVE. */
  readonly cve: string | null
  readonly cvss: readonly CvssStatement[]
  readonly ssvc: SsvcStatement | null
  /** `CWE-79`, each once. */
  readonly cwes: readonly string[]
}

export const CVSS_VERSIONS = ['2.0', '3.0', '3.1', '4.0'] as const
export type CvssVersion = (typeof CVSS_VERSIONS)[number]

export interface CvssStatement {
  readonly version: CvssVersion
  readonly vector: string
  /** Computed from the vector, in tenths: 98 for 9.8. */
  readonly baseTenths: number
  /** What the source itself calls the score, where it differs from the computed one. */
  readonly statedTenths: number | null
  /** Who scored it, as the source names them: `nvd@nist.gov`, `CISA-ADP`. `null` for the source itself. */
  readonly by: string | null
}

/** The decision points of CISA's coordinator (SSVC 2.0.3) that a centre can know. */
export interface SsvcStatement {
  readonly exploitation: 'none' | 'poc' | 'active'
  readonly automatable: boolean
  readonly technicalImpact: 'partial' | 'total'
  /** ISO 8601 instant in UTC, when the source says one. */
  readonly at: string | null
}

export const INDICATOR_TYPES = ['ipv4', 'ipv6', 'domain', 'url', 'email', 'md5', 'sha1', 'sha256', 'sha512', 'file-name', 'registry-key'] as const
export type IndicatorType = (typeof INDICATOR_TYPES)[number]

export interface IntelligenceIndicator {
  readonly type: IndicatorType
  /** In its plain form (never defanged), lower case where the type knows no case. A page shows it defanged. */
  readonly value: string
  /** `null` when only its item's label applies. */
  readonly tlp: Tlp | null
  /** ISO 8601 instants in UTC, when the source says them. */
  readonly firstSeen: string | null
  readonly lastSeen: string | null
  readonly validUntil: string | null
  /** What the source says about it, in plain words. */
  readonly note: string | null
}

export interface IntelligenceProduct {
  /** The maker as the source names it, trimmed; empty when the source names none. Compare by `nameKey`. */
  readonly maker: string
  readonly product: string
  /** Free text: a version, a range such as `<= 9.33`, `All versions`. `null` when the source names none. */
  readonly version: string | null
  /** CPE 2.2 or 2.3 name, as given. */
  readonly cpe: string | null
  /** Package URL, as given. */
  readonly purl: string | null
  /**
   * `true` when the source says that it is affected, `false` when it says that it is not, `null` when it says neither (a version that is
   * fixed implies others that are not; an investigation may be under way). Match on everything but `false`.
   */
  readonly affected: boolean | null
}

/** What CISA's catalogue of known exploited vulnerabilities says about one. */
export interface KevEntry {
  readonly dateAdded: LocalDate
  readonly dueDate: LocalDate | null
  /** `false` for "Unknown": none is known. `null` when the catalogue does not say (it did not before October 2023). */
  readonly knownRansomwareUse: boolean | null
  readonly requiredAction: string
}

export const INTELLIGENCE_FORMATS = ['kev-json', 'nhs-cyber-alerts', 'csaf', 'nvd', 'cve', 'epss', 'feed', 'stix', 'misp'] as const

export type IntelligenceFormat = (typeof INTELLIGENCE_FORMATS)[number]

/** Everything that one file or answer of a source holds. */
export interface IntelligenceBatch {
  readonly format: IntelligenceFormat
  /**
   * Whether this is all that the source has, so that an item which was there before and is neither in `items` nor in `rejected` is
   * withdrawn. Never true of a batch that may have lost something: a count that is wrong, an entry whose identity cannot be read.
   */
  readonly complete: boolean
  /** What it is, for a person: `CISA KEV catalogue 2025.01.24`. */
  readonly label: string
  /** When the source made it, if it says: an older batch must not undo a newer one. */
  readonly released: Instant | null
  /** Who publishes it. Two CSAF publishers may use one tracking id, so a source should hold the advisories of one namespace. */
  readonly publisher: { readonly name: string; readonly namespace: string | null } | null
  readonly items: readonly IntelligenceItem[]
  readonly rejected: readonly RejectedItem[]
}

/** What could not be read, to be put aside where a person sees it, while the rest goes on. */
export interface RejectedItem {
  /** JSON Pointer (RFC 6901) into the file. */
  readonly position: string
  readonly externalId: string | null
  /** A sentence for a person. */
  readonly reason: string
  /** The start of what stood there, at most 2,000 characters. */
  readonly excerpt: string
}
