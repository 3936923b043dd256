import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inventedAdvisory } from '../../../../bench/support/advisory.ts'
import { rulesOf, validateCsaf } from '../engine.ts'
import type { CsafVersion, Fault } from '../model.ts'
import { NOT_CHECKED } from '../not-checked.ts'
import { TREE_RULES } from './tree.ts'

const NOW = new Date('2026-01-10T00:00:00Z')

/** What a rule says of a document of CSAF 2.1, which is given no more than the rule looks at. */
async function said(rule: string, parts: { document?: object; [name: string]: unknown }) {
  const { document, ...rest } = parts
  const tracking = { status: 'final', revision_history: [{ date: '2026-01-01T00:00:00Z', number: '1', summary: 'First' }] }
  const verdict = await validateCsaf(JSON.stringify({ document: { csaf_version: '2.1', tracking, ...document }, ...rest }), 'informative', NOW)
  return {
    found: verdict.findings.filter(finding => finding.rule === rule).map(({ pointer }) => pointer),
    untried: verdict.notChecked.filter(one => one.rule === rule).map(({ why }) => why),
  }
}

const found = async (rule: string, parts: Parameters<typeof said>[1]) => (await said(rule, parts)).found
const weakness = (version: string) => ({ vulnerabilities: [{ cwes: [{ id: 'CWE-79', name: 'x', version }] }] })
const metric = (content: object, more: object = {}) => ({ vulnerabilities: [{ metrics: [{ content, products: ['P'], ...more }] }] })
const ssvc = (selection: object, more: object = {}) => metric({ ssvc_v2: { selections: [selection], ...more } })
const product = (id: string, helper: object) => ({ product_id: id, name: id, product_identification_helper: helper })
const range = (id: string, name: string, category = 'product_version_range') => ({ category, name, product: { product_id: id, name: id } })

test('every rule of the standard is tried, asked by the schema, or named as not checked', async () => {
  const upTo = (prefix: string, last: number) => Array.from({ length: last }, (_, at) => `${prefix}.${at + 1}`)
  const standard: Readonly<Record<CsafVersion, readonly string[]>> = {
    '2.0': [...upTo('6.1', 33), ...upTo('6.1.27', 11), ...upTo('6.2', 20), ...upTo('6.3', 11)],
    '2.1': [
      ...upTo('6.1', 62),
      ...upTo('6.1.27', 20),
      ...upTo('6.1.60', 3),
      ...upTo('6.2', 55),
      ...upTo('6.2.39', 13),
      ...upTo('6.2.50', 3),
      ...upTo('6.2.54', 4),
      ...upTo('6.3', 24),
      ...upTo('6.3.19', 5),
      ...upTo('6.3.21', 9),
      ...upTo('6.3.23', 2),
    ],
  }
  const headings = ['6.1.27', '6.1.60', '6.2.39', '6.2.50', '6.2.54', '6.3.19', '6.3.21', '6.3.23']
  const bySchema = { '2.0': ['6.1.8'], '2.1': ['6.1.46', '6.1.60.1'] }
  for (const version of ['2.0', '2.1'] as const) {
    const tried = new Set([...(await rulesOf(version)).map(({ rule }) => rule), ...NOT_CHECKED[version].keys(), ...bySchema[version]])
    assert.deepEqual(
      standard[version].filter(rule => !tried.has(rule) && !headings.includes(rule)),
      [],
    )
    const { notChecked } = await validateCsaf(JSON.stringify({ document: { csaf_version: version } }))
    for (const rule of NOT_CHECKED[version].keys())
      assert.ok(
        notChecked.some(one => one.rule === rule),
        rule,
      )
  }
  const sound = await validateCsaf(JSON.stringify(inventedAdvisory(1, 3)), 'mandatory')
  assert.deepEqual(sound.notChecked, [])
})

test('6.1.26: names of profiles are known by whatever dash, and the base profile may be named', async () => {
  const of = (category: string) => found('6.1.26', { document: { category } })
  for (const category of ['CSafSecurity\u2014Advisory', 'security\u00a0advisory', 'V\u200beX', 'Csaf_a', 'security\u2212incident_response'])
    assert.equal((await of(category)).length, 1, category)
  for (const category of ['csaf_base', 'Base', 'CSAF Base', 'security advisories']) assert.deepEqual(await of(category), [], category)
})

test('6.1.42: package URLs of a product differ in qualifiers alone, not in what is within the package', async () => {
  const of = (...purls: string[]) => found('6.1.42', { product_tree: { full_product_names: [product('P', { purls })] } })
  assert.deepEqual(await of('pkg:npm/a@1?arch=x#lib', 'pkg:npm/a@1?arch=y#lib'), [])
  assert.equal((await of('pkg:npm/a@1?arch=x#lib', 'pkg:npm/a@1?arch=x#bin')).length, 1)
})

test('6.1.47: a document about several vulnerabilities is no target of SSVC', async () => {
  const one = { ids: [{ system_name: 'x', text: 'DOC-1' }], metrics: [{ content: { ssvc_v2: { target_ids: ['DOC-1'] } }, products: ['P'] }] }
  const document = { tracking: { id: 'DOC-1' } }
  assert.equal((await found('6.1.47', { document, vulnerabilities: [one, {}] })).length, 1)
  assert.deepEqual(await found('6.1.47', { document, vulnerabilities: [one] }), [])
})

test('6.1.48 and 6.3.13: a decision point that is not known here is named as not tried, and never called old', async () => {
  const old = { namespace: 'ssvc', key: 'EXP', version: '1.0.0', values: [{ key: 'O' }] }
  assert.equal((await found('6.1.48', ssvc(old))).length, 1)
  assert.equal((await found('6.3.13', ssvc(old))).length, 1)
  const newer = { namespace: 'ssvc', key: 'EXP', version: '9.0.0', values: [{ key: 'S' }] }
  for (const rule of ['6.1.48', '6.3.13']) {
    const { found: faults, untried } = await said(rule, ssvc(newer))
    assert.deepEqual(faults, [])
    assert.match(untried[0] ?? '', /ssvc EXP.*not known here/)
  }
  assert.deepEqual((await said('6.1.48', ssvc({ ...newer, namespace: 'x_example.org#own' }))).untried, [])
})

test('6.2.24: the list of weaknesses is the latest at the time, neither older nor newer', async () => {
  assert.equal((await found('6.2.24', weakness('4.16'))).length, 1)
  assert.deepEqual(await found('6.2.24', { document: at('2025-05-01'), ...weakness('4.17') }), [])
  assert.equal((await found('6.2.24', { document: at('2024-01-21'), ...weakness('4.14') })).length, 1)
})

const at = (day: string) => ({ tracking: { status: 'final', revision_history: [{ date: `${day}T00:00:00Z`, number: '1', summary: 'First' }] } })

test('6.2.31: hardware that no path of products joins to software is named', async () => {
  const tree = { full_product_names: [product('H', { serial_numbers: ['1'] }), product('S', { purls: ['pkg:a/b'] })] }
  assert.equal((await found('6.2.31', { product_tree: tree })).length, 1)
  const path = { beginning_product_reference: 'S', subpaths: [{ category: 'installed_on', next_product_reference: 'H' }], full_product_name: {} }
  assert.deepEqual(await found('6.2.31', { product_tree: { ...tree, product_paths: [path] } }), [])
})

test('6.2.32: what identifies a product is compared whatever the order of its members', async () => {
  const hash = (value: object) => ({ hashes: [{ file_hashes: [value], filename: 'a' }] })
  const names = [product('A', hash({ algorithm: 'md5', value: '1' })), product('B', hash({ value: '1', algorithm: 'md5' }))]
  assert.equal((await found('6.2.32', { product_tree: { full_product_names: names } })).length, 1)
})

test('6.2.33: a disclosure that has passed has its revision, one to come may be told under an embargo', async () => {
  assert.equal((await found('6.2.33', { vulnerabilities: [{ disclosure_date: '2026-01-05T00:00:00Z' }] })).length, 1)
  assert.deepEqual(await found('6.2.33', { vulnerabilities: [{ disclosure_date: '2026-02-05T00:00:00Z' }] }), [])
})

test('6.2.35 and 6.3.14: a namespace of one’s own is named in whichever document', async () => {
  const own = ssvc({ namespace: 'x_example.org#own', key: 'A', version: '1.0.0', values: [] })
  const label = (name: string) => ({ document: { distribution: { tlp: { label: name } } }, ...own })
  assert.equal((await found('6.2.35', label('CLEAR'))).length, 1)
  assert.deepEqual(await found('6.3.14', label('CLEAR')), [])
  assert.equal((await found('6.3.14', label('GREEN'))).length, 1)
})

test('6.2.37: a summary names the whole namespace, its extension too', async () => {
  const of = (namespace: string, summary: string) =>
    found(
      '6.2.37',
      ssvc({ namespace, key: 'A', version: '1.0.0', values: [] }, { decision_point_resources: [{ summary, uri: 'https://example.org/x_a.b' }] }),
    )
  assert.equal((await of('x_a.b#c/de-DE', 'Points of x_a.b#c')).length, 1)
  assert.deepEqual(await of('x_a.b#c/de-DE', 'Points of x_a.b#c/de-DE'), [])
  assert.equal((await of('ssvc//.example.org#own', 'none')).length, 1)
  assert.deepEqual(await of('ssvc/de-DE', 'none'), [])
})

test('6.2.39.2 to 6.2.39.4, 6.2.46 and 6.2.40: German titles are asked for, and of other languages it is said that none is known', async () => {
  const german = { category: 'csaf_superseded', lang: 'de', notes: [{ category: 'description', title: 'Anders', text: 'x' }] }
  for (const rule of ['6.2.39.3', '6.2.39.4']) assert.equal((await found(rule, { document: german })).length, 1, rule)
  assert.equal((await found('6.2.39.2', { document: { ...german, category: 'csaf_withdrawn' } })).length, 1)
  const good = {
    notes: [{ category: 'description', title: 'Begründung für die Ersetzung', text: 'x' }],
    references: [{ category: 'external', summary: 'Ersetzendes Dokument 2' }],
  }
  for (const rule of ['6.2.39.3', '6.2.39.4']) assert.deepEqual(await found(rule, { document: { ...german, ...good } }), [], rule)
  const french = { ...german, lang: 'fr', license_expression: 'LicenseRef-own' }
  for (const rule of ['6.2.39.3', '6.2.39.4', '6.2.40', '6.2.46']) {
    const { found: faults, untried } = await said(rule, { document: french })
    assert.deepEqual(faults, [], rule)
    assert.match(untried[0] ?? '', /language fr is known/, rule)
  }
  const english = { lang: 'en', notes: [{ category: 'description', title: 'Produktbeschreibung', text: 'x' }] }
  assert.deepEqual(await found('6.2.40', { document: english }), [])
})

test('6.2.41: of a vulnerability the youngest EPSS score counts, and of a draft none', async () => {
  const epss = (timestamp: string) => ({ content: { epss: { timestamp } }, products: ['P'] })
  const [old, young] = [epss('2025-12-01T00:00:00Z'), epss('2025-12-31T00:00:00Z')]
  assert.deepEqual(await found('6.2.41', { vulnerabilities: [{ metrics: [old, young] }] }), [])
  assert.deepEqual(await found('6.2.41', { vulnerabilities: [{ metrics: [young] }, { metrics: [old] }] }), [
    '/vulnerabilities/1/metrics/0/content/epss/timestamp',
  ])
  const draft = { tracking: { ...at('2026-01-01').tracking, status: 'draft' } }
  assert.deepEqual(await found('6.2.41', { document: draft, vulnerabilities: [{ metrics: [old] }] }), [])
})

test('6.2.43 and 6.2.44: a license is there, and no deprecated one', async () => {
  assert.equal((await found('6.2.43', {})).length, 1)
  assert.deepEqual(await found('6.2.43', { document: { license_expression: 'MIT' } }), [])
  for (const name of ['GPL-2.0-with-classpath-exception', 'MIT WITH Nokia-Qt-exception-1.1'])
    assert.equal((await found('6.2.44', { document: { license_expression: name } })).length, 1, name)
})

test('6.2.47: a rating whose source is the document itself is its writer’s', async () => {
  const url = 'https://example.org/a.json'
  const rating = metric({ qualitative_severity_rating: 'low' }, { source: url })
  assert.deepEqual(await found('6.2.47', rating), [])
  assert.equal((await found('6.2.47', { document: { references: [{ category: 'self', url, summary: 'x' }] }, ...rating })).length, 1)
})

test('6.2.48: only a vendor called open source is meant', async () => {
  const of = (name: string) => found('6.2.48', { product_tree: { branches: [{ category: 'vendor', name }] } })
  assert.equal((await of('Open\u2014Source')).length, 1)
  assert.deepEqual(await of('Open Source 24'), [])
})

test('6.2.50: ranges that overlap do not stand in statuses that contradict', async () => {
  const of = (rule: string, one: string, other: string) =>
    found(rule, {
      product_tree: { branches: [{ category: 'product_name', name: 'A', branches: [range('P', one), range('Q', other)] }] },
      vulnerabilities: [{ product_status: { known_affected: ['P'], known_not_affected: ['Q'] } }],
    })
  assert.equal((await of('6.2.50.1', 'vers:intdot/>2.1.0|<4.2.0', 'vers:intdot/>1.2.0|<2.4.0')).length, 1)
  assert.deepEqual(await of('6.2.50.1', 'vers:intdot/>2.1.0|<4.2.0', 'vers:intdot/>1.2.0|<2.0.0'), [])
  assert.equal((await of('6.2.50.2', '>2.1.0|<4.2.0', '>1.2.0|<2.4.0')).length, 1)
})

test('6.2.52: every digest that the standard lists is known, and others are told apart', async () => {
  const of = async (algorithm: string) => {
    const tree = { full_product_names: [product('P', { hashes: [{ filename: 'a', file_hashes: [{ algorithm, value: '1' }] }] })] }
    const { findings } = await validateCsaf(JSON.stringify({ document: { csaf_version: '2.1' }, product_tree: tree }))
    return findings.find(({ rule }) => rule === '6.2.52')?.message
  }
  assert.equal(await of('ssl3-sha1'), undefined)
  assert.match((await of('blake3')) ?? '', /is known here/)
  assert.match((await of('mine')) ?? '', /is not known here/)
})

test('6.2.53: only ids of a registered system are held to how it writes them', async () => {
  const of = (system_name: string) => said('6.2.53', { vulnerabilities: [{ ids: [{ system_name, text: 'Issue 1' }] }] })
  assert.equal((await of('https://github.com/oasis-tcs/csaf')).found.length, 1)
  const other = await of('https://github.com/example/own')
  assert.deepEqual(other.found, [])
  assert.equal(other.untried.length, 1)
})

test('6.1.60.2 and 6.3.21.7: an extension that is not known is named with its address, and one in a metric is seen', async () => {
  const extended = metric({ x_extensions: [{ $schema: 'https://example.org/own_1.0.0.json' }] })
  assert.match((await said('6.1.60.2', extended)).untried[0] ?? '', /https:\/\/example\.org\/own_1\.0\.0\.json/)
  assert.equal((await found('6.3.21.7', extended)).length, 1)
})

test('6.1.3: a chain of paths is judged in time that grows with its length, and a circle at its far end is found', () => {
  const judged = (next: (at: number) => string) => {
    const product_paths = Array.from({ length: 20_000 }, (_, at) => ({
      beginning_product_reference: next(at),
      full_product_name: { product_id: `P${at}` },
    }))
    const faults = TREE_RULES['6.1.3']?.({ product_tree: { product_paths } }, async () => [], NOW)
    return [...(faults as Iterable<Fault>)].map(({ pointer }) => pointer)
  }
  const begun = performance.now()
  assert.deepEqual(
    judged(at => `P${at + 1}`),
    [],
  )
  assert.deepEqual(
    judged(at => (at === 19_999 ? 'P19998' : `P${at + 1}`)),
    ['/product_tree/product_paths/19998', '/product_tree/product_paths/19999'],
  )
  assert.ok(performance.now() - begun < 10_000)
})
