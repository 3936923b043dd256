import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../../test/support/app.ts'
import { readCsv, walkList } from '../../../../../test/support/lists.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { gather } from '../../contract.ts'
import type { Visible } from '../../tables.ts'
import { understandAnew } from '../commands.ts'

/** Indicators of compromise: from what is gathered to the page of a threat. */
const app = await createTestApp()
const analyst = await app.signIn('analyst')

const HASH = 'ab12'.repeat(16)

function alert(id: string, more: object = {}) {
  return {
    threatId: id,
    title: `Stealer ${id}`,
    severity: 'High',
    threatType: 'Malware',
    cveIdentifiers: [{ cveIdentifier: 'CVE-2050-0001' }],
    summary:
      '<p>It calls hxxps://cdn[.]evil[.]example/a.php and bad[.]example. Read <a href="https://vendor.example/">https://vendor.example/</a>.</p>',
    publishedDate: '2026-11-01T00:00:00.000Z',
    ...more,
  }
}

async function take(...alerts: object[]): Promise<void> {
  const bytes = Buffer.from(JSON.stringify({ pageSize: 50, total: alerts.length, currentPage: 1, totalPages: 1, items: alerts }))
  const result = await gather(app.platform, SYSTEM, { address: 'alerts.json', bytes })
  assert.equal(result.failure, null)
}

async function threatPath(): Promise<string> {
  return /href="(\/threats\/thr_[0-9a-f]+)"/.exec((await analyst.get('/threats')).body)?.[1] ?? ''
}

async function values(address: string): Promise<readonly string[]> {
  return (await readCsv(analyst, address)).map(row => row['Indicator'] ?? '').toSorted()
}

test('what items name is shown once, defanged, with its label, and never as a link', async () => {
  await take(
    alert('CC-0001', { indicatorsCompromise: [{ heading: 'Network', content: `<ul><li>198.51.100.7</li><li>${HASH}</li></ul>` }] }),
    alert('CC-0002'),
  )
  const path = await threatPath()
  const { body } = await analyst.get(path)
  const section = /<table(?:(?!<table)[^])*Indicators of compromise[^]*?<\/table>/.exec(body)?.[0] ?? ''
  assert.match(section, /hxxps\[:\]\/\/cdn\[\.\]evil\[\.\]example\/a\[\.\]php/)
  assert.match(section, /198\[\.\]51\[\.\]100\[\.\]7[^]*?TLP:CLEAR/)
  assert.doesNotMatch(section, /href|vendor/)
  assert.doesNotMatch(body, /198\.51\.100\.7|cdn\.evil\.example/)
  assert.equal(body.split('bad[.]example').length - 1, 3, 'in the summary, the table and the list to copy, once each')
  assert.match(body, new RegExp(`<textarea[^>]*readonly[^>]*>[^<]*${HASH}`))
})

test('the list is searched by plain and defanged values, narrowed by type, and downloaded in either form', async () => {
  const path = await threatPath()
  const shown = [HASH, '198[.]51[.]100[.]7', 'bad[.]example', 'hxxps[:]//cdn[.]evil[.]example/a[.]php'].toSorted()
  assert.deepEqual(await values(`${path}/indicators.csv`), shown)
  assert.deepEqual(await values(`${path}/indicators.csv?form=plain&type=ipv4`), ['198.51.100.7'])
  for (const words of ['bad.example', 'BAD[.]example', 'bad%5B.%5D'])
    assert.deepEqual(await values(`${path}/indicators.csv?q=${words}`), ['bad[.]example'])
  assert.deepEqual(await values(`${path}/indicators.csv?type=sha256`), [HASH])
  const page = await analyst.get(`${path}/indicators?type=ipv4`)
  assert.match(page.body, /<strong>1 indicator<\/strong>/)
  assert.match((await analyst.get(`${path}/indicators?q=zebra`)).body, /No indicator matches/)
  for (const odd of ['?type=x', '?expiry=x', '?cursor=abc', '?q=%00'])
    assert.equal((await analyst.get(`${path}/indicators${odd}`)).statusCode, 200, odd)
  assert.equal((await analyst.get('/threats/thr_0/indicators')).statusCode, 404)
})

test('they are gone with what a changed or withdrawn item no longer says, and expire by their day', async () => {
  const path = await threatPath()
  await take(alert('CC-0001', { indicatorsCompromise: [{ heading: 'Network', content: '<p>198.51.100.8</p>' }], severity: 'Low' }), alert('CC-0002'))
  assert.ok(!(await values(`${path}/indicators.csv`)).includes(HASH))
  assert.deepEqual(await values(`${path}/indicators.csv?type=ipv4`), ['198[.]51[.]100[.]8'])
  await runWork<Visible, void>(app.platform, SYSTEM, async work => {
    await work.db.updateTable('watch_indicator').set({ valid_until: work.now }).where('type', '=', 'ipv4').execute()
    work.record({ verb: 'test', subject: { kind: 'test', id: 'test' } })
  })
  app.platform.clock.advanceHours(0.1)
  assert.deepEqual(await values(`${path}/indicators.csv?type=ipv4`), [])
  assert.deepEqual(await values(`${path}/indicators.csv?type=ipv4&expiry=expired`), ['198[.]51[.]100[.]8'])
  assert.match((await analyst.get(`${path}/indicators?type=ipv4&expiry=all`)).body, /Expired/)
  await runWork<Visible, void>(app.platform, SYSTEM, async work => {
    await work.db.updateTable('watch_item').set({ withdrawn_at: work.now }).where('external_id', '=', 'CC-0001').execute()
    work.record({ verb: 'test', subject: { kind: 'test', id: 'test' } })
  })
  assert.deepEqual(await values(`${path}/indicators.csv?type=ipv4&expiry=all`), [])
  assert.equal((await values(`${path}/indicators.csv`)).length, 2, 'the other item still names these')
})

test('a long list turns its pages', async () => {
  const many = Array.from({ length: 120 }, (_, index) => `<li>203.0.113.${index + 1}</li>`).join('')
  await take(alert('CC-0002', { indicatorsCompromise: [{ heading: 'Network', content: `<ul>${many}</ul>` }] }))
  const path = await threatPath()
  const all = await walkList(analyst, `${path}/indicators?type=ipv4`, /<th[^>]*scope="row"[^]*?(203\[\.\]0\[\.\]113\[\.\]\d+)/)
  assert.deepEqual([all.total, all.pages], [120, 3])
  assert.match((await analyst.get(path)).body, /All 122 indicators/)
})

test('what was gathered before indicators were read has them once it is read again', async () => {
  const path = await threatPath()
  const before = await values(`${path}/indicators.csv`)
  await runWork<Visible, void>(app.platform, SYSTEM, async work => {
    await work.db.deleteFrom('watch_indicator').execute()
    work.record({ verb: 'test', subject: { kind: 'test', id: 'test' } })
  })
  assert.deepEqual(await values(`${path}/indicators.csv`), [])
  await runWork<Visible, void>(app.platform, SYSTEM, async work => {
    assert.equal(await understandAnew(work, null), null)
  })
  assert.ok(before.length > 0)
  assert.deepEqual(await values(`${path}/indicators.csv`), before)
})

test('what a MISP event names keeps its own days and the narrower label', async () => {
  const event = {
    uuid: '5f0a1b2c-0000-4000-8000-000000000001',
    info: 'Invented campaign',
    date: '2026-11-01',
    timestamp: '1793500000',
    published: true,
    distribution: '3',
    Tag: [{ name: 'tlp:amber' }],
    Attribute: [
      {
        uuid: '5f0a1b2c-0000-4000-8000-000000000002',
        type: 'ip-dst',
        category: 'Network activity',
        to_ids: true,
        value: '198.51.100.99',
        timestamp: '1793500000',
        first_seen: '2026-10-05T00:00:00.000000+00:00',
        distribution: '5',
        comment: 'Command server',
      },
    ],
  }
  const result = await gather(app.platform, SYSTEM, { address: 'event.json', bytes: Buffer.from(JSON.stringify({ Event: event })) })
  assert.deepEqual([result.failure, result.added], [null, 1])
  const path = /href="(\/threats\/thr_[0-9a-f]+)"[^>]*>Invented campaign/.exec((await analyst.get('/threats')).body)?.[1] ?? ''
  const [row] = await readCsv(analyst, `${path}/indicators.csv`)
  assert.deepEqual(
    [row?.['Indicator'], row?.['TLP'], row?.['First seen']?.slice(0, 10), row?.['Note']],
    ['198[.]51[.]100[.]99', 'AMBER', '2026-10-05', 'Command server'],
  )
})

test('only the centre reads them', async () => {
  const lead = await app.signIn('cyber-lead')
  const path = await threatPath()
  assert.equal((await lead.get(`${path}/indicators`)).statusCode, 403)
  assert.equal((await lead.get(`${path}/indicators.csv`)).statusCode, 403)
})
