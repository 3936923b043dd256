import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { readCsv, walkList } from '../../../../test/support/lists.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import { addSource, gather } from '../contract.ts'
import type { Visible } from '../tables.ts'
import { setEnabled } from './commands.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst')

const ROW = /href="\/sources\/([^"/]+)"/
const GATHERING = /href="\/gatherings\/([^"]+)"/

/** Most have one name, so that the edges of pages fall among them. */
const CODES = Array.from({ length: 120 }, (_, index) => `src-${String(index).padStart(3, '0')}`)
const nameOf = (code: string) => (CODES.indexOf(code) % 10 === 0 ? `Advisories of ${code}` : 'News')
const FAILING = 'src-007'
const WORKING = ['src-030', 'src-031']
const STOPPED = 'src-050'

await prepare()

test('every sort turns the pages without a gap or a double, where most share a name, and none has answered', async () => {
  for (const sort of ['need', 'name', '-name', 'success', '-success']) {
    const { rows, pages } = await walkList(analyst, `/sources?sort=${sort}`, ROW)
    assert.deepEqual([rows.toSorted(), pages], [CODES, 3], sort)
    assert.deepEqual(
      (await readCsv(analyst, `/sources.csv?sort=${sort}`)).map(line => line['Code']),
      rows,
      sort,
    )
    if (sort.endsWith('name')) {
      const names = rows.map(nameOf).toSorted()
      assert.deepEqual(rows.map(nameOf), sort === 'name' ? names : names.toReversed())
    }
  }
  const { rows } = await walkList(analyst, '/sources', ROW)
  assert.deepEqual([rows[0], rows.slice(-3, -1).toSorted(), rows.at(-1)], [FAILING, WORKING, STOPPED], 'what needs somebody first')
  assert.deepEqual((await walkList(analyst, '/sources?sort=-success', ROW)).rows.slice(0, 2).toSorted(), WORKING)
})

test('a search and a filter are counted truly and stay in the address, and the download holds the same sources', async () => {
  for (const [query, count] of [
    ['q=advisories', 12],
    ['q=ADVISORIES+of+src-05', 1],
    ['q=feeds.example/src-003', 1],
    ['q=%25', 0],
    ['health=failing', 1],
    ['health=stopped', 1],
    ['health=working', 2],
    ['health=never&format=csaf', 60],
    ['format=misp', 0],
    ['q=news&health=never&format=kev-json&sort=-name', 52],
  ] as const) {
    const rows = count === 0 ? [] : (await walkList(analyst, `/sources?${query}`, ROW)).rows
    assert.equal(rows.length, count, query)
    assert.deepEqual(
      (await readCsv(analyst, `/sources.csv?${query}`)).map(line => line['Code']),
      rows,
      query,
    )
  }
  const { body } = await analyst.get('/sources?q=news&health=never&format=csaf&sort=-name')
  assert.match(body, /value="news"[\s\S]*<option value="never" selected>[\s\S]*<option value="csaf" selected>[\s\S]*aria-sort="descending"/)
  assert.match(body, /href="\/sources\.csv\?q=news&amp;health=never&amp;format=csaf&amp;sort=-name"/)
  assert.match((await analyst.get('/sources?q=zebra')).body, /No source matches[\s\S]*Clear search and filters/)
  for (const odd of ['cursor=x', 'cursor=WyJhIiwiYiIsImMiXQ', 'q=%00&format=%00', 'health=ill', 'format=&sort=up', 'q=a&q=b'])
    assert.equal((await analyst.get(`/sources?${odd}`)).statusCode, 200, odd)
  const [failing] = await readCsv(analyst, `/sources.csv?health=failing`)
  assert.deepEqual([failing?.['Code'], failing?.['Health'], failing?.['Last success']], [FAILING, 'Failing', ''])
  assert.notEqual(failing?.['Why it fails'], '')
})

test('a source leads to all that was gathered of it, paged where all came at one instant', async () => {
  const [code = ''] = WORKING
  const { body } = await analyst.get(`/sources/${code}`)
  assert.match(body, new RegExp(`href="/sources/${code}/gatherings">All 121 gatherings<`))
  const path = `/sources/${code}/gatherings`
  const { rows, pages } = await walkList(analyst, path, GATHERING)
  assert.deepEqual([rows.length, pages], [121, 3])
  assert.deepEqual((await walkList(analyst, `${path}?sort=when`, GATHERING)).rows, rows.toReversed())
  assert.deepEqual(
    (await readCsv(analyst, `${path}.csv`)).map(line => line['Id']),
    rows,
  )
  for (const [query, count] of [
    ['outcome=failed', 60],
    ['outcome=taken', 1],
    ['q=no+answer', 60],
    ['q=file-007&sort=when', 1],
  ] as const) {
    const found = await walkList(analyst, `${path}?${query}`, GATHERING)
    assert.equal(found.total, count, query)
    assert.deepEqual(
      (await readCsv(analyst, `${path}.csv?${query}`)).map(line => line['Id']),
      found.rows,
      query,
    )
  }
  assert.match((await analyst.get(`${path}?q=zebra`)).body, /No gathering matches/)
  assert.match((await analyst.get('/sources/src-001/gatherings')).body, /Nothing gathered yet/)
  for (const odd of [`${path}?cursor=x`, `${path}?cursor=WyJhIiwiYiJd`, `${path}?outcome=odd&sort=up`])
    assert.equal((await analyst.get(odd)).statusCode, 200, odd)
  for (const unknown of ['/sources/nowhere/gatherings', '/sources/nowhere/gatherings.csv', '/gatherings/gat_0'])
    assert.equal((await analyst.get(unknown)).statusCode, 404, unknown)
})

test('a gathering says what came of it and where it came from', async () => {
  const [row] = await readCsv(analyst, `/sources/${WORKING[0]}/gatherings.csv?outcome=taken`)
  const { body } = await analyst.get(`/gatherings/${row?.['Id']}`)
  assert.match(body, /CISA KEV catalogue 1[\s\S]*Taken in[\s\S]*Advisories of src-030[\s\S]*feed\.json[\s\S]*SHA-256 [0-9a-f]{64}/)
})

async function prepare(): Promise<void> {
  await runWork<Visible, void>(app.platform, SYSTEM, async work => {
    for (const [index, code] of CODES.entries()) {
      const url = index % 3 === 0 ? `https://feeds.example/${code}` : null
      await addSource(work, { code, name: nameOf(code), format: index < 60 ? 'kev-json' : 'csaf', url })
    }
    await setEnabled(work, STOPPED, false)
  })
  const entry = { cveID: 'CVE-2052-0001', vendorProject: 'Acme', product: 'Gateway', vulnerabilityName: 'A flaw', dateAdded: '2026-11-01' }
  const vulnerabilities = [{ ...entry, shortDescription: '', requiredAction: '', dueDate: '2026-12-01', notes: '' }]
  const catalogue = Buffer.from(JSON.stringify({ catalogVersion: '1', count: 1, vulnerabilities }))
  for (const source of WORKING) await gather(app.platform, SYSTEM, { address: 'feed.json', bytes: catalogue, source })
  await gather(app.platform, SYSTEM, { address: 'odd.json', bytes: Buffer.from('neither this nor that'), source: FAILING })
  await runWork<Visible, void>(app.platform, SYSTEM, async work => {
    const { id } = await work.db
      .selectFrom('watch_source')
      .select('id')
      .where('code', '=', WORKING[0] ?? '')
      .executeTakeFirstOrThrow()
    const at = new Date(work.now.getTime() - 3_600_000)
    const rows = Array.from({ length: 120 }, (_, index) => ({
      id: work.newId('gathering'),
      source_id: id,
      at,
      address: `file-${String(index).padStart(3, '0')}`,
      outcome: index % 2 === 0 ? ('unchanged' as const) : ('failed' as const),
      failure: index % 2 === 0 ? null : 'It gave no answer.',
    }))
    await work.db.insertInto('watch_gathering').values(rows).execute()
    work.record({ verb: 'test.gathered', subject: { kind: 'source', id } })
  })
}
