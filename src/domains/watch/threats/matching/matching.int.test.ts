import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestPlatform } from '../../../../../test/support/platform.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../../platform/work/read.ts'
import { runWork, type Work } from '../../../../platform/work/work.ts'
import { importOrganisations } from '../../../directory/organisations/commands.ts'
import type { DirectoryTables } from '../../../directory/tables.ts'
import { importTechnology } from '../../../directory/technology/commands.ts'
import { gather } from '../../gather.ts'
import type { Visible } from '../../tables.ts'
import { sayOfProduct, undoVerdict } from '../corrections/commands.ts'
import { ALL_HOLDERS, listHolders, type HolderFilter } from '../holders/queries.ts'
import { addMakerAlias, endMakerAlias } from '../makers/commands.ts'
import { lookAtMatching, recountAll } from '../model.ts'
import { listThreats, NO_FILTER } from '../queries/list.ts'
import { matchedLines, matchedProducts } from '../queries/reach.ts'
import { threatById } from '../queries/show.ts'

const platform = await createTestPlatform()

test('a version that is known decides, one that is not leaves it open, and the reason says so', async () => {
  const threat = await advisory('V1', [{ vendor: 'Zenith', product: 'Corelink', versions: ['< 3.2', '4.0'] }])
  await runs('V1-old', 'Zenith', 'Corelink', '3.1')
  await runs('V1-new', 'Zenith', 'Corelink', '3.2')
  await runs('V1-four', 'Zenith', 'Corelink v4.0', '')
  await runs('V1-silent', 'Zenith', 'Corelink', '')
  await runs('V1-rough', 'Zenith', 'Corelink', '3')
  await recount()
  assert.deepEqual(await holders(threat), { 'V1-four': 'runs', 'V1-old': 'runs', 'V1-rough': 'may-run', 'V1-silent': 'may-run' })
  assert.deepEqual(await figures(threat), [2, 2])
  const { rows } = await listed(threat, { ...ALL_HOLDERS, match: 'may-run' })
  assert.deepEqual(
    rows.map(row => row.why),
    [
      'Whether version 3 is among those affected cannot be told. Affected: “< 3.2”, “4.0”.',
      'They do not say which version. Affected: “< 3.2”, “4.0”.',
    ],
  )
})

test('an organisation that runs it in one version and not in another runs it, and only what matches is listed', async () => {
  const threat = await advisory('V2', [{ vendor: 'Zenith', product: 'Doorlink', versions: ['<= 2.0'] }])
  await runs('V2-both', 'Zenith', 'Doorlink', '1.0')
  await runs('V2-both', 'ZENITH Ltd', 'Doorlink', '9.0', 'other')
  await recount()
  const { rows } = await listed(threat, { ...ALL_HOLDERS, match: 'runs' })
  assert.deepEqual(
    rows.map(row => [row.code, row.products]),
    [['V2-BOTH', ['1 × Zenith Doorlink 1.0']]],
  )
  assert.deepEqual(await figures(threat), [1, 0])
})

test('a source that names the product without versions says nothing against one that gives them', async () => {
  const threat = await advisory('V3', [
    { vendor: 'Zenith', product: 'Gatelink', versions: [] },
    { vendor: 'Zenith Ltd', product: 'Gatelink firmware', versions: ['< 2.0'] },
  ])
  await runs('V3-new', 'Zenith', 'Gatelink', '2.5')
  await recount()
  assert.deepEqual(await holders(threat), {})
})

test('a CPE name or a package URL given with the technology finds what the names do not', async () => {
  const threat = await advisory('V4', [
    { vendor: 'Zenith', product: 'Adaptive Widget Manager', versions: [], cpe: 'cpe:2.3:a:zenith:awm:*:*:*:*:*:*:*:*' },
    { vendor: 'Zenith', product: 'Left Padding', versions: ['< 2'], purl: 'pkg:npm/leftpad' },
  ])
  await runs('V4-cpe', '', 'widget box', '7.1', 'test', { cpe: 'cpe:2.3:a:zenith:awm:7.1:*:*:*:*:*:*:*' })
  await runs('V4-purl', '', 'padder', '1.3', 'test', { purl: 'pkg:npm/leftpad@1.3' })
  await runs('V4-fixed', '', 'padder', '2.1', 'test', { purl: 'pkg:npm/leftpad@2.1' })
  await runs('V4-other', '', 'nothing of the kind', '1')
  await recount()
  assert.deepEqual(await holders(threat), { 'V4-cpe': 'runs', 'V4-purl': 'runs' })
})

test('what comes later is compared once, and a recount with nothing new writes nothing', async () => {
  const threat = await advisory('V5', [{ vendor: 'Zenith', product: 'Latelink', versions: [] }])
  assert.deepEqual(await holders(threat), {})
  await runs('V5-late', 'zenith', 'LateLink', '')
  await recount()
  assert.deepEqual(await holders(threat), { 'V5-late': 'runs' })
  const before = await marks()
  await recount()
  assert.deepEqual(await marks(), before)
  await gatherAgain('V5')
  assert.deepEqual(await holders(threat), { 'V5-late': 'runs' })
})

test('an analyst’s word on two products holds for every threat that names the product so, until it is undone', async () => {
  const [one, two] = [
    await advisory('V6', [{ vendor: 'Zenith', product: 'Wordlink', versions: ['< 5'] }]),
    await advisory('V7', [{ vendor: 'ZENITH', product: 'Wordlink', versions: [] }]),
  ]
  await runs('V6-a', 'Zenith', 'Wordlink', '4')
  await runs('V6-b', '', 'The blue box in the cellar', '4')
  await runs('V6-c', '', 'The blue box in the cellar', '6')
  await recount()
  const [wordlink, box] = [await productId('Wordlink'), await productId('The blue box in the cellar')]
  await unit(work => sayOfProduct(work, { threatId: one, productId: wordlink, isSame: false, named: null, reason: 'It is a toy of the same name.' }))
  await unit(work => sayOfProduct(work, { threatId: one, productId: box, isSame: true, named: 'zenith\nwordlink', reason: 'We rang them.' }))
  assert.deepEqual(await holders(one), { 'V6-b': 'runs' }, 'at once, where it was said')
  await platform.runJobs()
  assert.deepEqual(await holders(two), { 'V6-b': 'runs', 'V6-c': 'runs' }, 'and by the next count everywhere')
  assert.match((await read(db => matchedProducts(db, two)))[0]?.why ?? '', /^An analyst said that it is the same: We rang them\.$/)

  await assert.rejects(
    unit(work => sayOfProduct(work, { threatId: two, productId: wordlink, isSame: true, named: null, reason: 'No.' })),
    { code: 'watch.match.said' },
  )
  for (const { id } of await verdicts()) await unit(work => undoVerdict(work, id, 'A mistake.'))
  await platform.runJobs()
  assert.deepEqual([await holders(one), await holders(two)], [{ 'V6-a': 'runs' }, { 'V6-a': 'runs' }])
  await assert.rejects(
    unit(async work => undoVerdict(work, 1, 'Again.')),
    { code: 'watch.match.undone' },
  )
})

test('a name of a maker that an analyst adds counts from the next recount on, and no more once it is ended', async () => {
  const threat = await advisory('V8', [{ vendor: 'Grand Hospital Systems', product: 'Portal', versions: [] }])
  await runs('V8-a', 'Quux', 'Portal', '')
  await recount()
  assert.deepEqual(await holders(threat), {})
  await unit(work => addMakerAlias(work, { alias: 'Quux', maker: 'Grand Hospital Systems', why: 'Bought last week.' }))
  await platform.runJobs()
  assert.deepEqual(await holders(threat), { 'V8-a': 'runs' })
  await assert.rejects(
    unit(work => addMakerAlias(work, { alias: 'QUUX Ltd', maker: 'Grand Hospital', why: 'Again.' })),
    { code: 'watch.maker.known' },
  )
  const { id } = await read(db => db.selectFrom('watch_maker_alias').select('id').where('alias', '=', 'Quux').executeTakeFirstOrThrow())
  await unit(work => endMakerAlias(work, id, 'Sold again.'))
  await platform.runJobs()
  assert.deepEqual(await holders(threat), {})
  await assert.rejects(
    unit(work => endMakerAlias(work, id, 'Twice.')),
    { code: 'watch.maker.ended' },
  )
})

test('after an upgrade, the clock has what was gathered read again and the threats counted anew, once', async () => {
  const threat = await advisory('V9', [{ vendor: 'Zenith', product: 'Upgradelink', versions: [] }])
  await runs('V9-a', 'Zenith', 'Upgradelink', '')
  await recount()
  for (const statement of [
    "update watch_matching set rules = 'older'",
    'delete from watch_match',
    'delete from watch_matched_threat',
    'delete from watch_threat_product',
  ])
    await sql.raw(statement).execute(platform.database.kysely)
  assert.deepEqual(await holders(threat), {})
  await lookAgain()
  assert.deepEqual(await holders(threat), { 'V9-a': 'runs' })
  const before = await marks()
  await lookAgain()
  assert.deepEqual(await marks(), before)
})

function unit<R>(body: (work: Work<Visible>) => Promise<R>): Promise<R> {
  return runWork<Visible, R>(platform, SYSTEM, body)
}

function read<R>(body: (db: Reader<Visible>) => Promise<R>): Promise<R> {
  return readAs<Visible, R>(platform, SYSTEM, body)
}

async function recount(): Promise<void> {
  await unit(async work => work.enqueue(recountAll, {}))
  await platform.runJobs()
}

async function lookAgain(): Promise<void> {
  await unit(async work => work.enqueue(lookAtMatching, {}))
  await platform.runJobs()
}

async function listed(threat: string, filter: HolderFilter) {
  const lines = await read(db => matchedLines(db, threat))
  return read(db => listHolders(db, { id: threat, lines, reach: [] }, filter, 'name', { limit: 50, cursor: null }))
}

/** Who runs it or may, by the names that the test gave them. */
async function holders(threat: string): Promise<Record<string, string>> {
  const { rows } = await listed(threat, ALL_HOLDERS)
  return Object.fromEntries(rows.map(row => [row.name, row.exact ? 'runs' : 'may-run'] as const).toSorted())
}

async function figures(threat: string): Promise<readonly (number | undefined)[]> {
  const row = await read(db => threatById(db, threat))
  return [row?.runs, row?.may_run]
}

/** Which rows stand in the tables of the matching, and when they were written: PostgreSQL's number of the writing transaction. */
async function marks(): Promise<readonly unknown[]> {
  const { rows } = await sql`
    select 'name', name_id::text, xmin::text from watch_name_match union all select 'match', threat_id, xmin::text from watch_match
    union all select 'known', product_id::text, xmin::text from watch_known_product order by 1, 2, 3`.execute(platform.database.kysely)
  return rows
}

async function productId(product: string): Promise<number> {
  return (await read(db => db.selectFrom('directory_product').select('id').where('product', '=', product).executeTakeFirstOrThrow())).id
}

function verdicts(): Promise<readonly { id: number }[]> {
  return read(db => db.selectFrom('watch_product_verdict').select('id').where('undone_at', 'is', null).execute())
}

const documents = new Map<string, Buffer>()

interface Named {
  readonly vendor: string
  readonly product: string
  readonly versions: readonly string[]
  readonly cpe?: string
  readonly purl?: string
}

/** Gathers an advisory about these products. Gives its threat. */
async function advisory(id: string, named: readonly Named[]): Promise<string> {
  let count = 0
  const leaf = (name: string, { cpe, purl }: Named) => {
    count += 1
    const helper = { ...(cpe === undefined ? {} : { cpe }), ...(purl === undefined ? {} : { purl }) }
    return { product_id: `P${count}`, name, ...(Object.keys(helper).length === 0 ? {} : { product_identification_helper: helper }) }
  }
  const branches = named.map(one => ({
    category: 'vendor',
    name: one.vendor,
    branches: [
      {
        category: 'product_name',
        name: one.product,
        ...(one.versions.length === 0
          ? { product: leaf(one.product, one) }
          : {
              branches: one.versions.map(version => ({
                category: 'product_version_range',
                name: version,
                product: leaf(`${one.product} ${version}`, one),
              })),
            }),
      },
    ],
  }))
  const ids = Array.from({ length: count }, (_, index) => `P${index + 1}`)
  const date = '2040-01-01T00:00:00Z'
  const document = {
    document: {
      category: 'csaf_security_advisory',
      csaf_version: '2.0',
      title: `Advisory ${id}`,
      publisher: { category: 'coordinator', name: 'Test', namespace: 'https://test.example' },
      tracking: {
        id,
        status: 'final',
        version: '1',
        current_release_date: date,
        initial_release_date: date,
        revision_history: [{ date, number: '1', summary: 'First' }],
      },
    },
    product_tree: { branches },
    vulnerabilities: [{ cve: `CVE-2040-${id.slice(1).padStart(4, '0')}`, product_status: { known_affected: ids } }],
  }
  documents.set(id, Buffer.from(JSON.stringify(document)))
  await gatherAgain(id)
  const { rows } = await read(db => listThreats(db, { ...NO_FILTER, search: `Advisory ${id}` }, 'pressing', { limit: 1, cursor: null }))
  assert.ok(rows[0])
  return rows[0].id
}

async function gatherAgain(id: string): Promise<void> {
  const result = await gather(platform, SYSTEM, { address: `${id}.json`, bytes: documents.get(id) ?? Buffer.alloc(0) })
  assert.deepEqual([result.failure, result.quarantined], [null, 0])
}

/** An organisation of that name tells that it runs the product. */
async function runs(
  name: string,
  maker: string,
  product: string,
  version: string,
  source = 'test',
  identified: { cpe?: string; purl?: string } = {},
): Promise<void> {
  const code = name.toUpperCase()
  await runWork<DirectoryTables, void>(platform, SYSTEM, async work => {
    const nothing = { regionCode: null, boardCode: null, parentCode: null, postcode: null, phone: null, openedOn: null, closedOn: null }
    await importOrganisations(work, {
      fileKind: 'test',
      isOutline: false,
      source: 'test.csv',
      digest: name,
      rows: [{ code, name, type: 'trust', country: 'England', status: 'open', addressLines: [], ...nothing }],
    })
    await importTechnology(work, {
      rows: [
        {
          position: 'line 1',
          organisationCode: code,
          maker,
          product,
          version: version === '' ? null : version,
          count: 1,
          asOf: null,
          cpe: identified.cpe ?? null,
          purl: identified.purl ?? null,
        },
      ],
      rejected: [],
      source,
      shared: true,
      digest: name,
    })
  })
}
