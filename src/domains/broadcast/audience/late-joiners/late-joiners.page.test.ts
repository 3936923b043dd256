import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp, type SignedIn } from '../../../../../test/support/app.ts'
import { actorAs, plantOrganisations } from '../../../../../test/support/broadcast.ts'
import { runCommand } from '../../../../../test/support/command.ts'
import { readCsv } from '../../../../../test/support/lists.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst')
const manager = await app.signIn('duty-manager')
await plantOrganisations(app.platform, [
  { code: 'P1', region: 'YN' },
  { code: 'P2', region: 'YN', contacts: [] },
])

const FIELDS = {
  title: 'A flaw',
  severity: 'high',
  tlp: 'CLEAR',
  threatType: 'Vulnerability',
  confidence: 'confirmed',
  shortSummary: 'A flaw.',
  remediationIntro: 'Mend it.',
}

async function released(): Promise<{ address: string; hash: string }> {
  const address = String((await analyst.post('/bulletins/new', FIELDS, { from: '/bulletins/new' })).headers.location)
  await analyst.post(`${address}/audience`, { regions: 'YN' }, { from: `${address}/audience` })
  await analyst.post(`${address}/send-for-review`, { version: '1' }, { from: address })
  await manager.post(`${address}/approve`, { version: '1' }, { from: address })
  const hash = /name="audienceHash" value="([0-9a-f]{64})"/.exec((await manager.get(`${address}/release`)).body)?.[1] ?? ''
  assert.equal((await manager.post(`${address}/release`, { version: '1', audienceHash: hash }, { from: `${address}/release` })).statusCode, 303)
  return { address, hash }
}

test('who fits the rule since is told deliberately, with a reason; the release keeps its hash, and the catch-up has its own', async () => {
  const { address, hash } = await released()
  const late = `${address}/late-joiners`
  assert.match((await manager.get(late)).body, /Nobody is late/)
  await plantOrganisations(app.platform, [
    { code: 'P3', region: 'YN' },
    { code: 'P4', region: 'YN' },
    { code: 'P5', region: 'YS' },
  ])
  const newcomer = await app.signIn('cyber-lead', { organisation: 'P3' })
  assert.equal((await newcomer.get(address)).statusCode, 404, 'nobody joins by themselves')
  const page = await manager.get(late)
  assert.match(page.body, /Organisation P3[\s\S]*Organisation P4/)
  assert.doesNotMatch(page.body, /Organisation P5/)
  assert.doesNotMatch((await analyst.get(late)).body, /Tell them now/)
  const tell = (fields: Record<string, string | string[]>) => manager.post(late, fields, { from: late })
  const unreasoned = await tell({ codes: 'P3', reason: '' })
  assert.equal(unreasoned.statusCode, 422)
  assert.match(unreasoned.body, /Say why they are told now[\s\S]*value="P3"[^>]*checked/)
  for (const codes of ['P5', 'P1']) assert.match((await tell({ codes, reason: 'New' })).body, /no longer fits its rule/, codes)
  app.platform.clock.advanceHours(1)
  const since = app.platform.clock.now().toISOString()
  assert.equal((await tell({ codes: 'P3', reason: 'It opened last week' })).statusCode, 303)
  assert.equal((await newcomer.get(address)).statusCode, 200)
  const newTo = async (who: SignedIn) => (await who.get(`/api/v1/bulletins?changedSince=${since}`)).json<{ total: number }>().total
  assert.equal(await newTo(newcomer), 1, 'its program, which asks what is new, is told of it though it was released before')
  assert.equal(await newTo(await app.signIn('cyber-lead', { organisation: 'P1' })), 0)
  const after = (await manager.get(late)).body
  assert.match(after, /Organisation P4[\s\S]*Caught up before[\s\S]*It opened last week/)
  assert.doesNotMatch(after, /value="P3"/)
  assert.match(after, new RegExp(`at release \\(SHA-256\\): ${hash}`))
  const rows = await readCsv(manager, `${address}/frozen-audience.csv`)
  assert.deepEqual(
    rows.map(row => [row['code'], row['name'], row['reachable'], row['audience hash'] === hash, row['joined later'] !== '']),
    [
      ['P1', 'Organisation P1', 'yes', true, false],
      ['P2', 'Organisation P2', 'no', true, false],
      ['P3', 'Organisation P3', 'yes', false, true],
    ],
  )
  assert.equal((await tell({ everyone: 'yes', reason: 'The rest' })).statusCode, 303)
  assert.match((await manager.get(late)).body, /Nobody is late/)
  assert.equal((await readCsv(manager, `${address}/frozen-audience.csv`)).length, 4)
})

test('after the release nothing resolves the rule again, and the hash is that of a file which anybody can hash', async () => {
  const { address, hash } = await released()
  await plantOrganisations(app.platform, [{ code: 'P7', region: 'YN' }])
  const moved = await manager.get(`${address}/audience.csv`)
  assert.deepEqual([moved.statusCode, moved.headers.location], [303, `${address}/frozen-audience.csv`])
  const { body } = await manager.get(`${address}/frozen-audience.txt`)
  assert.equal(createHash('sha256').update(body).digest('hex'), hash)
  assert.doesNotMatch(body, /P7/)
  const given = (await manager.get(`/api/v1${address}/frozen-audience`)).json<{ hash: string; hashed: string; organisations: string[] }>()
  assert.deepEqual([given.hash, given.hashed], [hash, body])
  const number = address.split('/').at(-1) ?? ''
  const { data } = await runCommand<{ organisations: string[]; hash: string }>(app.platform, actorAs('analyst'), 'bulletins audience', [number])
  assert.deepEqual([data.organisations, data.hash], [given.organisations, hash])
  assert.equal((await manager.post(`${address}/late-joiners`, { codes: 'P7', reason: 'New' }, { from: `${address}/late-joiners` })).statusCode, 303)
  assert.equal((await manager.get(`${address}/frozen-audience.txt`)).body, body, 'nor does whoever is caught up')
  const unreleased = String((await analyst.post('/bulletins/new', FIELDS, { from: '/bulletins/new' })).headers.location)
  assert.equal((await manager.get(`${unreleased}/frozen-audience.txt`)).statusCode, 404)
})

test('nobody is caught up on what was withdrawn', async () => {
  const { address } = await released()
  await plantOrganisations(app.platform, [{ code: 'P6', region: 'YN' }])
  await sql`update broadcast_bulletin set state = 'withdrawn', withdrawn_at = now() where '/bulletins/CC-' || number = ${address}`.execute(
    app.platform.database.kysely,
  )
  const refused = await manager.post(`${address}/late-joiners`, { codes: 'P6', reason: 'New' }, { from: `${address}/late-joiners` })
  assert.match(refused.body, /not withdrawn can be caught up on/)
})
