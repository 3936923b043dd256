import { gatherFindings, type Complain } from '../../kernel/findings.ts'
import { parseInstant } from '../../kernel/instant.ts'
import { isRecord, lineAt, listAt, memberOf, recordAt, type JsonRecord } from '../../kernel/json.ts'
import { fail, succeed, type Result } from '../../kernel/problem.ts'
import { parseTlp, type Tlp } from '../../kernel/tlp.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'

/** The roles of CSAF 2.0 §7.2, weakest promise first. A trusted provider signs what it gives and publishes hashes (requirements 18 to 20). */
export const PROVIDER_ROLES = ['csaf_publisher', 'csaf_provider', 'csaf_trusted_provider'] as const
export type ProviderRole = (typeof PROVIDER_ROLES)[number]

/** What `provider-metadata.json` says of a provider (CSAF 2.0 §7.1.7; 2.1 is read alike). Plain JSON, so that it can be kept as it is. */
export interface ProviderMetadata {
  readonly canonicalUrl: string | null
  readonly role: ProviderRole
  readonly publisher: { readonly name: string; readonly namespace: string | null } | null
  readonly keys: readonly ProviderKey[]
  /** ROLIE feeds. */
  readonly feeds: readonly ListedPlace[]
  /** Folders with `changes.csv` and `index.txt`. Each address ends in a slash. */
  readonly directories: readonly ListedPlace[]
  /** CSAF 2.1: until when the provider keeps this up, as RFC 3339 text. */
  readonly maintainedUntil: string | null
}

export interface ProviderKey {
  readonly url: string
  /** In upper case, without blanks. Optional in CSAF 2.0. */
  readonly fingerprint: string | null
}

export interface ListedPlace {
  readonly url: string
  /** `null` for one without a label. A label that cannot be read is taken for the narrowest. */
  readonly tlp: Tlp | null
  /** CSAF 2.1 says of each feed when it last changed, as RFC 3339 text. */
  readonly lastUpdated: string | null
}

/** More feeds, folders or keys than any provider has. */
const MOST_PLACES = 100

/** Whether parsed JSON is the metadata of a provider, of whatever quality. */
export function recognisesProviderMetadata(json: unknown): boolean {
  return memberOf(json, 'canonical_url') !== undefined && recordAt(json, 'aggregator') === undefined
}

/**
 * Reads a provider's metadata. Fails with `csaf-provider.metadata.not-metadata`; warns with `.version`, `.role`, `.publisher`, `.schema`,
 * `.url`, `.label`, `.key`, `.many`, `.date` and `.empty` for one that lists nothing. What cannot be used is left out.
 */
export function readProviderMetadata(json: unknown): Result<ProviderMetadata> {
  if (!isRecord(json) || !recognisesProviderMetadata(json)) {
    return fail({
      rule: 'csaf-provider.metadata.not-metadata',
      pointer: '',
      severity: 'error',
      message: 'This is not the metadata of a CSAF provider: it has no "canonical_url".',
    })
  }
  const { complain, problems } = gatherFindings('csaf-provider.metadata')
  const version = lineAt(json, 'metadata_version')
  if (version !== '2.0' && version !== '2.1')
    complain('version', '/metadata_version', `The metadata is of version "${(version ?? '').slice(0, 20)}". It was read as 2.0 and 2.1 are.`)
  if (version === '2.1' && memberOf(json, '$schema') === undefined)
    complain('schema', '/$schema', 'Metadata of CSAF 2.1 must name its schema, and this does not.')
  const canonicalUrl = parseWebAddress(lineAt(json, 'canonical_url') ?? '') ?? null
  if (canonicalUrl === null) complain('url', '/canonical_url', 'The address that the metadata gives of itself is not a web address.')
  const feeds: ListedPlace[] = []
  const directories: ListedPlace[] = []
  for (const [index, distribution] of listAt(json, 'distributions').entries()) {
    const pointer = `/distributions/${index}`
    const rolie = listAt(recordAt(distribution, 'rolie'), 'feeds')
    feeds.push(...rolie.flatMap((feed, at) => placeOf(feed, `${pointer}/rolie/feeds/${at}`, complain)))
    // CSAF 2.0 has an address, 2.1 an address with a label.
    const folder =
      recordAt(distribution, 'directory') ??
      (memberOf(distribution, 'directory_url') === undefined ? null : { url: memberOf(distribution, 'directory_url') })
    if (folder !== null)
      directories.push(...placeOf(folder, `${pointer}/directory`, complain).map(place => ({ ...place, url: place.url.replace(/\/*$/, '/') })))
  }
  const keys = listAt(json, 'public_openpgp_keys').flatMap((key, at) => keyOf(key, `/public_openpgp_keys/${at}`, complain))
  if (feeds.length === 0 && directories.length === 0) complain('empty', '/distributions', 'The provider names no feed and no folder with advisories.')
  return succeed(
    {
      canonicalUrl,
      role: roleOf(json, complain),
      publisher: publisherOf(json, complain),
      keys: capped(keys, '/public_openpgp_keys', complain),
      feeds: capped(feeds, '/distributions', complain),
      directories: capped(directories, '/distributions', complain),
      maintainedUntil: dateAt(json, 'maintained_until', '/maintained_until', complain),
    },
    problems(),
  )
}

/** CSAF 2.0 §3.2.6: a provider that says nothing is a `csaf_provider`. */
function roleOf(json: JsonRecord, complain: Complain): ProviderRole {
  const text = lineAt(json, 'role')
  const role = PROVIDER_ROLES.find(known => known === text)
  if (role === undefined)
    complain('role', '/role', `The role "${(text ?? '').slice(0, 40)}" is not known. It was taken for a provider that promises no signatures.`)
  return role ?? 'csaf_provider'
}

function publisherOf(json: JsonRecord, complain: Complain): ProviderMetadata['publisher'] {
  const publisher = recordAt(json, 'publisher')
  const name = lineAt(publisher, 'name')
  if (name === undefined) complain('publisher', '/publisher/name', 'The metadata does not name its publisher.')
  return name === undefined ? null : { name, namespace: lineAt(publisher, 'namespace') ?? null }
}

function placeOf(place: unknown, pointer: string, complain: Complain): ListedPlace[] {
  const url = parseWebAddress(lineAt(place, 'url') ?? '')
  if (url === undefined) {
    complain('url', `${pointer}/url`, 'A feed or folder has no web address, and was left out.')
    return []
  }
  return [{ url, tlp: labelOf(place, pointer, complain), lastUpdated: dateAt(place, 'last_updated', `${pointer}/last_updated`, complain) }]
}

function labelOf(place: unknown, pointer: string, complain: Complain): Tlp | null {
  const label = lineAt(place, 'tlp_label')
  if (label === undefined || label.toUpperCase() === 'UNLABELED') return null
  const tlp = parseTlp(label)
  if (tlp === undefined) complain('label', `${pointer}/tlp_label`, `The TLP label "${label.slice(0, 40)}" is not known. It is treated as TLP:RED.`)
  return tlp ?? 'RED'
}

function keyOf(key: unknown, pointer: string, complain: Complain): ProviderKey[] {
  const url = parseWebAddress(lineAt(key, 'url') ?? '')
  if (url === undefined) {
    complain('key', `${pointer}/url`, 'A key has no web address, and was left out.')
    return []
  }
  const text = lineAt(key, 'fingerprint')
  const fingerprint = text === undefined ? null : (normaliseFingerprint(text) ?? null)
  if (text !== undefined && fingerprint === null)
    complain('key', `${pointer}/fingerprint`, `"${text.slice(0, 60)}" is not the fingerprint of an OpenPGP key.`)
  return [{ url, fingerprint }]
}

/** A fingerprint as people write it (in groups, in small letters, with `0x`) in upper case without blanks; `undefined` for what is none. */
export function normaliseFingerprint(text: string): string | undefined {
  const figures = text.replace(/\s+/g, '').replace(/^0x/i, '').toUpperCase()
  return /^[0-9A-F]{40,64}$/.test(figures) ? figures : undefined
}

function dateAt(value: unknown, name: string, pointer: string, complain: Complain): string | null {
  const text = lineAt(value, name)
  if (text === undefined) return null
  const instant = parseInstant(text)
  if (instant === undefined) complain('date', pointer, `The date "${text.slice(0, 40)}" cannot be read.`)
  return instant?.toISOString() ?? null
}

function capped<T>(list: readonly T[], pointer: string, complain: Complain): readonly T[] {
  if (list.length > MOST_PLACES) complain('many', pointer, `There are ${list.length} of these. The first ${MOST_PLACES} were read.`)
  return list.slice(0, MOST_PLACES)
}
