import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { actorAs, plantOrganisations } from '../../../../test/support/broadcast.ts'
import { runCommand } from '../../../../test/support/command.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst')
await plantOrganisations(app.platform, [
  { code: 'P1', region: 'YN' },
  { code: 'P2', region: 'YN', contacts: [] },
  { code: 'T1', type: 'trust', region: 'YN' },
])
const fields = { title: 'A flaw', severity: 'high', tlp: 'CLEAR', threatType: 'Vulnerability', confidence: 'confirmed', shortSummary: 'A flaw.' }
const address = String((await analyst.post('/bulletins/new', fields, { from: '/bulletins/new' })).headers.location)
const number = address.split('/').at(-1) ?? ''
const token = /name="_csrf" value="([^"]+)"/.exec((await analyst.get(`${address}/audience/conditions`)).body)?.[1] ?? ''

const RULE = {
  match: {
    is: 'all',
    of: [
      { is: 'region', of: ['YN'] },
      { is: 'not', of: { is: 'type', of: ['trust'] } },
    ],
  },
  organisations: [],
  excluding: [],
  partners: false,
}

const send = (rule: unknown, below = '') =>
  app.server.inject({
    method: 'POST',
    url: `/api/v1/bulletins/${number}/audience${below}`,
    headers: { 'content-type': 'application/json', 'x-csrf-token': token, 'sec-fetch-site': 'same-origin' },
    cookies: { carecert: analyst.cookie('carecert') ?? '' },
    payload: JSON.stringify(rule),
  })

test('the same rule is set and read by the API and by the command, and comes to the same', async () => {
  const preview = await send(RULE, '/preview')
  assert.deepEqual(preview.json<{ organisations: string[] }>().organisations, ['P1', 'P2'])
  assert.match(
    (await analyst.get(`/api/v1/bulletins/${number}/audience`)).json<{ problems: string[] }>().problems.join(),
    /empty/,
    'a preview stores nothing',
  )
  assert.equal((await send(RULE)).statusCode, 200)
  const read = (await analyst.get(`/api/v1/bulletins/${number}/audience`)).json<Record<string, unknown>>()
  const { rule, sentence, hash, ...rest } = read
  assert.deepEqual(rule, RULE)
  assert.match(String(sentence), /are in region YN and are not trusts/)
  assert.deepEqual(rest, { bulletin: number, organisations: ['P1', 'P2'], contacts: 1, addresses: 1, unreachable: ['P2'] })
  const file = join(tmpdir(), `rule-${process.pid}.json`)
  await writeFile(file, JSON.stringify(RULE))
  const { data } = await runCommand<Record<string, unknown>>(app.platform, actorAs('analyst'), 'bulletins audience', [number], { rule: file })
  assert.deepEqual(data, { organisations: ['P1', 'P2'], contacts: 1, unreachable: ['P2'], hash })
  await assert.rejects(runCommand(app.platform, actorAs('analyst'), 'bulletins audience', [number], { rule: file, type: ['trust'] }), /not both/)
})

test('what is wrong with a rule is told with a pointer into it, and nothing is stored', async () => {
  const wrong = await send({
    match: {
      is: 'all',
      of: [
        { is: 'type', of: ['trust'] },
        { is: 'technology', product: '' },
      ],
    },
    everyone: true,
  })
  assert.equal(wrong.statusCode, 422)
  const { errors } = wrong.json<{ errors: { pointer: string; detail: string }[] }>()
  assert.ok(
    errors.some(({ pointer, detail }) => pointer === '#/match/of/1/product' && /name of a product/.test(detail)),
    JSON.stringify(errors),
  )
  assert.ok(
    errors.some(({ detail }) => /everyone/.test(detail)),
    JSON.stringify(errors),
  )
  assert.deepEqual((await analyst.get(`/api/v1/bulletins/${number}/audience`)).json<{ rule: unknown }>().rule, RULE)
})

test('only the centre asks, and only authors set', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'P1' })
  assert.equal((await lead.get(`/api/v1/bulletins/${number}/audience`)).statusCode, 403)
  const assessor = await app.signIn('assessor')
  assert.equal((await assessor.get(`/api/v1/bulletins/${number}/audience`)).statusCode, 200)
  assert.equal((await assessor.post(`/api/v1/bulletins/${number}/audience`, {}, { from: '/' })).statusCode, 403)
})
