import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { CSAF_VERSIONS, type CsafVersion } from '../../codecs/csaf-writing/advisory.ts'
import { bulletinNumber, publishedBulletin, type PublishedBulletin } from '../../domains/broadcast/contract.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Work } from '../../platform/work/work.ts'
import { folderOf, pathOf, revisionsOf, summaryOf, termsOf, trackingIdOf } from './advisory.ts'
import { fingerprintIn, keyPath, listFiles, type ListFile } from './lists.ts'
import type { ProviderSettings } from './model.ts'
import { earlierKeys, listedDocuments } from './queries.ts'
import type { Visible } from './tables.ts'

/** A document as it was written and signed, outside of any transaction. */
export interface WrittenDocument {
  readonly version: CsafVersion
  readonly body: string
  readonly signature: string | null
}

/** The key whose signatures stand beside documents. */
export interface SigningKey {
  readonly fingerprint: string
  readonly publicKey: string
  readonly until: Instant | null
}

/** A bulletin as it was read, with what was written of it. */
export interface WrittenBulletin {
  readonly bulletin: PublishedBulletin
  readonly reissuedAt: readonly Instant[]
  /** None takes away what stood there. */
  readonly documents: readonly WrittenDocument[]
}

/**
 * Puts the documents of bulletins in place of those that stood there, with the public lists that name them, all or nothing: the lists are written once, however many they
 * are. What has changed since it was written is left as it stands, and its bulletin's id given, for whoever wrote it to do so anew.
 */
export async function storeDocuments(
  work: Work<Visible>,
  written: readonly WrittenBulletin[],
  key: SigningKey | null,
  settings: ProviderSettings,
): Promise<readonly string[]> {
  await hold(work)
  const overtaken: string[] = []
  let isListed = false
  for (const one of written) {
    const { bulletin, documents } = one
    const today = await publishedBulletin<Visible>(work.db, bulletin.id)
    // The whole of it: two changes within one millisecond have the same time.
    if (!isDeepStrictEqual(today, bulletin)) {
      overtaken.push(bulletin.id)
      continue
    }
    const removed = await work.db.deleteFrom('interop_csaf_document').where('bulletin_id', '=', bulletin.id).returning('is_public').execute()
    if (documents.length > 0)
      await work.db
        .insertInto('interop_csaf_document')
        .values(documents.map(document => rowOf(one, document, key, work.now)))
        .execute()
    isListed ||= (documents.length > 0 && bulletin.tlp === 'CLEAR') || removed.some(row => row.is_public)
    work.record({
      verb: documents.length > 0 ? 'interop.csaf.published' : 'interop.csaf.removed',
      subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
      change: { documents: documents.map(({ version }) => version), signed: key?.fingerprint ?? null },
    })
  }
  if (isListed) await writeLists(work, key, settings)
  return overtaken
}

/** Has the documents of these bulletins issued anew, each with a revision that says so. Whoever keeps the provider writes them. */
export async function reissue(work: Work<Visible>, bulletinIds: readonly string[], settings: ProviderSettings): Promise<void> {
  await work.db
    .insertInto('interop_csaf_reissue')
    .values(bulletinIds.map(bulletin_id => ({ bulletin_id, at: work.now })))
    .execute()
  work.record({
    verb: 'interop.csaf.reissued',
    subject: { kind: 'csaf', id: settings.baseUrl },
    change: { bulletins: bulletinIds.length, publisher: settings.publisher.name, namespace: settings.publisher.namespace },
  })
}

/** Puts new signatures beside documents that are what they were when they were signed. Gives how many. */
export async function storeSignatures(
  work: Work<Visible>,
  signed: readonly { readonly bulletinId: string; readonly version: CsafVersion; readonly body: string; readonly signature: string }[],
  key: SigningKey,
  settings: ProviderSettings,
): Promise<number> {
  await hold(work)
  let count = 0
  for (const { bulletinId, version, body, signature } of signed) {
    const { numUpdatedRows } = await work.db
      .updateTable('interop_csaf_document')
      .set({ signature, signed_by: key.fingerprint, signed_until: key.until, written_at: work.now })
      .where('bulletin_id', '=', bulletinId)
      .where('csaf', '=', version)
      .where('sha256', '=', hashOf('sha256', body))
      .executeTakeFirst()
    count += Number(numUpdatedRows)
  }
  await writeLists(work, key, settings)
  work.record({ verb: 'interop.csaf.signed', subject: { kind: 'key', id: key.fingerprint }, change: { documents: count } })
  return count
}

/** Writes the public lists, the metadata and the key anew: after the configuration has changed, and before there is any document. */
export async function refreshLists(work: Work<Visible>, key: SigningKey | null, settings: ProviderSettings): Promise<void> {
  await hold(work)
  const changed = await writeLists(work, key, settings)
  if (changed > 0) work.record({ verb: 'interop.csaf.listed', subject: { kind: 'key', id: key?.fingerprint ?? 'none' }, change: { files: changed } })
}

/** Whoever writes files waits here for the one before, so that no list misses a document of another unit. */
async function hold(work: Work<Visible>): Promise<void> {
  await work.db.selectFrom('interop_csaf_state').select('is_only').forUpdate().executeTakeFirstOrThrow()
}

/** Gives how many files it wrote or took away: those alone that differ from what stands there. */
async function writeLists(work: Work<Visible>, key: SigningKey | null, settings: ProviderSettings): Promise<number> {
  const since = await sinceWhen(work)
  const files: ListFile[] = [
    ...(key === null ? [] : [{ path: keyPath(key.fingerprint), contentType: 'application/pgp-keys', body: key.publicKey, at: work.now }]),
    ...(await earlierKeys(work.db, key?.fingerprint ?? null)),
  ]
  const keyFingerprints = files.map(({ path }) => fingerprintIn(path))
  for (const version of CSAF_VERSIONS) {
    const documents = await listedDocuments(work.db, version, true)
    files.push(...listFiles(documents, { version, isPublic: true, settings, keyFingerprints, since }))
  }
  const known = new Map((await work.db.selectFrom('interop_csaf_file').select(['path', 'hash']).execute()).map(({ path, hash }) => [path, hash]))
  const rows = files
    .map(({ path, contentType, body, at }) => ({ path, content_type: contentType, body, hash: hashOf('sha256', body), at }))
    .filter(row => known.get(row.path) !== row.hash)
  const written = new Set(files.map(({ path }) => path))
  const gone = [...known.keys()].filter(path => !written.has(path))
  if (gone.length > 0) await work.db.deleteFrom('interop_csaf_file').where('path', 'in', gone).execute()
  for (const row of rows)
    await work.db
      .insertInto('interop_csaf_file')
      .values(row)
      // By what was to be inserted: a feed of megabytes is sent once.
      .onConflict(conflict =>
        conflict.column('path').doUpdateSet(({ ref }) => ({
          content_type: ref('excluded.content_type'),
          body: ref('excluded.body'),
          hash: ref('excluded.hash'),
          at: ref('excluded.at'),
        })),
      )
      .execute()
  return rows.length + gone.length
}

async function sinceWhen(work: Work<Visible>): Promise<Instant> {
  const { since } = await work.db.selectFrom('interop_csaf_state').select('since').executeTakeFirstOrThrow()
  if (since === null) await work.db.updateTable('interop_csaf_state').set({ since: work.now }).execute()
  return since ?? work.now
}

function rowOf(
  { bulletin, reissuedAt }: WrittenBulletin,
  { version, body, signature }: WrittenDocument,
  key: SigningKey | null,
  written_at: Instant,
) {
  return {
    bulletin_id: bulletin.id,
    csaf: version,
    tracking_id: trackingIdOf(bulletin),
    tlp: bulletin.tlp,
    is_public: bulletin.tlp === 'CLEAR',
    folder: folderOf(bulletin, version),
    path: pathOf(bulletin),
    title: bulletin.content.title,
    summary: summaryOf(bulletin),
    terms: JSON.stringify(termsOf(bulletin)),
    body,
    sha256: hashOf('sha256', body),
    sha512: hashOf('sha512', body),
    signature,
    signed_by: signature === null ? null : (key?.fingerprint ?? null),
    signed_until: signature === null ? null : (key?.until ?? null),
    published_at: bulletin.releasedAt,
    updated_at: revisionsOf(bulletin, reissuedAt).at(-1)?.at ?? bulletin.releasedAt,
    changed_at: bulletin.changedAt,
    written_at,
  }
}

function hashOf(algorithm: 'sha256' | 'sha512', text: string): string {
  return createHash(algorithm).update(text, 'utf8').digest('hex')
}
