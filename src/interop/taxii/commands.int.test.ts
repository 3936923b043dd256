import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createTestPlatform } from '../../../test/support/platform.ts'
import { releasedBulletin } from '../../../test/support/released-bulletin.ts'
import { publishedBulletin } from '../../domains/broadcast/contract.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { publishBulletin } from './commands.ts'
import { catchUpAll } from './jobs.ts'
import { collectionOf } from './model.ts'
import { objectsPage, type Found, type FoundPage } from './queries.ts'
import type { Visible } from './tables.ts'

const platform = await createTestPlatform()
const GREEN = collectionOf('GREEN', null).id
const BULLETINS = 24

function pageAfter(after: number, limit: number): Promise<FoundPage<Found>> {
  return readAs<Visible, FoundPage<Found>>(platform, SYSTEM, db =>
    objectsPage(db, GREEN, { after, limit, ids: null, types: null, versions: ['all'], isOurs: true }),
  )
}

/** What stands in the collection after that, page by page. */
async function everything(after = 0): Promise<readonly Found[]> {
  const found: Found[] = []
  for (;;) {
    const page = await pageAfter(found.at(-1)?.added ?? after, 50)
    found.push(...page.rows)
    if (!page.hasMore) return found
  }
}

test('a reader who polls while many write at once misses nothing and is told nothing twice', async () => {
  const ids: string[] = []
  for (let index = 0; index < BULLETINS; index += 1)
    ids.push(
      (await releasedBulletin(platform, { organisations: 1, prefix: `P${index}X`, tlp: 'GREEN', content: { cves: ['CVE-2050-0001'] } })).bulletinId,
    )
  const writing = new AbortController()
  const polled: Found[] = []
  const poll = async () => {
    while (!writing.signal.aborted) polled.push(...(await everything(polled.at(-1)?.added ?? 0)))
    polled.push(...(await everything(polled.at(-1)?.added ?? 0)))
  }
  const write = (bulletinId: string, index: number) =>
    runWork<Visible, void>(platform, SYSTEM, async work => {
      const bulletin = await publishedBulletin<Visible>(work.db, bulletinId)
      assert.ok(bulletin)
      await publishBulletin(work, bulletin, 'http://localhost:8080')
      // Who began first does not commit first.
      await pause((index % 5) * 8)
    })
  const polling = poll()
  await Promise.all(ids.map(write))
  writing.abort()
  await polling
  const all = await everything()
  assert.deepEqual(
    polled.map(row => row.added),
    all.map(row => row.added),
  )
  assert.equal(new Set(all.map(row => row.added)).size, all.length)
  assert.equal(all.filter(row => row.objectId.startsWith('report--')).length, BULLETINS)
  // What all of them refer to stands there once.
  assert.equal(new Set(all.map(row => row.objectId)).size, all.length)
})

test('one bulletin rendered twice at once stands there once', async () => {
  const { bulletinId } = await releasedBulletin(platform, { organisations: 1, prefix: 'Q', tlp: 'GREEN' })
  const before = (await everything()).length
  const write = () =>
    runWork<Visible, void>(platform, SYSTEM, async work => {
      const bulletin = await publishedBulletin<Visible>(work.db, bulletinId)
      if (bulletin !== undefined) await publishBulletin(work, bulletin, 'http://localhost:8080')
    })
  await Promise.all([write(), write(), write()])
  const added = (await everything()).slice(before)
  assert.equal(new Set(added.map(row => row.objectId)).size, added.length)
  assert.ok(added.length > 1)
})

test('what was released before there was a server, or went by it, is caught up', async () => {
  const { bulletinId } = await releasedBulletin(platform, { organisations: 1, prefix: 'R', tlp: 'GREEN', title: 'Released before' })
  assert.equal(await catchUpAll(platform), 1)
  await platform.runJobs()
  assert.ok((await everything()).some(row => row.body.includes('Released before')))
  assert.equal(await catchUpAll(platform), 0, bulletinId)
})
