import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import type { IntelligenceBatch } from '../../kernel/intelligence.ts'
import { listAt, memberOf, recordAt, textAt } from '../../kernel/json.ts'
import type { Result } from '../../kernel/problem.ts'
import { parseNhsCyberAlerts, readNhsCyberAlerts, recognisesNhsCyberAlerts } from './page.ts'

function valueOf(result: Result<IntelligenceBatch>): IntelligenceBatch {
  assert.ok(result.ok, JSON.stringify(result.problems))
  return result.value
}

function pageOf(items: readonly unknown[]): unknown {
  return { pageSize: 10, total: items.length, items, currentPage: 1, totalPages: 1 }
}

const FULL = {
  threatId: 'cc-4321',
  title: 'Exploitation of Acme Gateway',
  publishedDate: 1541030400000,
  severity: 'Low',
  severityStatusHistory: [
    { severity: 'Medium', date: 1541030400000 },
    { severity: 'High', date: 1543622400000 },
    { severity: 'Information only', date: 1541116800000 },
  ],
  category: ['Exploit'],
  threatType: 'Vulnerability',
  threatvector: ['Zero day'],
  threatAffects: [{ platformText: '<p>Acme&nbsp;Gateway</p>', versionsAffected: ['9.1', '9.2'] }],
  threatUpdates: [
    { date: 1546300800000, title: 'Patched', content: { content: '<p>Acme has <a href="/cyber-alerts">patched</a>.</p>', hippoHtml: true } },
  ],
  remediationIntro: '<p>Do this:</p>',
  remediationSteps: [{ type: 'Patch', step: '<p>Install 9.3</p>', link: 'https://acme.example/patch' }],
  indicatorsCompromise: [{ heading: 'Network', content: '<ul><li>192.0.2.1</li></ul>' }],
  cveIdentifiers: [
    { cveIdentifier: 'cve-2018-12345', cveStatus: 'Published', cveText: '' },
    { cveIdentifier: 'CVE-tbc', cveStatus: 'Reserved' },
  ],
  ncscLink: 'https://ncsc.example/acme',
  sourceOfThreatUpdates: ['https://acme.example/advisory', 'telephone call'],
  cyberAcknowledgements: [{ linkAddress: 'https://respond.example/', responseDatetime: 1541203200000 }],
  basePath: 'http://digital.nhs.uk/cyber-alerts/2018/cc-4321/cc-4321',
  hippoDocumentBean: true,
  versionedNode: false,
  summary: '<p>First &amp; <b>worst</b>:</p><ul><li>one</li><li>two &lt;3</li></ul>',
}

test('an alert keeps what the manual of the CMS lists, the CMS itself is passed over', () => {
  const item = valueOf(readNhsCyberAlerts(pageOf([FULL]))).items[0]
  assert.ok(item !== undefined)
  assert.equal(item.externalId, 'CC-4321')
  assert.equal(item.summary, 'First & worst:\n- one\n- two <3')
  assert.equal(item.url, 'https://digital.nhs.uk/cyber-alerts/2018/cc-4321')
  assert.equal(item.published?.toISOString(), '2018-11-01T00:00:00.000Z')
  assert.equal(item.updated?.toISOString(), '2019-01-01T00:00:00.000Z')
  assert.deepEqual(item.cves, ['CVE-2018-12345'])
  assert.deepEqual(
    item.products.map(product => [product.product, product.version]),
    [
      ['Acme Gateway', '9.1'],
      ['Acme Gateway', '9.2'],
    ],
  )
  assert.deepEqual(item.references, ['https://ncsc.example/acme', 'https://acme.example/advisory', 'https://acme.example/patch'])
  assert.deepEqual(item.details['acknowledgements'], [{ link: 'https://respond.example/', respondBy: '2018-11-03T00:00:00.000Z' }])
  assert.deepEqual(item.details['vectors'], ['Zero day'])
  const update = listAt(item.details, 'updates')[0]
  assert.equal(
    memberOf(update, 'contentHtml'),
    '<p>Acme has <a href="https://digital.nhs.uk/cyber-alerts" rel="noopener noreferrer">patched</a>.</p>',
  )
  assert.equal(memberOf(item.details, 'hippoDocumentBean'), undefined)
})

test('the severity is that of the latest date, wherever it stands, and not the field kept for old readers', () => {
  assert.equal(valueOf(readNhsCyberAlerts(pageOf([FULL]))).items[0]?.severity, 'high')
  const calmed = {
    ...FULL,
    severityStatusHistory: [
      { severity: 'High', date: 1 },
      { severity: 'Medium', date: 3 },
      { severity: 'High', date: 2 },
    ],
  }
  assert.equal(valueOf(readNhsCyberAlerts(pageOf([calmed]))).items[0]?.severity, 'medium')
  const { severityStatusHistory: _, ...old } = FULL
  assert.equal(valueOf(readNhsCyberAlerts(pageOf([old]))).items[0]?.severity, 'low')
  const tie = { ...FULL, severityStatusHistory: [{ severity: 'Low', date: 5 }, { severity: 'High', date: 5 }, { severity: 'Medium' }] }
  assert.equal(valueOf(readNhsCyberAlerts(pageOf([tie]))).items[0]?.severity, 'high')
})

test('nothing executable is left of hostile HTML, and its words are', () => {
  const summary =
    '<p onclick="x()">Hello<script>alert(1)</script><style>p{}</style><iframe src="//evil.example"></iframe><img src=x onerror=alert(1)></p>' +
    '<a href="javascript:alert(1)">one</a><a href="JaVa\nScript:alert(1)">two</a><a href="//evil.example/x">three</a><a href="data:text/html,x">four</a><svg><script>y</script></svg>&lt;script&gt;'
  const item = valueOf(readNhsCyberAlerts(pageOf([{ ...FULL, summary }]))).items[0]
  const html = textAt(item?.details, 'summaryHtml') ?? ''
  assert.doesNotMatch(html, /<script|<style|<iframe|<img|<svg|onclick|onerror|javascript:|data:/i)
  assert.deepEqual(html.match(/href="[^"]*"/g), ['href="https://evil.example/x"'])
  assert.equal(item?.summary, 'Hello\nonetwothreefour<script>')
})

test('deeply nested HTML is cut at a depth', () => {
  const item = valueOf(readNhsCyberAlerts(pageOf([{ ...FULL, summary: `${'<ul><li>'.repeat(5_000)}x` }]))).items[0]
  assert.ok((textAt(item?.details, 'summaryHtml') ?? '').length < 1_000)
})

test('an alert that is not for the public, given with an id and a date only, is kept and said to lack a title', () => {
  const result = readNhsCyberAlerts(pageOf([{ threatId: 'CC-9', publishedDate: 1541030400000 }]))
  const item = valueOf(result).items[0]
  assert.equal(item?.title, 'NHS cyber alert CC-9')
  assert.deepEqual([item?.severity, item?.url, item?.references], [null, null, []])
  assert.match(result.problems[0]?.message ?? '', /CC-9 has no title/)
})

test('alerts without a usable id and doubles are put aside, the rest goes on', () => {
  const batch = valueOf(readNhsCyberAlerts(pageOf([{ ...FULL, threatId: 'nonsense' }, FULL, 'text', FULL])))
  assert.deepEqual(
    batch.items.map(item => item.externalId),
    ['CC-4321'],
  )
  assert.deepEqual(
    batch.rejected.map(entry => [entry.position, entry.externalId]),
    [
      ['/items/0', null],
      ['/items/2', null],
      ['/items/3', 'CC-4321'],
    ],
  )
})

test('one alert alone is read too, and a page never claims to be everything', () => {
  const single = valueOf(readNhsCyberAlerts(FULL))
  assert.equal(single.label, 'NHS cyber alert CC-4321')
  assert.equal(single.items.length, 1)
  assert.equal(valueOf(readNhsCyberAlerts(pageOf([FULL]))).complete, false)
})

test('other JSON is refused', () => {
  for (const json of [{}, { items: [] }, { items: [{}], pageSize: 1 }, [FULL], null, { vulnerabilities: [] }, { error: 'not found' }]) {
    assert.equal(recognisesNhsCyberAlerts(json), false, JSON.stringify(json))
    assert.equal(readNhsCyberAlerts(json).problems[0]?.rule, 'nhs-cyber-alerts.not-alerts')
  }
})

test('nothing makes the reader throw', () => {
  const anyAlert = fc
    .dictionary(fc.constantFrom(...Object.keys(FULL), 'sections', '__proto__'), fc.jsonValue())
    .map(some => ({ threatId: 'CC-1', ...some }))
  fc.assert(
    fc.property(fc.array(fc.oneof(anyAlert, fc.jsonValue()), { maxLength: 4 }), alerts => {
      const result = parseNhsCyberAlerts(JSON.stringify(pageOf(alerts)))
      if (result.ok) assert.equal(result.value.items.length + result.value.rejected.length, alerts.length)
    }),
  )
})

test('the real page is read whole', { skip: skipWithoutSharedData }, () => {
  const result = parseNhsCyberAlerts(readFileSync(sharedData('nhs-alerts/cyber-alerts-api-page.json'), 'utf8'))
  const batch = valueOf(result)
  assert.deepEqual(result.problems, [])
  assert.equal(batch.label, 'NHS cyber alerts, page 1 of 216')
  assert.equal(batch.items.length, 10)
  assert.equal(batch.items[0]?.externalId, 'CC-2763')
  assert.equal(batch.items[0]?.url, 'https://digital.nhs.uk/cyber-alerts/2018/cc-2763')
  assert.match(batch.items[0]?.summary ?? '', /^A vulnerability has been .* denial-of-service \(DoS\) in affected devices\.$/)
  assert.ok(recordAt(batch.items[0], 'details') !== undefined)
})
