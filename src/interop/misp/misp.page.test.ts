import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp, type Browser } from '../../../test/support/app.ts'
import { actorAs } from '../../../test/support/broadcast.ts'
import { runCommand } from '../../../test/support/command.ts'
import { releasedBulletin, type ReleasedBulletin } from '../../../test/support/released-bulletin.ts'
import { readMisp } from '../../codecs/misp/events.ts'
import { readMispManifest, recognisesMispManifest } from '../../codecs/misp/manifest.ts'
import { approveBulletin, saveVersion, sendForReview } from '../../domains/broadcast/bulletins/commands.ts'
import { publishRevision, withdrawBulletin } from '../../domains/broadcast/bulletins/living/commands.ts'
import type { BulletinContent } from '../../domains/broadcast/bulletins/model.ts'
import { bulletinOf, versionOf } from '../../domains/broadcast/bulletins/queries.ts'
import type { Visible } from '../../domains/broadcast/tables.ts'
import { gather } from '../../domains/watch/contract.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { runWork } from '../../platform/work/work.ts'

const app = await createTestApp()
const { platform } = app
const { kysely: db } = platform.database
const analyst = await app.signIn('analyst')
const folder = mkdtempSync(join(tmpdir(), 'misp-'))
after(() => rm(folder, { recursive: true, force: true }))

const NEWS = { title: 'It is put otherwise', body: '', isMaterial: false, asksAgain: false }
let made = 0
async function released(over: Partial<Parameters<typeof releasedBulletin>[1]> = {}): Promise<ReleasedBulletin> {
  platform.clock.advanceHours(1)
  made += 1
  const content = {
    indicators: 'evil[.]example[.]net\n203.0.113.7',
    cves: ['CVE-2026-10001'],
    sources: ['https://maker.example/advisory'],
    ...over.content,
  }
  return releasedBulletin(platform, {
    organisations: 1,
    prefix: `M${String(made).padStart(3, '0')}`,
    tlp: 'CLEAR',
    title: `About ${made}`,
    ...over,
    content,
  })
}

async function eventOf(address: string, reader: Browser = analyst) {
  const answer = await reader.get(address)
  assert.equal(answer.statusCode, 200, `${address} ${answer.body}`)
  const read = readMisp(answer.json())
  assert.ok(read.ok && read.value.rejected.length === 0)
  return { json: answer.json<{ Event: Record<string, unknown> }>().Event, item: read.value.items[0] ?? assert.fail() }
}

test('a bulletin is an event that our own reader takes in as it was meant', async () => {
  const { number } = await released({ tlp: 'GREEN', title: 'A flaw' })
  const { item, json } = await eventOf(`/bulletins/CC-${number}/misp.json`)
  assert.deepEqual(item.faults, [])
  assert.deepEqual(
    [item.title, item.tlp, item.severity, item.cves, item.references],
    [`CC-${number}: A flaw`, 'GREEN', 'high', ['CVE-2026-10001'], [`http://localhost:8080/bulletins/CC-${number}`, 'https://maker.example/advisory']],
  )
  assert.deepEqual(
    item.indicators?.map(({ type, value }) => `${type} ${value}`),
    ['domain evil.example.net', 'ipv4 203.0.113.7'],
  )
  assert.match(item.summary, /Install version 2/)
  assert.equal(json['distribution'], '1')
})

test('who may not open its page finds no event, and of RED and exercises there is none for anybody', async () => {
  const green = await released({ tlp: 'GREEN' })
  const stranger = await app.signIn('cyber-lead')
  assert.equal((await stranger.get(`/bulletins/CC-${green.number}/misp.json`)).statusCode, 404)
  assert.notEqual((await app.visitor.get(`/bulletins/CC-${green.number}/misp.json`)).statusCode, 200)
  for (const over of [{ tlp: 'RED' }, { isExercise: true }] as const) {
    const { number } = await released(over)
    assert.equal((await analyst.get(`/bulletins/CC-${number}/misp.json`)).statusCode, 404)
  }
})

test('what was withdrawn says so, and no machine looks for it', async () => {
  const { number } = await released()
  await runWork<Visible, void>(platform, actorAs('duty-manager'), work => withdrawBulletin(work, { number, reason: 'It was wrong.' }))
  const { json } = await eventOf(`/bulletins/CC-${number}/misp.json`)
  assert.match(String(json['info']), /^Withdrawn: /)
  assert.deepEqual(
    (json['Attribute'] as readonly { to_ids: boolean }[]).filter(attribute => attribute.to_ids),
    [],
  )
})

test('what an update leaves out is marked as deleted for who has it already, unless it was said under a narrower label', async () => {
  const revise = (number: number, content: Partial<BulletinContent>) =>
    runWork<Visible, void>(platform, actorAs('analyst'), async work => {
      const { id } = await bulletinOf(work.db, number)
      const held = await versionOf(work.db, id, 1)
      await saveVersion(work, { number, baseVersion: 1, content: { ...held.content, ...content, news: NEWS } })
      await sendForReview(work, { number, version: 2 })
    })
  const open = await released({ tlp: 'GREEN' })
  const widened = await released({ tlp: 'AMBER' })
  const kept = { indicators: '203.0.113.7', cves: [] }
  for (const [{ number }, tlp] of [
    [open, 'GREEN'],
    [widened, 'GREEN'],
  ] as const) {
    await revise(number, { ...kept, tlp })
    await runWork<Visible, void>(platform, actorAs('duty-manager'), async work => {
      await approveBulletin(work, { number, version: 2 })
      await publishRevision(work, { number, version: 2, baseUrl: 'http://localhost:8080' })
    })
  }
  const deleted = async ({ number }: ReleasedBulletin) => {
    const { json, item } = await eventOf(`/bulletins/CC-${number}/misp.json`)
    assert.deepEqual(
      item.indicators?.map(({ value }) => value),
      ['203.0.113.7'],
    )
    return (json['Attribute'] as readonly { value: string; deleted: boolean }[]).flatMap(one => (one.deleted ? [one.value] : []))
  }
  assert.deepEqual((await deleted(open)).toSorted(), ['CVE-2026-10001', 'evil.example.net'])
  assert.deepEqual(await deleted(widened), [], 'they were never for the readers of today')
})

test('a threat is an event for the centre, without what is marked more narrowly than it', async () => {
  const event = {
    Event: {
      uuid: '5f2c3a84-0000-4000-8000-000000000001',
      info: 'Invented campaign',
      date: '2026-05-01',
      timestamp: '1777600000',
      published: true,
      threat_level_id: '1',
      analysis: '1',
      distribution: '3',
      Tag: [{ name: 'tlp:green' }],
      Attribute: [
        { uuid: '5f2c3a84-0000-4000-8000-000000000002', type: 'domain', category: 'Network activity', value: 'open.example.net', to_ids: true },
        {
          uuid: '5f2c3a84-0000-4000-8000-000000000003',
          type: 'domain',
          category: 'Network activity',
          value: 'secret.example.net',
          to_ids: true,
          Tag: [{ name: 'tlp:red' }],
        },
        {
          uuid: '5f2c3a84-0000-4000-8000-000000000004',
          type: 'vulnerability',
          category: 'External analysis',
          value: 'CVE-2026-20002',
          to_ids: false,
        },
      ],
    },
  }
  const { failure } = await gather(platform, SYSTEM, { address: 'campaign.json', bytes: Buffer.from(JSON.stringify(event)) })
  assert.equal(failure, null)
  const { rows } = await sql<{
    id: string
    tlp: string
  }>`select id, tlp from watch_threat where title = 'Invented campaign' or 'CVE-2026-20002' = any (cves)`.execute(db)
  const [threat] = rows
  assert.ok(threat !== undefined)
  const { item } = await eventOf(`/threats/${threat.id}/misp.json`)
  assert.equal(item.tlp, 'GREEN')
  assert.deepEqual(item.cves, ['CVE-2026-20002'])
  assert.deepEqual(
    item.indicators?.map(({ value }) => value),
    ['open.example.net'],
  )
  const lead = await app.signIn('cyber-lead')
  assert.equal((await lead.get(`/threats/${threat.id}/misp.json`)).statusCode, 403)
  assert.equal((await analyst.get('/threats/thr_0/misp.json')).statusCode, 404)
  await sql`update watch_threat set tlp = 'RED' where id = ${threat.id}`.execute(db)
  assert.equal((await analyst.get(`/threats/${threat.id}/misp.json`)).statusCode, 404)
})

test('a folder of events is a feed that MISP reads: the manifest names each file, and hashes lead to their events', async () => {
  const target = join(folder, 'feed')
  const { number } = await released({ title: 'In the folder' })
  const { data } = await runCommand<{ events: number }>(platform, analystActor(), 'export misp', [target])
  const manifest: unknown = JSON.parse(await readFile(join(target, 'manifest.json'), 'utf8'))
  assert.ok(recognisesMispManifest(manifest))
  const entries = readMispManifest(manifest)
  assert.deepEqual((await readdir(target)).toSorted(), [...entries.map(({ uuid }) => `${uuid}.json`), 'hashes.csv', 'manifest.json'].toSorted())
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from broadcast_public_bulletin`.execute(db)
  assert.deepEqual([data.events, entries.length], [rows[0]?.count, rows[0]?.count])
  const one = entries.find(({ title }) => title === `CC-${number}: In the folder`)
  assert.ok(one !== undefined)
  const read = readMisp(JSON.parse(await readFile(join(target, `${one.uuid}.json`), 'utf8')))
  assert.ok(read.ok && read.value.items[0]?.tlp === 'CLEAR')
  const hash = createHash('md5').update('evil.example.net').digest('hex')
  assert.ok((await readFile(join(target, 'hashes.csv'), 'utf8')).includes(`${hash},${one.uuid}\n`))
  const more = await runCommand<{ events: number }>(platform, analystActor(), 'export misp', [target], { tlp: ['CLEAR', 'GREEN'] })
  assert.ok(more.data.events > data.events, 'an earlier export is replaced')
})

test('a folder that holds other things is left alone, and a label that is never written is refused', async () => {
  const other = join(folder, 'other')
  await mkdir(other)
  await writeFile(join(other, 'notes.txt'), 'mine')
  await assert.rejects(runCommand(platform, analystActor(), 'export misp', [other]), { code: 'interop.misp.folder-in-use' })
  assert.deepEqual(await readdir(other), ['notes.txt'])
  for (const tlp of ['RED', 'nonsense'])
    await assert.rejects(runCommand(platform, analystActor(), 'export misp', [join(folder, 'never')], { tlp: [tlp] }), { code: 'interop.misp.label' })
})

function analystActor() {
  return actorAs('analyst')
}
