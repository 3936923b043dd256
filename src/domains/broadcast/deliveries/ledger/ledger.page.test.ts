import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../../test/support/app.ts'
import { readCsv, walkList } from '../../../../../test/support/lists.ts'
import { releasedBulletin } from '../../../../../test/support/released-bulletin.ts'

const { platform, signIn } = await createTestApp()
const manager = await signIn('duty-manager')
const released = await releasedBulletin(platform, { organisations: 56, contacts: 2, prefix: 'A' })
const unreachable = await releasedBulletin(platform, { organisations: 3, reachable: 0, prefix: 'U' })
const ledger = `/bulletins/CC-${released.number}/deliveries`
// Forty were tried at one moment and twenty of those given up; the others never were.
await sql`
  update broadcast_delivery set attempts = 1, attempted_at = ${platform.clock.now()}, state = case when place <= 20 then 'given-up' else 'sent' end, words = '250 taken'
  from (select id as place_id, row_number() over (order by id) as place from broadcast_delivery where bulletin_id = ${released.bulletinId}) as placed
  where place_id = id and place <= 40`.execute(platform.database.kysely)

const ADDRESS = /(desk\d@[\w.]+)/
const walk = async (query: string) => (await walkList(manager, `${ledger}?${query}`, ADDRESS)).rows
const inFile = async (query: string) => (await readCsv(manager, `${ledger}.csv?${query}`)).map(row => row['address'])

test('every order meets each message once, also where many were tried at one moment, and the file holds the same', async () => {
  for (const sort of ['code', 'address', 'tried']) {
    const up = await walk(`sort=${sort}`)
    assert.equal(up.length, 112, sort)
    assert.deepEqual(await walk(`sort=-${sort}`), up.toReversed(), `-${sort}`)
    assert.deepEqual(await inFile(`sort=${sort}`), up, sort)
  }
  assert.deepEqual((await walk('sort=address')).slice(0, 2), ['desk0@a00000.example', 'desk0@a00001.example'])
  assert.match((await walk('sort=-code'))[0] ?? '', /@a00055/)
})

test('what never was tried stands before what was', async () => {
  const states = (await readCsv(manager, `${ledger}.csv?sort=tried`)).map(row => row['state'])
  assert.deepEqual(new Set(states.slice(0, 72)), new Set(['queued']))
})

test('a search by address or organisation and a state narrow the list, its count and its file alike', async () => {
  for (const [query, total] of [
    ['q=desk1@', 56],
    ['q=DESK0@A00007', 1],
    ['q=a00007', 2],
    ['q=organisation+a0000', 20],
    ['q=%25', 0],
    ['state=given-up', 20],
    ['state=queued&q=desk0', 36],
    ['state=failed', 0],
  ] as const) {
    const rows = await walk(`${query}&sort=-address`)
    assert.equal(rows.length, total, query)
    assert.deepEqual(await inFile(`${query}&sort=-address`), rows, query)
  }
  const { body } = await manager.get(`${ledger}?state=queued&sort=-tried`)
  assert.match(body, /href="[^"]*state=queued&amp;sort=-tried&amp;cursor=/, 'the next page keeps them')
  assert.match(body, /deliveries\.csv\?state=queued&amp;sort=-tried/)
})

test('the cursor of another order, or none that is ours, is the first page', async () => {
  const cursor = Buffer.from(JSON.stringify(['a00003', 'x'])).toString('base64url')
  for (const query of [`sort=tried&cursor=${cursor}`, 'cursor=nonsense', 'sort=nonsense'])
    assert.match((await manager.get(`${ledger}?${query}`)).body, /<strong>112 messages<\/strong>/, query)
})

test('an empty ledger says why, and what to do first', async () => {
  assert.match((await manager.get(`${ledger}?q=nowhere`)).body, /No message matches[\s\S]*Clear search and filters/)
  assert.match(
    (await manager.get(`/bulletins/CC-${unreachable.number}/deliveries`)).body,
    /Nobody could be written to[\s\S]*recipients\?stage=unreachable/,
  )
})

test('the ledger says why, by what way and when, and narrows by mailing and by what failed', async () => {
  const [mailing] = [...(await manager.get(ledger)).body.matchAll(/<option value="(mlg_[0-9a-f]{32})">Release, /g)].map(match => match[1] ?? '')
  assert.equal((await walk(`mailing=${mailing}`)).length, 112)
  assert.equal((await walk('mailing=mlg_other')).length, 0)
  assert.equal((await walk('state=dead')).length, 20)
  assert.equal((await walk('channel=text')).length, 0)
  assert.equal((await walk('channel=email&state=queued')).length, 72)
  const [first] = await readCsv(manager, `${ledger}.csv?state=given-up`)
  assert.deepEqual([first?.['mailing'], first?.['channel'], first?.['came back']], ['release', 'email', ''])
  assert.match(first?.['queued'] ?? '', /^2026-11-20T09:00/)
})

test('what failed is tried again by hand, some of it or all', async () => {
  const form = (body: string) => /Try the (\S+) (of these )?that failed again/.exec(body)?.slice(1)
  assert.deepEqual(form((await manager.get(ledger)).body), ['20', undefined])
  const some = (await inFile('state=dead')).filter(address => (address ?? '').startsWith('desk1@')).length
  assert.deepEqual(form((await manager.get(`${ledger}?q=desk1@`)).body), [String(some), 'of these '])
  await manager.post(ledger, { q: 'desk1@' })
  assert.equal((await walk('state=dead')).length, 20 - some)
  await manager.post(ledger, {})
  assert.equal((await walk('state=dead')).length, 0)
})

test('a mailing is paused with a reason, and resumed, where the messages are', async () => {
  assert.match((await manager.get(`/bulletins/CC-${released.number}`)).body, /href="[^"]*\/deliveries#mailings"[^>]*>\s*Pause the messages/)
  const { body } = await manager.get(ledger)
  const address = /action="(\/bulletins\/CC-\d+\/mailings\/mlg_[0-9a-f]+)\/pause"/.exec(body)?.[1] ?? ''
  await manager.post(`${address}/pause`, { reason: 'The link is <wrong>.' })
  const paused = (await manager.get(ledger)).body
  assert.match(paused, /<strong>Paused<\/strong>[^<]*: The link is &lt;wrong&gt;\./)
  assert.doesNotMatch((await (await signIn('analyst')).get(ledger)).body, /\/resume"/)
  await manager.post(`${address}/resume`, {})
  assert.doesNotMatch((await manager.get(ledger)).body, /<strong>Paused/)
})
