import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mispHashedValues, mispManifestEntry, mispUuid, writeMispEvent } from '../../codecs/misp/write.ts'
import { earlierContents, publishedBulletins, type PublishedBulletin } from '../../domains/broadcast/contract.ts'
import type { DirectoryVisible } from '../../domains/directory/contract.ts'
import { Conflict } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/json.ts'
import type { Page } from '../../kernel/page.ts'
import type { Tlp } from '../../kernel/tlp.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { centreIdentity } from '../stix/queries.ts'
import { eventOfBulletin, type MispAuthor } from './bulletin.ts'

const PART = 100
const OWN_FILE = /^(?:manifest\.json|hashes\.csv|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json)$/

/**
 * Writes bulletins with those labels, as the actor may see them, as a feed of MISP: an event a file, with the manifest and the list of hashes by which
 * a MISP server finds what is new. The folder appears whole, or is replaced whole where such a feed lies there. Throws `Conflict` when anything else does.
 */
export async function exportMisp(
  platform: Platform,
  actor: Actor,
  folder: string,
  wishes: { readonly labels: readonly Tlp[]; onProgress(done: number, total: number): void },
): Promise<number> {
  const target = folder.replace(/\/+$/, '')
  const there: readonly string[] = await readdir(target).catch(() => [])
  if (there.some(name => !OWN_FILE.test(name)) || (there.length > 0 && !there.includes('manifest.json')))
    throw new Conflict('interop.misp.folder-in-use', `${folder} holds other things than a feed of MISP. Name a new folder.`)
  const [partial, old] = [`${target}.partial`, `${target}.old`]
  for (const leftover of [partial, old]) await rm(leftover, { recursive: true, force: true })
  try {
    await mkdir(partial, { recursive: true })
    const count = await writeMispFeed(platform, actor, partial, wishes)
    if (there.length > 0) await rename(target, old)
    else await rm(target, { recursive: true, force: true })
    await rename(partial, target)
    await rm(old, { recursive: true, force: true })
    return count
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

/** The same into a folder that is the caller's to put in place. */
export async function writeMispFeed(
  platform: Platform,
  actor: Actor,
  folder: string,
  { labels, onProgress }: { readonly labels: readonly Tlp[]; onProgress(done: number, total: number): void },
): Promise<number> {
  const manifest: Record<string, Json> = {}
  const hashes: string[] = []
  const write = async (db: Reader<DirectoryVisible>, { rows }: Page<PublishedBulletin>, author: MispAuthor) => {
    const earlier = await earlierContents(db, rows)
    for (const bulletin of rows) {
      const draft = eventOfBulletin(bulletin, earlier.get(bulletin.id) ?? [], author, platform.config.baseUrl)
      if (draft === undefined) continue
      const uuid = mispUuid(draft.key)
      const event = writeMispEvent(draft)
      await writeFile(join(folder, `${uuid}.json`), JSON.stringify(event))
      manifest[uuid] = mispManifestEntry(event)
      // MISP looks values up by their MD5; nothing is kept secret by it.
      for (const value of mispHashedValues(draft)) hashes.push(`${createHash('md5').update(value).digest('hex')},${uuid}`)
    }
  }
  // One picture: a bulletin that changes meanwhile moves to the front of the list, and would be passed over.
  await readAs<DirectoryVisible, void>(
    platform,
    actor,
    async db => {
      const author = await centreIdentity(db, platform.clock.now())
      let cursor: string | null = null
      let done = 0
      do {
        const page: Page<PublishedBulletin> = await publishedBulletins<DirectoryVisible>(db, { limit: PART, cursor, labels })
        await write(db, page, author)
        done += page.rows.length
        onProgress(done, page.total)
        cursor = page.next
      } while (cursor !== null)
    },
    { isOnePicture: true },
  )
  await writeFile(join(folder, 'hashes.csv'), hashes.map(line => `${line}\n`).join(''))
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest))
  return Object.keys(manifest).length
}
