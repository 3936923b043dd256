import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { sharedData, skipWithoutSharedData } from '../../../../test/support/shared-data.ts'
import { Forbidden, Invalid, NotFound } from '../../../kernel/errors.ts'
import { createFetcher } from '../../../platform/fetch/fetch.ts'
import { ANONYMOUS, SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { gather } from '../gather.ts'
import { addSource } from '../sources/commands.ts'
import { healthOf } from '../sources/model.ts'
import { listSources, type SourceRow } from '../sources/queries.ts'
import type { Visible } from '../tables.ts'
import type { GatherResult } from '../take-document.ts'
import { listThreats, NO_FILTER } from '../threats/queries/list.ts'
import { timelineOfThreat } from '../threats/queries/show.ts'
import { actOnThreat } from '../threats/triage/commands.ts'
import { gatherDue } from './model.ts'
import { ALL_OPEN, listQuarantine } from './quarantine/queries.ts'

const platform = await createTestPlatform()
const KEV_1 = 'kev/2025-01-24/known_exploited_vulnerabilities.json'
const KEV_2 = 'kev/2025-02-05/known_exploited_vulnerabilities.json'
const skip = skipWithoutSharedData

test('a whole catalogue is gathered, twice without a change, then the next exactly as it differs', { skip }, async () => {
  assert.deepEqual(countsOf(await take(sharedData(KEV_1))), {
    source: 'cisa-kev',
    added: 1252,
    changed: 0,
    withdrawn: 0,
    unchanged: 0,
    quarantined: 0,
  })
  const before = await snapshot()
  assert.deepEqual(countsOf(await take(sharedData(KEV_1))), {
    source: 'cisa-kev',
    added: 0,
    changed: 0,
    withdrawn: 0,
    unchanged: 1252,
    quarantined: 0,
  })
  assert.deepEqual(await snapshot(), before)
  assert.equal(await lastOutcome(), 'unchanged')

  const expected = JSON.parse(readFileSync(sharedData('kev/EXPECTED-delta-2025-01-24_2025-02-05.json'), 'utf8')) as {
    added: string[]
    removed: string[]
    changed: object
  }
  assert.deepEqual(countsOf(await take(sharedData(KEV_2))), {
    source: 'cisa-kev',
    added: expected.added.length,
    changed: Object.keys(expected.changed).length,
    withdrawn: expected.removed.length,
    unchanged: 1252,
    quarantined: 0,
  })
  const added = await read(db =>
    db
      .selectFrom('watch_item_change as change')
      .innerJoin('watch_item as item', 'item.id', 'change.item_id')
      .innerJoin('watch_gathering as gathering', 'gathering.id', 'change.gathering_id')
      .select(['item.external_id', 'change.kind'])
      .where('gathering.label', '=', 'CISA KEV catalogue 2025.02.05')
      .orderBy('item.external_id')
      .execute(),
  )
  assert.deepEqual(added.map(row => row.external_id).toSorted(), expected.added.toSorted())
  assert.ok(added.every(row => row.kind === 'added'))
})

test('an older catalogue undoes nothing of a newer one, and says so', { skip }, async () => {
  const result = await take(sharedData(KEV_1))
  assert.deepEqual([result.withdrawn, result.unchanged], [0, 1252])
  assert.match(result.remarks[0] ?? '', /older than what was gathered before/)
})

test('each entry is a threat of its own that says why it is pressing', { skip }, async () => {
  const { rows, total } = await threats('CVE-2024-29059')
  assert.equal(total, 1)
  assert.equal(rows[0]?.priority, 'Urgent')
  assert.equal(rows[0]?.reason, "On CISA's list of exploited flaws since 4 February 2025; no organisation is known to run it.")
  const all = await read(db => listThreats(db, { ...NO_FILTER, ransomware: true }, 'pressing', { limit: 1, cursor: null }))
  assert.equal(all.rows[0]?.priority, 'Act now')
  assert.match(all.rows[0]?.reason ?? '', /; used in ransomware attacks; /)
})

test('the page of NHS cyber alerts and every medical advisory are gathered, each publisher under its own source', { skip }, async () => {
  assert.deepEqual(countsOf(await take(sharedData('nhs-alerts/cyber-alerts-api-page.json'))), {
    source: 'nhs-cyber-alerts',
    added: 10,
    changed: 0,
    withdrawn: 0,
    unchanged: 0,
    quarantined: 0,
  })
  const folder = sharedData('csaf/cisa-medical/')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.json'))
  for (const name of files)
    assert.deepEqual(
      countsOf(await take(folder + name)),
      { source: 'csaf-cisa.gov', added: 1, changed: 0, withdrawn: 0, unchanged: 0, quarantined: 0 },
      name,
    )
  assert.deepEqual(countsOf(await take(folder + files[0])), {
    source: 'csaf-cisa.gov',
    added: 0,
    changed: 0,
    withdrawn: 0,
    unchanged: 1,
    quarantined: 0,
  })
})

test('an advisory joins the threat of the catalogue entry whose CVE it shares, and both sources show', { skip }, async () => {
  const { rows } = await threats('CVE-2017-0143')
  assert.deepEqual(
    rows.map(row => row.sources.map(source => source.code)),
    [['csaf-cisa.gov', 'cisa-kev']],
  )
  const why = await read(db =>
    db
      .selectFrom('watch_threat_item')
      .select('why')
      .where('threat_id', '=', rows[0]?.id ?? '')
      .execute(),
  )
  assert.deepEqual(why.map(row => row.why).toSorted(), [
    'It is about CVE-2017-0143, as this threat is.',
    'It was the first gathered about CVE-2017-0143.',
  ])
})

test('every item knows where it came from, when, and the hash of its bytes', { skip }, async () => {
  const items = await read(db =>
    db
      .selectFrom('watch_item as item')
      .innerJoin('watch_gathering as gathering', 'gathering.id', 'item.gathering_id')
      .select(['item.bytes_hash', 'gathering.address', 'gathering.at', 'gathering.bytes_hash as document'])
      .execute(),
  )
  assert.ok(
    items.every(
      item =>
        /^[0-9a-f]{64}$/.test(item.bytes_hash) && item.bytes_hash === item.document && item.address.endsWith('.json') && item.at instanceof Date,
    ),
  )
})

test('what changes, goes and comes back in a catalogue is told apart, and known ransomware use moves the threat up', async () => {
  const platformSource = await catalogueSource()
  const [a, b, c] = [entry('CVE-2031-0001'), entry('CVE-2031-0002'), entry('CVE-2031-0003')]
  assert.deepEqual(tally(await feed(platformSource, '1', [a, b, c])), [3, 0, 0, 0])
  assert.equal((await threats('CVE-2031-0001')).rows[0]?.priority, 'Urgent')

  assert.deepEqual(tally(await feed(platformSource, '2', [{ ...a, knownRansomwareCampaignUse: 'Known', dueDate: '2031-03-01' }, b])), [0, 1, 1, 1])
  const [up] = (await threats('CVE-2031-0001')).rows
  assert.equal(up?.priority, 'Act now')
  const timeline = await read(db => timelineOfThreat(db, up?.id ?? ''))
  assert.deepEqual(timeline[0]?.fields, ['kev.dueDate', 'kev.knownRansomwareUse'])
  const [gone] = (await threats('CVE-2031-0003')).rows
  assert.deepEqual([gone?.isWithdrawn, gone?.priority, gone?.reason], [true, 'Low', 'Withdrawn by its source; no organisation is known to run it.'])

  assert.deepEqual(tally(await feed(platformSource, '3', [{ ...a, knownRansomwareCampaignUse: 'Known', dueDate: '2031-03-01' }, b, c])), [0, 1, 0, 2])
  assert.equal((await threats('CVE-2031-0003')).rows[0]?.isWithdrawn, false)
})

test('an entry that cannot be read is put aside with its reason, the rest goes on, and it leaves quarantine once it reads', async () => {
  const source = await catalogueSource()
  const bad = { ...entry('CVE-2032-0002'), dateAdded: 'yesterday' }
  const first = await feed(source, '1', [entry('CVE-2032-0001'), bad, 'not an entry'])
  assert.deepEqual([first.added, first.quarantined], [1, 2])
  assert.deepEqual(
    (await quarantined(source)).map(row => row.external_id),
    [null, 'CVE-2032-0002'],
  )
  assert.match((await quarantined(source))[1]?.reason ?? '', /CVE-2032-0002: the date it was added should look like 2024-01-31, and is "yesterday"/)

  await feed(source, '2', [entry('CVE-2032-0001'), bad, 'not an entry'])
  assert.equal((await quarantined(source)).length, 2, 'the same is not put aside twice')
  const second = await feed(source, '3', [entry('CVE-2032-0001'), entry('CVE-2032-0002')])
  assert.deepEqual([second.added, second.quarantined], [1, 0])
  assert.deepEqual(await quarantined(source), [])
})

test('an entry that can be read no more is put aside, not withdrawn', async () => {
  const source = await catalogueSource()
  await feed(source, '1', [entry('CVE-2033-0001'), entry('CVE-2033-0002')])
  const second = await feed(source, '2', [entry('CVE-2033-0001'), { ...entry('CVE-2033-0002'), dateAdded: '' }])
  assert.deepEqual(tally(second), [0, 0, 0, 1])
  assert.equal((await threats('CVE-2033-0002')).rows[0]?.isWithdrawn, false)
})

test('hostile and broken files are refused in words, recorded, and change nothing', async () => {
  const before = await snapshot()
  const files: [string, string | Buffer, RegExp][] = [
    ['empty', '', /is empty/],
    ['cut off', '{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-20', /cut off/],
    ['a web page', '<!doctype html><title>Sign in</title>', /web page/],
    ['a program', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3]), /not text in UTF-8/],
    ['a zip file', Buffer.from([0x50, 0x4b, 0x03, 0x04, 0x14]), /not text in UTF-8/],
    ['nesting', '['.repeat(100_000), /levels deep/],
    ['other JSON', '{"hello":"world"}', /of no kind that can be gathered/],
    ['a prototype', '{"__proto__":{"vulnerabilities":[]}}', /of no kind that can be gathered/],
    ['50 MB', Buffer.alloc(50 * 1024 * 1024, '[1,'), /levels deep/],
  ]
  for (const [name, bytes, reason] of files) {
    const result = await gather(platform, SYSTEM, { address: `hostile/${name}.json`, bytes: Buffer.from(bytes) })
    assert.match(result.failure ?? 'nothing', reason, name)
    assert.deepEqual([result.source, result.quarantined], ['unrecognised', 1], name)
  }
  assert.deepEqual(await snapshot(), before)
  assert.equal((await quarantined('unrecognised')).length, files.length)
  await gather(platform, SYSTEM, {
    address: 'hostile/other JSON.json',
    bytes: catalogue('1', [entry('CVE-2034-0001')]),
    source: await catalogueSource(),
  })
  assert.equal((await quarantined('unrecognised')).length, files.length - 1, 'a file that reads now leaves quarantine')
})

test('a document of another format than its source gives is refused', async () => {
  const source = await catalogueSource()
  const alerts = Buffer.from(JSON.stringify({ pageSize: 1, total: 1, currentPage: 1, totalPages: 1, items: [{ threatId: 'CC-1', title: 'x' }] }))
  assert.match((await gather(platform, SYSTEM, { address: 'a', bytes: alerts, source })).failure ?? '', /gives CISA catalogue/)
})

test('a file goes to the usual source of its kind, not to one fed by hand of its own', async () => {
  await catalogueSource()
  const { source: taken } = await gather(platform, SYSTEM, {
    address: 'usual.json',
    bytes: Buffer.from('{"vulnerabilities":[],"catalogVersion":"0"}'),
  })
  assert.equal(taken, 'cisa-kev')
})

test('a missing file and an unknown source are errors, and need the permission first', async () => {
  await assert.rejects(gather(platform, SYSTEM, { address: '/nowhere/kev.json' }), Invalid)
  await assert.rejects(gather(platform, SYSTEM, { address: 'x', source: 'nowhere' }), NotFound)
  await assert.rejects(gather(platform, ANONYMOUS, { address: 'x' }), Forbidden)
})

test('a file that is too large is refused with the limit, and with what to do', async () => {
  const path = join(tmpdir(), `carecert-large-${process.pid}.json`)
  writeFileSync(path, '')
  truncateSync(path, 65 * 1024 * 1024)
  try {
    assert.match((await take(path)).failure ?? '', /^This is larger than 64 MB, and no list whose entries can be read one by one .* Split it\.$/)
    const narrow = { ...platform, fetch: createFetcher({ allowPrivate: [], largestFileBytes: 64 * 1024 * 1024 }) }
    await assert.rejects(gather(narrow, SYSTEM, { address: path }), {
      message: `${path} is larger than 64 MB. Split it, or raise GATHER_LARGEST_MB.`,
    })
  } finally {
    rmSync(path)
  }
})

test('a source that gives no answer is failing since its first failure, with the reason, and works again after a success', async () => {
  const url = 'http://127.0.0.1:9/kev.json'
  await runWork<Visible, unknown>(platform, SYSTEM, work => addSource(work, { code: 'silent', name: 'Silent', format: 'kev-json', url }))
  assert.equal(healthOf(await source('silent'), platform.clock.now()), 'never')
  const since = platform.clock.now()
  const offline = { ...platform, fetch: createFetcher({ allowPrivate: ['127.0.0.1:9'] }) }
  for (let hour = 0; hour < 2; hour += 1) {
    assert.match((await gather(offline, SYSTEM, { address: url })).failure ?? '', /gave no answer/)
    platform.clock.advanceHours(1)
  }
  const failing = await source('silent')
  assert.deepEqual([healthOf(failing, platform.clock.now()), failing.failingSince], ['failing', since])
  assert.match(failing.failure ?? '', /gave no answer/)
  await gather(platform, SYSTEM, { address: url, bytes: catalogue('1', [entry('CVE-2035-0001')]) })
  assert.equal(healthOf(await source('silent'), platform.clock.now()), 'working')
  platform.clock.advanceHours(48)
  assert.equal(healthOf(await source('silent'), platform.clock.now()), 'stale')
})

test('the clock asks for each due source once', async () => {
  await runWork(platform, SYSTEM, async work => work.enqueue(gatherDue, {}))
  await platform.runJobs()
  // The fetcher of the test refuses the private address, which is a failure of that source and of nothing else.
  assert.equal(healthOf(await source('silent'), platform.clock.now()), 'failing')
})

test('a dismissed threat leaves the queue and says why it went', async () => {
  const source = await catalogueSource()
  await feed(source, '1', [entry('CVE-2036-0001')])
  const id = (await threats('CVE-2036-0001')).rows[0]?.id ?? ''
  await assert.rejects(
    runWork<Visible, unknown>(platform, SYSTEM, work => actOnThreat(work, id, 'dismiss', '  ')),
    Invalid,
  )
  await runWork<Visible, unknown>(platform, SYSTEM, work => actOnThreat(work, id, 'dismiss', 'Nobody has it'))
  assert.equal((await threats('CVE-2036-0001')).total, 0)
  const timeline = await read(db => timelineOfThreat(db, id))
  assert.deepEqual([timeline[0]?.action, timeline[0]?.note], ['dismiss', 'Nobody has it'])
  await assert.rejects(
    runWork<Visible, unknown>(platform, SYSTEM, work => actOnThreat(work, id, 'close', '')),
    /You can open again/,
  )
})

function take(address: string): Promise<GatherResult> {
  return gather(platform, SYSTEM, { address })
}

function read<R>(body: (db: Parameters<typeof listSources>[0]) => Promise<R>): Promise<R> {
  return readAs<Visible, R>(platform, SYSTEM, body)
}

function threats(search: string) {
  return read(db => listThreats(db, { ...NO_FILTER, search }, 'pressing', { limit: 50, cursor: null }))
}

async function source(code: string): Promise<SourceRow> {
  const [found] = await read(db => listSources(db, code))
  assert.ok(found)
  return found
}

async function quarantined(code: string) {
  const { rows, total } = await read(db => listQuarantine(db, { ...ALL_OPEN, source: code }, '-when', { limit: 100, cursor: null }))
  assert.equal(rows.length, total)
  return rows
}

/** What must not move when nothing new is gathered. */
function snapshot() {
  return read(async db => ({
    items: await db.selectFrom('watch_item').select(['id', 'content_hash', 'last_gathered_at', 'withdrawn_at']).orderBy('id').execute(),
    changes: await db
      .selectFrom('watch_item_change')
      .select(eb => eb.fn.countAll().as('n'))
      .execute(),
    threats: await db.selectFrom('watch_threat').select(['id', 'updated_at', 'priority']).orderBy('id').execute(),
    links: await db.selectFrom('watch_threat_item').select(['threat_id', 'item_id']).orderBy('item_id').execute(),
  }))
}

async function lastOutcome() {
  const row = await read(db => db.selectFrom('watch_gathering').select('outcome').orderBy('id', 'desc').limit(1).executeTakeFirst())
  return row?.outcome
}

let made = 0
/** A catalogue source of its own for a test, so that what it lacks withdraws nothing of another. */
async function catalogueSource(): Promise<string> {
  made += 1
  const code = `catalogue-${made}`
  await runWork<Visible, unknown>(platform, SYSTEM, work => addSource(work, { code, name: code, format: 'kev-json', url: null }))
  return code
}

function entry(cveID: string) {
  return {
    cveID,
    vendorProject: 'Acme',
    product: 'Gateway',
    vulnerabilityName: `Acme Gateway flaw ${cveID}`,
    dateAdded: '2031-01-02',
    shortDescription: 'A flaw.',
    requiredAction: 'Apply updates.',
    dueDate: '2031-02-02',
    knownRansomwareCampaignUse: 'Unknown',
    notes: '',
    cwes: [],
  }
}

function catalogue(version: string, vulnerabilities: readonly unknown[]): Buffer {
  return Buffer.from(
    JSON.stringify({
      title: 'x',
      catalogVersion: version,
      dateReleased: `2031-01-0${version}T00:00:00Z`,
      count: vulnerabilities.length,
      vulnerabilities,
    }),
  )
}

function feed(code: string, version: string, vulnerabilities: readonly unknown[]): Promise<GatherResult> {
  return gather(platform, SYSTEM, { address: `${code}.json`, bytes: catalogue(version, vulnerabilities), source: code })
}

function countsOf({ source: code, added, changed, withdrawn, unchanged, quarantined: aside }: GatherResult) {
  return { source: code, added, changed, withdrawn, unchanged, quarantined: aside }
}

function tally({ added, changed, withdrawn, unchanged }: GatherResult) {
  return [added, changed, withdrawn, unchanged]
}
