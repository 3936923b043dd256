import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../../test/support/app.ts'
import { readCsv, walkList } from '../../../../../test/support/lists.ts'
import { encodeCursor } from '../../../../kernel/page.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { gather } from '../../contract.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst')

/** No two entries say the same. */
/** A cursor that somebody made by hand: a text that no database takes. */
const NUL = encodeCursor(['\0', '\0'])

const ROW = /app-cell__hint">[^<]*\/vulnerabilities\/(\d+)</

test('with nothing in quarantine, the page says so and leads to the sources', async () => {
  assert.match((await analyst.get('/quarantine')).body, /Nothing is in quarantine[\s\S]*href="\/sources"/)
})

test('every sort turns the pages without a gap or a double, where all came at one instant', async () => {
  await feed('cisa-kev', 120)
  for (const [sort, back] of [
    ['when', '-when'],
    ['source', '-source'],
  ] as const) {
    const { rows, pages } = await walkList(analyst, `/quarantine?sort=${sort}`, ROW)
    assert.deepEqual([rows.length, pages], [120, 3], sort)
    assert.deepEqual((await walkList(analyst, `/quarantine?sort=${back}`, ROW)).rows, rows.toReversed(), back)
  }
})

test('a search and a filter are counted truly and stay in the address, and the download holds the same entries', async () => {
  const path = (await readCsv(analyst, '/quarantine.csv'))[0]?.['Gathering'] ?? ''
  for (const [query, count] of [
    ['', 120],
    ['q=odd-007', 1],
    ['q=CVE+ODD-01', 10],
    ['q=%25', 0],
    ['source=cisa-kev&sort=when', 120],
    ['source=elsewhere', 0],
    [`gathering=${path}&q=odd-11`, 10],
    ['gathering=gat_0', 0],
  ] as const) {
    const rows = count === 0 ? [] : (await walkList(analyst, `/quarantine?${query}`, ROW)).rows
    assert.equal(rows.length, count, query)
    const lines = await readCsv(analyst, `/quarantine.csv?${query}`)
    assert.deepEqual(
      lines.map(line => line['Where in it']?.split('/').at(-1)),
      rows,
      query,
    )
  }
  const { body } = await analyst.get('/quarantine?q=odd&source=cisa-kev&resolved=yes&sort=-source')
  assert.match(body, /value="odd"[\s\S]*<option value="cisa-kev" selected>[\s\S]*value="yes" checked[\s\S]*aria-sort="descending"/)
  assert.match((await analyst.get('/quarantine?q=zebra')).body, /Nothing in quarantine matches[\s\S]*Clear search and filters/)
  for (const odd of ['cursor=x', 'cursor=WzEsMl0', `cursor=${NUL}`, 'q=%00&source=%00&gathering=%00', 'sort=up&resolved=maybe', 'source=&gathering='])
    assert.equal((await analyst.get(`/quarantine?${odd}`)).statusCode, 200, odd)
})

test('an entry leads to its source and to its gathering, and that back to what it put aside', async () => {
  const { body } = await analyst.get('/quarantine')
  assert.match(body, /href="\/sources\/cisa-kev"/)
  const address = /href="(\/gatherings\/gat_[0-9a-f]{32})"/.exec(body)?.[1] ?? ''
  const gathering = await analyst.get(address)
  assert.match(gathering.body, />120<[\s\S]*120 of them in quarantine still/)
  const back = /href="(\/quarantine\?gathering=[^"]+)"/.exec(gathering.body)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const { total } = await walkList(analyst, back, ROW)
  assert.equal(total, 120)
  assert.match((await analyst.get(back)).body, new RegExp(`Only what <a [^>]*href="${address}">one gathering`))
})

test('what has been read since leaves the list, and is shown when asked for', async () => {
  await feed('cisa-kev', 100)
  assert.equal((await walkList(analyst, '/quarantine', ROW)).total, 100)
  const { body } = await analyst.get('/quarantine?resolved=yes&sort=when&q=odd-119')
  assert.match(body, /1 entry<[\s\S]*Read since/)
})

/** A catalogue in which nothing can be read. */
async function feed(source: string, entries: number): Promise<void> {
  const vulnerabilities = Array.from({ length: entries }, (_, index) => ({ cveID: `odd-${String(index).padStart(3, '0')}` }))
  const bytes = Buffer.from(JSON.stringify({ catalogVersion: String(entries), count: entries, vulnerabilities }))
  const { quarantined } = await gather(app.platform, SYSTEM, { address: 'feed.json', bytes })
  assert.equal(quarantined, entries, source)
}
