import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../test/support/app.ts'
import { plantOrganisations } from '../../../../test/support/broadcast.ts'
import { readCsv, walkList } from '../../../../test/support/lists.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst')
await plantOrganisations(app.platform, [
  { code: 'YN', type: 'region', contacts: [] },
  { code: 'BA', type: 'board', contacts: [] },
  // Alike in all but their codes, and more than one page of them.
  ...Array.from({ length: 120 }, (_, index) => ({
    code: `P${String(index).padStart(3, '0')}`,
    region: index % 2 === 0 ? 'YN' : 'YS',
    board: 'BA',
    contacts: index < 110 ? [`desk@p${index}.example`] : index < 115 ? [] : [null],
  })),
  { code: 'T1', type: 'trust', region: 'YN' },
  { code: 'T2', type: 'trust', region: 'YN', closed: true },
])
const address = String(
  (
    await analyst.post(
      '/bulletins/new',
      { title: 'A flaw', severity: 'high', tlp: 'CLEAR', threatType: 'Vulnerability', confidence: 'confirmed', shortSummary: 'A flaw.' },
      { from: '/bulletins/new' },
    )
  ).headers.location,
)
const audience = `${address}/audience`

const save = (rule: Record<string, string | string[]>) => analyst.post(audience, rule, { from: `${audience}?change=yes` })
const csv = (query: string) => readCsv(analyst, `${audience}.csv${query}`)
const walk = (query: string) => walkList(analyst, `${audience}?${query}`, /href="\/organisations\/(\w+)"/)

test('before anybody is chosen the page asks whom, and offers no list', async () => {
  const { body } = await analyst.get(audience)
  assert.match(body, /Choose who gets it/)
  assert.doesNotMatch(body, /Reached \(/)
  assert.equal((await csv('')).length, 0)
})

test('each list is walked page by page in every order, its file holds the same, and each count is true', async () => {
  assert.equal((await save({ types: ['practice', 'trust'], organisations: 'T2', notOrganisations: ['P000', 'P001'] })).statusCode, 303)
  const { body } = await analyst.get(audience)
  for (const words of ['Reached (109)', 'Unreachable, and why (10)', 'Left out, and why (3)']) assert.ok(body.includes(words), words)
  for (const [list, total] of [
    ['reached', 109],
    ['unreachable', 10],
    ['excluded', 3],
  ] as const) {
    for (const sort of ['code', '-code', 'name', '-name', list === 'reached' ? 'contacts' : 'why', list === 'reached' ? '-contacts' : '-why']) {
      const { rows: codes, total: counted } = await walk(`list=${list}&sort=${sort}`)
      assert.equal(counted, total, `${list} by ${sort}`)
      assert.deepEqual(
        (await csv(`?list=${list}&sort=${sort}`)).map(row => row['code']),
        codes,
        `the file of ${list} by ${sort}`,
      )
    }
  }
  assert.equal((await csv('')).length, 119, 'without a list, everyone whom the rule reaches')
})

test('why somebody is unreachable or left out is told in words, with the names of region and board', async () => {
  const unreachable = (await analyst.get(`${audience}?list=unreachable`)).body
  for (const words of ['It has no contact', 'None of its contacts has an e-mail address', 'Organisation YN', 'Organisation BA'])
    assert.ok(unreachable.includes(words), words)
  const [first] = await csv('?list=unreachable')
  assert.deepEqual(first, {
    code: 'P110',
    name: 'Organisation P110',
    type: 'practice',
    region: 'YN',
    'region name': 'Organisation YN',
    board: 'BA',
    'board name': 'Organisation BA',
    contacts: '0',
    why: 'It has no contact',
  })
  const excluded = (await analyst.get(`${audience}?list=excluded&sort=why`)).body
  for (const words of ['It is excluded by name', 'It is closed']) assert.ok(excluded.includes(words), words)
})

test('search and filters narrow a list, its count and its file alike, and stay in the addresses', async () => {
  for (const [query, total] of [
    ['q=organisation+p01', 10],
    ['q=p115', 0],
    ['q=P010', 1],
    ['type=trust', 1],
    ['region=YN&type=practice', 54],
    ['q=p01&region=YS', 5],
  ] as const) {
    const { rows: codes, total: counted } = await walk(`${query}&sort=-name`)
    assert.equal(counted, total, query)
    assert.deepEqual(
      (await csv(`?list=reached&${query}&sort=-name`)).map(row => row['code']),
      codes,
      query,
    )
  }
  const { body } = await analyst.get(`${audience}?region=YN&type=practice&sort=-name`)
  assert.match(body, /href="[^"]*type=practice&amp;region=YN&amp;sort=-name&amp;cursor=/, 'the next page keeps them')
  assert.match(body, /Reached \(109\)/, 'what the rule reaches does not change with the search')
  assert.match((await analyst.get(`${audience}?q=nowhere`)).body, /No organisation matches[\s\S]*Clear search and filters/)
})

test('a list with nobody in it says what that means', async () => {
  await save({ types: ['trust'] })
  assert.match((await analyst.get(`${audience}?list=unreachable`)).body, /Everyone whom the rule reaches can be mailed/)
  assert.match((await analyst.get(`${audience}?list=excluded`)).body, /Nobody is left out/)
  await save({ organisations: 'P112' })
  assert.match((await analyst.get(audience)).body, /Nobody is reached[\s\S]*change=yes/)
})

test('the rule is changed on a page of its own, which keeps what was typed', async () => {
  await save({ types: ['trust'] })
  const { body } = await analyst.get(audience)
  assert.match(body, /href="[^"]*\?change=yes"/)
  assert.doesNotMatch(body, /name="notOrganisations"/)
  const changing = (await analyst.get(`${audience}?change=yes`)).body
  assert.match(changing, /name="types"[^>]*value="trust"[^>]*checked|value="trust" checked/)
  const refused = await save({ organisations: 'P!' })
  assert.equal(refused.statusCode, 422)
  assert.match(refused.body, /P![\s\S]*Write codes such as|Write codes such as[\s\S]*P!/)
})

test('those of whose contacts nothing says that a message gets there are a list of their own, with why', async () => {
  await save({ types: ['trust'], organisations: ['P001', 'P002', 'P003'].join(' ') })
  assert.match((await analyst.get(`${audience}?list=doubtful`)).body, /Nobody is in doubt/)
  const change = (code: string, set: string) =>
    sql`update directory_contact set ${sql.raw(set)} where organisation_id = (select id from directory_organisation where code = ${code})`.execute(
      app.platform.database.kysely,
    )
  await change('P001', "last_proved_at = now() - interval '2 days', last_failed_at = now()")
  await change('P002', "last_proved_at = now() - interval '400 days'")
  await change('P003', "last_failed_at = now() - interval '2 days', last_proved_at = now()")
  const { body } = await analyst.get(`${audience}?list=doubtful&sort=code`)
  assert.match(body, /Reached, but in doubt, and why \(2\)/)
  assert.match(body, /Organisation P001[\s\S]*The last message to each of its contacts failed[\s\S]*Organisation P002[\s\S]*for too long/)
  assert.doesNotMatch(body, /href="\/organisations\/P003"/)
  assert.deepEqual(
    (await csv('?list=doubtful')).map(row => row['code']),
    ['P001', 'P002'],
  )
  const counted = await analyst.post(`${audience}/count`, { organisations: 'P001 P002 P003', fragment: 'yes' }, { from: `${audience}?change=yes` })
  assert.match(counted.body, /2: reached, but nothing says that a message gets there/)
})
