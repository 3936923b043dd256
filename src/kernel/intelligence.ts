import type { Instant, LocalDate } from './instant.ts'
import type { Json } from './json.ts'
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

export const INTELLIGENCE_FORMATS = ['kev-json', 'nhs-cyber-alerts', 'csaf'] as const

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
