import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { nameKey } from '../../../kernel/name-key.ts'
import type { Page } from '../../../kernel/page.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../../directory/tables.ts'
import { gather } from '../gather.ts'
import type { Visible } from '../tables.ts'
import { ALL_HOLDERS, listHolders } from './holders/queries.ts'
import { recountAll } from './model.ts'
import { listThreats, NO_FILTER, type ThreatRow } from './queries/list.ts'
import { matchedLines } from './queries/reach.ts'
import { threatById } from './queries/show.ts'

const platform = await createTestPlatform()
let cves = 0

/** A threat about a product, and an organisation that says in other words that it runs it: does it run it, may it, or not? */
async function matchOf(threat: readonly [string, string], run: readonly [string, string]): Promise<string> {
  cves += 1
  const cve = `CVE-2040-${String(cves).padStart(4, '0')}`
  const organisation = await organisationRunning(`M${cves}`, [run])
  await gatherEntry(cve, ...threat)
  const id = await threatAbout(cve)
  const lines = await read(db => matchedLines(db, id))
  const { rows } = await read(db => listHolders(db, { id, lines, reach: [] }, ALL_HOLDERS, 'name', { limit: 100, cursor: null }))
  const found = rows.find(row => row.id === organisation)
  return found === undefined ? 'no' : found.exact ? 'runs' : 'may'
}

const SAME: readonly (readonly [readonly [string, string], readonly [string, string]])[] = [
  [
    ['Acme', 'Gateway'],
    ['ACME Ltd.', 'gateway'],
  ],
  [
    ['B. Braun Melsungen AG', 'Infusomat Space'],
    ['b braun', 'Infusomat® Space'],
  ],
  [
    ['Becton, Dickinson and Company', 'Alaris'],
    ['Becton Dickinson & Co', 'alaris'],
  ],
  [
    ['Philips', 'IntelliVue MX40'],
    ['Philips GmbH', 'Intellivue-MX40'],
  ],
  [
    ['Médica', 'Écho'],
    ['Medica', 'Echo'],
  ],
  [
    ['Microsoft', 'Windows'],
    ['Microsoft Corporation', 'Microsoft Windows'],
  ],
  [
    ['', 'Cisco Adaptive Security Appliance'],
    ['Cisco', 'Adaptive Security Appliance'],
  ],
  [
    ['', 'Tailspin Toys Firmware'],
    ['Tailspin', 'Toys'],
  ],
  [
    ['Orion Health', 'Rhapsody'],
    ['Rhapsody', 'Rhapsody'],
  ],
]
const MAYBE: typeof SAME = [
  [
    ['Fabrikam', 'Server'],
    ['Fabrikam', 'Server 2019 Standard'],
  ],
  [
    ['Contoso', 'Desk 365 Pro'],
    ['Contoso Inc', 'Desk 365'],
  ],
  [
    ['Northwind', 'Multiple Products'],
    ['Northwind', 'Ledger'],
  ],
  [
    ['Orion', 'Portal'],
    ['', 'portal'],
  ],
]
const OTHER: typeof SAME = [
  [
    ['Litware', 'Mail'],
    ['Litware', 'Mailbox'],
  ],
  [
    ['Proseware', 'Reader'],
    ['Wingtip', 'Reader'],
  ],
  [
    ['Adatum', 'Multiple Products'],
    ['Adventure', 'Works'],
  ],
  [
    ['', 'Woodgrove bank terminal'],
    ['Woodgrove', 'Vault'],
  ],
]

test('the same product is found however it is spelt', async () => {
  for (const [threat, run] of SAME) assert.equal(await matchOf(threat, run), 'runs', `${threat.join(' ')} = ${run.join(' ')}`)
})

test('what only may be the product is told apart', async () => {
  for (const [threat, run] of MAYBE) assert.equal(await matchOf(threat, run), 'may', `${threat.join(' ')} ~ ${run.join(' ')}`)
})

test('another product, or another maker of a like one, is not found', async () => {
  for (const [threat, run] of OTHER) assert.equal(await matchOf(threat, run), 'no', `${threat.join(' ')} ≠ ${run.join(' ')}`)
})

test('open organisations are counted once each, and never what is not shared or who has closed', async () => {
  const makers = ['Zenith', 'zenith ltd']
  await organisationRunning('Z1', [
    [makers[0] ?? '', 'Core'],
    [makers[1] ?? '', 'CORE'],
    ['Zenith', 'Core Plus'],
  ])
  await organisationRunning('Z2', [['Zenith', 'Core Plus']], { type: 'practice' })
  await organisationRunning('Z3', [['Zenith', 'Core']], { status: 'closed' })
  await organisationRunning('Z4', [['Zenith', 'Core']], { shared: false })
  await gatherEntry('CVE-2041-0001', 'Zenith', 'Core')
  const [threat] = (await list('CVE-2041-0001')).rows
  assert.deepEqual([threat?.runs, threat?.mayRun], [1, 1])
  assert.match(threat?.reason ?? '', /1 organisation runs it, and 1 more may\.$/)

  const lines = await read(db => matchedLines(db, threat?.id ?? ''))
  assert.deepEqual((await read(db => threatById(db, threat?.id ?? '')))?.reach, [
    { type: 'trust', runs: 1, mayRun: 0 },
    { type: 'practice', runs: 0, mayRun: 1 },
  ])
  const behind = await read(db =>
    listHolders(db, { id: threat?.id ?? '', lines, reach: [] }, { ...ALL_HOLDERS, match: 'runs' }, 'name', { limit: 10, cursor: null }),
  )
  assert.deepEqual([behind.total, behind.rows.map(row => [row.code, row.products])], [1, [['Z1', ['3 × Zenith Core 1', '3 × Zenith Core Plus 1']]]])
})

test('when what organisations run changes, a recount moves the threats, and a second changes nothing', async () => {
  await gatherEntry('CVE-2042-0001', 'Yonder', 'Relay')
  assert.equal((await list('CVE-2042-0001')).rows[0]?.runs, 0)
  await organisationRunning('Y1', [['Yonder', 'Relay']])
  await runWork(platform, SYSTEM, async work => work.enqueue(recountAll, {}))
  await platform.runJobs()
  assert.equal((await list('CVE-2042-0001')).rows[0]?.runs, 1)
})

test('a list longer than ten thousand is counted by the recount, and what fits on one page by what it shows', async () => {
  await gatherEntry('CVE-2043-0001', 'Zenith', 'Core')
  const id = await threatAbout('CVE-2043-0001')
  const lines = await read(db => matchedLines(db, id))
  const totalOf = async (limit: number, runs: number, more = {}) =>
    (
      await read(db =>
        listHolders(db, { id, lines, reach: [{ type: 'trust', runs, mayRun: 5 }] }, { ...ALL_HOLDERS, ...more }, 'name', { limit, cursor: null }),
      )
    ).total
  assert.equal(await totalOf(1, 20_000), 20_005)
  assert.equal(await totalOf(2, 20_000), 2, 'all on one page')
  assert.equal(await totalOf(1, 9_000), 2, 'few enough to be counted')
  assert.equal(await totalOf(1, 20_000, { search: 'z' }), 2)
  assert.equal(await totalOf(1, 20_000, { match: 'runs', type: 'trust' }), 1)
})

test('the pages of a list join without a gap or a double, in each order', async () => {
  for (const sort of ['pressing', 'newest', 'runs'] as const) {
    const whole = await read(db => listThreats(db, NO_FILTER, sort, { limit: 500, cursor: null }))
    const ids: string[] = []
    let cursor: string | null = null
    do {
      const at: string | null = cursor
      const page: Page<ThreatRow> = await read(db => listThreats(db, NO_FILTER, sort, { limit: 4, cursor: at }))
      ids.push(...page.rows.map(row => row.id))
      cursor = page.next
    } while (cursor !== null)
    assert.deepEqual(
      ids,
      whole.rows.map(row => row.id),
      sort,
    )
    assert.equal(ids.length, whole.total)
  }
})

test('a search takes signs for what they are', async () => {
  assert.equal((await list('%')).total, 0)
  assert.equal((await list('CVE-2041-0001 zenith')).total, 1)
  assert.equal((await list('CVE-2041-0001 nowhere')).total, 0)
})

function read<R>(body: (db: Reader<Visible>) => Promise<R>): Promise<R> {
  return readAs<Visible, R>(platform, SYSTEM, body)
}

function list(search: string) {
  return read(db => listThreats(db, { ...NO_FILTER, search }, 'pressing', { limit: 50, cursor: null }))
}

async function threatAbout(cve: string): Promise<string> {
  const [threat] = (await list(cve)).rows
  assert.ok(threat)
  return threat.id
}

async function gatherEntry(cveID: string, vendorProject: string, product: string): Promise<void> {
  const alert = {
    threatId: `CC-${cveID.slice(-4)}`,
    title: 'x',
    publishedDate: 1,
    cveIdentifiers: [{ cveIdentifier: cveID }],
    threatAffects: [{ platformText: product }],
  }
  const entry = {
    cveID,
    vendorProject,
    product,
    vulnerabilityName: `${vendorProject} ${product}`,
    dateAdded: '2030-01-01',
    shortDescription: '',
    requiredAction: '',
    dueDate: '',
    notes: '',
  }
  const document = vendorProject === '' ? { pageSize: 1, total: 1, items: [alert] } : { catalogVersion: cveID, count: 2, vulnerabilities: [entry] }
  const result = await gather(platform, SYSTEM, { address: `${cveID}.json`, bytes: Buffer.from(JSON.stringify(document)) })
  assert.deepEqual([result.failure, result.quarantined], [null, 0])
}

interface Options {
  readonly type?: string
  readonly status?: 'open' | 'closed'
  readonly shared?: boolean
}

function organisationRunning(
  code: string,
  products: readonly (readonly [string, string])[],
  { type = 'trust', status = 'open', shared = true }: Options = {},
): Promise<string> {
  return runWork<DirectoryTables, string>(platform, SYSTEM, async (work: Work<DirectoryTables>) => {
    const id = work.newId('organisation')
    await work.db
      .insertInto('directory_organisation')
      .values({
        id,
        code,
        name: code,
        name_key: nameKey(code),
        type,
        address: '[]',
        status,
        source: 'test',
        created_at: work.now,
        updated_at: work.now,
        country: 'England',
      })
      .execute()
    for (const [maker, product] of products) {
      const keys = { maker_key: nameKey(maker), product_key: nameKey(product) }
      await work.db
        .insertInto('directory_product')
        .values({ maker, product, ...keys })
        .onConflict(conflict => conflict.doNothing())
        .execute()
      const { id: productId } = await work.db
        .selectFrom('directory_product')
        .select('id')
        .where('maker_key', '=', keys.maker_key)
        .where('product_key', '=', keys.product_key)
        .executeTakeFirstOrThrow()
      await work.db
        .insertInto('directory_technology')
        .values({ organisation_id: id, product_id: productId, version: '1', source: 'test', count: 3, shared, updated_at: work.now })
        .onConflict(conflict => conflict.doNothing())
        .execute()
    }
    work.record({ verb: 'test.organisation.made', subject: { kind: 'organisation', id } })
    return id
  })
}
