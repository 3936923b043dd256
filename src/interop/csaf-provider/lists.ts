import type { CsafVersion } from '../../codecs/csaf-writing/advisory.ts'
import { csafLabel } from '../../codecs/csaf-writing/advisory.ts'
import { writeCategories, writeChanges, writeFeed, writeIndex, writeService, type ListedFile } from '../../codecs/csaf-writing/lists.ts'
import { writeProviderMetadata, writeSecurityText, type DescribedFolder } from '../../codecs/csaf-writing/metadata.ts'
import { addDays, londonDate, parseInstant, type Instant } from '../../kernel/instant.ts'
import type { Tlp } from '../../kernel/tlp.ts'
import { folderUrl, PROVIDED_LABELS, rootOf, type ProviderSettings } from './model.ts'

/** A document as lists need it. */
export interface ListedDocument extends ListedFile {
  readonly tlp: Tlp
  readonly folder: string
  readonly written: Instant
}

/** A file of the provider that is no document. */
export interface ListFile {
  /** From the root of the site, without a slash before it. */
  readonly path: string
  readonly contentType: string
  readonly body: string
  readonly at: Instant
}

export interface ListWishes {
  readonly version: CsafVersion
  /** The tree for everybody, or that of members. */
  readonly isPublic: boolean
  /** All that are provided when absent. */
  readonly labels?: readonly Tlp[]
  readonly settings: ProviderSettings
  /** Of the keys that are published: the one that signs first, then those whose signatures stand yet. */
  readonly keyFingerprints: readonly string[]
  /** When there is nothing to date a file by. */
  readonly since: Instant
}

const JSON_TYPE = 'application/json'
const TEXT_TYPE = 'text/plain; charset=utf-8'
const CSV_TYPE = 'text/csv; charset=utf-8'
const SECURITY_TEXT_DAYS = 90

/**
 * Every list of one tree in one version, made of the documents that its reader may see: `index.txt`, `changes.csv`, the ROLIE feed and its categories of each folder, the
 * provider's metadata and the service document. Members find in theirs the folder that is everybody's too.
 */
export function listFiles(documents: readonly ListedDocument[], wishes: ListWishes): readonly ListFile[] {
  const { version, isPublic, settings } = wishes
  const labels = (wishes.labels ?? PROVIDED_LABELS).filter(tlp => (tlp === 'CLEAR') === isPublic)
  const folders = labels.map(tlp => folderFiles(documents, tlp, wishes))
  const home = isPublic ? `.well-known/csaf/v${version}` : rootOf(version, false)
  const everybodys = isPublic ? [] : [describe('CLEAR', wishes.since, wishes)]
  const described = [...everybodys, ...folders.map(folder => folder.described)]
  const updated = lastChange(documents) ?? wishes.since
  const service = writeService(
    isPublic ? 'Public CSAF documents' : 'CSAF documents for members',
    described.map(({ tlp, feed }) => ({ title: feedTitle(tlp, version), address: feed, terms: ['Healthcare'] })),
  )
  const metadata = writeProviderMetadata(
    {
      canonicalUrl: `${settings.baseUrl}/${home}/provider-metadata.json`,
      updated,
      publisher: settings.publisher,
      keys: wishes.keyFingerprints.map(fingerprint => ({ fingerprint, url: `${settings.baseUrl}/${keyPath(fingerprint)}` })),
      isTrusted: wishes.keyFingerprints.length > 0 && documents.every(({ isSigned }) => isSigned),
      // What is for members is no aggregator's to list.
      isListed: isPublic && settings.aggregators !== 'none',
      isMirrored: isPublic && settings.aggregators === 'mirror',
      services: [`${settings.baseUrl}/${home}/service.json`],
      folders: described,
    },
    version,
  )
  return [
    ...folders.flatMap(({ files }) => files),
    { path: `${home}/provider-metadata.json`, contentType: JSON_TYPE, body: metadata, at: updated },
    { path: `${home}/service.json`, contentType: JSON_TYPE, body: service, at: updated },
  ]
}

/** Where the public part of the key is. */
export function keyPath(fingerprint: string): string {
  return `csaf/openpgp/${fingerprint}.asc`
}

/** The fingerprint in such a path. Throws `TypeError` for another. */
export function fingerprintIn(path: string): string {
  const found = /([0-9A-F]{40})\.asc$/.exec(path)?.[1]
  if (found === undefined) throw new TypeError(`${path} is the path of no key`)
  return found
}

/** The version whose metadata stands at the address without a version: CSAF 2.0 until the day that the centre announced (CSAF 2.1 §7.4). */
export function firstVersion({ rollover }: Pick<ProviderSettings, 'rollover'>, now: Instant): CsafVersion {
  return rollover !== null && londonDate(now) >= rollover ? '2.1' : '2.0'
}

/** `/.well-known/security.txt`. It runs out 90 days after the day on which it is asked for, so that a site that is no longer kept up is known by it. */
export function securityText(settings: ProviderSettings, now: Instant): string {
  const today = parseInstant(`${now.toISOString().slice(0, 10)}T00:00:00Z`) ?? now
  const at = (path: string) => `${settings.baseUrl}/.well-known/${path}`
  return writeSecurityText({
    contacts: [settings.publisher.contact ?? settings.baseUrl],
    expires: addDays(today, SECURITY_TEXT_DAYS),
    canonical: at('security.txt'),
    metadata: ['csaf', 'csaf/v2.0', 'csaf/v2.1'].map(folder => at(`${folder}/provider-metadata.json`)),
  })
}

function folderFiles(
  all: readonly ListedDocument[],
  tlp: Tlp,
  wishes: ListWishes,
): { readonly files: readonly ListFile[]; readonly described: DescribedFolder } {
  const { version, isPublic } = wishes
  const label = csafLabel(tlp, version)
  const documents = all
    .filter(document => document.tlp === tlp)
    .toSorted((one, other) => other.published.getTime() - one.published.getTime() || (one.path < other.path ? 1 : -1))
  const at = lastChange(documents) ?? wishes.since
  const described = describe(tlp, at, wishes)
  const folder = `${rootOf(version, isPublic)}/${label.toLowerCase()}`
  const terms = [...new Set(documents.flatMap(document => document.terms))].toSorted()
  const feed = writeFeed(documents, {
    id: described.feed,
    title: feedTitle(tlp, version),
    address: described.feed,
    base: described.url,
    updated: at,
    version,
  })
  return {
    described,
    files: [
      { path: `${folder}/index.txt`, contentType: TEXT_TYPE, body: writeIndex(documents), at },
      { path: `${folder}/changes.csv`, contentType: CSV_TYPE, body: writeChanges(documents, version), at },
      { path: `${folder}/${feedName(label)}`, contentType: JSON_TYPE, body: feed, at },
      { path: `${folder}/${categoryName(label)}`, contentType: JSON_TYPE, body: writeCategories(terms), at },
    ],
  }
}

function describe(tlp: Tlp, updated: Instant, { version, settings }: ListWishes): DescribedFolder {
  const url = folderUrl(settings, version, { tlp })
  const label = csafLabel(tlp, version)
  return {
    tlp,
    url,
    feed: url + feedName(label),
    categories: url + categoryName(label),
    summary:
      tlp === 'CLEAR'
        ? `All TLP:${label} advisories of ${settings.publisher.name}.`
        : `The TLP:${label} advisories of ${settings.publisher.name} that you may read.`,
    updated,
  }
}

function feedTitle(tlp: Tlp, version: CsafVersion): string {
  return `Advisories in CSAF ${version}, TLP:${csafLabel(tlp, version)}`
}

function feedName(label: string): string {
  return `feed-tlp-${label.toLowerCase()}.json`
}

function categoryName(label: string): string {
  return `category-tlp-${label.toLowerCase()}.json`
}

/** When a list of these last became another: one that was written late is newer than its release, and who goes by the date of the list must find it. */
function lastChange(documents: readonly ListedDocument[]): Instant | undefined {
  return documents
    .flatMap(({ updated, written }) => [updated, written])
    .reduce<Instant | undefined>((last, at) => (last === undefined || at > last ? at : last), undefined)
}
