import type { Instant } from '../../kernel/instant.ts'
import type { Tlp } from '../../kernel/tlp.ts'

/** The versions of the standard that are written side by side. */
export const CSAF_VERSIONS = ['2.0', '2.1'] as const
export type CsafVersion = (typeof CSAF_VERSIONS)[number]

/** An advisory before it takes the form of one version of CSAF. Everything in it stands in both, as far as each has a place for it. */
export interface Advisory {
  readonly kind: 'security' | 'informational' | 'withdrawn' | 'superseded'
  /** `document.tracking.id`: the file is named for it. */
  readonly id: string
  readonly title: string
  /** A BCP 47 tag, such as `en-GB`. */
  readonly lang: string
  readonly tlp: Tlp
  /** The group that it stays within; `id` is a UUIDv4. */
  readonly sharingGroup: { readonly id: string; readonly name: string } | null
  readonly publisher: AdvisoryPublisher
  readonly generator: { readonly name: string; readonly version: string | null }
  /** In words, of the whole advisory. */
  readonly severity: string
  readonly isInterim: boolean
  /** Oldest first, at least one; the first is the initial release and the last the current one. */
  readonly revisions: readonly { readonly at: Instant; readonly summary: string }[]
  readonly notes: readonly AdvisoryNote[]
  readonly references: readonly AdvisoryReference[]
  readonly products: readonly AdvisoryProduct[]
  readonly vulnerabilities: readonly AdvisoryVulnerability[]
  readonly remediations: readonly AdvisoryRemediation[]
}

/** Who issues it. In CSAF 2.1 a `multiplier`: a national CSIRT that passes on what others found; 2.0 has no such word, and `coordinator` is next to it. */
export interface AdvisoryPublisher {
  readonly name: string
  /** An address under the issuer's control. */
  readonly namespace: string
  readonly contact: string | null
}

export interface AdvisoryNote {
  readonly category: 'summary' | 'details' | 'description' | 'general'
  readonly title: string
  readonly text: string
}

export interface AdvisoryReference {
  readonly category: 'self' | 'external'
  readonly summary: string
  readonly url: string
}

export interface AdvisoryProduct {
  readonly id: string
  readonly name: string
  /** What tells it from others in all documents of this issuer, in the issuer's namespace. */
  readonly uri: string
}

export interface AdvisoryVulnerability {
  readonly cve: string
  readonly note: string
  readonly weaknesses: readonly AdvisoryWeakness[]
  /** Base vectors alone, at most one of each version. */
  readonly scores: readonly AdvisoryScore[]
}

/** A kind of weakness of MITRE's catalogue, which names some otherwise from one edition to the next. */
export interface AdvisoryWeakness {
  readonly id: string
  readonly name: string
  /** The edition that the name is taken from, as CSAF 2.1 asks. */
  readonly edition: string
  /** What the edition calls it that CSAF 2.0 documents are held against; `null` where that does not know it. */
  readonly earlierName: string | null
}

export interface AdvisoryScore {
  readonly version: '3.1' | '4.0'
  readonly vector: string
  /** In tenths: 98 for 9.8. */
  readonly baseTenths: number
}

export interface AdvisoryRemediation {
  readonly category: 'vendor_fix' | 'mitigation' | 'none_available'
  readonly details: string
  readonly url: string | null
}

/** The name of a document's file (CSAF 2.0 §5.1, requirement 2): the tracking id in lower case, each run of other signs an underscore. */
export function csafFileName(id: string): string {
  return `${id.toLowerCase().replace(/[^+\-a-z0-9]+/g, '_')}.json`
}

/**
 * The label as that version of CSAF writes it. CSAF 2.0 knows TLP 1.0 alone: CLEAR is its WHITE, and AMBER+STRICT, for which it has no word, takes RED, the
 * next narrower one. A label is never written as a wider one.
 */
export function csafLabel(tlp: Tlp, version: CsafVersion): string {
  if (version === '2.1') return tlp
  return { CLEAR: 'WHITE', GREEN: 'GREEN', AMBER: 'AMBER', 'AMBER+STRICT': 'RED', RED: 'RED' }[tlp]
}

/** An address as RFC 3986 wants it, which `format: uri` is checked by; `undefined` for what is no web address. */
export function uriOf(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  const rest = url.href.slice(url.origin.length).replace(/[^\w\-.~:/?#@!$&'()*+,;=%]|%(?![0-9a-f]{2})/gi, encodeURIComponent)
  const [before = '', ...fragment] = rest.split('#')
  return url.origin + before + (fragment.length === 0 ? '' : `#${fragment.join('%23')}`)
}
