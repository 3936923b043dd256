import { CSAF_VERSIONS, type CsafVersion } from '../../codecs/csaf-writing/advisory.ts'
import { writeHash } from '../../codecs/csaf-writing/lists.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Tlp } from '../../kernel/tlp.ts'
import type { Reader } from '../../platform/work/read.ts'
import { fingerprintIn, listFiles, type ListFile } from './lists.ts'
import { PROVIDED_LABELS, rootOf, type ProviderSettings } from './model.ts'
import {
  documentAt,
  documentsOfYear,
  fileAt,
  fileBody,
  folderYears,
  listedDocuments,
  publicPaths,
  publishedKeys,
  type StoredDocument,
} from './queries.ts'
import type { Visible } from './tables.ts'

/** One file as it is served, or written to a folder. */
export interface ProviderFile {
  readonly contentType: string
  readonly body: string
  /** SHA-256 of the body, where it is known already. */
  readonly hash?: string
}

/** Which tree of files: that of everybody or that of members, in one version. */
export interface Tree {
  readonly version: CsafVersion
  readonly isPublic: boolean
}

/** What stands beside a document, by the ending of its name. */
export const ENDINGS = ['', '.sha256', '.sha512', '.asc'] as const
type Ending = (typeof ENDINGS)[number]

/** The version that a part of a path names, as `v2.1`. */
export function versionFrom(part: string): CsafVersion | undefined {
  return CSAF_VERSIONS.find(version => part === `v${version}`)
}

/** A document or what proves it, at `folder/year/name`; `undefined` where there is none that the reader may see. */
export async function documentFile(db: Reader<Visible>, tree: Tree, folder: string, year: string, name: string): Promise<ProviderFile | undefined> {
  const ending = ENDINGS.find(one => one !== '' && name.endsWith(one)) ?? ''
  const path = `${year}/${ending === '' ? name : name.slice(0, -ending.length)}`
  const document = await documentAt(db, { ...tree, folder, path })
  const found = document === undefined ? undefined : partOf(document, ending)
  return found
}

/** The document itself, a hash file or its signature; `undefined` for the signature of an unsigned one. */
export function partOf({ path, body, sha256, sha512, signature }: StoredDocument, ending: Ending): ProviderFile | undefined {
  const name = path.slice(path.indexOf('/') + 1)
  switch (ending) {
    case '':
      return { contentType: 'application/json', body, hash: sha256 }
    case '.sha256':
      return { contentType: 'text/plain; charset=utf-8', body: writeHash(sha256, name) }
    case '.sha512':
      return { contentType: 'text/plain; charset=utf-8', body: writeHash(sha512, name) }
    case '.asc':
      return signature === null ? undefined : { contentType: 'application/pgp-signature', body: signature }
  }
}

/** A public file that lists documents, as it was written with the newest of them. Where who asks has that hash already, its body is not read. */
export async function publicFile(db: Reader<Visible>, path: string, isHeld: (hash: string) => boolean): Promise<ProviderFile | undefined> {
  const row = await fileAt(db, path)
  return row === undefined ? undefined : { contentType: row.content_type, body: isHeld(row.hash) ? '' : await fileBody(db, path), hash: row.hash }
}

/** The lists of members, made of what this reader may see, of those labels. */
export async function memberLists(
  db: Reader<Visible>,
  version: CsafVersion,
  settings: ProviderSettings,
  now: Instant,
  labels: readonly Tlp[] = PROVIDED_LABELS,
): Promise<readonly ListFile[]> {
  const documents = await listedDocuments(db, version, false)
  const since = (await fileAt(db, `.well-known/csaf/v${version}/provider-metadata.json`))?.at ?? now
  const keyFingerprints = (await publishedKeys(db)).map(fingerprintIn)
  return listFiles(documents, { version, isPublic: false, labels, settings, keyFingerprints, since })
}

/** What lies directly in a folder of the site, of what the reader may see; `undefined` where nothing does. Reads that folder alone. */
export async function folderNames(
  db: Reader<Visible>,
  settings: ProviderSettings,
  now: Instant,
  folder: string,
): Promise<readonly string[] | undefined> {
  const isPublic = !`${folder}/`.startsWith('csaf/members/')
  const lists = isPublic
    ? await publicPaths(db)
    : CSAF_VERSIONS.flatMap(version => listFiles([], { version, isPublic, settings, keyFingerprints: [], since: now }).map(({ path }) => path))
  return namesIn(folder, [...lists, ...(await documentPathsIn(db, folder, isPublic))])
}

async function documentPathsIn(db: Reader<Visible>, folder: string, isPublic: boolean): Promise<readonly string[]> {
  const [part = '', label, year, ...more] = folder.split('/').slice(isPublic ? 1 : 2)
  const version = versionFrom(part)
  if (version === undefined || label === undefined || more.length > 0) return []
  const place = { version, isPublic, folder: label }
  const root = `${rootOf(version, isPublic)}/${label}`
  if (year === undefined) return (await folderYears(db, place)).map(name => `${root}/${name}/`)
  const documents = await documentsOfYear(db, place, year)
  return documents.flatMap(({ path, isSigned }) => ENDINGS.filter(ending => isSigned || ending !== '.asc').map(ending => `${root}/${path}${ending}`))
}

/** What lies directly in a folder: the names of files, and of folders with a slash behind them; `undefined` when nothing lies under it. */
export function namesIn(folder: string, paths: Iterable<string>): readonly string[] | undefined {
  const names = new Set<string>()
  for (const path of paths) {
    if (!path.startsWith(`${folder}/`)) continue
    const rest = path.slice(folder.length + 1)
    const slash = rest.indexOf('/')
    names.add(slash === -1 ? rest : rest.slice(0, slash + 1))
  }
  return names.size === 0 ? undefined : [...names].toSorted()
}
