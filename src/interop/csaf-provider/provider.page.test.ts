import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { sql } from 'kysely'
import { generateKey } from 'openpgp'
import { createTestApp } from '../../../test/support/app.ts'
import { releasedBulletin } from '../../../test/support/released-bulletin.ts'
import { CSAF_VERSIONS } from '../../codecs/csaf-writing/advisory.ts'
import { publishedBulletin } from '../../domains/broadcast/contract.ts'
import { lineAt, listAt, recordAt } from '../../kernel/json.ts'
import { TLP, type Tlp } from '../../kernel/tlp.ts'
import { readConfig } from '../../platform/config/config.ts'
import type { Platform } from '../../platform/platform.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { storeDocuments } from './commands.ts'
import { keepProvider, publishByCsaf } from './jobs.ts'
import { settingsFrom } from './model.ts'
import type { Visible } from './tables.ts'

const folder = await mkdtemp(join(tmpdir(), 'carecert-csaf-'))
after(() => rm(folder, { recursive: true }))
const app = await createTestApp({ env: { CSAF_ROLLOVER: '2026-11-20' } })
const { platform } = app
const { kysely: db } = platform.database
const body = async (path: string) => (await app.visitor.get(path)).body
const WELL_KNOWN = '/.well-known/csaf/provider-metadata.json'

test('without a key it says that it is a provider and not a trusted one, and no document claims a signature', async () => {
  const { number } = await releasedBulletin(platform, { organisations: 1, prefix: 'U', tlp: 'CLEAR' })
  assert.deepEqual(await keepProvider(platform), { written: 1, signed: 0 })
  const metadata = await body(WELL_KNOWN)
  assert.match(metadata, /"role": "csaf_provider"/)
  assert.doesNotMatch(metadata, /public_openpgp_keys/)
  assert.doesNotMatch(await body('/csaf/v2.1/clear/feed-tlp-clear.json'), /signature/)
  assert.equal((await app.visitor.get(`/csaf/v2.1/clear/2026/cc-${number}.json.asc`)).statusCode, 404)
})

test('from the day that was announced the address without a version is that of CSAF 2.1', async () => {
  assert.equal(await body(WELL_KNOWN), await body('/.well-known/csaf/v2.1/provider-metadata.json'))
  platform.clock.set('2026-11-19T12:00:00Z')
  assert.equal(await body(WELL_KNOWN), await body('/.well-known/csaf/v2.0/provider-metadata.json'))
  platform.clock.set('2026-11-20T09:00:00Z')
})

test('with a key that comes later every document is signed, and it becomes a trusted provider', async () => {
  const { privateKey } = await generateKey({ type: 'ecc', userIDs: [{ name: 'Centre' }], date: platform.clock.now(), keyExpirationTime: 60 * 86_400 })
  await writeFile(join(folder, 'key.asc'), privateKey)
  const { csaf } = readConfig({ CSAF_SIGNING_KEY_FILE: join(folder, 'key.asc') }).config
  const withKey: Platform = { ...platform, config: { ...platform.config, csaf } }
  assert.deepEqual(await keepProvider(withKey), { written: 0, signed: 2 })
  assert.deepEqual(await keepProvider(withKey), { written: 0, signed: 0 }, 'a key that ends soon can sign no longer than that')
  assert.match(await body(WELL_KNOWN), /"role": "csaf_trusted_provider"/)
  const until = await sql<{ count: number }>`select count(*)::int as count from interop_csaf_document where signed_until is not null`.execute(db)
  assert.equal(until.rows[0]?.count, 2)
})

test('documents that were written before the bulletin changed again are not put in place', async () => {
  const { bulletinId } = await releasedBulletin(platform, { organisations: 1, prefix: 'V', tlp: 'CLEAR' })
  const bulletin = await readAs<Visible, Awaited<ReturnType<typeof publishedBulletin>>>(platform, SYSTEM, read => publishedBulletin(read, bulletinId))
  assert.ok(bulletin !== undefined)
  await sql`update broadcast_bulletin set updated_at = updated_at + interval '1 second' where id = ${bulletinId}`.execute(db)
  const store = () =>
    runWork<Visible, readonly string[]>(platform, SYSTEM, work =>
      storeDocuments(
        work,
        [{ bulletin, reissuedAt: [], documents: [{ version: '2.1', body: '{}', signature: null }] }],
        null,
        settingsFrom(platform.config),
      ),
    )
  assert.deepEqual(await store(), [bulletinId])
  assert.deepEqual((await sql`select 1 from interop_csaf_document where bulletin_id = ${bulletinId}`.execute(db)).rows, [])
  await sql`update broadcast_bulletin set updated_at = updated_at - interval '1 second' where id = ${bulletinId}`.execute(db)
  assert.deepEqual(await store(), [])
})

test('what waits is written and listed together, and a list is dated by when it was written, not by when what it names was released', async () => {
  const released = (prefix: string) => releasedBulletin(platform, { organisations: 1, prefix, tlp: 'CLEAR' })
  const dates = async () => {
    const feed = recordAt(JSON.parse(await body('/csaf/v2.1/clear/feed-tlp-clear.json')), 'feed')
    const metadata: unknown = JSON.parse(await body('/.well-known/csaf/v2.1/provider-metadata.json'))
    const named = listAt(recordAt(listAt(metadata, 'distributions')[0], 'rolie'), 'feeds')[0]
    return [lineAt(feed, 'updated'), lineAt(named, 'last_updated'), lineAt(metadata, 'last_updated')]
  }
  const late = await released('LA')
  platform.clock.advanceHours(1)
  const next = await released('NE')
  await runWork<object, void>(platform, SYSTEM, async work => work.enqueue(publishByCsaf, { bulletinId: next.bulletinId }))
  await platform.runJobs()
  const before = platform.clock.now().toISOString()
  assert.deepEqual(await dates(), [before, before, before])
  platform.clock.advanceHours(1)
  const other = await released('OT')
  platform.clock.advanceHours(1)
  assert.equal((await keepProvider(platform)).written >= 2, true)
  const after = platform.clock.now().toISOString()
  assert.deepEqual(await dates(), [after, after, after], 'who goes by the date of the feed finds what was written late')
  const units = await sql<{ count: number }>`select count(distinct correlation)::int as count from audit_record
    where verb = 'interop.csaf.published' and subject_id in (${`CC-${late.number}`}, ${`CC-${other.number}`})`.execute(db)
  assert.equal(units.rows[0]?.count, 1)
})

interface Planned {
  readonly bulletinId: string
  readonly number: number
  readonly tlp: Tlp
  readonly isExercise: boolean
  readonly readers: ReadonlySet<number>
}

test('whatever labels and readers: no list, folder or document holds a bulletin that its reader may not read', { timeout: 120_000 }, async () => {
  const marked = fc.record({ tlp: fc.constantFrom(...TLP), isExercise: fc.boolean(), readers: fc.subarray([0, 1, 2] as const) })
  const [plan = []] = fc.sample(fc.array(marked, { minLength: 14, maxLength: 14 }), 1)
  const base = await releasedBulletin(platform, { organisations: 3, prefix: 'R', tlp: 'RED', title: 'Readers' })
  const bulletins: Planned[] = []
  for (const [index, { tlp, isExercise, readers }] of plan.entries()) {
    const bulletin = await releasedBulletin(platform, { organisations: 1, prefix: `P${index}Z`, tlp, isExercise, title: `Secret word ${index}` })
    for (const reader of readers)
      await sql`insert into broadcast_recipient (bulletin_id, organisation_id, release_id, is_reachable)
        values (${bulletin.bulletinId}, ${base.organisationIds[reader] ?? ''}, ${bulletin.releaseId}, true)`.execute(db)
    bulletins.push({ bulletinId: bulletin.bulletinId, number: bulletin.number, tlp, isExercise, readers: new Set<number>(readers) })
  }
  await runWork<object, void>(platform, SYSTEM, async work => {
    for (const { bulletinId } of bulletins) work.enqueue(publishByCsaf, { bulletinId })
  })
  await platform.runJobs()
  const isWritten = ({ tlp, isExercise }: Planned) => tlp !== 'RED' && !isExercise
  for (const reader of [0, 1, 2]) {
    const browser = await app.signIn('cyber-lead', { organisation: `R0000${reader}` })
    const seen = await everything(path => browser.get(path))
    for (const bulletin of bulletins) {
      const mayRead = isWritten(bulletin) && (bulletin.tlp === 'CLEAR' || bulletin.readers.has(reader))
      assert.equal(new RegExp(`cc-${bulletin.number}\\b`, 'i').test(seen), mayRead, `${bulletin.tlp} of ${bulletin.number} to reader ${reader}`)
    }
  }
  const open = await everything(path => app.visitor.get(path))
  for (const bulletin of bulletins)
    assert.equal(
      new RegExp(`cc-${bulletin.number}\\b`, 'i').test(open),
      isWritten(bulletin) && bulletin.tlp === 'CLEAR',
      `${bulletin.tlp} to everybody`,
    )
})

/** All that can be reached from the top, following every link of the listings. */
async function everything(ask: (path: string) => Promise<{ readonly statusCode: number; readonly body: string }>): Promise<string> {
  const waiting = ['/csaf', '/csaf/members', ...CSAF_VERSIONS.flatMap(version => [`/.well-known/csaf/v${version}/provider-metadata.json`])]
  const asked = new Set<string>()
  let text = ''
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (asked.has(path)) continue
    asked.add(path)
    const response = await ask(path)
    if (response.statusCode !== 200) continue
    text += `${path}\n${response.body}\n`
    waiting.push(...[...response.body.matchAll(/href="(\/csaf[^"]*)"/g)].map(([, href = '']) => href))
  }
  assert.ok(asked.size > 20, 'there is something to look at')
  return text
}
