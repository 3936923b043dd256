import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAtomFeed, parseRssFeed } from 'feedsmith'
import { sql } from 'kysely'
import { createTestApp, type Browser } from '../../../test/support/app.ts'
import { actorAs } from '../../../test/support/broadcast.ts'
import { releasedBulletin, type ReleasedBulletin } from '../../../test/support/released-bulletin.ts'
import { parseFeed } from '../../codecs/feed/feed.ts'
import { addUpdate, changeSeverity, withdrawBulletin } from '../../domains/broadcast/bulletins/living/commands.ts'
import { publishedBulletin, type PublishedBulletin } from '../../domains/broadcast/contract.ts'
import type { Visible } from '../../domains/broadcast/tables.ts'
import { gather } from '../../domains/watch/contract.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { logChange } from './commands.ts'
import { catchUpFeeds, tellByFeeds } from './jobs.ts'
import type { FeedTables } from './tables.ts'

const app = await createTestApp()
const { platform, visitor } = app
const { kysely: db } = platform.database
const manager = actorAs('duty-manager')
const doing = (body: Parameters<typeof runWork<Visible, void>>[2]) => runWork<Visible, void>(platform, manager, body)
type Feed = ReturnType<typeof parseAtomFeed>
const PUBLIC = '/feeds/bulletins.atom'

let made = 0
/** Releases a bulletin, past the rules, and has it told. */
async function released(over: Partial<Parameters<typeof releasedBulletin>[1]> = {}): Promise<ReleasedBulletin> {
  platform.clock.advanceHours(1)
  made += 1
  const bulletin = await releasedBulletin(platform, {
    organisations: 1,
    prefix: `Q${String(made).padStart(3, '0')}`,
    tlp: 'CLEAR',
    title: `About ${made}`,
    ...over,
  })
  await tell(bulletin.bulletinId)
  return bulletin
}

async function tell(bulletinId: string): Promise<void> {
  await runWork<object, void>(platform, SYSTEM, async work => work.enqueue(tellByFeeds, { bulletinId }))
  await platform.runJobs()
}

async function atom(address: string, reader: Browser = visitor): Promise<Feed> {
  const answer = await reader.get(address)
  assert.equal(answer.statusCode, 200, `${address} ${answer.body}`)
  const read = parseFeed(answer.body)
  assert.ok(read.ok && read.value.rejected.length === 0 && read.problems.length === 0, address)
  return parseAtomFeed(answer.body)
}

const titles = (feed: Feed) => feed.entries?.map(entry => entry.title?.value) ?? []
const link = (feed: Feed, rel: string) => feed.links?.find(one => one.rel === rel)?.href?.replace('http://localhost:8080', '')

/** A feed address of the organisation, made on its page. */
async function addressOf(code: string): Promise<{ readonly lead: Browser; readonly path: string }> {
  const lead = await app.signIn('cyber-lead', { organisation: code })
  const page = await lead.post('/feed-addresses/add', { name: 'Service desk', days: '90' }, { from: '/feed-addresses/add' })
  const path = /http:\/\/localhost:8080(\/feeds\/organisations\/[\w-]{43}\/bulletins\.atom)/.exec(page.body)?.[1]
  assert.ok(path !== undefined, page.body)
  return { lead, path }
}

test('a feed without bulletins is sound', async () => {
  assert.deepEqual(titles(await atom(PUBLIC)), [])
})

test('everybody is told what is CLEAR, of no exercise and of no group, and nothing of the rest', async () => {
  const open = await released({ title: 'For everybody', content: { summary: 'Say <script>alert(1)</script> & [here](/bulletins).' } })
  const hidden = []
  for (const tlp of ['GREEN', 'AMBER', 'AMBER+STRICT', 'RED'] as const) hidden.push(await released({ tlp, title: `Only ${tlp}` }))
  hidden.push(await released({ isExercise: true, title: 'Only an exercise' }))
  platform.clock.advanceHours(1)
  const feed = await atom(PUBLIC)
  assert.deepEqual(titles(feed), [`CC-${open.number}: For everybody`])
  const [entry] = feed.entries ?? []
  assert.equal(entry?.links?.[0]?.href, `http://localhost:8080/public/CC-${open.number}`)
  assert.deepEqual(
    entry?.categories?.map(({ term }) => term),
    ['high', 'TLP:CLEAR', 'Vulnerability'],
  )
  assert.match(entry?.content?.value ?? '', /&lt;script&gt;/)
  assert.doesNotMatch(entry?.content?.value ?? '', /<script|href="\//)
  const rss = (await visitor.get('/feeds/bulletins.rss')).body
  assert.deepEqual(
    parseRssFeed(rss).items?.map(item => item.guid?.isPermaLink),
    [false],
  )
  for (const body of [rss, (await visitor.get(PUBLIC)).body])
    for (const { number } of hidden) assert.ok(!body.includes(`CC-${number}`) && !body.includes('Only '), `CC-${number}`)
  const { rows } = await sql<{ tlp: string; told: unknown }>`select tlp, entry -> 'told' as told from interop_feed_change order by seq`.execute(db)
  assert.deepEqual(
    rows.map(({ tlp, told }) => [tlp, told === null]),
    [
      ['CLEAR', false],
      ['GREEN', false],
      ['AMBER', true],
      ['AMBER+STRICT', true],
    ],
  )
})

test('what changes in a way that matters moves `updated`, what does not leaves it, and the id stays', async () => {
  const { bulletinId, number } = await released({ title: 'It changes' })
  const entry = async () => {
    platform.clock.advanceHours(1)
    return (await atom(PUBLIC)).entries?.find(({ title }) => title?.value?.includes('It changes')) ?? assert.fail()
  }
  const first = await entry()
  await doing(work => addUpdate(work, { number, title: 'A word on backups', body: 'Check them.' }))
  await platform.runJobs()
  const noted = await entry()
  assert.equal(noted.updated, first.updated)
  assert.match(noted.content?.value ?? '', /A word on backups/)
  await doing(work => changeSeverity(work, { number, severity: 'low', reason: 'Few run it.', tells: { baseUrl: 'http://localhost:8080' } }))
  await platform.runJobs()
  const milder = await entry()
  assert.ok((milder.updated ?? '') > (first.updated ?? ''))
  assert.equal(milder.categories?.[0]?.term, 'low')
  await doing(work => withdrawBulletin(work, { number, reason: 'It was wrong.' }))
  await platform.runJobs()
  const ended = await entry()
  assert.deepEqual([ended.id, ended.published, ended.title?.value], [first.id, first.published, `Withdrawn: CC-${number}: It changes`])
  assert.ok((ended.updated ?? '') > (milder.updated ?? ''))
  assert.equal(ended.summary?.value, 'Withdrawn: It was wrong.')
  assert.ok(bulletinId.endsWith((ended.id ?? '').replace('urn:uuid:', '').replaceAll('-', '')))
})

test('who holds the newest is answered 304, and who does not gets it', async () => {
  const first = await visitor.get(PUBLIC)
  const tag = String(first.headers.etag)
  assert.match(tag, /^"[0-9a-f]{32}"$/)
  assert.equal(first.headers['cache-control'], 'public, max-age=60')
  assert.equal(first.headers['content-type'], 'application/atom+xml; charset=utf-8')
  for (const headers of [{ 'if-none-match': tag }, { 'if-modified-since': String(first.headers['last-modified']) }]) {
    const again = await visitor.get(PUBLIC, headers)
    assert.deepEqual([again.statusCode, again.body, again.headers.etag], [304, '', tag])
  }
  await released({ title: 'Something new' })
  const changed = await visitor.get(PUBLIC, { 'if-none-match': tag })
  assert.equal(changed.statusCode, 200)
  assert.notEqual(changed.headers.etag, tag)
})

test('our own gathering takes the feed in as a source, and finds nothing new in it the second time', async () => {
  const take = async () => gather(platform, SYSTEM, { address: 'feed.atom', bytes: Buffer.from((await visitor.get(PUBLIC)).body) })
  const first = await take()
  assert.deepEqual([first.failure, first.quarantined, first.added], [null, 0, (await atom(PUBLIC)).entries?.length])
  const second = await take()
  assert.deepEqual([second.added, second.changed], [0, 0])
})

test('an organisation reads by its own address what was sent to it: up to GREEN in full, above it a notice, RED and exercises not at all', async () => {
  const mine = { clear: await released({ title: 'Clear' }) } as Record<string, ReleasedBulletin>
  for (const [name, over] of Object.entries({
    green: { tlp: 'GREEN' },
    amber: { tlp: 'AMBER' },
    red: { tlp: 'RED' },
    drill: { isExercise: true },
  } as const))
    mine[name] = await released({ title: `Mine ${name}`, ...over })
  const other = await released({ tlp: 'GREEN', title: 'Sent to others' })
  const organisation = mine['clear']?.organisationIds[0] ?? assert.fail()
  for (const name of ['green', 'amber', 'red', 'drill'])
    await sql`update broadcast_recipient set organisation_id = ${organisation} where bulletin_id = ${mine[name]?.bulletinId ?? ''}`.execute(db)
  const { rows } = await sql<{ code: string }>`select code from directory_organisation where id = ${organisation}`.execute(db)
  const { lead, path } = await addressOf(rows[0]?.code ?? '')
  platform.clock.advanceHours(1)
  const feed = await atom(path)
  const number = (name: string) => `CC-${mine[name]?.number}`
  assert.deepEqual(titles(feed), [
    `[TLP:AMBER] ${number('amber')}: sign in to read it`,
    `[TLP:GREEN] ${number('green')}: Mine green`,
    `${number('clear')}: Clear`,
  ])
  const [notice] = feed.entries ?? []
  assert.deepEqual([notice?.content, notice?.links?.[0]?.href], [undefined, `http://localhost:8080/bulletins/${number('amber')}`])
  const answer = await visitor.get(path)
  for (const hidden of ['Mine amber', 'Mine red', 'Mine drill', number('red'), number('drill'), 'Sent to others', `CC-${other.number}`])
    assert.ok(!answer.body.includes(hidden), hidden)
  assert.deepEqual([answer.headers['cache-control'], answer.headers['referrer-policy']], ['private, max-age=60', 'no-referrer'])
  const token = path.split('/')[3] ?? ''
  const stored = await sql<{ all: string }>`select json_agg(t)::text as all from interop_feed_address t`.execute(db)
  assert.ok(!stored.rows[0]?.all.includes(token), 'the token is kept nowhere')
  assert.ok(!(await lead.get('/feed-addresses')).body.includes(token))
  assert.match((await lead.get('/feed-addresses')).body, /Service desk/)
  assert.doesNotMatch((await lead.get('/feed-addresses')).body, /Never/, 'that it was read is shown')
})

test('an address that has ended or expired leads nowhere, at once, and only its own organisation can end it', async () => {
  const { organisationIds } = await released({ tlp: 'GREEN' })
  const { rows } = await sql<{ code: string }>`select code from directory_organisation where id = ${organisationIds[0] ?? ''}`.execute(db)
  const { lead, path } = await addressOf(rows[0]?.code ?? '')
  const stranger = await app.signIn('cyber-lead')
  assert.equal((await visitor.get(path)).statusCode, 200)
  const end = /\/feed-addresses\/fad_[0-9a-f]{32}\/end/.exec((await lead.get('/feed-addresses')).body)?.[0] ?? assert.fail()
  assert.equal((await stranger.get(end)).statusCode, 404)
  assert.equal((await stranger.post(end, {}, { from: '/feed-addresses' })).statusCode, 404)
  assert.equal((await visitor.get(path)).statusCode, 200)
  assert.equal((await lead.post(end, {}, { from: end })).statusCode, 303)
  assert.equal((await visitor.get(path)).statusCode, 404)
  const later = await addressOf(rows[0]?.code ?? '')
  platform.clock.advanceHours(24 * 91)
  assert.equal((await visitor.get(later.path)).statusCode, 404)
  assert.equal((await visitor.get(`/feeds/organisations/${'x'.repeat(43)}/bulletins.atom`)).statusCode, 404)
})

test('from the newest document back through every archive there is each bulletin that was ever published, and an archive stays as it is', async () => {
  const before = await sql<{ last: number }>`select last from interop_feed_stamp`.execute(db)
  const { bulletinId } = await released({ title: 'The template of many' })
  // A year of bulletins, past the rules; the job that catches up tells of them.
  await sql`insert into broadcast_bulletin (id, number, state, version, author_id, title, severity, tlp, created_at, updated_at, released_at)
    select 'bul_' || lpad(to_hex(n), 32, '0'), 90000 + n, 'released', 1, author_id, title, severity, 'CLEAR', created_at,
      updated_at + n * interval '1 minute', released_at + n * interval '1 minute'
    from broadcast_bulletin, generate_series(1, 130) n where id = ${bulletinId}`.execute(db)
  await sql`insert into broadcast_version (bulletin_id, version, content, content_hash, saved_by, saved_at)
    select 'bul_' || lpad(to_hex(n), 32, '0'), 1, jsonb_set(content, '{title}', to_jsonb('One of many ' || n)), content_hash || n, saved_by, saved_at
    from broadcast_version, generate_series(1, 130) n where bulletin_id = ${bulletinId}`.execute(db)
  await runWork<object, void>(platform, SYSTEM, async work => work.enqueue(catchUpFeeds, {}))
  await platform.runJobs()
  platform.clock.advanceHours(1)
  const archives: string[] = []
  const found = new Set<string>()
  for (let address: string | undefined = PUBLIC; address !== undefined;) {
    const feed = await atom(address)
    for (const entry of feed.entries ?? []) found.add(entry.id ?? '')
    if (address !== PUBLIC) {
      archives.push((await visitor.get(address)).body)
      assert.match(archives.at(-1) ?? '', /<fh:archive\/>/)
      assert.equal(link(feed, 'current'), PUBLIC)
    }
    address = link(feed, 'prev-archive')
  }
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from broadcast_public_bulletin`.execute(db)
  assert.equal(found.size, rows[0]?.count)
  assert.equal(archives.length, Math.floor(((before.rows[0]?.last ?? 0) + 131) / 50))
  await released({ title: 'The newest' })
  platform.clock.advanceHours(1)
  const feed = await atom(PUBLIC)
  assert.equal(titles(feed)[0]?.endsWith('The newest'), true)
  const again = await visitor.get(link(feed, 'prev-archive') ?? '')
  assert.equal(again.body, archives[0], 'byte for byte')
  assert.equal(link(parseAtomFeed(archives[1] ?? ''), 'next-archive'), link(feed, 'prev-archive'))
  assert.equal((await visitor.get('/feeds/bulletins/archive/99.atom')).statusCode, 404)
  assert.equal((await visitor.get('/feeds/bulletins/archive/9999999.atom')).statusCode, 404)
  for (const page of ['0', '999999999']) assert.equal((await visitor.get(`/feeds/bulletins/archive/${page}.atom`)).statusCode, 400)
})

test('a change is logged once though the clock of another process is behind, and what was read before it is not logged after it', async () => {
  const { bulletinId, number } = await released({ title: 'Told by two' })
  const read = () => readAs<Visible, PublishedBulletin | undefined>(platform, SYSTEM, reader => publishedBulletin(reader, bulletinId))
  const stale = await read()
  assert.ok(stale !== undefined)
  const logged = async () =>
    (await sql<{ count: number }>`select count(*)::int as count from interop_feed_change where bulletin_id = ${bulletinId}`.execute(db)).rows[0]
      ?.count
  const ahead = platform.clock.now()
  platform.clock.set(new Date(ahead.getTime() - 60_000).toISOString())
  await doing(work => addUpdate(work, { number, title: 'By the slow one', body: 'More.' }))
  await platform.runJobs()
  assert.equal(await logged(), 2)
  await runWork<FeedTables, void>(platform, SYSTEM, work => logChange(work, stale, ''))
  await runWork<object, void>(platform, SYSTEM, async work => work.enqueue(catchUpFeeds, {}))
  await platform.runJobs()
  assert.equal(await logged(), 2)
  platform.clock.set(ahead.toISOString())
})

test('who asks by the time alone gets what was let in late, though it is older than what they hold', async () => {
  const old = await released({ tlp: 'GREEN', title: 'Let in late' })
  const own = await released({ tlp: 'GREEN', title: 'Known before' })
  const { rows } = await sql<{ code: string }>`select code from directory_organisation where id = ${own.organisationIds[0] ?? ''}`.execute(db)
  const { path } = await addressOf(rows[0]?.code ?? '')
  platform.clock.advanceHours(1)
  const held = { 'if-modified-since': String((await visitor.get(path)).headers['last-modified']) }
  assert.equal((await visitor.get(path, held)).statusCode, 304)
  await sql`insert into broadcast_recipient (bulletin_id, organisation_id, release_id, is_reachable)
    values (${old.bulletinId}, ${own.organisationIds[0] ?? ''}, ${old.releaseId}, true)`.execute(db)
  await tell(old.bulletinId)
  platform.clock.advanceHours(1)
  const answer = await visitor.get(path, held)
  assert.equal(answer.statusCode, 200)
  assert.match(answer.body, /Let in late/)
})
