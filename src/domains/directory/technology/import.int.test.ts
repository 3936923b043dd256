import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { sharedData, skipWithoutSharedData } from '../../../../test/support/shared-data.ts'
import { Invalid } from '../../../kernel/errors.ts'
import type { LocalDate } from '../../../kernel/instant.ts'
import { SYSTEM, type Actor } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { importOrganisations } from '../organisations/commands.ts'
import { readOrganisationFile } from '../organisations/read-file.ts'
import { PERMISSIONS } from '../policy.ts'
import type { DirectoryTables } from '../tables.ts'
import { importTechnology } from './commands.ts'
import type { TechnologyImport } from './model.ts'
import { readTechnologyFile, type TechnologyFileOptions } from './read-file.ts'

const platform = await createTestPlatform()
const skip = skipWithoutSharedData
const centre: Actor = { ...SYSTEM, kind: 'person', id: 'per_test', scope: { kind: 'centre' }, permissions: new Set(Object.keys(PERMISSIONS)) }

const OPTIONS: TechnologyFileOptions = {
  format: 'csv',
  mapping: null,
  organisationCode: null,
  source: 'gp-system-supplier',
  asOf: '2020-06-01' as LocalDate,
  shared: true,
}

function take(list: TechnologyImport) {
  return runWork<DirectoryTables, Awaited<ReturnType<typeof importTechnology>>>(platform, centre, work => importTechnology(work, list))
}

function takeText(text: string, options: Partial<TechnologyFileOptions> = {}) {
  return take(readTechnologyFile(Buffer.from(text), 'list.csv', { ...OPTIONS, ...options }).import)
}

const practices = skip === false ? readFileSync(sharedData('ods/epraccur-2019-12.csv')) : Buffer.alloc(0)
const systems = skip === false ? readFileSync(sharedData('ods/gp-system-supplier.csv'), 'utf8') : ''

/** How many organisations with this status run the product, by what the database holds. */
function runners(productKey: string, status: 'open' | 'closed'): Promise<number> {
  return readAs<DirectoryTables, number>(platform, centre, async db => {
    const { total } = await db
      .selectFrom('directory_technology as technology')
      .innerJoin('directory_product as product', 'product.id', 'technology.product_id')
      .innerJoin('directory_organisation as organisation', 'organisation.id', 'technology.organisation_id')
      .where('product.product_key', '=', productKey)
      .where('organisation.status', '=', status)
      .select(eb => eb.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    return total
  })
}

test('the list of practice systems is taken in through its named mapping and through one of pairs alike', { skip }, async () => {
  await runWork<DirectoryTables, unknown>(platform, centre, work =>
    importOrganisations(work, readOrganisationFile(practices, 'epraccur-2019-12.csv').import),
  )
  const { counts, problems } = await takeText(systems)
  assert.deepEqual(counts, { read: 6_640, added: 6_637, changed: 0, closed: 0, unchanged: 0, refused: 3 })
  assert.deepEqual(problems.flatMap(problem => /"(\w+)"/.exec(problem.message)?.slice(1) ?? []).toSorted(), ['G82731', 'P85619', 'P91632'])
  assert.ok(problems.every(problem => /^line \d+$/.test(problem.pointer) && problem.message.includes('Check the code')))
  // Counted from the two files by a script that shares no code with the product.
  assert.equal(await runners('emis', 'open'), 4_058)
  assert.equal(await runners('emis', 'closed'), 64)
  assert.equal(await runners('tpp', 'open'), 2_513)

  const again = { read: 6_640, added: 0, changed: 0, closed: 0, unchanged: 6_637, refused: 3 }
  assert.deepEqual((await takeText(systems, { mapping: 'gp-system-supplier' })).counts, again)
  assert.deepEqual((await takeText(systems, { mapping: 'organisation=ODSCode,maker=Supplier,product=Supplier' })).counts, again)
})

test('a newer list moves a practice to another system, and leaves the practices that it does not name', { skip }, async () => {
  const lines = systems.trim().split(/\r?\n/)
  const later = lines.filter(line => !line.startsWith('A81004,')).map(line => (line.startsWith('A81001,') ? 'A81001,EMIS' : line))
  const { counts } = await takeText(later.join('\n'), { asOf: '2020-07-01' as LocalDate })
  assert.deepEqual(counts, { read: 6_639, added: 1, changed: 0, closed: 1, unchanged: 6_635, refused: 3 })
  assert.equal((await runners('emis', 'open')) + (await runners('tpp', 'open')), 4_058 + 2_513)
})

test('spellings of one product are one, versions are several, counts change, and a row said twice is explained', { skip }, async () => {
  const header = 'organisation,maker,product,version,count,as_of'
  const first = await takeText(
    `${header}\nA81002,B. Braun Melsungen AG,Space System,1.0,4,\na81005,b braun melsungen,SPACE system,2.0,,\nA81005,B Braun Melsungen,Space-System,2.0,9,\n`,
    { source: 'pumps' },
  )
  assert.deepEqual(first.counts, { read: 3, added: 2, changed: 0, closed: 0, unchanged: 0, refused: 1 })
  assert.equal(first.problems[0]?.pointer, 'line 4')
  const second = await takeText(`${header}\nA81002,B Braun Melsungen,Space System,1.0,5,\nA81005,B Braun Melsungen,Space System,2.0,,\n`, {
    source: 'pumps',
  })
  assert.deepEqual(second.counts, { read: 2, added: 0, changed: 1, closed: 0, unchanged: 1, refused: 0 })
})

test('an inventory is taken in for the organisation that is named, and needs one', { skip }, async () => {
  const bytes = readFileSync(sharedData('inventory/cyclonedx/application.cdx.json'))
  const options: TechnologyFileOptions = { ...OPTIONS, format: 'cyclonedx', source: 'inventory' }
  assert.throws(() => readTechnologyFile(bytes, 'application.cdx.json', options), /--organisation/)
  const file = readTechnologyFile(bytes, 'application.cdx.json', { ...options, organisationCode: 'a81002' })
  const { counts } = await take(file.import)
  assert.ok(counts.added > 20)
  assert.equal(counts.refused, 0)
  assert.deepEqual((await take(file.import)).counts, { ...counts, added: 0, unchanged: counts.added })
})

test('a row about another organisation than the one that the list was given for is refused', { skip }, async () => {
  const { counts } = await takeText('organisation,product\nA81002,Widget\nA81005,Widget\n', { organisationCode: 'A81002', source: 'own' })
  assert.deepEqual([counts.added, counts.refused], [1, 1])
})

test('what is no list is refused with a reason', () => {
  const hostile: readonly (readonly [string, string | Uint8Array, TechnologyFileOptions['format']])[] = [
    ['empty', '', 'csv'],
    ['a web page', '<!doctype html>', 'csv'],
    ['without a product', 'organisation,colour\nA81001,red\n', 'csv'],
    ['cut off', 'organisation,product\nA81001,"EMI', 'csv'],
    ['UTF-16', Buffer.from('\uFEFForganisation,product\n', 'utf16le'), 'csv'],
    ['binary', Buffer.from([0x50, 0x4b, 3, 4, 0]), 'csv'],
    ['cut-off JSON', '{"bomFormat": "CycloneDX", "components": [', 'cyclonedx'],
    ['SPDX', '{"spdxVersion": "SPDX-2.3"}', 'cyclonedx'],
    ['CSV for CycloneDX', 'organisation,product\n', 'cyclonedx'],
  ]
  for (const [what, content, format] of hostile) {
    assert.throws(
      () => readTechnologyFile(Buffer.from(content), 'list', { ...OPTIONS, format, organisationCode: 'A81001' }),
      (error: unknown) => error instanceof Invalid && error.message.includes('nothing of it was imported'),
      what,
    )
  }
  assert.throws(() => readTechnologyFile(Buffer.from('a,b\n1,2\n'), 'list', { ...OPTIONS, mapping: 'nonsense' }), Invalid)
})
