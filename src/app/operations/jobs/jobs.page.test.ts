import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { readCsv, walkList } from '../../../../test/support/lists.ts'
import { recountAll } from '../../../domains/watch/contract.ts'
import { gatherSource } from '../../../domains/watch/gathering/model.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'

const app = await createTestApp()
const administrator = await app.signIn('administrator')

/** The reference of each job of a list. The clock may ask for other jobs at any moment, so each list is narrowed to what these tests asked for. */
const ROW = /app-cell__hint">([0-9a-f-]{36})</
const FAILED = 120
const GATHER = 'watch.gather-source'

test('with no job that failed, the page says that there is nothing to mend and leads to the others', async () => {
  assert.match((await administrator.get('/jobs')).body, /No job has failed[\s\S]*href="\/jobs\?state=all#list"[\s\S]*Show all jobs/)
})

test('every sort turns the pages without a gap or a double, where all were asked for at one instant', async () => {
  await askForGatherings()
  await app.platform.runJobs()
  await runWork<object, void>(app.platform, SYSTEM, async work => work.enqueue(recountAll, {}))
  for (const [sort, back] of [
    ['asked', '-asked'],
    ['name', '-name'],
  ] as const) {
    const { rows, pages } = await walkList(administrator, `/jobs?sort=${sort}`, ROW)
    assert.deepEqual([rows.length, pages], [FAILED, 3], sort)
    assert.deepEqual((await walkList(administrator, `/jobs?sort=${back}`, ROW)).rows, rows.toReversed(), back)
  }
  const names = (await readCsv(administrator, '/jobs.csv?state=all&sort=name')).map(line => line['Job'])
  assert.deepEqual(names, names.toSorted())
  for (const name of [GATHER, 'watch.recount']) assert.ok(names.includes(name), name)
})

test('a search and a filter are counted truly and stay in the address, and the download holds the same jobs', async () => {
  for (const [query, count] of [
    ['', FAILED],
    ['q=feed-007', 1],
    ['q=GATHER+no+source+FEED-01', 10],
    ['q=%25', 0],
    ['kind=watch.recount', 0],
    ['state=created&kind=watch.recount', 1],
    ['state=all&q=watch.gather-source+feed', FAILED],
    [`state=all&kind=${GATHER}&sort=asked`, FAILED],
    ['state=all&kind=watch.recount&q=recount', 1],
  ] as const) {
    const total = count === 0 ? 0 : (await walkList(administrator, `/jobs?${query}`, ROW)).total
    assert.equal(total, count, query)
    const lines = await readCsv(administrator, `/jobs.csv?${query}`)
    assert.equal(lines.length, count, query)
    if (count > 0)
      assert.deepEqual(
        lines.map(line => line['Id']),
        (await walkList(administrator, `/jobs?${query}`, ROW)).rows,
        query,
      )
  }
  const { body } = await administrator.get(`/jobs?state=all&kind=${GATHER}&q=feed&sort=-name`)
  assert.match(
    body,
    /value="feed"[\s\S]*<option value="all" selected>[\s\S]*<option value="watch\.gather-source" selected>[\s\S]*aria-sort="descending"/,
  )
  assert.match(body, /href="\/jobs\.csv\?q=feed&amp;state=all&amp;kind=watch\.gather-source&amp;sort=-name"/)
  assert.match((await administrator.get('/jobs?q=zebra')).body, /No job matches[\s\S]*Show all jobs/)
  for (const odd of ['cursor=x', 'cursor=WyJhIiwiYiIsImMiXQ', 'q=%00&kind=%00', 'state=never', 'kind=&sort=up', 'q=a&q=b'])
    assert.equal((await administrator.get(`/jobs?${odd}`)).statusCode, 200, odd)
})

test('a figure opens the jobs behind it', async () => {
  const { body } = await administrator.get('/jobs')
  assert.match(body, new RegExp(`href="/jobs\\?state=failed&amp;kind=${GATHER.replaceAll('.', '\\.')}#list">${FAILED}<`))
})

test('a failed job is tried again from its row, by those who may', async () => {
  const { body } = await administrator.get('/jobs?q=feed-003')
  const address = /action="(\/jobs\/watch\.gather-source\/[0-9a-f-]{36}\/retry)"/.exec(body)?.[1]
  assert.ok(address)
  assert.match((await administrator.follow(await administrator.post(address, {}))).body, /The job is tried again\./)
  assert.equal((await readCsv(administrator, '/jobs.csv')).length, FAILED - 1)
  assert.equal((await administrator.post(address, {})).statusCode, 409)
  const manager = await app.signIn('duty-manager')
  assert.doesNotMatch((await manager.get('/jobs')).body, /Try again/)
})

/** All in one unit of work, so that they bear one instant. Each fails, because there is no such source. */
function askForGatherings(): Promise<void> {
  return runWork<object, void>(app.platform, SYSTEM, async work => {
    for (let index = 0; index < FAILED; index += 1) {
      const source = `feed-${String(index).padStart(3, '0')}`
      work.enqueue(gatherSource, { source }, { onceKey: source })
    }
  })
}
