import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../../test/support/app.ts'
import { readCsv, walkList } from '../../../../../test/support/lists.ts'
import { encodeCursor } from '../../../../kernel/page.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { importOrganisations } from '../../../directory/organisations/commands.ts'
import type { OrganisationRow } from '../../../directory/organisations/model.ts'
import type { DirectoryTables } from '../../../directory/tables.ts'
import { importTechnology } from '../../../directory/technology/commands.ts'
import { gather } from '../../contract.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst')

/** Two of each three have one name, so that the edges of pages fall among them. */
const ORGANISATIONS = Array.from({ length: 130 }, (_, index): OrganisationRow => {
  const number = String(index).padStart(3, '0')
  return {
    code: `H${number}`,
    name: index % 3 === 0 ? `Ash surgery ${number}` : 'Birch surgery',
    type: index % 2 === 0 ? 'practice' : 'pharmacy',
    country: 'England',
    regionCode: index % 5 === 0 ? null : `Y9${index % 2}`,
    boardCode: null,
    parentCode: null,
    addressLines: [],
    postcode: null,
    phone: null,
    openedOn: null,
    closedOn: null,
    status: 'open',
  }
})
const OTHERS: OrganisationRow[] = ['M1', 'M2', 'C1'].map(code => ({ ...ORGANISATIONS[0]!, code, name: `Maple ${code}`, type: 'trust' })) // the list is not empty
const REGIONS: OrganisationRow[] = ['Y90', 'Y91'].map(code => ({ ...ORGANISATIONS[0]!, code, name: `Region ${code}`, type: 'region' })) // the same

const path = await prepare()
/** A cursor that somebody made by hand: a text that no database takes. */
const NUL = encodeCursor(['\0', '\0'])

const ROW = /href="\/organisations\/([^"]+)"/

test('every sort turns the pages without a gap or a double, where many share a name, a type or no region', async () => {
  const codes = ORGANISATIONS.map(({ code }) => code).toSorted()
  const by = new Map(ORGANISATIONS.map(row => [row.code, row]))
  for (const sort of ['name', '-name', 'type', '-type', 'region', '-region']) {
    const { rows, pages } = await walkList(analyst, `${path}?sort=${sort}`, ROW)
    assert.deepEqual([rows.toSorted(), pages], [codes, 3], sort)
    const key = (code: string) => {
      const row = by.get(code)
      return `${sort.endsWith('type') ? row?.type : sort.endsWith('region') ? (row?.regionCode ?? '') : ''} ${row?.name}`
    }
    const sorted = rows.map(key).toSorted()
    assert.deepEqual(rows.map(key), sort.startsWith('-') ? sorted.toReversed() : sorted, sort)
  }
})

test('a search and a filter are counted truly and stay in the address, and the download holds the same rows', async () => {
  for (const [query, count] of [
    ['q=ash', 44],
    ['q=h007', 1],
    ['type=pharmacy', 65],
    ['q=birch&type=practice&sort=-region', 43],
    ['match=may-run', 2],
    ['match=all&sort=type', 132],
  ] as const) {
    const { rows, total } = await walkList(analyst, `${path}?${query}`, ROW)
    assert.equal(total, count, query)
    assert.deepEqual(
      (await readCsv(analyst, `${path}.csv?${query}`)).map(line => line['Code']),
      rows,
      query,
    )
  }
  const { body } = await analyst.get(`${path}?q=birch&type=practice&sort=-region`)
  assert.match(body, /value="birch"/)
  assert.match(body, /<option value="practice" selected>/)
  assert.match(body, /href="[^"]+organisations\.csv\?q=birch&amp;type=practice&amp;sort=-region"/)
  assert.match(body, /aria-sort="descending">\s*<a [^>]*sort=region"/)
  assert.deepEqual((await readCsv(analyst, `${path}.csv?q=h001`))[0], {
    Code: 'H001',
    Name: 'Birch surgery',
    Type: 'Pharmacy',
    Region: 'Region Y91',
    Match: 'Runs it',
    Why: 'Maker and name are the same.',
    'What it runs': '3 × Acme Gateway 1',
  })
})

test('who may run it is said to, and who has closed is in no list and no count', async () => {
  const { body } = await analyst.get(`${path}?match=may-run`)
  assert.match(body, /Maple M1[\s\S]*common words[\s\S]*Maple M2/)
  assert.equal((await readCsv(analyst, `${path}.csv?match=all&q=c1`)).length, 0)
})

test('a list that finds nobody says what to do first, and a cursor or sort that nobody made is the first page', async () => {
  assert.match((await analyst.get(`${path}?q=zebra`)).body, /No organisation matches[\s\S]*Clear search and filters/)
  assert.match((await analyst.get(`${path}?q=%25`)).body, /No organisation matches/)
  const bare = `/threats/${await threatOf('CVE-2051-0002')}/organisations`
  assert.match((await analyst.get(bare)).body, /No organisation is known to run it[\s\S]*match=all[\s\S]*Show those that may run it too/)
  for (const odd of ['cursor=x', 'cursor=WzEsMl0', `cursor=${NUL}`, 'q=%00&type=%00', 'sort=sideways', 'match=never', 'type=&q='])
    assert.equal((await analyst.get(`${path}?${odd}`)).statusCode, 200, odd)
})

test('when an organisation closes, the figure of the threat follows, and the list behind it agrees', async () => {
  const file = { fileKind: 'test', isOutline: false, source: 'test.csv', digest: '2' }
  const closing = { ...ORGANISATIONS[0]!, status: 'closed' as const } // the list is not empty
  await runWork<DirectoryTables, unknown>(app.platform, SYSTEM, work => importOrganisations(work, { ...file, rows: [closing] }))
  await app.platform.runJobs()
  assert.match((await analyst.get(path.replace('/organisations', ''))).body, /129<\/span>\s*<span[^>]*>organisations run it/)
  assert.equal((await walkList(analyst, path, ROW)).total, 129)
})

async function prepare(): Promise<string> {
  await runWork<DirectoryTables, void>(app.platform, SYSTEM, async work => {
    const file = { fileKind: 'test', isOutline: false, source: 'test.csv', digest: '0' }
    await importOrganisations(work, { ...file, rows: [...ORGANISATIONS, ...OTHERS, ...REGIONS] })
    const lines = [...ORGANISATIONS.map(({ code }) => [code, 'Gateway']), ['M1', 'Gateway Plus'], ['M2', 'Gateway Plus'], ['C1', 'Gateway']]
    await importTechnology(work, {
      rows: lines.map(([organisationCode = '', product = ''], index) => ({
        position: `line ${index}`,
        organisationCode,
        maker: 'Acme',
        product,
        version: '1',
        count: 3,
        asOf: null,
        cpe: null,
        purl: null,
      })),
      rejected: [],
      source: 'test',
      shared: true,
      digest: '0',
    })
    await importOrganisations(work, {
      ...file,
      digest: '1',
      rows: OTHERS.filter(row => row.code === 'C1').map(row => ({ ...row, status: 'closed' })),
    })
  })
  const entry = { dateAdded: '2026-11-01', shortDescription: '', requiredAction: '', dueDate: '2026-12-01', notes: '' }
  const vulnerabilities = [
    { ...entry, cveID: 'CVE-2051-0001', vendorProject: 'Acme', product: 'Gateway', vulnerabilityName: 'Acme flaw' },
    { ...entry, cveID: 'CVE-2051-0002', vendorProject: 'Nobody', product: 'Runs', vulnerabilityName: 'A flaw of nobody' },
  ]
  const bytes = Buffer.from(JSON.stringify({ catalogVersion: '1', count: 2, vulnerabilities }))
  await gather(app.platform, SYSTEM, { address: 'feed.json', bytes })
  await app.platform.runJobs()
  return `/threats/${await threatOf('CVE-2051-0001')}/organisations`
}

async function threatOf(cve: string): Promise<string> {
  const id = /href="\/threats\/(thr_[0-9a-f]{32})"/.exec((await analyst.get(`/threats?q=${cve}`)).body)?.[1]
  assert.ok(id)
  return id
}
