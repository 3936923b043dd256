import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StixObject } from '../../codecs/stix/writing/object.ts'
import { bulletinNumber, publishedBulletins, type PublishedBulletin } from '../../domains/broadcast/contract.ts'
import { threatIdsAfter } from '../../domains/watch/contract.ts'
import type { Page } from '../../kernel/page.ts'
import type { Platform } from '../../platform/platform.ts'
import { may, type Actor } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { SERVED } from '../taxii/model.ts'
import type { Visible } from '../taxii/tables.ts'
import { bulletinBundle, threatBundleOf, type BundleAsked } from './read.ts'

const PART = 100

/**
 * Writes a STIX 2.1 bundle for each bulletin that the actor may read, and for the centre's own for each threat, as their pages give them: `bulletins/CC-5001.json` and
 * `threats/ID.json`. What is RED, and exercises, are in none. Gives how many it wrote.
 */
export async function writeStixBundles(platform: Platform, actor: Actor, folder: string): Promise<number> {
  const asked = { now: platform.clock.now(), baseUrl: platform.config.baseUrl }
  let count = 0
  const write = async (place: string, name: string, bundle: StixObject) => {
    await writeFile(join(folder, place, `${name}.json`), JSON.stringify(bundle))
    count += 1
  }
  await mkdir(join(folder, 'bulletins'))
  const read = (body: (db: Reader<Visible>) => Promise<void>) => readAs<Visible, void>(platform, actor, body, { isOnePicture: true })
  await read(db => writeBulletins(db, asked, (name, bundle) => write('bulletins', name, bundle)))
  if (!may(actor, 'watch.threat.view')) return count
  await mkdir(join(folder, 'threats'))
  await read(db => writeThreats(db, asked, (name, bundle) => write('threats', name, bundle)))
  return count
}

type Write = (name: string, bundle: StixObject) => Promise<void>

async function writeBulletins(db: Reader<Visible>, asked: BundleAsked, write: Write): Promise<void> {
  let cursor: string | null = null
  do {
    const page: Page<PublishedBulletin> = await publishedBulletins<Visible>(db, { limit: PART, cursor, labels: SERVED })
    for (const bulletin of page.rows) await write(bulletinNumber(bulletin.number), await bulletinBundle(db, bulletin, asked))
    cursor = page.next
  } while (cursor !== null)
}

async function writeThreats(db: Reader<Visible>, asked: BundleAsked, write: Write): Promise<void> {
  let after = ''
  for (;;) {
    const ids = await threatIdsAfter<Visible>(db, after, PART)
    for (const id of ids) {
      const bundle = await threatBundleOf(db, id, asked)
      if (bundle !== undefined) await write(id, bundle)
    }
    after = ids.at(-1) ?? after
    if (ids.length < PART) return
  }
}
