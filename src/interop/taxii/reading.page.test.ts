import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../test/support/app.ts'
import { releasedBulletin, type ReleasedBulletinOptions } from '../../../test/support/released-bulletin.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { runWork } from '../../platform/work/work.ts'
import { publishByTaxii } from './jobs.ts'
import { collectionOf, ROOT, TAXII } from './model.ts'

const app = await createTestApp()
const db = app.platform.database.kysely
type Asker = Awaited<ReturnType<typeof app.signIn>>

async function publish(bulletinId: string): Promise<void> {
  await runWork<object, void>(app.platform, SYSTEM, async work => work.enqueue(publishByTaxii, { bulletinId }))
  await app.platform.runJobs()
}

async function released(options: ReleasedBulletinOptions) {
  const bulletin = await releasedBulletin(app.platform, options)
  await publish(bulletin.bulletinId)
  return bulletin
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: {
    readonly more?: boolean
    readonly next?: string
    readonly objects?: readonly Record<string, unknown>[]
    readonly versions?: readonly string[]
    readonly collections?: readonly Record<string, unknown>[]
    readonly [member: string]: unknown
  }
}

async function ask(who: Asker | typeof app.visitor, path: string, headers: Record<string, string> = { accept: TAXII }): Promise<Answer> {
  const response = await who.get(path, headers)
  return { status: response.statusCode, headers: response.headers, body: response.body === '' ? {} : (JSON.parse(response.body) as Answer['body']) }
}

// The centre is known before it says anything.
const centre = await app.signIn('analyst')
const GREEN = `${ROOT}collections/${collectionOf('GREEN', null).id}/`
const CLEAR = `${ROOT}collections/clear/`
const content = {
  cves: ['CVE-2050-0001', 'CVE-2050-0002'],
  indicators: '198.51.100.7\nevil[.]example',
  platforms: [{ platform: 'Records', versions: ['1', '2'], text: '' }],
}
const green = await released({ organisations: 2, prefix: 'G', tlp: 'GREEN', content })
const clear = await released({ organisations: 1, prefix: 'C', tlp: 'CLEAR', content: { ...content, title: 'Open words' } })
const red = await released({ organisations: 1, prefix: 'R', tlp: 'RED', title: 'Secret words' })
const strict = await released({ organisations: 1, prefix: 'S', tlp: 'AMBER+STRICT' })
const exercise = await released({ organisations: 1, prefix: 'E', tlp: 'CLEAR', isExercise: true, title: 'Only an exercise' })
const reader = await app.signIn('cyber-lead', { organisation: 'G00000' })
const stranger = await app.signIn('cyber-lead', { organisation: 'ZZZ' })
assert.ok(red.number + exercise.number + strict.number > 0)

test('the way leads from the discovery to the objects', async () => {
  const { body } = await ask(reader, '/taxii2/')
  assert.deepEqual(body['api_roots'], [`http://localhost:8080${ROOT}`])
  assert.equal(body['default'], `http://localhost:8080${ROOT}`)
  const root = await ask(reader, ROOT)
  assert.deepEqual([root.body['versions'], root.body['max_content_length']], [[TAXII], 1_048_576])
  const list = await ask(reader, `${ROOT}collections/`)
  assert.deepEqual(
    list.body.collections?.map(one => [one['alias'], one['can_read'], one['can_write']]),
    ['clear', 'green', 'amber', 'amber-strict', 'sightings'].map(alias => [alias, true, false]),
  )
  assert.match(String(list.body.collections?.[0]?.['id']), /^[0-9a-f]{8}-[0-9a-f]{4}-5/)
  const objects = await ask(reader, `${GREEN}objects/`)
  assert.equal(objects.headers['content-type'], TAXII)
  assert.equal(objects.body.objects?.filter(one => one['type'] === 'report').length, 1)
})

/** Every object of a collection, page by page. */
async function walk(who: Asker, path: string, limit: number): Promise<{ readonly ids: readonly string[]; readonly pages: number }> {
  const ids: string[] = []
  let [next, pages]: [string | undefined, number] = [undefined, 0]
  do {
    const { body, headers }: Answer = await ask(who, `${path}?limit=${limit}${next === undefined ? '' : `&next=${next}`}`)
    ids.push(...(body.objects ?? []).map(one => String(one['id'])))
    if (body.more === true) assert.equal(body.objects?.length, limit)
    assert.ok(String(headers['x-taxii-date-added-first']) <= String(headers['x-taxii-date-added-last']))
    assert.equal(body.more === true, body.next !== undefined)
    next = body.next
    pages += 1
  } while (next !== undefined)
  return { ids, pages }
}

test('who may not read a bulletin is told nothing of it; what is CLEAR is for every account; RED and exercises are nowhere', async () => {
  const names = async (who: Asker, path: string) =>
    ((await ask(who, `${path}objects/?match[type]=report`)).body.objects ?? []).map(one => one['name'])
  assert.deepEqual(
    [await names(reader, GREEN), await names(stranger, GREEN), await names(centre, GREEN)],
    [['A flaw in a records system'], [], ['A flaw in a records system']],
  )
  for (const who of [reader, stranger, centre]) assert.deepEqual(await names(who, CLEAR), ['Open words'])
  const { body } = await ask(centre, `${GREEN}objects/?match[type]=report`)
  const id = String(body.objects?.[0]?.['id'])
  for (const path of [`objects/${id}/`, `objects/${id}/versions/`]) {
    assert.equal((await ask(reader, `${GREEN}${path}`)).status, 200)
    const hidden = await ask(stranger, `${GREEN}${path}`)
    assert.deepEqual([hidden.status, hidden.body['http_status']], [404, '404'])
    // Hidden and absent look the same.
    const absent = await ask(stranger, `${GREEN}${path.replace(id, id.replace(/.$/, '0'))}`)
    assert.deepEqual({ ...hidden.body, error_id: '' }, { ...absent.body, error_id: '' })
  }
  assert.deepEqual((await ask(stranger, `${GREEN}objects/?match[id]=${id}`)).body, {})
  const everything = await app.platform.database.kysely
    .selectFrom('interop_taxii_object' as never)
    .selectAll()
    .execute()
  assert.doesNotMatch(JSON.stringify(everything), /Secret words|Only an exercise/)
})

test('pages of any size give each object once, in the order in which they were added', async () => {
  const all = await walk(reader, `${GREEN}objects/`, 1_000)
  assert.equal(all.pages, 1)
  assert.equal(new Set(all.ids).size, all.ids.length)
  for (const limit of [1, 3, 7]) assert.deepEqual((await walk(reader, `${GREEN}objects/`, limit)).ids, all.ids)
  const { body } = await ask(reader, `${GREEN}manifest/`)
  const dates = body.objects?.map(one => String(one['date_added'])) ?? []
  assert.deepEqual(dates, dates.toSorted())
  assert.equal(new Set(dates).size, all.ids.length)
  assert.ok(dates.every(date => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(date)))
})

test('added_after is strictly after, and a filter that nothing meets gives an empty envelope', async () => {
  const { body } = await ask(reader, `${GREEN}manifest/`)
  const dates = body.objects?.map(one => String(one['date_added'])) ?? []
  for (const [index, date] of dates.entries())
    assert.equal((await ask(reader, `${GREEN}objects/?added_after=${date}`)).body.objects?.length ?? 0, dates.length - index - 1)
  const nothing = await ask(reader, `${GREEN}objects/?added_after=${dates.at(-1)}`)
  assert.deepEqual([nothing.status, nothing.body], [200, {}])
})

test('filters: commas are or, fields are and, versions are last unless it is said', async () => {
  const count = async (query: string) => (await ask(reader, `${GREEN}objects/?${query}`)).body.objects?.length ?? 0
  assert.equal(await count('match[type]=vulnerability'), 2)
  assert.equal(await count('match[type]=vulnerability,indicator'), 4)
  assert.equal(await count('match%5Btype%5D=software'), 2)
  const id = String((await ask(reader, `${GREEN}objects/?match[type]=indicator`)).body.objects?.[0]?.['id'])
  assert.equal(await count(`match[id]=${id}`), 1)
  assert.equal(await count(`match[id]=${id}&match[type]=report`), 0)
  assert.equal(await count(`match[id]=${id}&match[spec_version]=2.0`), 0)
  assert.equal(await count(`match[id]=${id}&match[spec_version]=2.0,2.1`), 1)
  for (const bad of ['limit=0', 'limit=x', 'next=abc', 'added_after=yesterday', 'match[version]=newest', 'match[type]=', 'match[id]=x']) {
    const refused = await ask(reader, `${GREEN}objects/?${bad}`)
    assert.deepEqual([refused.status, refused.body['http_status'], refused.headers['content-type']], [400, '400', TAXII], bad)
    assert.doesNotMatch(String(refused.body['description']), /pattern|Invalid/, bad)
  }
  assert.equal((await ask(reader, `${GREEN}objects/?limit=99999999`)).status, 200)
})

test('media types, credentials and what is not there are answered as the standard says', async () => {
  for (const accept of [TAXII, 'application/taxii+json', '*/*', 'application/taxii+json; version=2.1, text/html;q=0.1'])
    assert.equal((await ask(reader, `${GREEN}objects/`, { accept })).status, 200, accept)
  for (const accept of ['application/json', 'text/html', 'application/taxii+json;version=2.0', 'application/taxii+json;q=0']) {
    const refused = await ask(reader, `${GREEN}objects/`, { accept })
    assert.deepEqual([refused.status, typeof refused.body['title'], refused.headers['content-type']], [406, 'string', TAXII], accept)
  }
  for (const path of ['/taxii2/', ROOT, `${GREEN}objects/`]) {
    const { status, headers, body } = await ask(app.visitor, path)
    assert.deepEqual([status, body['http_status'], headers['content-type']], [401, '401', TAXII], path)
    assert.match(String(headers['www-authenticate']), /Basic/)
  }
  for (const path of [`${ROOT}collections/6b4b1c3e-0000-4000-8000-000000000000/`, `${ROOT}collections/red/objects/`, '/taxii2/other/']) {
    const { status, headers, body } = await ask(reader, path)
    assert.deepEqual([status, body['http_status'], headers['content-type']], [404, '404', TAXII], path)
  }
})

test('a change adds versions of what changed alone, a withdrawal takes all back, and no other reader sees either', async () => {
  const manifest = async () =>
    ((await ask(reader, `${GREEN}manifest/`)).body.objects ?? []).map(one => `${String(one['id'])} ${String(one['version'])}`).toSorted()
  const before = await manifest()
  await publish(green.bulletinId)
  assert.deepEqual(await manifest(), before)
  app.platform.clock.advanceHours(1)
  const now = app.platform.clock.now()
  await sql`update broadcast_version set content = jsonb_set(content, '{cves}', '["CVE-2050-0001", "CVE-2050-0003"]') where bulletin_id = ${green.bulletinId}`.execute(
    db,
  )
  await sql`update broadcast_bulletin set updated_at = ${now} where id = ${green.bulletinId}`.execute(db)
  const dates = ((await ask(reader, `${GREEN}manifest/`)).body.objects ?? []).map(one => String(one['date_added']))
  await publish(green.bulletinId)
  const { body } = await ask(reader, `${GREEN}objects/?added_after=${dates.at(-1)}`)
  assert.deepEqual(
    body.objects?.map(one => [one['type'], one['name'], one['revoked'] ?? false]),
    [
      ['report', 'A flaw in a records system', false],
      ['vulnerability', 'CVE-2050-0003', false],
      ['vulnerability', 'CVE-2050-0002', true],
    ],
  )
  const id = String(body.objects?.[0]?.['id'])
  assert.equal((await ask(reader, `${GREEN}objects/${id}/versions/`)).body.versions?.length, 2)
  const versioned = async (version: string) =>
    ((await ask(reader, `${GREEN}objects/${id}/?match[version]=${version}`)).body.objects ?? []).map(one => one['modified'])
  const [first, last] = await versioned('all')
  assert.deepEqual([await versioned('first'), await versioned('last'), await versioned('first,last')], [[first], [last], [first, last]])
  assert.deepEqual(await versioned(String(first)), [first])

  app.platform.clock.advanceHours(1)
  await sql`update broadcast_bulletin set state = 'withdrawn', withdrawn_at = ${now}, withdrawn_reason = 'It was wrong', updated_at = ${app.platform.clock.now()} where id = ${green.bulletinId}`.execute(
    db,
  )
  await publish(green.bulletinId)
  const left = (await ask(reader, `${GREEN}objects/`)).body.objects ?? []
  const versionless = ['software', 'marking-definition', 'identity', 'extension-definition']
  assert.ok(left.filter(one => !versionless.includes(String(one['type']))).every(one => one['revoked'] === true))
  assert.deepEqual((await ask(stranger, `${GREEN}objects/?match[type]=report&match[version]=all`)).body, {})
})

test('a limit of any size is taken as the most there is, and what is no count of objects is refused', async () => {
  for (const limit of ['1000', '1001', '99999999999999999999'])
    assert.equal((await ask(reader, `${GREEN}objects/?limit=${limit}`)).status, 200, limit)
  for (const limit of ['0', '-1', '1.5', '1e2', '0x10', '', 'all'])
    assert.equal((await ask(reader, `${GREEN}objects/?limit=${limit}`)).status, 400, limit)
  assert.equal((await ask(reader, `${GREEN}objects/?added_after=2026-02-30T00:00:00Z`)).status, 400)
})

test('a program without a token is told how to come in, not to come back to a page', async () => {
  const { status, headers, body } = await ask(app.visitor, `${GREEN}objects/`)
  assert.equal(status, 401)
  assert.match(String(headers['www-authenticate']), /Basic realm=/)
  assert.match(String(body['description']), /Send a token/)
})

test('nothing is deleted or put here, and who tries is told so of what there is and what there is not alike', async () => {
  for (const method of ['DELETE', 'PUT'] as const)
    for (const id of [`report--${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}`, 'nothing']) {
      const response = await app.server.inject({ method, url: `${GREEN}objects/${id}/` })
      assert.deepEqual([response.statusCode, response.headers['content-type'], response.headers['allow']], [405, TAXII, 'GET, HEAD'])
      assert.equal((JSON.parse(response.body) as { http_status: string }).http_status, '405')
    }
  const nowhere = await app.server.inject({ method: 'DELETE', url: `${ROOT}nothing/` })
  assert.equal(nowhere.statusCode, 404)
})

test('a label that changes takes a bulletin back where it stood and says it under other ids where it belongs', async () => {
  const report = async (path: string) => (await ask(centre, `${path}objects/?match[type]=report`)).body.objects?.at(-1)
  const before = await report(CLEAR)
  app.platform.clock.advanceHours(1)
  await sql`update broadcast_version set content = jsonb_set(content, '{tlp}', '"AMBER"') where bulletin_id = ${clear.bulletinId}`.execute(db)
  await sql`update broadcast_bulletin set tlp = 'AMBER', updated_at = ${app.platform.clock.now()} where id = ${clear.bulletinId}`.execute(db)
  await publish(clear.bulletinId)
  assert.deepEqual([(await report(CLEAR))?.['id'], (await report(CLEAR))?.['revoked']], [before?.['id'], true])
  const moved = await report(`${ROOT}collections/amber/`)
  assert.deepEqual([moved?.['name'], moved?.['revoked'], moved?.['id'] === before?.['id']], ['Open words', undefined, false])
  assert.deepEqual((await ask(stranger, `${ROOT}collections/amber/objects/?match[type]=report`)).body, {})
})

test('the collection of a sharing group is there for those who were sent something in it, and for nobody else', async () => {
  const groupId = '5d3be392-8d0c-4fce-98c7-834be2c973c6'
  await sql`insert into broadcast_sharing_group (id, name, purpose, made_by, made_at) values (${groupId}, 'Larch users', 'Those who run Larch', 'test', now())`.execute(
    db,
  )
  const shared = await releasedBulletin(app.platform, { organisations: 1, prefix: 'L', tlp: 'AMBER', title: 'For the group' })
  await sql`update broadcast_bulletin set sharing_group_id = ${groupId} where id = ${shared.bulletinId}`.execute(db)
  const group = JSON.stringify({ id: groupId, name: 'Larch users' })
  await sql`update broadcast_version set content = jsonb_set(content, '{sharingGroup}', ${group}::jsonb) where bulletin_id = ${shared.bulletinId}`.execute(
    db,
  )
  await publish(shared.bulletinId)
  const member = await app.signIn('cyber-lead', { organisation: 'L00000' })
  const region = await app.signIn('regional-lead', { organisation: 'Y61' })
  const path = `${ROOT}collections/${collectionOf('AMBER', groupId).id}/`
  for (const who of [member, centre]) {
    assert.match(String((await ask(who, path)).body['title']), /TLP:AMBER, Larch users/)
    assert.equal((await ask(who, `${path}objects/?match[type]=report`)).body.objects?.[0]?.['name'], 'For the group')
  }
  for (const who of [stranger, reader, region]) {
    for (const part of ['', 'objects/', 'manifest/']) assert.equal((await ask(who, path + part)).status, 404)
    const { body } = await ask(who, `${ROOT}collections/`)
    assert.doesNotMatch(JSON.stringify(body), /Larch/)
  }
  const amber = await ask(member, `${ROOT}collections/amber/objects/?match[type]=report`)
  assert.doesNotMatch(JSON.stringify(amber.body), /For the group/)
})

test('an organisation that is caught up on an old bulletin finds it among what is new to it', async () => {
  const shared = await released({ organisations: 1, prefix: 'J', tlp: 'AMBER', title: 'Told before' })
  const late = await app.signIn('cyber-lead', { organisation: 'LATE' })
  const AMBER = `${ROOT}collections/amber/`
  app.platform.clock.advanceHours(1)
  await released({ organisations: 1, prefix: 'K', tlp: 'AMBER', title: 'Told since' })
  const { headers } = await ask(centre, `${AMBER}objects/?limit=1000`)
  const since = String(headers['x-taxii-date-added-last'])
  await sql`
    insert into broadcast_recipient (bulletin_id, organisation_id, release_id, is_reachable)
      select ${shared.bulletinId}, ${late.organisationId}, ${shared.releaseId}, true`.execute(db)
  app.platform.clock.advanceHours(1)
  await publish(shared.bulletinId)
  const { body } = await ask(late, `${AMBER}objects/?added_after=${since}`)
  assert.deepEqual(
    body.objects?.filter(one => one['type'] === 'report').map(one => one['name']),
    ['Told before'],
  )
  const again = await ask(late, `${AMBER}manifest/?match[version]=all`)
  assert.equal(again.body.objects?.length, new Set(again.body.objects?.map(one => one['id'])).size)
})
