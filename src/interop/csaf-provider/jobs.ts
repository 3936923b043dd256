import { z } from 'zod'
import { CSAF_VERSIONS } from '../../codecs/csaf-writing/advisory.ts'
import { writeCsaf } from '../../codecs/csaf-writing/document.ts'
import { publishedBulletin, publishedBulletins, type PublishedBulletin } from '../../domains/broadcast/contract.ts'
import { publicFactsOf, type PublicFacts } from '../../domains/watch/contract.ts'
import { Conflict } from '../../kernel/errors.ts'
import { addDays, type Instant } from '../../kernel/instant.ts'
import { handles, type JobHandler, type JobKind } from '../../platform/jobs/job.ts'
import type { Platform } from '../../platform/platform.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { advisoryOf } from './advisory.ts'
import { refreshLists, storeDocuments, storeSignatures, type WrittenBulletin, type WrittenDocument } from './commands.ts'
import { PROVIDED_LABELS, settingsFrom } from './model.ts'
import { documentsToSign, reissuesOf, servedFrom, writtenChanges, type DocumentToSign } from './queries.ts'
import { openDocumentSigner, type DocumentSigner } from './signing.ts'
import type { Visible } from './tables.ts'
import { knownWeaknesses } from './weaknesses.ts'

/** Asked for after each change of a released bulletin. */
export const publishByCsaf: JobKind<{ bulletinId: string }> = {
  name: 'interop.csaf-publish',
  payload: z.strictObject({ bulletinId: z.string() }),
}

const keepCsaf: JobKind<object> = { name: 'interop.csaf-keep', payload: z.strictObject({}), atMostOneWaiting: true }

const ATTEMPTS = 5
const PAGE_BULLETINS = 200
const DOCUMENTS_AT_ONCE = 50
/** Written and listed in one transaction: the lists of an archive of thousands are not written anew for each of them. */
const BULLETINS_AT_ONCE = 100
/** CSAF 2.1 wants every signature good for 90 days, and never for less than 30 (§7.1.19). */
const SIGNATURE_DAYS = 90

export const csafJobs: readonly JobHandler<Platform>[] = [
  handles(publishByCsaf, {
    purpose: 'Writes and signs the CSAF documents of a bulletin, and the lists that name them',
    retries: 8,
    retryAfterSeconds: 5,
    expireAfterSeconds: 120,
    handle: async (platform, { bulletinId }) => publishDocuments(platform, [bulletinId], await openDocumentSigner(platform)),
  }),
  handles(keepCsaf, {
    purpose: 'Writes CSAF documents that are missing, signs anew before a signature runs out or after the key has changed',
    retries: 2,
    retryAfterSeconds: 60,
    expireAfterSeconds: 3_600,
    cron: '47 * * * *',
    handle: async (platform, _payload, signal) => void (await keepProvider(platform, signal)),
  }),
]

/** What the keeping of the provider did. */
export interface Kept {
  readonly written: number
  readonly signed: number
}

/** Brings every file of the provider to what it should be: also after an upgrade, a change of the configuration, or a new key. */
export async function keepProvider(platform: Platform, signal?: AbortSignal): Promise<Kept> {
  const signer = await openDocumentSigner(platform)
  const settings = settingsFrom(platform.config)
  await runWork<Visible, void>(platform, SYSTEM, work => refreshLists(work, signer, settings))
  let written = 0
  const stale = await staleBulletins(platform)
  for (let at = 0; at < stale.length; at += BULLETINS_AT_ONCE) {
    if (signal?.aborted === true) break
    const some = stale.slice(at, at + BULLETINS_AT_ONCE)
    await publishDocuments(platform, some, signer)
    written += some.length
  }
  return { written, signed: signer === null ? 0 : await signAgain(platform, signer, signal) }
}

/**
 * The same for a command, whose settings may be others than the server's. Throws `Conflict` rather than have the public lists name an address at which nobody serves
 * them.
 */
export async function keepAsServed(platform: Platform): Promise<Kept> {
  const { baseUrl } = platform.config
  const served = await readAs<Visible, string | null>(platform, SYSTEM, servedFrom)
  if (served !== null && served !== baseUrl)
    throw new Conflict(
      'interop.csaf.other-address',
      `What is published stands at ${served}, and BASE_URL is ${baseUrl} here. Set it as the server has it. If the centre has moved for good, run: carecert csaf reissue.`,
    )
  return keepProvider(platform)
}

/** Bulletins that are not written as they stand. */
async function staleBulletins(platform: Platform): Promise<readonly string[]> {
  const stale: string[] = []
  let cursor: string | null = null
  do {
    const page = await readAs<Visible, { ids: readonly string[]; next: string | null }>(platform, SYSTEM, async db => {
      const { rows, next } = await publishedBulletins(db, { limit: PAGE_BULLETINS, cursor, labels: PROVIDED_LABELS })
      const written = await writtenChanges(
        db,
        rows.map(({ id }) => id),
      )
      return { next, ids: rows.filter(row => written.get(row.id)?.getTime() !== row.changedAt.getTime()).map(({ id }) => id) }
    })
    stale.push(...page.ids)
    cursor = page.next
  } while (cursor !== null)
  return stale
}

async function signAgain(platform: Platform, signer: DocumentSigner, signal: AbortSignal | undefined): Promise<number> {
  const settings = settingsFrom(platform.config)
  let count = 0
  for (;;) {
    if (signal?.aborted === true) return count
    const until = addDays(platform.clock.now(), SIGNATURE_DAYS)
    const documents = await readAs<Visible, readonly DocumentToSign[]>(platform, SYSTEM, db => documentsToSign(db, signer, until, DOCUMENTS_AT_ONCE))
    if (documents.length === 0) return count
    const signed: (DocumentToSign & { readonly signature: string })[] = []
    for (const document of documents) signed.push({ ...document, signature: await signer.sign(Buffer.from(document.body, 'utf8')) })
    count += await runWork<Visible, number>(platform, SYSTEM, work => storeSignatures(work, signed, signer, settings))
  }
}

interface Found {
  readonly bulletin: PublishedBulletin
  readonly successor: PublishedBulletin | null
  readonly facts: readonly PublicFacts[]
  readonly reissuedAt: readonly Instant[]
}

/** Writes and signs outside of any transaction, then puts all in place in one; anew those that have changed meanwhile. */
async function publishDocuments(platform: Platform, bulletinIds: readonly string[], signer: DocumentSigner | null): Promise<void> {
  const settings = settingsFrom(platform.config)
  let left = bulletinIds
  for (let attempt = 0; attempt < ATTEMPTS && left.length > 0; attempt++) {
    const asked = left
    const found = await readAs<Visible, readonly Found[]>(platform, SYSTEM, db => findAll(db, asked))
    const written: WrittenBulletin[] = []
    for (const one of found) written.push({ ...one, documents: isProvided(one.bulletin) ? await write(one, signer) : [] })
    left = await runWork<Visible, readonly string[]>(platform, SYSTEM, work => storeDocuments(work, written, signer, settings))
  }
  if (left.length > 0) throw new Conflict('interop.csaf.changing', 'The bulletin keeps changing while it is written. It is tried again.')

  async function write(found: Found, by: DocumentSigner | null): Promise<readonly WrittenDocument[]> {
    const surroundings = { settings, ...found, weaknesses: await knownWeaknesses() }
    const written: WrittenDocument[] = []
    for (const version of CSAF_VERSIONS) {
      const body = writeCsaf(advisoryOf(found.bulletin, version, surroundings), version)
      written.push({ version, body, signature: by === null ? null : await by.sign(Buffer.from(body, 'utf8')) })
    }
    return written
  }
}

async function findAll(db: Reader<Visible>, bulletinIds: readonly string[]): Promise<readonly Found[]> {
  const found: Found[] = []
  for (const id of bulletinIds) {
    const bulletin = await publishedBulletin(db, id)
    if (bulletin === undefined) continue
    const successor = bulletin.successorId === null ? undefined : await publishedBulletin(db, bulletin.successorId)
    found.push({
      bulletin,
      successor: successor ?? null,
      facts: await publicFactsOf(db, bulletin.content.cves),
      reissuedAt: await reissuesOf(db, id),
    })
  }
  return found
}

/** What is RED is for named people, and an exercise is no advisory. */
function isProvided({ tlp, isExercise }: PublishedBulletin): boolean {
  return !isExercise && PROVIDED_LABELS.some(label => label === tlp)
}
