import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp, type SignedIn } from '../../../../test/support/app.ts'
import { readCsv, walkList } from '../../../../test/support/lists.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../tables.ts'
import { importTechnology } from '../technology/commands.ts'
import { importOrganisations } from './commands.ts'
import type { OrganisationRow } from './model.ts'

const app = await createTestApp()

function row(index: number, more: Partial<OrganisationRow> = {}): OrganisationRow {
  return {
    code: `T${String(index).padStart(3, '0')}`,
    name: `Test surgery ${String(index).padStart(3, '0')}`,
    type: 'practice',
    country: 'England',
    regionCode: 'Y98',
    boardCode: 'Q98',
    parentCode: null,
    addressLines: ['1 Test Street'],
    postcode: 'ZZ1 1ZZ',
    phone: '01632 960000',
    openedOn: null,
    closedOn: null,
    status: 'open',
    ...more,
  }
}

const rows = [
  ...Array.from({ length: 60 }, (_, index) => row(index)),
  row(60, { type: 'trust', name: "St Test's <b>Trust</b>", postcode: 'ZZ9 9ZZ', boardCode: null, code: 'RZ1' }),
  row(61, { status: 'closed', name: 'Gone surgery' }),
  row(62, { code: 'Y98', type: 'region', name: 'Test region', regionCode: null, boardCode: null }),
]
await runWork<DirectoryTables, unknown>(app.platform, SYSTEM, work =>
  importOrganisations(work, { rows, fileKind: 'test', isOutline: false, source: 'test.csv', digest: '0' }),
)

/** The text of a page without its markup, in one line. */
function words(body: string): string {
  return body.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
}

async function textOf(browser: SignedIn, url: string): Promise<string> {
  const response = await browser.get(url)
  assert.equal(response.statusCode, 200, url)
  return words(response.body)
}

test('the list counts truly, pages, filters in its address, and leaves the closed out', async () => {
  const analyst = await app.signIn('analyst')
  const first = await analyst.get('/organisations?type=practice')
  assert.equal(first.statusCode, 200)
  assert.match(words(first.body), /60 organisations match/)
  assert.match(first.body, /Test surgery 049/)
  assert.doesNotMatch(first.body, /Test surgery 050/)
  const next = /href="([^"]+cursor=[^"]+)"/.exec(first.body)?.[1]?.replaceAll('&amp;', '&')
  assert.ok(next)
  const second = await analyst.get(next)
  assert.match(second.body, /Test surgery 050/)
  assert.match(words(second.body), /60 organisations match/)
  assert.match(await textOf(analyst, '/organisations?q=t00&status=all'), /10 organisations match/)
  assert.match(await textOf(analyst, '/organisations?q=zz9+9'), /1 organisation matches/)
  assert.match(await textOf(analyst, '/organisations?q=test+surgery+007'), /1 organisation matches/)
  assert.match(await textOf(analyst, '/organisations?status=closed'), /Gone surgery Closed/)
  assert.match(await textOf(analyst, '/organisations?q=nothing-like-it'), /No organisation matches/)
  assert.match(await textOf(analyst, '/organisations?sort=sideways&status=maybe&q=a&q=b'), /organisation/)
})

test('the list downloads as CSV with the same filters, in which no name is a formula', async () => {
  await runWork<DirectoryTables, unknown>(app.platform, SYSTEM, work =>
    importOrganisations(work, {
      rows: [row(70, { name: '=1+1', type: 'optician' })],
      fileKind: 'test',
      isOutline: false,
      source: 'test.csv',
      digest: '0',
    }),
  )
  const analyst = await app.signIn('analyst')
  assert.deepEqual(await readCsv(analyst, '/organisations.csv?type=optician'), [
    {
      code: 'T070',
      name: "'=1+1",
      type: 'optician',
      country: 'England',
      regionCode: 'Y98',
      boardCode: 'Q98',
      postcode: 'ZZ1 1ZZ',
      status: 'open',
    },
  ])
  assert.equal((await readCsv(analyst, '/organisations.csv?type=practice')).length, 60)
})

test('every order meets each organisation once, also where many have one name, and the file holds the same', async () => {
  const namesakes = Array.from({ length: 55 }, (_, index) => row(index, { code: `N${index}`, name: 'Namesake dentists', type: 'dentist' }))
  await runWork<DirectoryTables, unknown>(app.platform, SYSTEM, work =>
    importOrganisations(work, { rows: namesakes, fileKind: 'test', isOutline: false, source: 'test.csv', digest: '1' }),
  )
  const analyst = await app.signIn('analyst')
  const code = /href="\/organisations\/(\w+)"/
  for (const [query, total] of [
    ['q=namesake', 55],
    ['type=dentist&region=Y98', 55],
    ['q=n1', 11],
  ] as const) {
    for (const sort of ['name', 'code']) {
      const up = await walkList(analyst, `/organisations?${query}&sort=${sort}`, code)
      assert.equal(up.total, total, query)
      assert.deepEqual((await walkList(analyst, `/organisations?${query}&sort=-${sort}`, code)).rows, up.rows.toReversed(), `-${sort}`)
      const file = await readCsv(analyst, `/organisations.csv?${query}&sort=${sort}`)
      assert.deepEqual(
        file.map(found => found['code']),
        up.rows,
        `${query} ${sort}`,
      )
    }
  }
})

test('the page of an organisation says who they are and that nobody can be reached, and escapes their name', async () => {
  const analyst = await app.signIn('analyst')
  const response = await analyst.get('/organisations/rz1')
  assert.equal(response.statusCode, 200)
  assert.match(response.body, /St Test&#39;s &lt;b&gt;Trust&lt;\/b&gt;/)
  const text = words(response.body)
  assert.match(text, /Nobody to reach yet/)
  assert.match(text, /Test region/)
  assert.match(text, /What they keep to themselves is not shown here/)
  assert.match(response.body, /href="\/bulletins\?organisation=RZ1"/)
  assert.equal((await analyst.get('/organisations/NOPE')).statusCode, 404)
})

test('a contact is added, changed, proved and ended by forms, and nothing typed is lost on a mistake', async () => {
  const manager = await app.signIn('duty-manager')
  const wrong = await manager.post(
    '/organisations/T001/contacts/new',
    { name: 'Sam Example', purpose: '', email: 'sam at example', phone: 'ring me' },
    { from: '/organisations/T001/contacts/new' },
  )
  assert.equal(wrong.statusCode, 422)
  assert.match(wrong.body, /value="Sam Example"/)
  assert.match(wrong.body, /value="sam at example"/)
  assert.match(wrong.body, /href="#purpose"/)
  assert.match(wrong.body, /href="#email"/)
  assert.match(wrong.body, /href="#phone"/)
  const nowhere = await manager.post('/organisations/T001/contacts/new', { name: 'Sam Example', purpose: 'Cyber lead' })
  assert.match(words(nowhere.body), /at least one way to reach them/)

  const added = await manager.post('/organisations/T001/contacts/new', {
    name: 'Sam Example',
    purpose: 'Cyber lead',
    email: 'sam@example.org',
    phone: '01632 960001',
    receivesBulletins: 'yes',
    outOfHours: 'yes',
  })
  assert.equal(added.statusCode, 303)
  assert.equal(added.headers.location, '/organisations/T001')
  const page = await manager.follow(added)
  assert.match(words(page.body), /Sam Example was added/)
  assert.match(words(page.body), /Out of hours/)
  assert.match(words(page.body), /Never proved/)
  const path = /href="(\/organisations\/T001\/contacts\/con_[0-9a-f]+)"/.exec(page.body)?.[1]
  assert.ok(path)
  assert.match((await manager.get(path)).body, /value="sam@example.org"/)
  assert.equal((await manager.post(`${path}/prove`, {})).statusCode, 303)
  assert.match(await textOf(manager, '/organisations/T001'), /Works/)
  await manager.post(path, { name: 'Sam Example', purpose: 'Cyber lead', email: 'samuel@example.org', receivesBulletins: 'yes' })
  assert.match(await textOf(manager, '/organisations/T001'), /samuel@example.org.*Never proved/)
  // Under another organisation's address there is no such contact.
  assert.equal((await manager.get(path.replace('T001', 'T002'))).statusCode, 404)
  await manager.post(`${path}/end`, {})
  assert.doesNotMatch(await textOf(manager, '/organisations/T001'), /samuel@example.org/)
  assert.equal((await manager.get(path)).statusCode, 404)
})

test('an organisation sees itself as the centre would reach it, and nothing of others', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'T003' })
  assert.match(await textOf(lead, '/our-organisation'), /Bulletins cannot reach you/)
  const added = await lead.post(
    '/organisations/T003/contacts/new',
    { name: 'Our desk', purpose: 'Service desk', email: 'desk@example.org', receivesBulletins: 'yes' },
    { from: '/organisations/T003/contacts/new' },
  )
  assert.equal(added.headers.location, '/our-organisation')
  const text = words((await lead.follow(added)).body)
  assert.match(text, /No out-of-hours number/)
  assert.match(text, /1 contact has not been shown to work/)
  // No link leads where the lead may not go.
  const links = [...(await lead.get('/our-organisation')).body.matchAll(/href="(\/organisations[^"]*)"/g)].map(
    ([, href]) => href?.replaceAll('&amp;', '&') ?? '',
  )
  for (const href of links) assert.equal((await lead.get(href)).statusCode, 200, href)
  for (const path of [
    '/organisations/T004',
    '/organisations/T004/contacts/new',
    '/organisations/T004/technology',
    '/organisations/T004/technology/import',
    '/organisations/T004/partners/new',
    '/organisations/T004/technology.csv',
  ]) {
    assert.equal((await lead.get(path)).statusCode, 404, path)
  }
  assert.equal((await lead.get('/organisations')).statusCode, 403)
  assert.equal(
    (await lead.post('/organisations/T004/contacts/new', { name: 'x', purpose: 'x', email: 'x@example.org' }, { from: '/our-organisation' }))
      .statusCode,
    404,
  )
})

test('an organisation lets a partner answer, and ends it; a partner that does not exist is explained', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'T005' })
  const wrong = await lead.post('/organisations/T005/partners/new', { partner: 'NOBODY' }, { from: '/organisations/T005/partners/new' })
  assert.equal(wrong.statusCode, 422)
  assert.match(wrong.body, /value="NOBODY"/)
  const started = await lead.post('/organisations/T005/partners/new', { partner: 'rz1' })
  const page = await lead.follow(started)
  assert.match(words(page.body), /RZ1 answers for Test surgery 005 from now on/)
  const partner = await app.signIn('partner-responder', { organisation: 'RZ1' })
  assert.match(await textOf(partner, '/our-organisation'), /Organisations that we answer for.*Test surgery 005/)
  assert.match(await textOf(partner, '/organisations/T005'), /Can we reach them/)
  const end = /action="(\/organisations\/T005\/partners\/[^"]+\/end)"/.exec(page.body)?.[1]
  assert.ok(end)
  await lead.post(end, {})
  assert.equal((await partner.get('/organisations/T005')).statusCode, 404)
})

test('an organisation imports what it runs, is told of each refused row, and shares line by line', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'T006' })
  assert.match(await textOf(lead, '/technology'), /Nothing is listed yet/)
  const form = {
    source: 'Asset register',
    format: 'csv',
    list: 'organisation,maker,product,version,count\nT006,Example,Quick Viewer,2,42\nT007,Example,Planted,1,1\n',
    'asOf-day': '31',
    'asOf-month': '1',
    'asOf-year': '2026',
  }
  const wrong = await lead.post(
    '/organisations/T006/technology/import',
    { ...form, source: '', 'asOf-month': '13' },
    { from: '/organisations/T006/technology/import' },
  )
  assert.equal(wrong.statusCode, 422)
  assert.match(wrong.body, /Quick Viewer/)
  assert.match(words(wrong.body), /Give the list a name/)
  const nonsense = await lead.post('/organisations/T006/technology/import', { ...form, list: '<html>' })
  assert.equal(nonsense.statusCode, 422)
  const taken = await lead.post('/organisations/T006/technology/import', form)
  assert.equal(taken.statusCode, 200)
  assert.match(words(taken.body), /Line 3: this is about T007/)

  assert.match(await textOf(lead, '/technology'), /Quick Viewer.*42.*Asset register.*31 January 2026.*Kept to ourselves/)
  const analyst = await app.signIn('analyst')
  assert.doesNotMatch((await analyst.get('/organisations/T006')).body, /Quick Viewer/)
  assert.doesNotMatch((await analyst.get('/organisations/T006/technology.csv')).body, /Quick Viewer/)
  const page = (await lead.get('/technology')).body
  const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? ''
  const shared = await lead.post('/organisations/T006/technology/share', {
    productId: hidden('productId'),
    version: hidden('version'),
    source: hidden('source'),
    shared: 'yes',
  })
  assert.equal(shared.headers.location, '/technology')
  assert.match(await textOf(analyst, '/organisations/T006'), /Quick Viewer/)
  assert.match(await textOf(analyst, '/organisations/T006/technology'), /Technology they share.*Quick Viewer/)
})

test('a board member sees, and changes nothing', async () => {
  const member = await app.signIn('board-member', { organisation: 'T008' })
  const text = await textOf(member, '/our-organisation')
  assert.doesNotMatch(text, /Add a contact/)
  assert.doesNotMatch(text, /Add a partner/)
  assert.doesNotMatch(await textOf(member, '/technology'), /Import a list/)
  assert.equal((await member.get('/organisations/T008/contacts/new')).statusCode, 403)
  assert.equal((await member.get('/organisations/T008/technology/import')).statusCode, 403)
})

test('what the centre told of an organisation is shown to it with its teller, and offers no choice', async () => {
  await runWork<DirectoryTables, unknown>(app.platform, SYSTEM, work => {
    const told = {
      position: 'line 2',
      organisationCode: 'T009',
      maker: '',
      product: 'Told thing',
      version: null,
      count: null,
      asOf: null,
      cpe: null,
      purl: null,
    }
    return importTechnology(work, { rows: [told], rejected: [], source: 'the list of the centre', shared: true, digest: '' })
  })
  const lead = await app.signIn('cyber-lead', { organisation: 'T009' })
  const page = await lead.get('/technology')
  assert.match(words(page.body), /Told thing.*told by the centre/)
  assert.doesNotMatch(page.body, /Keep Told thing/)
})
