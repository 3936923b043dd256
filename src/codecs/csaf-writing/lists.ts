import type { Instant } from '../../kernel/instant.ts'
import type { CsafVersion } from './advisory.ts'

/** A document as the lists of its folder name it. */
export interface ListedFile {
  /** From the folder: `2026/cc-5001.json`. */
  readonly path: string
  readonly id: string
  readonly title: string
  readonly summary: string
  readonly published: Instant
  readonly updated: Instant
  readonly isSigned: boolean
  /** What it is about, for a ROLIE category each. */
  readonly terms: readonly string[]
}

const INFORMATION_TYPE = { scheme: 'urn:ietf:params:rolie:category:information-type', term: 'csaf' }
const SCHEMAS: Readonly<Record<CsafVersion, string>> = {
  '2.0': 'https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json',
  '2.1': 'https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json',
}

/** `index.txt` (§7.1.12): each document's path, newest release first. */
export function writeIndex(files: readonly ListedFile[]): string {
  return files.map(({ path }) => `${path}\n`).join('')
}

/** `changes.csv` (§7.1.13), newest change first, without a heading. CSAF 2.0 wants both fields in quotes, 2.1 forbids them. */
export function writeChanges(files: readonly ListedFile[], version: CsafVersion): string {
  const quote = version === '2.0' ? '"' : ''
  return newestFirst(files)
    .map(({ path, updated }) => `${quote}${path}${quote},${quote}${updated.toISOString()}${quote}\n`)
    .join('')
}

/** The ROLIE feed in JSON (§7.1.15, RFC 8322) of all documents in the folder `base`, whose address ends in a slash. */
export function writeFeed(
  files: readonly ListedFile[],
  feed: {
    readonly id: string
    readonly title: string
    readonly address: string
    readonly base: string
    readonly updated: Instant
    readonly version: CsafVersion
  },
): string {
  const entry = newestFirst(files).map(({ path, id, title, summary, published, updated, isSigned, terms }) => {
    const address = feed.base + path
    return {
      id,
      title,
      link: [
        { rel: 'self', href: address },
        { rel: 'hash', href: `${address}.sha256` },
        { rel: 'hash', href: `${address}.sha512` },
        ...(isSigned ? [{ rel: 'signature', href: `${address}.asc` }] : []),
      ],
      category: [INFORMATION_TYPE, ...terms.map(term => ({ term }))],
      published: published.toISOString(),
      updated: updated.toISOString(),
      summary: { content: summary },
      content: { type: 'application/json', src: address },
      format: { schema: SCHEMAS[feed.version], version: feed.version },
    }
  })
  return written({
    feed: {
      id: feed.id,
      title: feed.title,
      link: [{ rel: 'self', href: feed.address }],
      category: [INFORMATION_TYPE],
      updated: feed.updated.toISOString(),
      entry,
    },
  })
}

/** A ROLIE service document (§7.1.16), which lists feeds with the document of their categories. */
export function writeService(
  title: string,
  feeds: readonly { readonly title: string; readonly address: string; readonly terms: readonly string[] }[],
): string {
  const collection = feeds.map(feed => ({
    title: feed.title,
    href: feed.address,
    categories: { category: [INFORMATION_TYPE, ...feed.terms.map(term => ({ term }))] },
  }))
  return written({ service: { workspace: [{ title, collection }] } })
}

/** A ROLIE category document (§7.1.17): what the documents of a feed are told apart by. */
export function writeCategories(terms: readonly string[]): string {
  return written({ categories: { category: terms.map(term => ({ term })) } })
}

/** A hash file as `sha256sum` writes it (§7.1.18). */
export function writeHash(hash: string, fileName: string): string {
  return `${hash}  ${fileName}\n`
}

export function written(json: object): string {
  return `${JSON.stringify(json, null, 2)}\n`
}

function newestFirst(files: readonly ListedFile[]): readonly ListedFile[] {
  return files.toSorted((one, other) => other.updated.getTime() - one.updated.getTime() || (one.path < other.path ? -1 : 1))
}
