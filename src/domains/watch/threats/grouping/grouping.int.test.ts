import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestPlatform } from '../../../../../test/support/platform.ts'
import { Conflict, Forbidden, Invalid } from '../../../../kernel/errors.ts'
import { ANONYMOUS, SYSTEM, type Actor } from '../../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../../platform/work/read.ts'
import { runWork, type Work } from '../../../../platform/work/work.ts'
import { gather } from '../../gather.ts'
import type { Visible } from '../../tables.ts'
import { listThreats, NO_FILTER } from '../queries/list.ts'
import { mergeThreats, splitThreat, undoRegrouping } from './commands.ts'
import { mergeCandidates, regroupingsOf } from './queries.ts'

const platform = await createTestPlatform()
const analyst: Actor = { ...SYSTEM, kind: 'person', id: 'per_analyst', scope: { kind: 'centre' }, permissions: new Set(['watch.threat.triage']) }

const read = <R>(body: (db: Reader<Visible>) => Promise<R>) => readAs<Visible, R>(platform, SYSTEM, body)
const work = <R>(body: (unit: Work<Visible>) => Promise<R>, actor = analyst) => runWork<Visible, R>(platform, actor, body)

/** A catalogue of invented flaws: the number of each stands in its CVE and its title. */
async function gatherFlaws(numbers: readonly number[], version = '2024.01.02'): Promise<void> {
  const vulnerabilities = numbers.map(number => ({
    cveID: `CVE-1900-${String(number).padStart(4, '0')}`,
    vendorProject: 'Invented',
    product: `Thing ${number}`,
    vulnerabilityName: `Invented thing ${number} flaw`,
    dateAdded: '2024-01-02',
    shortDescription: 'Invented.',
    requiredAction: 'Update.',
    dueDate: '2024-01-23',
    knownRansomwareCampaignUse: 'Unknown',
    notes: '',
  }))
  const catalogue = {
    title: 'Catalogue',
    catalogVersion: version,
    dateReleased: `${version.replaceAll('.', '-')}T00:00:00Z`,
    count: vulnerabilities.length,
    vulnerabilities,
  }
  const result = await gather(platform, SYSTEM, { address: 'kev.json', bytes: Buffer.from(JSON.stringify(catalogue)) })
  assert.equal(result.failure, null)
}

/** Which flaws stand together: `['1', '2+3']`. Only threats that the queue shows. */
async function groups(): Promise<readonly string[]> {
  const { rows } = await read(db => listThreats(db, { ...NO_FILTER, state: 'all' }, 'pressing', { limit: 100, cursor: null }))
  return rows
    .map(row =>
      row.cves
        .map(cve => Number(cve.slice(-4)))
        .toSorted((a, b) => a - b)
        .join('+'),
    )
    .toSorted()
}

async function threatOf(number: number): Promise<string> {
  const cve = `CVE-1900-${String(number).padStart(4, '0')}`
  const { rows } = await read(db => listThreats(db, { ...NO_FILTER, state: 'all', search: cve }, 'pressing', { limit: 10, cursor: null }))
  return rows[0]?.id ?? ''
}

const itemsOf = (threat: string) =>
  read(async db =>
    (await db.selectFrom('watch_threat_item').select('item_id').where('threat_id', '=', threat).orderBy('item_id').execute()).map(row => row.item_id),
  )
const newestOf = async (threat: string) => (await read(db => regroupingsOf(db, threat)))[0]?.id ?? ''

test('a person merges two threats, and undoes it: each has again what it had, and the words that said why', async () => {
  await gatherFlaws([1, 2, 3, 4])
  const before = await read(db => db.selectFrom('watch_threat_item').selectAll().orderBy('item_id').execute())
  const [one, two] = [await threatOf(1), await threatOf(2)]
  await work(unit => mergeThreats(unit, { from: two, into: one, reason: 'One firmware.' }))
  assert.deepEqual(await groups(), ['1+2', '3', '4'])
  const undone = await newestOf(one)
  await work(unit => undoRegrouping(unit, undone, 'It was not.'))
  assert.deepEqual(await groups(), ['1', '2', '3', '4'])
  assert.deepEqual(await read(db => db.selectFrom('watch_threat_item').selectAll().orderBy('item_id').execute()), before)
  await assert.rejects(
    work(unit => undoRegrouping(unit, undone, 'Again.')),
    (error: Error) => error instanceof Conflict && error.code === 'watch.regrouping.undone',
  )
})

test('a person splits an item off, and the machine puts it back neither when it is gathered again nor when it changes', async () => {
  const [three, four] = [await threatOf(3), await threatOf(4)]
  await work(unit => mergeThreats(unit, { from: four, into: three, reason: 'They look alike.' }))
  const [, second] = await itemsOf(three)
  const split = await work(unit => splitThreat(unit, { threat: three, items: [second ?? ''], reason: 'Another device.' }))
  assert.deepEqual(await groups(), ['1', '2', '3', '4'])
  await gatherFlaws([1, 2, 3, 4], '2024.01.03')
  await gatherFlaws([1, 2, 3], '2024.01.04')
  await gatherFlaws([1, 2, 3, 4], '2024.01.05')
  assert.deepEqual(await groups(), ['1', '2', '3', '4'])
  const regrouping = await newestOf(split)
  await work(unit => undoRegrouping(unit, regrouping, 'It was the same.'))
  assert.deepEqual(await groups(), ['1', '2', '3+4'])
  const merge = await newestOf(four)
  await work(unit => undoRegrouping(unit, merge, 'Back to the start.'))
  assert.deepEqual(await groups(), ['1', '2', '3', '4'])
})

test('what was built upon is not undone under it', async () => {
  const [one, two, three] = [await threatOf(1), await threatOf(2), await threatOf(3)]
  await work(unit => mergeThreats(unit, { from: one, into: two, reason: 'Same.' }))
  const first = await newestOf(one)
  await work(unit => mergeThreats(unit, { from: two, into: three, reason: 'Same.' }))
  await assert.rejects(
    work(unit => undoRegrouping(unit, first, 'No.')),
    (error: Error) => error instanceof Conflict && error.code === 'watch.regrouping.built-upon',
  )
  const second = await newestOf(three)
  await work(unit => undoRegrouping(unit, second, 'No.'))
  await work(unit => undoRegrouping(unit, first, 'No.'))
  assert.deepEqual(await groups(), ['1', '2', '3', '4'])
})

test('two people who merge the same threats at once get one merge and one clear refusal', async () => {
  const [one, two] = [await threatOf(1), await threatOf(2)]
  const tried = await Promise.allSettled([
    work(unit => mergeThreats(unit, { from: one, into: two, reason: 'Same.' })),
    work(unit => mergeThreats(unit, { from: two, into: one, reason: 'Same.' })),
  ])
  assert.deepEqual(tried.map(outcome => outcome.status).toSorted(), ['fulfilled', 'rejected'])
  const refused = tried.find(outcome => outcome.status === 'rejected')
  assert.ok(refused?.reason instanceof Conflict)
  assert.deepEqual(await groups(), ['1+2', '3', '4'])
})

test('bad input is answered with what to do, and nobody without the permission regroups', async () => {
  const three = await threatOf(3)
  const own = await itemsOf(three)
  const bad: readonly [string, (unit: Work<Visible>) => Promise<unknown>][] = [
    ['watch.threat.reason', unit => mergeThreats(unit, { from: three, into: 'thr_x', reason: ' ' })],
    ['watch.threat.reason-length', unit => mergeThreats(unit, { from: three, into: 'thr_x', reason: 'x'.repeat(2_001) })],
    ['watch.threat.merge-itself', unit => mergeThreats(unit, { from: three, into: three, reason: 'x' })],
    ['watch.threat.unknown', unit => mergeThreats(unit, { from: three, into: 'thr_x', reason: 'x' })],
    ['watch.threat.split-nothing', unit => splitThreat(unit, { threat: three, items: ['itm_x'], reason: 'x' })],
    ['watch.threat.split-all', unit => splitThreat(unit, { threat: three, items: own, reason: 'x' })],
    ['watch.regrouping.unknown', unit => undoRegrouping(unit, 'rgr_x', 'x')],
  ]
  for (const [code, body] of bad) await assert.rejects(work(body), (error: Error & { code?: string }) => error.code === code, code)
  await assert.rejects(
    work(unit => mergeThreats(unit, { from: three, into: 'thr_x', reason: 'x' }), ANONYMOUS),
    Forbidden,
  )
  await assert.rejects(
    work(unit => splitThreat(unit, { threat: three, items: [], reason: 'x' })),
    Invalid,
  )
})

test('the threats offered for a merge are those about the same, or those that words find', async () => {
  const three = await threatOf(3)
  const found = await read(db => mergeCandidates(db, three, 'thing 4'))
  assert.deepEqual(
    found.map(one => [one.title, one.items]),
    [['Invented thing 4 flaw', 1]],
  )
  assert.equal((await read(db => mergeCandidates(db, three, ''))).length, 0)
})
