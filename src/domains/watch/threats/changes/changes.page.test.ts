import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../../test/support/app.ts'
import { readCsv, walkList } from '../../../../../test/support/lists.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { gather } from '../../contract.ts'

/** What a shift reads when it begins. */
const app = await createTestApp()

function entry(number: number, more: object = {}) {
  return {
    cveID: `CVE-2050-${String(number).padStart(4, '0')}`,
    vendorProject: `Maker${number}`,
    product: 'Gateway',
    vulnerabilityName: `Flaw ${number}`,
    dateAdded: '2026-11-01',
    shortDescription: 'A flaw.',
    requiredAction: 'Apply updates.',
    dueDate: '2026-12-01',
    knownRansomwareCampaignUse: 'Unknown',
    notes: '',
    ...more,
  }
}

async function take(vulnerabilities: readonly object[]): Promise<void> {
  const bytes = Buffer.from(JSON.stringify({ catalogVersion: '1', count: vulnerabilities.length, vulnerabilities }))
  await gather(app.platform, SYSTEM, { address: 'feed.json', bytes })
}

await take([entry(1), entry(2), entry(3)])
app.platform.clock.advanceHours(48)
const ada = await app.signIn('analyst', { name: 'Ada Analyst' })

async function what(address: string): Promise<readonly string[]> {
  const { body } = await ada.get(address)
  const table = /<tbody[^]*<\/tbody>/.exec(body)?.[0] ?? ''
  return table
    .split('<tr')
    .slice(1)
    .map(row =>
      row
        .replace(/<span class="nhsuk-table__heading"[^]*?<\/span>/g, ' ')
        .replace(/<[^>]*>?/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    )
}

test('what came before the last visit is not told', async () => {
  assert.match((await ada.get('/threats/changes')).body, /Nothing has changed/)
  assert.match((await ada.get('/threats')).body, /href="\/threats\/changes"/)
  assert.match((await ada.get('/')).body, /href="\/threats\/changes\?since=/)
})

test('new threats, what sources changed that matters, and who took what are told, newest first', async () => {
  await take([
    entry(1, { knownRansomwareCampaignUse: 'Known' }),
    entry(2, { dueDate: '2026-11-28' }),
    entry(3, { notes: 'Said otherwise' }),
    entry(4),
  ])
  const path = /href="(\/threats\/thr_[0-9a-f]+)"/.exec((await ada.get('/threats?q=0002')).body)?.[1] ?? ''
  app.platform.clock.advanceHours(1)
  await ada.post(`${path}/take-up`, {}, { from: path })
  const rows = await what('/threats/changes')
  assert.equal(rows.length, 4, rows.join('\n'))
  assert.match(rows[0] ?? '', /Flaw 2 Taken or given .*Taken up Ada Analyst/)
  assert.ok(
    rows.some(row => /Flaw 1 Used in ransomware attacks .*changed CVE-2050-0001.*Known ransomware use/.test(row)),
    rows.join('\n'),
  )
  assert.ok(rows.some(row => /Flaw 2 What to do may change .*Due date/.test(row)))
  assert.ok(rows.some(row => /Flaw 4 New /.test(row)))
  assert.ok(!rows.some(row => row.includes('Flaw 3')), 'new words alone are no news')
})

test('what was dismissed and came back says why', async () => {
  const path = /href="(\/threats\/thr_[0-9a-f]+)"/.exec((await ada.get('/threats?q=0003')).body)?.[1] ?? ''
  await ada.post(`${path}/dismiss`, { reason: 'Nobody has it' }, { from: path })
  app.platform.clock.advanceHours(0.5)
  await take([entry(1, { knownRansomwareCampaignUse: 'Known' }), entry(2, { dueDate: '2026-11-28' }), entry(3, { dueDate: '2026-11-28' }), entry(4)])
  assert.deepEqual(
    (await what('/threats/changes?kind=reopened')).map(row => /Flaw 3 Back in the queue .*Opened again .*changed: due date/.test(row)),
    [true],
  )
  assert.match((await what('/threats/changes?kind=decided')).join(), /Flaw 3 Decided .*Dismissed Nobody has it/)
})

test('the list narrows, turns its pages and downloads what it counts', async () => {
  assert.equal((await what('/threats/changes?q=maker2')).length, 2)
  assert.match((await ada.get('/threats/changes?q=zebra')).body, /No change matches/)
  for (const odd of ['?since=yesterday', '?kind=x', '?cursor=abc', '?q=%00'])
    assert.equal((await ada.get(`/threats/changes${odd}`)).statusCode, 200, odd)
  await take([1, 2, 3, 4].map(number => entry(number)).concat(Array.from({ length: 60 }, (_, index) => entry(100 + index))))
  const all = await walkList(ada, '/threats/changes?kind=new', /<th[^>]*scope="row"[^]*?href="(\/threats\/thr_[0-9a-f]+)"/)
  assert.deepEqual([all.total, all.pages], [61, 2])
  assert.equal((await readCsv(ada, '/threats/changes.csv?kind=new')).length, 61)
})

test('only the centre reads it', async () => {
  const lead = await app.signIn('cyber-lead')
  assert.equal((await lead.get('/threats/changes')).statusCode, 403)
})
