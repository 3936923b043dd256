import { sql, type SqlBool } from 'kysely'
import type { CsafVersion } from '../../codecs/csaf-writing/advisory.ts'
import type { Instant } from '../../kernel/instant.ts'
import { lineAt } from '../../kernel/json.ts'
import type { Reader } from '../../platform/work/read.ts'
import type { ListedDocument, ListFile } from './lists.ts'
import type { ProviderSettings } from './model.ts'
import type { Visible } from './tables.ts'

/** A document with what proves it. */
export interface StoredDocument {
  readonly path: string
  readonly body: string
  readonly sha256: string
  readonly sha512: string
  readonly signature: string | null
  readonly updated: Instant
}

/** The documents of one tree in one version that the reader may see, as lists need them. */
export async function listedDocuments(
  db: Pick<Reader<Visible>, 'selectFrom'>,
  version: CsafVersion,
  isPublic: boolean,
): Promise<readonly ListedDocument[]> {
  const rows = await db
    .selectFrom('interop_csaf_document')
    .select(['path', 'folder', 'tlp', 'tracking_id', 'title', 'summary', 'terms', 'published_at', 'updated_at', 'written_at'])
    .select(sql<boolean>`signature is not null`.as('isSigned'))
    .where('csaf', '=', version)
    .where('is_public', '=', isPublic)
    .execute()
  return rows.map(row => ({
    path: row.path,
    folder: row.folder,
    tlp: row.tlp,
    id: row.tracking_id,
    title: row.title,
    summary: row.summary,
    terms: row.terms,
    published: row.published_at,
    updated: row.updated_at,
    written: row.written_at,
    isSigned: row.isSigned,
  }))
}

/** The document at that path of a folder, or `undefined`, also for one that the reader may not see. */
export async function documentAt(
  db: Reader<Visible>,
  place: { readonly version: CsafVersion; readonly isPublic: boolean; readonly folder: string; readonly path: string },
): Promise<StoredDocument | undefined> {
  return db
    .selectFrom('interop_csaf_document')
    .select(['path', 'body', 'sha256', 'sha512', 'signature', 'updated_at as updated'])
    .where('csaf', '=', place.version)
    .where('is_public', '=', place.isPublic)
    .where('folder', '=', place.folder)
    .where('path', '=', place.path)
    .executeTakeFirst()
}

/** So many documents of one tree after that path, in the order of paths. */
export function documentsAfter(
  db: Reader<Visible>,
  place: { readonly version: CsafVersion; readonly isPublic: boolean; readonly folder: string },
  after: string,
  limit: number,
): Promise<readonly StoredDocument[]> {
  return db
    .selectFrom('interop_csaf_document')
    .select(['path', 'body', 'sha256', 'sha512', 'signature', 'updated_at as updated'])
    .where('csaf', '=', place.version)
    .where('is_public', '=', place.isPublic)
    .where('folder', '=', place.folder)
    .where('path', '>', after)
    .orderBy('path')
    .limit(limit)
    .execute()
}

/** A public file without its body, which may be of many megabytes. */
export function fileAt(db: Reader<Visible>, path: string) {
  return db.selectFrom('interop_csaf_file').select(['content_type', 'hash', 'at']).where('path', '=', path).executeTakeFirst()
}

export async function fileBody(db: Reader<Visible>, path: string): Promise<string> {
  return (await db.selectFrom('interop_csaf_file').select('body').where('path', '=', path).executeTakeFirstOrThrow()).body
}

/** The address of the site that the public lists name; `null` before there are any. */
export async function servedFrom(db: Reader<Visible>): Promise<string | null> {
  const path = '.well-known/csaf/v2.1/provider-metadata.json'
  if ((await fileAt(db, path)) === undefined) return null
  return lineAt(JSON.parse(await fileBody(db, path)), 'canonical_url')?.replace(`/${path}`, '') ?? null
}

export function publicFiles(db: Reader<Visible>) {
  return db.selectFrom('interop_csaf_file').select(['path', 'body']).orderBy('path').execute()
}

/** The paths of the keys that are published, the newest first. */
export async function publishedKeys(db: Pick<Reader<Visible>, 'selectFrom'>): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('interop_csaf_file')
    .select('path')
    .where('path', 'like', 'csaf/openpgp/%.asc')
    .orderBy('at', 'desc')
    .orderBy('path')
    .execute()
  return rows.map(({ path }) => path)
}

/** The files of other keys than that one by which documents are signed yet: each can be verified until it is signed anew (§7.1.19). */
export async function earlierKeys(db: Pick<Reader<Visible>, 'selectFrom'>, fingerprint: string | null): Promise<readonly ListFile[]> {
  const rows = await db
    .selectFrom('interop_csaf_file')
    .select(['path', 'content_type as contentType', 'body', 'at'])
    .where('path', 'like', 'csaf/openpgp/%.asc')
    .where(
      sql<SqlBool>`path in (select 'csaf/openpgp/' || signed_by || '.asc' from interop_csaf_document where signed_by is distinct from ${fingerprint})`,
    )
    .orderBy('at', 'desc')
    .execute()
  return rows
}

/** The years of which a folder has documents. */
export async function folderYears(db: Reader<Visible>, place: Place): Promise<readonly string[]> {
  const rows = await inPlace(db, place)
    .select(sql<string>`substr(path, 1, 4)`.as('year'))
    .distinct()
    .execute()
  return rows.map(({ year }) => year)
}

/** The documents of one year in a folder. */
export function documentsOfYear(
  db: Reader<Visible>,
  place: Place,
  year: string,
): Promise<readonly { readonly path: string; readonly isSigned: boolean }[]> {
  return inPlace(db, place)
    .select(['path', sql<boolean>`signature is not null`.as('isSigned')])
    .where('path', '>=', `${year}/`)
    .where('path', '<', `${year}0`)
    .execute()
}

/** One folder of a tree, such as that of `green`. */
export interface Place {
  readonly version: CsafVersion
  readonly isPublic: boolean
  readonly folder: string
}

function inPlace(db: Reader<Visible>, { version, isPublic, folder }: Place) {
  return db.selectFrom('interop_csaf_document').where('csaf', '=', version).where('is_public', '=', isPublic).where('folder', '=', folder)
}

/** What changes with every public file. */
export async function publicStamp(db: Reader<Visible>): Promise<string> {
  const { stamp } = await db
    .selectFrom('interop_csaf_file')
    .select(sql<string>`coalesce(string_agg(path || hash, ' ' order by path), '')`.as('stamp'))
    .executeTakeFirstOrThrow()
  return stamp
}

/** As of which change each of these bulletins is written; without those that are to be issued anew. */
export async function writtenChanges(db: Reader<Visible>, bulletinIds: readonly string[]): Promise<ReadonlyMap<string, Instant>> {
  const rows = await db
    .selectFrom('interop_csaf_document as document')
    .select(['bulletin_id', 'changed_at'])
    .where(sql<SqlBool>`bulletin_id = any(${[...bulletinIds]}::text[])`)
    .where('csaf', '=', '2.1')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('interop_csaf_reissue as reissue')
            .select('reissue.at')
            .whereRef('reissue.bulletin_id', '=', 'document.bulletin_id')
            .whereRef('reissue.at', '>', 'document.updated_at'),
        ),
      ),
    )
    .execute()
  return new Map(rows.map(row => [row.bulletin_id, row.changed_at]))
}

/** When the documents of a bulletin were issued anew without a change of it, oldest first. */
export async function reissuesOf(db: Reader<Visible>, bulletinId: string): Promise<readonly Instant[]> {
  const rows = await db.selectFrom('interop_csaf_reissue').select('at').where('bulletin_id', '=', bulletinId).orderBy('at').execute()
  return rows.map(({ at }) => at)
}

/** The bulletins whose documents say that they stand at another address than today's, or are issued by another than today's publisher. */
export async function issuedElsewhere(db: Reader<Visible>, { baseUrl, publisher }: ProviderSettings): Promise<readonly string[]> {
  const said = [`"url": "${baseUrl}/csaf/`, `"name": ${JSON.stringify(publisher.name)}`, `"namespace": ${JSON.stringify(publisher.namespace)}`]
  const rows = await db
    .selectFrom('interop_csaf_document')
    .select('bulletin_id')
    .where('csaf', '=', '2.1')
    .where(({ or }) => or(said.map(words => sql<SqlBool>`position(${words} in body) = 0`)))
    .execute()
  return rows.map(row => row.bulletin_id)
}

export interface DocumentToSign {
  readonly bulletinId: string
  readonly version: CsafVersion
  readonly body: string
}

/**
 * Documents whose signature is missing, by another key, or good for no longer than `until` although the key that signs today holds longer. `keyUntil` is when that one
 * ends, `null` for never.
 */
export async function documentsToSign(
  db: Reader<Visible>,
  key: { readonly fingerprint: string; readonly until: Instant | null },
  until: Instant,
  limit: number,
): Promise<readonly DocumentToSign[]> {
  const holdsLonger = key.until === null ? sql<SqlBool>`true` : sql<SqlBool>`signed_until < ${key.until}`
  return db
    .selectFrom('interop_csaf_document')
    .select(['bulletin_id as bulletinId', 'csaf as version', 'body'])
    .where(({ or, and, eb }) =>
      or([eb('signature', 'is', null), eb('signed_by', '<>', key.fingerprint), and([eb('signed_until', '<', until), holdsLonger])]),
    )
    .orderBy('bulletin_id')
    .orderBy('csaf')
    .limit(limit)
    .execute()
}

/** The paths of the public files that list documents. */
export async function publicPaths(db: Reader<Visible>): Promise<readonly string[]> {
  const rows = await db.selectFrom('interop_csaf_file').select('path').execute()
  return rows.map(({ path }) => path)
}
