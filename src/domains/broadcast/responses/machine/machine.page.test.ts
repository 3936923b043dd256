import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../../test/support/released-bulletin.ts'

const { platform, server, signIn } = await createTestApp()
const db = platform.database.kysely
const bulletin = await releasedBulletin(platform, { organisations: 2, prefix: 'M', content: { cves: ['CVE-2026-1000', 'CVE-2026-1001'] } })
const lead = await signIn('cyber-lead', { organisation: 'M00000' })
const token = /name="_csrf" value="([^"]+)"/.exec((await lead.get(`/bulletins/CC-${bulletin.number}`)).body)?.[1] ?? ''

function send(document: unknown, headers: Record<string, string> = {}, query = '') {
  return server.inject({
    method: 'POST',
    url: `/api/v1/bulletins/CC-${bulletin.number}/responses${query}`,
    payload: JSON.stringify(document),
    headers: { 'content-type': 'application/json', 'x-csrf-token': token, ...headers },
    cookies: { carecert: lead.cookie('carecert') ?? '' },
  })
}

const openVex = (...statements: readonly object[]) => ({
  '@context': 'https://openvex.dev/ns/v0.2.0',
  '@id': 'https://trust.example/vex/1',
  statements,
})
const statement = (status: string, cve = 'CVE-2026-1000', product = 'pkg:generic/records@1', rest: object = {}) => ({
  vulnerability: { name: cve },
  products: [{ '@id': product }],
  status,
  ...rest,
})
const answers = async () =>
  (
    await sql<{
      state: string
      via: string
    }>`select state, via from broadcast_response where bulletin_id = ${bulletin.bulletinId} order by id`.execute(db)
  ).rows

test('each status of OpenVEX becomes the answer that it means, the worst product first, and products are counted', async () => {
  for (const [statements, state] of [
    [[statement('not_affected', 'CVE-2026-1000', 'a', { justification: 'component_not_present' })], 'not-applicable'],
    [[statement('not_affected', 'CVE-2026-1000', 'a'), statement('fixed', 'CVE-2026-1001', 'b')], 'done'],
    [[statement('fixed', 'CVE-2026-1000', 'a'), statement('under_investigation', 'CVE-2026-1000', 'c')], 'assessing'],
    [[statement('fixed', 'CVE-2026-1000', 'a'), statement('affected', 'CVE-2026-1000', 'd', { action_statement: 'Patch on Friday' })], 'in-progress'],
  ] as const) {
    const sent = await send(openVex(...statements))
    assert.equal(sent.statusCode, 201, sent.body)
    assert.equal(sent.json<{ state: string }>().state, state)
    assert.deepEqual((await answers()).at(-1), { state, via: 'machine' })
  }
  const { rows } = await sql<{ label: string; done: number; total: number }>`
    select label, done, total from broadcast_asset_progress where bulletin_id = ${bulletin.bulletinId} order by label`.execute(db)
  assert.deepEqual(rows, [
    { label: 'a', done: 1, total: 1 },
    { label: 'b', done: 1, total: 1 },
    { label: 'c', done: 0, total: 1 },
    { label: 'd', done: 0, total: 1 },
  ])
  assert.match((await lead.get(`/bulletins/CC-${bulletin.number}`)).body, /affected: Patch on Friday/)
})

test('the VEX profile of CSAF says the same, with names in place of its product ids', async () => {
  const csaf = {
    document: { category: 'csaf_vex', csaf_version: '2.0', tracking: { id: 'x' }, title: 't' },
    product_tree: { branches: [{ category: 'vendor', name: 'Larch', product: { product_id: 'P1', name: 'Larch Records 1' } }] },
    vulnerabilities: [
      { cve: 'CVE-2026-1001', product_status: { known_not_affected: ['P1'] }, flags: [{ label: 'component_not_present', product_ids: ['P1'] }] },
    ],
  }
  const sent = await send(csaf)
  assert.deepEqual(sent.json(), {
    bulletin: `CC-${bulletin.number}`,
    organisation: 'M00000',
    state: 'not-applicable',
    nextDate: null,
    products: 1,
    ignored: 0,
  })
  assert.match((await lead.get(`/bulletins/CC-${bulletin.number}/tasks`)).body, /Larch Records 1/)
})

test('what a document said before of a product gives way to what it says later; its own time holds for what names none', async () => {
  const history = {
    ...openVex(
      statement('fixed', 'CVE-2026-1000', 'e', { timestamp: '2026-11-19T09:00:00Z' }),
      statement('under_investigation', 'CVE-2026-1000', 'e', { timestamp: '2026-11-18T09:00:00Z' }),
      { ...statement('affected', 'CVE-2026-1001', ''), products: [{ identifiers: { purl: 'pkg:generic/f@1' } }] },
      { ...statement('fixed', 'CVE-2026-1001', ''), products: ['pkg:generic/f@1'], timestamp: '2026-11-18T10:00:00Z' },
    ),
    timestamp: '2026-11-18T08:00:00Z',
  }
  const sent = await send(history)
  assert.deepEqual([sent.json<{ state: string }>().state, sent.json<{ products: number }>().products], ['done', 2], sent.body)
  const later = await send({ ...history, timestamp: '2026-11-18T12:00:00Z' })
  assert.equal(later.json<{ state: string }>().state, 'in-progress', 'the document is newer than what its statement says of itself')
})

test('of CSAF each product has its own flag and words, products combined have their names, and only the VEX profile is an answer', async () => {
  const csaf = (category: string) => ({
    document: { category, tracking: { id: 'x' } },
    product_tree: {
      full_product_names: [{ product_id: 'A', name: 'Ash viewer' }],
      relationships: [{ category: 'installed_on', full_product_name: { product_id: 'AB', name: 'Ash viewer on Beech' } }],
    },
    vulnerabilities: [
      {
        cve: 'CVE-2026-1000',
        product_status: { known_affected: ['A'], known_not_affected: ['AB'] },
        flags: [
          { label: 'vulnerable_code_not_present', product_ids: ['Z'] },
          { label: 'inline_mitigations_already_exist', product_ids: ['AB'] },
        ],
        threats: [{ category: 'impact', details: 'It is behind the gateway', product_ids: ['AB'] }],
        remediations: [
          { category: 'vendor_fix', details: 'Not ours', product_ids: ['Z'] },
          { category: 'mitigation', details: 'Closed its port', product_ids: ['A'] },
        ],
      },
    ],
  })
  assert.equal((await send(csaf('csaf_vex'))).json<{ state: string }>().state, 'in-progress')
  const { body } = await lead.get(`/bulletins/CC-${bulletin.number}`)
  assert.match(body, /affected: Closed its port\nnot_affected: inline_mitigations_already_exist\nnot_affected: It is behind the gateway/)
  assert.match((await lead.get(`/bulletins/CC-${bulletin.number}/tasks`)).body, /Ash viewer on Beech/)
  const advisory = await send(csaf('csaf_security_advisory'))
  assert.deepEqual([advisory.statusCode, /its category is csaf_vex/.test(advisory.body)], [422, true])
})

test('more products than are counted are refused, and not left out without a word', async () => {
  const before = (await answers()).length
  const products = Array.from({ length: 501 }, (_, at) => ({ '@id': `pkg:generic/p${at}` }))
  const sent = await send(openVex({ ...statement('fixed'), products }))
  assert.deepEqual([sent.statusCode, /501 products, and 500 at most/.test(sent.body), (await answers()).length], [422, true, before])
})

test('statements about something else answer nothing', async () => {
  const before = (await answers()).length
  const other = await send(openVex(statement('fixed', 'CVE-2020-9999')))
  assert.equal(other.statusCode, 422)
  assert.match(other.headers['content-type'] as string, /problem\+json/)
  assert.match(other.body, /None of its statements is about CC-/)
  assert.equal((await send(openVex(statement('mended')))).statusCode, 422)
  assert.equal((await send({ document: { tracking: {} } })).statusCode, 422)
  assert.equal((await answers()).length, before)
  const mixed = await send(openVex(statement('fixed', 'CVE-2020-9999'), statement('fixed', `CC-${bulletin.number}`)))
  assert.deepEqual([mixed.statusCode, mixed.json<{ ignored: number }>().ignored], [201, 1])
})

test('the same request under one key is recorded once and answered alike; another under that key is refused', async () => {
  const before = (await answers()).length
  const document = { state: 'not-acting', reasonCode: 'replaced-soon', note: 'By the scanner' }
  const headers = { 'idempotency-key': 'run-1' }
  const first = await send(document, headers)
  await send({ state: 'assessing' })
  const again = await send(document, headers)
  assert.deepEqual([first.statusCode, again.statusCode, again.json()], [201, 200, first.json()])
  assert.deepEqual(
    (await answers()).slice(before).map(({ state }) => state),
    ['not-acting', 'assessing'],
  )
  assert.equal((await send({ state: 'done' }, headers)).statusCode, 409)
  assert.deepEqual(
    (await send({ state: 'in-progress' })).json<{ nextDate: string }>().nextDate,
    '2026-11-23',
    'three days, when the machine names no day',
  )
})

test('a plain answer holds nothing that would be ignored', async () => {
  const before = (await answers()).length
  const misspelt = await send({ state: 'in-progress', nexDate: '2026-12-01', note: 5 })
  assert.equal(misspelt.statusCode, 422)
  assert.deepEqual(
    misspelt.json<{ errors: { pointer: string }[] }>().errors.map(({ pointer }) => pointer),
    ['#/nexDate', '#/note'],
  )
  assert.equal((await answers()).length, before)
  assert.equal((await send({ state: 'assessing', note: null })).statusCode, 201)
})

test('nobody answers for another by the API, nor without the token of a session', async () => {
  assert.equal((await send({ state: 'done' }, {}, '?organisation=M00001')).statusCode, 404)
  assert.equal((await send({ state: 'done' }, { 'x-csrf-token': '' })).statusCode, 403)
  const stranger = await server.inject({ method: 'POST', url: `/api/v1/bulletins/CC-${bulletin.number}/responses`, payload: { state: 'done' } })
  assert.equal(stranger.statusCode, 401)
})
