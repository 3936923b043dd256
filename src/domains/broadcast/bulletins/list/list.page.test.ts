import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp, type Browser } from '../../../../../test/support/app.ts'
import { plantOrganisations } from '../../../../../test/support/broadcast.ts'
import { readCsv, walkList } from '../../../../../test/support/lists.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst')
const manager = await app.signIn('duty-manager')
await plantOrganisations(app.platform, [{ code: 'P1' }, { code: 'P2' }])

const FIELDS = { severity: 'high', tlp: 'CLEAR', threatType: 'Vulnerability', confidence: 'confirmed', remediationIntro: 'Wait.' }

/** Drafts a bulletin; gives its number. */
async function drafted(over: Record<string, string | string[]>): Promise<string> {
  const made = await analyst.post('/bulletins/new', { ...FIELDS, title: 'A flaw', shortSummary: 'A flaw.', ...over }, { from: '/bulletins/new' })
  assert.equal(made.statusCode, 303, made.body)
  return String(made.headers.location).slice('/bulletins/'.length)
}

async function released(over: Record<string, string | string[]>, organisation: string): Promise<string> {
  const number = await drafted(over)
  const address = `/bulletins/${number}`
  await analyst.post(`${address}/audience`, { organisations: organisation }, { from: address })
  await analyst.post(`${address}/send-for-review`, { version: '1' }, { from: address })
  await manager.post(`${address}/approve`, { version: '1' }, { from: address })
  const audienceHash = /name="audienceHash" value="([0-9a-f]{64})"/.exec((await manager.get(`${address}/release`)).body)?.[1] ?? ''
  assert.equal((await manager.post(`${address}/release`, { version: '1', audienceHash })).statusCode, 303)
  return number
}

const NUMBER = /<a class="nhsuk-link" href="\/bulletins\/(CC-\d+)">CC-/
const find = async (words: string, reader: Browser = analyst) =>
  (await walkList(reader, `/bulletins?sort=number&q=${encodeURIComponent(words)}`, NUMBER)).rows.join(' ')
const inFile = async (query: string, reader: Browser = analyst) => (await readCsv(reader, `/bulletins.csv?${query}`)).map(row => row['number'])

const larch = await drafted({ title: 'Sign-in flaw in Larch Records', summary: 'Practices on GP/Elmsys were exploited.', cves: 'CVE-2024-10001' })
const birch = await drafted({ title: 'Printer firmware', summary: `Follows ${larch}. It is worse than CVE-2024-10001 was.`, cves: 'CVE-2024-100012' })
const alder = await drafted({
  title: 'Ålder mail',
  summary: 'Install 9.2.1 from https://alder.example/fixes/hotfix today.',
  'step-1-type': 'Patch',
  'step-1-text': 'Restart the gateways',
})
const toOne = await released({ title: 'For one', summary: 'The heron flies.' }, 'P1')
const toTwo = await released({ title: 'For two', summary: 'The heron swims.' }, 'P2')

test('a search finds the words of a bulletin’s text, in any of their forms, each of which must occur', async () => {
  for (const [words, expected] of [
    ['exploiting', [larch]],
    ['elmsys', [larch]],
    ['ELMSYS practice', [larch]],
    ['exploited gateway', []],
    ['gateway', [alder]],
    ['hotfix 9.2', [alder]],
    ['sign-in', [larch]],
    ['gn-in fl', [larch]],
    ['Firmw', [birch]],
    ['what was', []],
    ['heron', [toOne, toTwo]],
  ] as const)
    assert.equal(await find(words), expected.join(' '), words)
})

test('a CC number finds its bulletin and those that speak of it, and a CVE those that name it, in full or in part', async () => {
  for (const [words, expected] of [
    [larch.toLowerCase(), [larch, birch]],
    [`${larch} firmware`, [birch]],
    [`${alder} firmware`, []],
    ['CVE-2024-10001', [larch, birch]],
    ['cve-2024-100012', [birch]],
    ['CVE-2024-1000123', []],
    ['CVE-2024', [larch, birch]],
  ] as const)
    assert.equal(await find(words), expected.join(' '), words)
})

test('signs that a search language would stumble over are only signs', async () => {
  for (const words of ["'", '\\', "o'flaw \\", '& | !', ':*', '( gateway', '%', '_', "gateway':*"]) {
    const { statusCode } = await analyst.get(`/bulletins?q=${encodeURIComponent(words)}`)
    assert.equal(statusCode, 200, words)
  }
  assert.equal(await find('%'), '')
  assert.equal(await find("( 'gateway'"), alder)
})

test('the newest version alone is searched', async () => {
  const number = await drafted({ summary: 'The first says osprey.' })
  assert.equal(await find('osprey'), number)
  const address = `/bulletins/${number}/edit`
  await analyst.post(
    address,
    { ...FIELDS, title: 'A flaw', shortSummary: 'A flaw.', summary: 'The second says kestrel.', baseVersion: '1' },
    { from: address },
  )
  assert.equal(await find('osprey'), '')
  assert.equal(await find('kestrel'), number)
})

test('an organisation finds by its words what was released to it, and nothing else', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'P1' })
  assert.equal(await find('heron', lead), toOne)
  assert.equal(await find('swims', lead), '')
  assert.equal(await find(toTwo, lead), '')
  assert.equal(await find('gateway', lead), '', 'a draft')
  assert.match((await lead.get('/bulletins?q=swims')).body, /No bulletin matches/)
  assert.deepEqual(await inFile('q=heron', lead), [toOne])
})

test('a version that was never released stays unfound, should one come to stand beside the released one', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'P1' })
  const number = await released({ summary: 'The released words: bittern.' }, 'P1')
  assert.equal(await find('bittern', lead), number)
  const db = app.platform.database.kysely
  const digits = Number(number.slice('CC-'.length))
  await sql`insert into broadcast_version select bulletin_id, 2, content || '{"summary": "Secret words: curlew."}', 'x', saved_by, saved_at
    from (select bulletin_id, content, saved_by, saved_at from broadcast_version where bulletin_id = (select id from broadcast_bulletin where number = ${digits})) as first`.execute(
    db,
  )
  assert.equal(await find('curlew', lead), '')
  await sql`update broadcast_bulletin set version = 2 where number = ${digits}`.execute(db)
  assert.equal(await find('curlew', lead), '')
  await sql`update broadcast_bulletin set version = 1 where number = ${digits}`.execute(db)
})

test('every order meets each bulletin once where all changed at one moment, the file holds the same, and the count is true', async () => {
  for (let index = 0; index < 55; index += 1) await drafted({ title: `Heap ${index}`, severity: index % 2 === 0 ? 'low' : 'medium' })
  for (const sort of ['number', '-number', 'updated', '-updated']) {
    for (const [filter, total] of [
      ['q=heap', 55],
      ['q=heap&severity=low', 28],
    ] as const) {
      const { rows, total: counted } = await walkList(analyst, `/bulletins?${filter}&sort=${sort}`, NUMBER)
      assert.equal(counted, total, `${filter} ${sort}`)
      assert.deepEqual(await inFile(`${filter}&sort=${sort}`), rows, `${filter} ${sort}`)
    }
  }
})
