import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Kysely } from 'kysely'
import { createTestApp } from '../../../test/support/app.ts'
import { releasedBulletin } from '../../../test/support/released-bulletin.ts'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { AMBER, bundleOf, idOf, indicatorOf, objectOf, RED, relate, STRICT, TIMES, valueOf, WHITE } from '../../../test/support/stix.ts'
import { readStix, recognisesStix } from '../../codecs/stix/bundle.ts'
import { MARKING_IDS } from '../../codecs/stix/writing/markings.ts'
import { gather } from '../../domains/watch/contract.ts'
import { toStored, type StoredItem } from '../../domains/watch/gathering/model.ts'
import type { Visible } from '../../domains/watch/tables.ts'
import { isRecord, lineAt, linesAt, listAt } from '../../kernel/json.ts'
import type { Tlp } from '../../kernel/tlp.ts'
import { SYSTEM } from '../../platform/work/actor.ts'

const AMBER_2 = MARKING_IDS.AMBER
const app = await createTestApp()
const analyst = await app.signIn('analyst')
const db = app.platform.database.kysely as Kysely<Visible>

async function take(name: string, bundle: unknown): Promise<void> {
  const { failure } = await gather(app.platform, SYSTEM, { address: name, bytes: Buffer.from(JSON.stringify(bundle)) })
  assert.equal(failure, null, name)
}

/** What is held of every item of every threat, beside what its threat's bundle says of it when it is read as from a stranger. */
async function assertNothingIsLost(): Promise<number> {
  const held = await db
    .selectFrom('watch_threat_item as link')
    .innerJoin('watch_item as item', 'item.id', 'link.item_id')
    .innerJoin('watch_source as source', 'source.id', 'item.source_id')
    .innerJoin('watch_threat as threat', 'threat.id', 'link.threat_id')
    .where('source.format', '=', 'stix')
    .where('threat.tlp', '<>', 'RED')
    .select(['link.threat_id as threatId', 'item.external_id as id', 'item.content'])
    .execute()
  for (const [threatId, items] of Map.groupBy(held, row => row.threatId)) {
    const response = await analyst.get(`/threats/${threatId}/stix.json`)
    assert.equal(response.statusCode, 200, response.body)
    const read = new Map(valueOf(readStix(JSON.parse(response.body))).items.map(item => [item.externalId, item]))
    for (const { id, content } of items) {
      const again = read.get(id)
      assert.ok(again, id)
      const back: unknown = JSON.parse(JSON.stringify(toStored(again)))
      // What is RED beside it was withheld from it, and is in no file.
      const gone = linesAt(content.details, 'withheld').filter(ref => !linesAt(again.details, 'withheld').includes(ref))
      assert.deepEqual(withoutOrder(back as StoredItem, gone), withoutOrder(content, gone), id)
    }
  }
  return held.length
}

/**
 * What lies around an object is a set: it stands in another order in another bundle. `gone` are ids of what is in no file, so that nothing is left of it
 * but that something pointed there.
 */
function withoutOrder(item: StoredItem, gone: readonly string[]): unknown {
  const isOpen = (entry: unknown) => !gone.includes(typeof entry === 'string' ? entry : (lineAt(entry, 'ref') ?? ''))
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value
          .filter(isOpen)
          .map(entry => JSON.stringify(byName(entry)))
          .toSorted()
      : value
  const { details, indicators, cves, ...rest } = item
  return {
    ...rest,
    cves: cves.toSorted(),
    indicators: sorted((indicators ?? []).filter(({ tlp }) => tlp !== 'RED')),
    details: Object.fromEntries(Object.entries(details).map(([name, value]) => [name, sorted(value)])),
  }
}

/** The database gives the members of an object in an order of its own. */
function byName(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

test('a threat from STIX goes out with the objects that it came in, and with what lay next to them', async () => {
  await take(
    'campaign.json',
    bundleOf(
      objectOf('campaign', { name: 'Invented campaign', object_marking_refs: [STRICT], created_by_ref: idOf('identity') }),
      objectOf('identity', { name: 'Acme CERT' }),
      indicatorOf(1, { object_marking_refs: [STRICT] }),
      objectOf('course-of-action', { name: 'Patch', description: 'Install 9.1', object_marking_refs: [STRICT] }),
      relate('indicates', idOf('indicator'), idOf('campaign'), { object_marking_refs: [STRICT] }, 1),
      relate('mitigates', idOf('course-of-action'), idOf('campaign'), { object_marking_refs: [STRICT], description: 'As told' }, 2),
      objectOf('note', { abstract: 'Hurry', content: 'It spreads.', object_refs: [idOf('campaign')], object_marking_refs: [STRICT] }),
      {
        type: 'sighting',
        id: idOf('sighting'),
        spec_version: '2.1',
        created: '2024-01-02T03:04:05.000Z',
        modified: '2024-01-02T03:04:05.000Z',
        sighting_of_ref: idOf('indicator'),
        count: 2,
        first_seen: '2024-02-01T00:00:00.000Z',
        object_marking_refs: [STRICT],
      },
    ),
  )
  assert.ok((await assertNothingIsLost()) >= 1)
  const [threat] = await db.selectFrom('watch_threat').select('id').where('title', '=', 'Invented campaign').execute()
  const page = await analyst.get(`/threats/${threat?.id}`)
  assert.match(page.body, /stix\.json/)
  const lead = await app.signIn('cyber-lead')
  assert.equal((await lead.get(`/threats/${threat?.id}/stix.json`)).statusCode, 403)
  assert.equal((await analyst.get('/threats/thr_0/stix.json')).statusCode, 404)
  const mark = (tlp: Tlp) =>
    db
      .updateTable('watch_threat')
      .set({ tlp })
      .where('id', '=', threat?.id ?? '')
      .execute()
  await mark('RED')
  assert.equal((await analyst.get(`/threats/${threat?.id}/stix.json`)).statusCode, 404, 'what is RED is for named people, and in no file')
  assert.doesNotMatch((await analyst.get(`/threats/${threat?.id}`)).body, /stix\.json|misp\.json/)
  await mark('AMBER+STRICT')
})

test('the reference bundles are gathered and go out again with nothing lost that is held', { skip: skipWithoutSharedData }, async () => {
  // The examples use the same ids for different things; an object has to come from one of them only.
  const seen = new Set<string>()
  let taken = 0
  for (const path of globSync(sharedData('stix/{coun7er,misp-stix,oasis-examples,opencti,python-stix2,schemas-examples}/*.json')).toSorted()) {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'))
    const ids = listAt(json, 'objects').flatMap(object => lineAt(object, 'id') ?? [])
    if (!recognisesStix(json) || !readStix(json).ok || ids.some(id => seen.has(id) && !/^(?:identity|marking-definition)--/.test(id))) continue
    for (const id of ids) seen.add(id)
    await gather(app.platform, SYSTEM, { address: path.split('/').at(-1) ?? '', bytes: readFileSync(path) })
    taken += 1
  }
  assert.ok(taken > 10, String(taken))
  assert.ok((await assertNothingIsLost()) > 20)
})

test('a bulletin is given to those who may open its page, and what is RED or an exercise to nobody', async () => {
  const content = { cves: ['CVE-2050-0001'], indicators: '198.51.100.7' }
  const bulletin = await releasedBulletin(app.platform, { organisations: 1, prefix: 'B', tlp: 'AMBER+STRICT', content })
  const reader = await app.signIn('cyber-lead', { organisation: 'B00000' })
  const stranger = await app.signIn('cyber-lead', { organisation: 'BZ' })
  const path = `/bulletins/CC-${bulletin.number}/stix.json`
  const response = await reader.get(path)
  assert.deepEqual([response.statusCode, response.headers['content-type']], [200, 'application/stix+json;version=2.1'])
  const [item] = valueOf(readStix(JSON.parse(response.body))).items.filter(one => one.details['type'] === 'report')
  assert.deepEqual(
    [item?.title, item?.tlp, item?.cves, item?.indicators?.length],
    ['A flaw in a records system', 'AMBER+STRICT', ['CVE-2050-0001'], 1],
  )
  assert.match((await reader.get(`/bulletins/CC-${bulletin.number}`)).body, /stix\.json/)
  assert.equal((await stranger.get(path)).statusCode, 404)
  assert.equal((await app.visitor.get(path)).statusCode, 401)
  for (const options of [
    { tlp: 'RED' as const, prefix: 'D' },
    { isExercise: true, prefix: 'E' },
  ]) {
    const { number } = await releasedBulletin(app.platform, { organisations: 1, ...options })
    assert.equal((await analyst.get(`/bulletins/CC-${number}/stix.json`)).statusCode, 404)
    assert.doesNotMatch((await analyst.get(`/bulletins/CC-${number}`)).body, /stix\.json/)
  }
})

test('what a source marks RED is in no file, and the rest goes out as it came: other languages, extensions, labels of TLP 1, revocations', async () => {
  const definition = idOf('extension-definition')
  await take(
    'marked.json',
    bundleOf(
      objectOf('campaign', { name: 'Marked campaign', object_marking_refs: [AMBER], x_acme_score: 7, extensions: { [definition]: { rank: 1 } } }, 40),
      { type: 'extension-definition', id: definition, ...TIMES, name: 'Acme extension', version: '1.0.0', schema: 'https://acme.example/schema' },
      { type: 'language-content', id: idOf('language-content'), ...TIMES, object_ref: idOf('campaign', 40), contents: { fr: { name: 'Campagne' } } },
      { type: 'marking-definition', spec_version: '2.1', id: AMBER, created: TIMES.created, definition_type: 'tlp', definition: { tlp: 'amber' } },
      // A definition of ours in other words does not stand in the place of ours.
      { type: 'marking-definition', spec_version: '2.1', id: AMBER_2, created: TIMES.created, name: 'TLP:CLEAR', definition_type: 'tlp' },
      objectOf('note', { content: 'For named people', object_refs: [idOf('campaign', 40)], object_marking_refs: [RED] }, 40),
      objectOf('course-of-action', { name: 'Hidden course', object_marking_refs: [RED] }, 40),
      relate('mitigates', idOf('course-of-action', 40), idOf('campaign', 40), { object_marking_refs: [WHITE] }, 40),
      objectOf(
        'tool',
        { name: 'Old tool', revoked: true, object_marking_refs: [AMBER_2], granular_markings: [{ lang: 'en', selectors: ['name'] }] },
        40,
      ),
      relate('uses', idOf('campaign', 40), idOf('tool', 40), { object_marking_refs: [WHITE] }, 41),
    ),
  )
  const [threat] = await db.selectFrom('watch_threat').select(['id', 'tlp']).where('title', '=', 'Marked campaign').execute()
  assert.equal(threat?.tlp, 'AMBER')
  const { body } = await analyst.get(`/threats/${threat.id}/stix.json`)
  assert.doesNotMatch(body, /For named people|Hidden course/)
  const objects = listAt(JSON.parse(body), 'objects').filter(isRecord)
  const given = (id: string) => objects.find(object => lineAt(object, 'id') === id)
  assert.deepEqual([given(idOf('campaign', 40))?.['x_acme_score'], given(definition)?.['name']], [7, 'Acme extension'])
  assert.deepEqual(given(idOf('language-content'))?.['contents'], { fr: { name: 'Campagne' } })
  assert.deepEqual([given(AMBER)?.['definition_type'], given(AMBER_2)?.['name']], ['tlp', 'TLP:AMBER'])
  const tool = given(idOf('tool', 40))
  assert.deepEqual([tool?.['revoked'], tool?.['granular_markings']], [true, [{ lang: 'en', selectors: ['name'] }]])
})
