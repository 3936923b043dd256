import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createTestPlatform } from '../../../../../test/support/platform.ts'
import { sharedData, skipWithoutSharedData } from '../../../../../test/support/shared-data.ts'
import { writeLists, type WrittenLine } from '../../../../../test/support/technology-lists.ts'
import { createRandom } from '../../../../app/sample/random.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { importOrganisations } from '../../../directory/organisations/commands.ts'
import type { DirectoryTables } from '../../../directory/tables.ts'
import { importTechnology } from '../../../directory/technology/commands.ts'
import { gather } from '../../gather.ts'
import type { Visible } from '../../tables.ts'
import { ALL_HOLDERS, listHolders } from '../holders/queries.ts'
import { matchedLines } from '../queries/reach.ts'
import { affectedProducts } from './affected.ts'

/**
 * Organisations list products of CISA's medical advisories as people write them; each advisory must reach those that run a product of it, and
 * nobody else. `npm run bench -- matching` has the figures for makers that the tuning never looked at.
 */
test('each medical advisory reaches those that run a product of it, however they write it', { skip: skipWithoutSharedData }, async t => {
  const platform = await createTestPlatform()
  const folder = sharedData('csaf/cisa-medical')
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.json')))
    await gather(platform, SYSTEM, { address: file, bytes: readFileSync(`${folder}/${file}`) })
  const read = <R>(body: (db: Reader<Visible>) => Promise<R>) => readAs<Visible, R>(platform, SYSTEM, body)
  const items = await read(db =>
    db
      .selectFrom('watch_item as item')
      .innerJoin('watch_threat_item as link', 'link.item_id', 'item.id')
      .select(['item.external_id', 'item.content', 'link.threat_id'])
      .execute(),
  )
  assert.equal(items.length, 68)

  const named = items.flatMap(({ external_id: advisory, content }) => affectedProducts(content.products).map(product => ({ ...product, advisory })))
  const lines = writeLists(named, createRandom(42), 1)
  const codeOf = (index: number) => `L${String(index).padStart(4, '0')}`
  await runWork<DirectoryTables, void>(platform, SYSTEM, async work => {
    const nothing = { regionCode: null, boardCode: null, parentCode: null, postcode: null, phone: null, openedOn: null, closedOn: null }
    const organisation = { type: 'trust', country: 'England', status: 'open' as const, addressLines: [], ...nothing }
    const rows = lines.map((_, index) => ({ ...organisation, code: codeOf(index), name: `Trust ${index}` }))
    await importOrganisations(work, { fileKind: 'test', isOutline: false, source: 'test.csv', digest: '0', rows })
    await importTechnology(work, {
      rows: lines.map(({ maker, product, version }, index) => ({
        position: `line ${index}`,
        organisationCode: codeOf(index),
        maker,
        product,
        version: version === '' ? null : version,
        count: 1,
        asOf: null,
        cpe: null,
        purl: null,
      })),
      rejected: [],
      source: 'test',
      shared: true,
      digest: '0',
    })
  })
  await platform.runJobs()

  const score = { runs: { right: 0, wrong: 0, missed: 0 }, any: { right: 0, wrong: 0, missed: 0 } }
  for (const [threat, own] of Map.groupBy(items, item => item.threat_id)) {
    const matched = await read(db => matchedLines(db, threat))
    const { rows } = await read(db => listHolders(db, { id: threat, lines: matched, reach: [] }, ALL_HOLDERS, 'name', { limit: 2_000, cursor: null }))
    const found = new Map(rows.map(row => [row.code, row.exact]))
    for (const [index, line] of lines.entries()) {
      const truth = truthOf(
        line,
        own.map(item => item.external_id),
      )
      if (truth === 'either') continue
      const isExact = found.get(codeOf(index))
      count(score.runs, truth === 'runs', isExact === true)
      count(score.any, truth !== undefined, isExact !== undefined)
    }
  }
  for (const [what, { right, wrong, missed }] of Object.entries(score)) {
    const [precision, recall] = [right / (right + wrong), right / (right + missed)]
    t.diagnostic(`${what}: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`)
    assert.ok(precision >= 0.95 && recall >= 0.95, `${what}: precision ${precision}, recall ${recall}`)
  }
})

/** What should come out of a threat of several advisories: the gravest of what should come out of each. */
function truthOf(line: WrittenLine, advisories: readonly string[]): 'runs' | 'may-run' | 'either' | undefined {
  const each = advisories.map(advisory => line.truth.get(advisory))
  return (['runs', 'may-run', 'either'] as const).find(outcome => each.includes(outcome))
}

function count(score: { right: number; wrong: number; missed: number }, isTrue: boolean, isFound: boolean): void {
  if (isTrue && isFound) score.right += 1
  else if (isFound) score.wrong += 1
  else if (isTrue) score.missed += 1
}
