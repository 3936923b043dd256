import type { Instant } from '../../kernel/instant.ts'
import type { Tlp } from '../../kernel/tlp.ts'
import { csafLabel, type AdvisoryPublisher, type CsafVersion } from './advisory.ts'
import { written } from './lists.ts'

export interface ProviderDescription {
  /** Where this very file is. */
  readonly canonicalUrl: string
  /** Of the newest document that it leads to, or of the provider itself. */
  readonly updated: Instant
  readonly publisher: AdvisoryPublisher
  /** Those that documents are signed by, the newest first. */
  readonly keys: readonly { readonly fingerprint: string; readonly url: string }[]
  /** Whether every document is signed: without, it is a provider and no trusted one. */
  readonly isTrusted: boolean
  readonly isListed: boolean
  readonly isMirrored: boolean
  readonly services: readonly string[]
  readonly folders: readonly DescribedFolder[]
}

export interface DescribedFolder {
  readonly tlp: Tlp
  /** Ends in a slash. */
  readonly url: string
  readonly feed: string
  readonly categories: string
  readonly summary: string
  readonly updated: Instant
}

const SCHEMA_2_1 = 'https://docs.oasis-open.org/csaf/csaf/v2.1/schema/provider.json'

/** `provider-metadata.json` (§7.1.7) of that version. Its role is what is true: trusted with signatures, a provider without. */
export function writeProviderMetadata(provider: ProviderDescription, version: CsafVersion): string {
  const { publisher, keys, folders } = provider
  const feeds = folders.map(({ tlp, feed, summary, updated }) => ({
    ...(version === '2.1' ? { last_updated: updated.toISOString() } : {}),
    summary,
    tlp_label: csafLabel(tlp, version),
    url: feed,
  }))
  const directories = folders.map(({ tlp, url }) =>
    version === '2.1' ? { directory: { tlp_label: tlp, url } } : { directory_url: url.replace(/\/$/, '') },
  )
  const rolie = { categories: folders.map(({ categories }) => categories), feeds, services: provider.services }
  return written({
    ...(version === '2.1' ? { $schema: SCHEMA_2_1 } : {}),
    canonical_url: provider.canonicalUrl,
    ...(folders.length === 0 ? {} : { distributions: [{ rolie }, ...directories] }),
    last_updated: provider.updated.toISOString(),
    list_on_CSAF_aggregators: provider.isListed,
    metadata_version: version,
    mirror_on_CSAF_aggregators: provider.isMirrored,
    ...(keys.length === 0 ? {} : { public_openpgp_keys: keys }),
    publisher: {
      category: version === '2.1' ? 'multiplier' : 'coordinator',
      ...(publisher.contact === null ? {} : { contact_details: publisher.contact }),
      name: publisher.name,
      namespace: publisher.namespace,
    },
    role: provider.isTrusted ? 'csaf_trusted_provider' : 'csaf_provider',
  })
}

/** `security.txt` (RFC 9116), with the provider's metadata: the well-known address first (CSAF §7.1.8). The key that signs is no key to write to us by, so there is no `Encryption`. */
export function writeSecurityText(facts: {
  readonly contacts: readonly string[]
  readonly expires: Instant
  readonly canonical: string
  readonly metadata: readonly string[]
}): string {
  return [
    ...facts.contacts.map(contact => `Contact: ${contact}`),
    `Expires: ${facts.expires.toISOString()}`,
    'Preferred-Languages: en',
    `Canonical: ${facts.canonical}`,
    ...facts.metadata.map(address => `CSAF: ${address}`),
    '',
  ].join('\n')
}
