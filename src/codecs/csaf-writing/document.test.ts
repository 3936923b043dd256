import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { validateCsaf } from '../../../test/support/csaf-validator.ts'
import { TLP } from '../../kernel/tlp.ts'
import { readCsaf } from '../csaf/advisory.ts'
import { scoreCvss } from '../cvss/score.ts'
import { CSAF_VERSIONS, csafFileName, csafLabel, uriOf, type Advisory, type CsafVersion } from './advisory.ts'
import { writeCsaf } from './document.ts'

const XSS = "Improper Neutralization of Input During Web Page Generation ('Cross-site Scripting')"
const BASE: Advisory = {
  kind: 'security',
  id: 'CC-5001',
  title: 'Sign-in flaw in Larch Records',
  lang: 'en-GB',
  tlp: 'CLEAR',
  sharingGroup: null,
  publisher: { name: 'The cyber centre', namespace: 'https://centre.example', contact: 'cyber@centre.example' },
  generator: { name: 'CareCERT', version: '1.0.0' },
  severity: 'High',
  isInterim: false,
  revisions: [
    { at: new Date('2026-01-05T10:00:00Z'), summary: 'Released' },
    { at: new Date('2026-01-06T10:00:00Z'), summary: 'A fix is out' },
  ],
  notes: [{ category: 'summary', title: 'Summary', text: 'A flaw lets a stranger sign in.' }],
  references: [
    { category: 'self', summary: 'The document itself', url: 'https://centre.example/csaf/v2.1/clear/2026/cc-5001.json' },
    { category: 'external', summary: 'The maker', url: 'https://larch.example/advisory' },
  ],
  products: [
    { id: 'P1', name: 'Larch Records 9.0', uri: 'urn:uuid:6ba7b810-9dad-51d1-80b4-00c04fd430c8' },
    { id: 'P2', name: 'Larch Records 9.1', uri: 'urn:uuid:6ba7b811-9dad-51d1-80b4-00c04fd430c8' },
  ],
  vulnerabilities: [
    {
      cve: 'CVE-2026-12345',
      note: 'See the summary.',
      weaknesses: [{ id: 'CWE-79', name: XSS, edition: '4.17', earlierName: XSS }],
      scores: [
        { version: '3.1', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', baseTenths: 98 },
        { version: '4.0', vector: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', baseTenths: 93 },
      ],
    },
  ],
  remediations: [{ category: 'vendor_fix', details: 'Install version 9.2.', url: 'https://larch.example/9-2' }],
}
const GROUP = { id: '8b2e7f0a-31c4-4c39-9d2e-5f6a7b8c9d0e', name: 'Hospitals in the north' }
const OVER = { products: [], vulnerabilities: [], remediations: [] }
const successor = { category: 'external', summary: 'Superseding Document', url: 'https://centre.example/csaf/v2.1/clear/2026/cc-5002.json' } as const

const VARIETY: Readonly<Record<string, Advisory>> = {
  'a security advisory': BASE,
  'one for a sharing group': { ...BASE, tlp: 'AMBER', sharingGroup: GROUP },
  'one of each label': { ...BASE, tlp: 'AMBER+STRICT' },
  'a holding statement': { ...BASE, isInterim: true, remediations: [{ category: 'none_available', details: 'No step is known yet.', url: null }] },
  'an informational advisory': { ...BASE, kind: 'informational', vulnerabilities: [], products: [] },
  'an informational advisory with products': { ...BASE, kind: 'informational', vulnerabilities: [] },
  'a withdrawn one': {
    ...BASE,
    ...OVER,
    kind: 'withdrawn',
    notes: [{ category: 'description', title: 'Reasoning for Withdrawal', text: 'It was wrong.' }],
  },
  'a superseded one': {
    ...BASE,
    ...OVER,
    kind: 'superseded',
    notes: [{ category: 'description', title: 'Reasoning for Supersession', text: 'More is known.' }],
    references: [...BASE.references, successor],
  },
}

for (const [name, advisory] of Object.entries(VARIETY)) {
  for (const version of CSAF_VERSIONS) {
    test(`${name} passes every test of the reference validator in CSAF ${version}`, async () => {
      assert.deepEqual(await validateCsaf(writeCsaf(advisory, version), version), [])
    })
  }
}

test('of a vulnerability of which nobody has told more than its CVE, one informative test alone says what is missing: the weakness', async () => {
  const bare = { ...BASE, vulnerabilities: BASE.vulnerabilities.map(one => ({ ...one, weaknesses: [], scores: [] })) }
  const named = async (version: CsafVersion) => (await validateCsaf(writeCsaf(bare, version), version)).map(found => found.split(' ')[0])
  assert.deepEqual(await named('2.0'), ['informativeTest_6_3_4'])
  assert.deepEqual(await named('2.1'), ['informativeTest_6_3_4'])
})

test('any text, any number of vulnerabilities and products make a document that passes every test', { timeout: 120_000 }, async () => {
  const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).map(text => text.replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ').trim() || 'x')
  const arbitrary = fc.record({
    title: words,
    tlp: fc.constantFrom(...TLP),
    isInterim: fc.boolean(),
    note: words,
    cves: fc.uniqueArray(fc.integer({ min: 1_000, max: 9_999_999 }), { minLength: 1, maxLength: 20 }),
    products: fc.uniqueArray(words, { minLength: 1, maxLength: 8 }),
    summaries: fc.array(words, { minLength: 1, maxLength: 10 }),
  })
  await fc.assert(
    fc.asyncProperty(arbitrary, async ({ title, tlp, isInterim, note, cves, products, summaries }) => {
      const advisory: Advisory = {
        ...BASE,
        title,
        tlp,
        isInterim,
        notes: [{ category: 'details', title: 'Details', text: note }],
        revisions: summaries.map((summary, index) => ({ at: new Date(Date.UTC(2026, 0, 1, 0, index)), summary })),
        products: products.map((name, index) => ({ id: `P${index + 1}`, name, uri: `https://centre.example/products/${index}` })),
        vulnerabilities: cves.map(number => ({
          cve: `CVE-2026-${number}`,
          note,
          weaknesses: BASE.vulnerabilities[0]?.weaknesses ?? [],
          scores: number % 3 === 0 ? [] : (BASE.vulnerabilities[0]?.scores ?? []),
        })),
      }
      for (const version of CSAF_VERSIONS) assert.deepEqual(await validateCsaf(writeCsaf(advisory, version), version), [])
    }),
    { numRuns: 15 },
  )
})

test('what is written is read again: id, label, vulnerabilities and what became of it', () => {
  for (const version of CSAF_VERSIONS) {
    const item = (advisory: Advisory) => {
      const read = readCsaf(JSON.parse(writeCsaf(advisory, version)), scoreCvss)
      assert.ok(read.ok)
      assert.deepEqual(read.problems, [])
      return read.value.items[0]
    }
    const one = item(BASE)
    assert.deepEqual([one?.externalId, one?.tlp, one?.cves, one?.withdrawn, one?.products.length], ['CC-5001', 'CLEAR', ['CVE-2026-12345'], false, 2])
    for (const name of ['a withdrawn one', 'a superseded one']) assert.equal(item(VARIETY[name] ?? BASE)?.withdrawn, true)
  }
})

test('no label is ever written as a wider one', () => {
  assert.deepEqual(
    TLP.map(label => [csafLabel(label, '2.0'), csafLabel(label, '2.1')]),
    [
      ['WHITE', 'CLEAR'],
      ['GREEN', 'GREEN'],
      ['AMBER', 'AMBER'],
      ['RED', 'AMBER+STRICT'],
      ['RED', 'RED'],
    ],
  )
})

test('file names and addresses take the form that the standard asks for', () => {
  assert.equal(csafFileName('8b2e7f0a-CC-5001'), '8b2e7f0a-cc-5001.json')
  assert.equal(csafFileName('RHSA-2021:5186 (Ä)'), 'rhsa-2021_5186_.json')
  assert.equal(uriOf('https://x.example/a b|c[1]?q=ä#f'), 'https://x.example/a%20b%7Cc%5B1%5D?q=%C3%A4#f')
  assert.equal(uriOf('javascript:alert(1)'), undefined)
})
