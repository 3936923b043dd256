import { sql, type SqlBool } from 'kysely'
import type { CsafVersion } from '../../codecs/csaf-writing/advisory.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Reader } from '../../platform/work/read.ts'
import type { ListedDocument } from './lists.ts'
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
    .select(['path', 'folder', 'tlp', 'tracking_id', 'title', 'summary', 'terms', 'published_at', 'updated_at'])
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

export async function fileAt(db: Reader<Visible>, path: string) {
  return db.selectFrom('interop_csaf_file').select(['content_type', 'body', 'hash', 'at']).where('path', '=', path).executeTakeFirst()
}

export function publicFiles(db: Reader<Visible>) {
  return db.selectFrom('interop_csaf_file').select(['path', 'body']).orderBy('path').execute()
}

/** The fingerprint of the key whose public part is published; `null` before there is one. */
export async function publishedKey(db: Pick<Reader<Visible>, 'selectFrom'>): Promise<string | null> {
  const row = await db
    .selectFrom('interop_csaf_file')
    .select('path')
    .where('path', 'like', 'csaf/openpgp/%.asc')
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return /([0-9A-F]{40})\.asc$/.exec(row?.path ?? '')?.[1] ?? null
}

/** As of which change each of these bulletins is written. */
export async function writtenChanges(db: Reader<Visible>, bulletinIds: readonly string[]): Promise<ReadonlyMap<string, Instant>> {
  const rows = await db
    .selectFrom('interop_csaf_document')
    .select(['bulletin_id', 'changed_at'])
    .where(sql<SqlBool>`bulletin_id = any(${[...bulletinIds]}::text[])`)
    .where('csaf', '=', '2.1')
    .execute()
  return new Map(rows.map(row => [row.bulletin_id, row.changed_at]))
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
