import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../../test/support/app.ts'
import { readCsv, walkList } from '../../../../../test/support/lists.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { importOrganisations } from '../../../directory/organisations/commands.ts'
import type { DirectoryTables } from '../../../directory/tables.ts'
import { importTechnology } from '../../../directory/technology/commands.ts'
import { gather } from '../../gather.ts'
import type { Visible } from '../../tables.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst', { name: 'Ada Analyst' })
const assessor = await app.signIn('assessor')

const threat = await prepare()
const path = `/threats/${threat}/matches`

test('what organisations call it stands in a list that can be searched, narrowed and downloaded', async () => {
  const all = await walkList(analyst, path, /href="\/threats\/[^"]+\/matches\/(\d+)"/)
  assert.deepEqual([all.total, all.pages], [63, 2])
  for (const [query, count] of [
    ['q=plus', 1],
    ['show=runs', 62],
    ['show=may-run', 1],
    ['show=does-not', 0],
    ['show=unmatched&q=cellar', 1],
    ['show=unmatched', 0],
  ] as const) {
    const { total, rows } = await walkList(analyst, `${path}?${query}`, /href="\/threats\/[^"]+\/matches\/(\d+)"/)
    assert.equal(total, count, query)
    assert.equal((await readCsv(analyst, `${path}.csv?${query}`)).length, rows.length, query)
  }
  assert.deepEqual((await readCsv(analyst, `${path}.csv?q=plus`))[0], {
    Maker: 'Acme',
    Product: 'Gatelink Plus',
    Outcome: 'May be it',
    Why: 'They also say “plus”, which the advisory does not.',
  })
  for (const odd of ['show=nothing', 'cursor=x', 'cursor=WyIxIiwiMSJd', 'q=%00&show=unmatched'])
    assert.equal((await analyst.get(`${path}?${odd}`)).statusCode, 200, odd)
})

test('an analyst says that it is the same, with a reason, and takes it back', async () => {
  const address = await addressOf('show=may-run')
  const page = await analyst.get(address)
  assert.match(page.body, /Acme Gatelink Plus[\s\S]*Acme Gatelink[\s\S]*May be it[\s\S]*Put it right/)
  const without = await analyst.post(address, { verdict: 'same', reason: ' ' })
  assert.equal(without.statusCode, 422)
  assert.match(without.body, /Say why, so that the next person understands\.[\s\S]*value="same"[^>]*checked/)
  assert.match((await analyst.post(address, { reason: 'Kept.' })).body, /Say whether it is the same product\.[\s\S]*Kept\./)

  const said = await analyst.follow(await analyst.post(address, { verdict: 'same', reason: 'The <maker> says so.' }))
  assert.match(said.body, /It counts as the same product[\s\S]*An analyst said that it is the same: The &lt;maker&gt; says so\.[\s\S]*Ada Analyst/)
  assert.match((await analyst.get(`/threats/${threat}/organisations?match=runs&q=plus`)).body, /Plus trust/)

  const undo = /action="([^"]+\/undo)"/.exec(said.body)?.[1] ?? ''
  assert.match(
    (await analyst.follow(await analyst.post(undo, { reason: 'They erred.' }))).body,
    /The matching decides again[\s\S]*May be it[\s\S]*Undone since/,
  )
  assert.equal((await analyst.post(undo, { reason: 'Twice.' })).statusCode, 409)
})

test('what the matching did not find can be said to be the same, and what it found another', async () => {
  const cellar = await addressOf('show=unmatched&q=cellar')
  assert.match((await analyst.get(cellar)).body, /takes it for another product/)
  await analyst.post(cellar, { verdict: 'same', reason: 'We rang them.' })
  assert.match((await analyst.get(`${path}?q=cellar`)).body, /blue box[\s\S]*Is it/)
  await analyst.post(cellar, { verdict: 'different', reason: 'No.' })
  assert.match((await analyst.get(cellar)).body, /The same as Acme Gatelink/)

  const plus = await addressOf('show=may-run')
  await analyst.post(plus, { verdict: 'different', reason: 'A toy.' })
  assert.equal((await walkList(analyst, `${path}?show=does-not`, /matches\/(\d+)"/)).total, 1)
})

test('what an organisation keeps to itself shows nowhere, not even by name', async () => {
  const privately = await app.platform.database.kysely.transaction().execute(async db => {
    const { rows } = await sql<{ product_id: number }>`
      update directory_technology set shared = false, told_by = 'organisation' where product_id in (select id from directory_product where product like '%(attic)' or product like '%green box%') returning product_id`.execute(
      db,
    )
    return rows.map(row => row.product_id)
  })
  assert.equal(privately.length, 2)
  for (const query of ['q=attic&show=matched', 'q=green+box&show=unmatched'])
    assert.equal((await walkList(analyst, `${path}?${query}`, /matches\/(\d+)"/)).total, 0, query)
  assert.doesNotMatch((await analyst.get(`/threats/${threat}`)).body, /attic/)
  for (const id of privately) assert.equal((await analyst.get(`${path}/${id}`)).statusCode, 404)
})

test('who only looks is not offered to put it right, and a page of nothing is not found', async () => {
  const { body } = await assessor.get(await addressOf('show=runs'))
  assert.doesNotMatch(body, /Put it right|Undo this/)
  for (const address of [`${path}/999999`, '/threats/thr_0/matches', '/threats/thr_0/matches/1'])
    assert.equal((await analyst.get(address)).statusCode, 404, address)
})

test('names of makers are listed, added once, and ended with a reason', async () => {
  const { total, pages } = await walkList(analyst, '/maker-names?sort=-maker', /href="\/maker-names\/(\d+)\/end"/)
  assert.ok(total > 200 && pages > 4, 'those that come with CareCERT')
  const twice = await analyst.post('/maker-names', { alias: 'Acme Ltd', maker: 'ACME', why: 'The same.' })
  assert.match(twice.body, /These two count as one maker already\./)
  assert.match((await analyst.post('/maker-names', { alias: '', maker: 'Acme', why: '' })).body, /Enter the name that people write\.[\s\S]*Say why/)
  const added = await analyst.follow(await analyst.post('/maker-names', { alias: 'Zebra Boxes', maker: 'Acme', why: 'A brand.' }))
  assert.match(added.body, /count as one maker/)
  const [line] = await readCsv(analyst, '/maker-names.csv?q=zebra&source=analyst')
  assert.deepEqual([line?.['Maker'], line?.['Why'], line?.['Added by']], ['Acme', 'A brand.', 'Ada Analyst'])

  const end = /href="(\/maker-names\/\d+\/end)"/.exec((await analyst.get('/maker-names?q=zebra')).body)?.[1] ?? ''
  assert.match((await analyst.post(end, { reason: '' })).body, /Say why/)
  await analyst.post(end, { reason: 'Sold.' })
  assert.match((await analyst.get('/maker-names?q=zebra')).body, /No name matches/)
  assert.match((await analyst.get('/maker-names?q=zebra&state=ended')).body, /Ended[\s\S]*Sold\./)
  assert.doesNotMatch((await assessor.get('/maker-names')).body, /Add a name|\/end"/)
  assert.match((await analyst.post(end, { reason: 'Again.' })).body, /has ended this name already/)
})

async function addressOf(query: string): Promise<string> {
  const found = /href="(\/threats\/[^"]+\/matches\/\d+)"/.exec((await analyst.get(`${path}?${query}`)).body)?.[1]
  assert.ok(found)
  return found
}

async function prepare(): Promise<string> {
  const spellings = Array.from({ length: 61 }, (_, index) => ['Acme', `Gatelink (ward ${index})`] as const)
  const lines = [
    ...spellings,
    ['Acme', 'Gatelink Plus'] as const,
    ['', 'The blue box in the cellar'] as const,
    ['', 'The green box upstairs'] as const,
    ['Acme', 'Gatelink (attic)'] as const,
  ]
  const nothing = { regionCode: null, boardCode: null, parentCode: null, postcode: null, phone: null, openedOn: null, closedOn: null }
  await runWork<DirectoryTables, void>(app.platform, SYSTEM, async work => {
    const organisation = { type: 'trust', country: 'England', status: 'open' as const, addressLines: [], ...nothing }
    const rows = [
      { ...organisation, code: 'T1', name: 'Maple trust' },
      { ...organisation, code: 'T2', name: 'Plus trust' },
    ]
    await importOrganisations(work, { fileKind: 'test', isOutline: false, source: 'test.csv', digest: '0', rows })
    await importTechnology(work, {
      rows: lines.map(([maker, product], index) => ({
        position: `line ${index}`,
        organisationCode: product.endsWith('Plus') ? 'T2' : 'T1',
        maker,
        product,
        version: null,
        count: 1,
        asOf: null,
        cpe: null,
        purl: null,
      })),
      rejected: [],
      source: 'test',
      shared: true,
      digest: '0',
    })
  })
  const entry = {
    cveID: 'CVE-2052-0001',
    vendorProject: 'Acme',
    product: 'Gatelink',
    vulnerabilityName: 'Acme flaw',
    dateAdded: '2026-11-01',
    shortDescription: '',
    requiredAction: '',
    dueDate: '2026-12-01',
    notes: '',
  }
  await gather(app.platform, SYSTEM, {
    address: 'feed.json',
    bytes: Buffer.from(JSON.stringify({ catalogVersion: '1', count: 1, vulnerabilities: [entry] })),
  })
  await app.platform.runJobs()
  const row = await readAs<Visible, { id: string }>(app.platform, SYSTEM, db => db.selectFrom('watch_threat').select('id').executeTakeFirstOrThrow())
  return row.id
}
