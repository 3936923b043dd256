import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { actorAs } from '../../../test/support/broadcast.ts'
import { runCommand } from '../../../test/support/command.ts'
import { BASE, createCsafSector, GROUP, OPEN } from '../../../test/support/csaf-sector.ts'
import { validateCsaf } from '../../../test/support/csaf-validator.ts'
import { issuedFindings } from '../../app/csaf-findings.ts'
import { CSAF_VERSIONS, type CsafVersion } from '../../codecs/csaf-writing/advisory.ts'
import { addUpdate } from '../../domains/broadcast/bulletins/living/commands.ts'
import type { Visible as Broadcast } from '../../domains/broadcast/tables.ts'
import { lineAt, listAt, recordAt } from '../../kernel/json.ts'
import type { Config } from '../../platform/config/config.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import { refreshLists } from './commands.ts'
import { keepProvider } from './jobs.ts'
import { settingsFrom } from './model.ts'
import { openDocumentSigner } from './signing.ts'
import type { Visible } from './tables.ts'

const { platform, bulletins, get, body, json, member, centre } = await createCsafSector()
const { clear, unscored, informational, withdrawn, superseded, holding, green, grouped } = bulletins
const { kysely: db } = platform.database

test('withdrawn, superseded and interim documents follow the standard', async () => {
  const at = async (version: CsafVersion, path: string) => recordAt(await json(`${OPEN[version]}/${path}`), 'document')
  assert.equal(lineAt(await at('2.1', withdrawn.path), 'category'), 'csaf_withdrawn')
  assert.match(lineAt(await at('2.0', withdrawn.path), 'title') ?? '', /^Withdrawn: /)
  const over = await at('2.1', superseded.path)
  assert.equal(lineAt(over, 'category'), 'csaf_superseded')
  const reference = listAt(over, 'references').find(one => lineAt(one, 'summary') === 'Superseding Document')
  assert.equal(lineAt(reference, 'url'), `${BASE}/csaf/v2.1/clear/${clear.path}`)
  assert.equal(listAt(recordAt(over, 'tracking'), 'revision_history').length, 2)
  assert.equal(lineAt(recordAt(await at('2.1', holding.path), 'tracking'), 'status'), 'interim')
  assert.equal(lineAt(recordAt(await at('2.1', clear.path), 'tracking'), 'status'), 'final')
  assert.equal(lineAt(await at('2.1', clear.path), 'category'), 'csaf_security_advisory')
  assert.equal(lineAt(await at('2.1', informational.path), 'category'), 'csaf_informational_advisory')
})

test('the page that a document names can be opened by whoever may read the document', async () => {
  for (const version of CSAF_VERSIONS) {
    const references = listAt(recordAt(await json(`${OPEN[version]}/${clear.path}`), 'document'), 'references')
    assert.equal((await get((lineAt(references.at(-1), 'url') ?? '').slice(BASE.length))).statusCode, 200)
  }
  const { rows } = await sql<{ body: string }>`select body from interop_csaf_document where bulletin_id = ${green.bulletinId}`.execute(db)
  for (const row of rows) assert.ok(row.body.includes(`${BASE}/bulletins/${green.id}`))
})

test('a document of a sharing group names it, and is found by nobody else', async () => {
  const path = `2026/8b2e7f0a-cc-${grouped.number}.json`
  const document = recordAt(JSON.parse((await (await centre()).get(`/csaf/members/v2.1/green/${path}`)).body), 'document')
  assert.deepEqual(recordAt(recordAt(document, 'distribution'), 'sharing_group'), GROUP)
  assert.equal((await (await member(grouped)).get(`/csaf/members/v2.1/green/${path}`)).statusCode, 200)
  assert.equal((await (await member(green)).get(`/csaf/members/v2.1/green/${path}`)).statusCode, 404)
})

test('signatures are made again before they run out, and after the key has changed', async () => {
  await sql`update interop_csaf_document set signed_by = 'AAAA' where bulletin_id = ${clear.bulletinId}`.execute(db)
  await sql`update interop_csaf_document set signed_until = ${new Date(platform.clock.now().getTime() + 40 * 86_400_000)} where bulletin_id = ${unscored.bulletinId}`.execute(
    db,
  )
  assert.deepEqual(await keepProvider(platform), { written: 0, signed: 4 })
  assert.deepEqual(await keepProvider(platform), { written: 0, signed: 0 })
})

test('after the key has changed, the earlier one is published until its last signature is replaced', async () => {
  const keys = async () =>
    listAt(await json('/.well-known/csaf/v2.1/provider-metadata.json'), 'public_openpgp_keys').map(key => lineAt(key, 'fingerprint'))
  const [first = ''] = await keys()
  const signer = await openDocumentSigner(platform)
  assert.ok(signer !== null)
  const next = { ...signer, fingerprint: 'B'.repeat(40) }
  const settings = settingsFrom(platform.config)
  const doing = (body: (work: Work<Visible>) => Promise<unknown>) => runWork<Visible, unknown>(platform, SYSTEM, body)
  await doing(work => refreshLists(work, next, settings))
  assert.deepEqual(await keys(), [next.fingerprint, first])
  assert.match(await body(`/csaf/openpgp/${first}.asc`), /BEGIN PGP PUBLIC KEY/)
  await sql`update interop_csaf_document set signed_by = ${next.fingerprint}`.execute(db)
  await doing(work => refreshLists(work, next, settings))
  assert.deepEqual(await keys(), [next.fingerprint])
  await sql`update interop_csaf_document set signed_by = ${first}`.execute(db)
  await doing(work => refreshLists(work, signer, settings))
  assert.deepEqual(await keys(), [first])
})

test('a clock that was put back leaves the dates of a history in order', async () => {
  const { path } = clear
  const late = new Date(platform.clock.now().getTime() - 400 * 3_600_000)
  await sql`insert into broadcast_update (bulletin_id, at, title, body, by_id, kind, is_material) values (${clear.bulletinId}, ${late}, 'Later by an earlier clock', '', 'test', 'note', false)`.execute(
    db,
  )
  await sql`update broadcast_bulletin set updated_at = ${late} where id = ${clear.bulletinId}`.execute(db)
  assert.deepEqual(await keepProvider(platform), { written: 1, signed: 0 })
  for (const version of CSAF_VERSIONS) {
    const text = await body(`${OPEN[version]}/${path}`)
    const tracking = recordAt(recordAt(JSON.parse(text), 'document'), 'tracking')
    const dates = listAt(tracking, 'revision_history').map(revision => lineAt(revision, 'date') ?? '')
    assert.match(text, /Later by an earlier clock/)
    assert.deepEqual(dates, dates.toSorted())
    assert.equal(lineAt(tracking, 'current_release_date'), dates.at(-1))
    assert.match(await body(`${OPEN[version]}/changes.csv`), new RegExp(`${path}"?,"?${dates.at(-1)}`))
  }
})

test('folders are listed from that folder alone, each anew after a change, and files are dated by nothing that two changes share', async () => {
  const listed = async () => (await get('/csaf/v2.1/clear/2026')).body
  const first = await get('/csaf/v2.1/clear/2026')
  const again = await get('/csaf/v2.1/clear/2026', { 'if-none-match': String(first.headers['etag']) })
  assert.deepEqual([again.statusCode, (await get('/csaf/v2.1/clear/2026')).headers['etag']], [304, first.headers['etag']])
  await sql`update interop_csaf_document set signature = null where bulletin_id = ${clear.bulletinId}`.execute(db)
  assert.equal(await listed(), first.body, 'a listing is made once for what was published')
  await runWork<Visible, void>(platform, SYSTEM, async work => refreshLists(work, await openDocumentSigner(platform), settingsFrom(platform.config)))
  assert.doesNotMatch(await listed(), new RegExp(`cc-${clear.number}.json.asc`, 'i'))
  assert.match(await body('/.well-known/csaf/v2.1/provider-metadata.json'), /"csaf_provider"/, 'with a document that is not signed it is not trusted')
  assert.deepEqual(await keepProvider(platform), { written: 0, signed: 2 })
  assert.equal(await listed(), first.body)
  for (const path of [`csaf/v2.1/clear/${clear.path}.asc`, 'csaf/v2.1/clear/changes.csv']) {
    const since = await get(path, { 'if-modified-since': platform.clock.now().toUTCString() })
    assert.deepEqual([since.statusCode, since.headers['last-modified']], [200, undefined], path)
  }
  const feed = await get('/csaf/v2.1/clear/feed-tlp-clear.json')
  const odd = await get('/csaf/v2.1/clear/feed-tlp-clear.json', { 'if-none-match': `x${String(feed.headers['etag'])}` })
  assert.deepEqual([odd.statusCode, odd.body], [200, feed.body], 'a tag that is not quite ours gets the whole')
  for (const path of ['/csaf/v2.1/clear/2025', '/csaf/v2.1/green', '/csaf/v2.1/clear/2026/x', '/csaf/nothing'])
    assert.equal((await get(path)).statusCode, 404, path)
})

const hasGpg = spawnSync('gpg', ['--version']).status === 0
test('GnuPG verifies a signature', { skip: hasGpg ? false : 'gpg is not on this machine' }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'carecert-gpg-'))
  after(() => rm(folder, { recursive: true, force: true }))
  const named = listAt(await json('/.well-known/csaf/v2.1/provider-metadata.json'), 'public_openpgp_keys')[0]
  const path = `csaf/v2.1/clear/${clear.path}`
  await writeFile(join(folder, 'key.asc'), await body((lineAt(named, 'url') ?? '').slice(BASE.length)))
  await writeFile(join(folder, 'document.json'), await body(path))
  await writeFile(join(folder, 'document.json.asc'), await body(`${path}.asc`))
  const run = (...args: readonly string[]) =>
    spawnSync('gpg', ['--batch', '--homedir', folder, '--faked-system-time', '20270101T000000', ...args], { encoding: 'utf8' })
  assert.equal(run('--import', join(folder, 'key.asc')).status, 0)
  const verified = run('--verify', join(folder, 'document.json.asc'), join(folder, 'document.json'))
  assert.equal(verified.status, 0, verified.stderr)
  await writeFile(join(folder, 'document.json'), 'something else')
  assert.notEqual(run('--verify', join(folder, 'document.json.asc'), join(folder, 'document.json')).status, 0)
})

test('a document stays in the year of its first release when it changes in the next', async () => {
  platform.clock.set('2027-01-05T10:00:00Z')
  await runWork<Broadcast, void>(platform, actorAs('duty-manager'), work =>
    addUpdate(work, { number: unscored.number, title: 'A word of January', body: 'More.' }),
  )
  await keepProvider(platform)
  for (const version of CSAF_VERSIONS) {
    const tracking = recordAt(recordAt(await json(`${OPEN[version]}/${unscored.path}`), 'document'), 'tracking')
    const year = (name: string) => lineAt(tracking, name)?.slice(0, 4)
    assert.deepEqual([unscored.path.slice(0, 4), year('initial_release_date'), year('current_release_date')], ['2026', '2026', '2027'])
    assert.match(await body(`${OPEN[version]}/changes.csv`), new RegExp(`^"?${unscored.path}"?,"?2027-01-05T10:00:00.000Z`))
    assert.equal((await get(`${OPEN[version]}/2027/cc-${unscored.number}.json`)).statusCode, 404)
  }
})

test('a document whose label is widened leaves its place, without a redirect, and stands in the lists of its new label alone', async () => {
  const reader = await member(green)
  const former = `/csaf/members/v2.1/green/${green.path}`
  const listed = async () => [(await reader.get('/csaf/members/v2.1/green/index.txt')).body, await body('csaf/v2.1/clear/index.txt')]
  const holds = async () => (await listed()).map(text => text.includes(green.path))
  assert.deepEqual([(await reader.get(former)).statusCode, await holds()], [200, [true, false]])
  platform.clock.advanceHours(1)
  const now = platform.clock.now()
  await sql`insert into broadcast_version (bulletin_id, version, content, content_hash, saved_by, saved_at)
    select bulletin_id, 2, jsonb_set(content, '{tlp}', '"CLEAR"'), 'wider', 'test', ${now} from broadcast_version where bulletin_id = ${green.bulletinId}`.execute(
    db,
  )
  await sql`insert into broadcast_update (bulletin_id, at, title, body, by_id, kind, version, is_material)
    values (${green.bulletinId}, ${now}, 'For everybody', '', 'test', 'version', 2, false)`.execute(db)
  await sql`update broadcast_bulletin set version = 2, tlp = 'CLEAR', updated_at = ${now} where id = ${green.bulletinId}`.execute(db)
  await keepProvider(platform)
  assert.deepEqual([(await reader.get(former)).statusCode, await holds()], [404, [false, true]])
  const document = recordAt(await json(`csaf/v2.1/clear/${green.path}`), 'document')
  assert.deepEqual(
    [lineAt(recordAt(document, 'tracking'), 'version'), lineAt(recordAt(recordAt(document, 'distribution'), 'tlp'), 'label')],
    ['2', 'CLEAR'],
  )
})

test('documents that name another address or publisher are issued anew on command, as a revision of their own, once', async () => {
  const moved = {
    ...platform,
    config: { ...platform.config, baseUrl: 'https://new.example', csaf: { ...platform.config.csaf, publisherName: 'The new centre' } },
  }
  const reissued = async (at: typeof platform, yes = true) =>
    (await runCommand<{ bulletins: number; written: number }>(at, actorAs('duty-manager'), 'csaf reissue', [], {}, { yes })).data
  const told = async (config: Config) => (await issuedFindings(platform.database, config)).map(({ words }) => words)
  const trackingOf = async (version: CsafVersion) => recordAt(recordAt(await json(`${OPEN[version]}/${informational.path}`), 'document'), 'tracking')
  const before = await trackingOf('2.1')
  assert.deepEqual([await reissued(platform), await told(platform.config)], [{ bulletins: 0, written: 0 }, []])
  assert.match((await told(moved.config)).join(), /10 bulletins name another address or publisher[\s\S]*carecert csaf reissue/)
  await assert.rejects(reissued(moved, false), /Nothing was issued/)
  assert.deepEqual(await trackingOf('2.1'), before)

  platform.clock.advanceHours(1)
  assert.deepEqual(await reissued(moved), { bulletins: 10, written: 10 })
  for (const version of CSAF_VERSIONS) {
    const text = await body(`${OPEN[version]}/${informational.path}`)
    assert.deepEqual(await validateCsaf(text, version), [])
    assert.doesNotMatch(text, /https:\/\/centre\.example/)
    const tracking = await trackingOf(version)
    const history = listAt(tracking, 'revision_history')
    assert.deepEqual(
      [lineAt(tracking, 'version'), lineAt(tracking, 'initial_release_date'), lineAt(tracking, 'current_release_date')],
      [String(Number(lineAt(before, 'version')) + 1), lineAt(before, 'initial_release_date'), platform.clock.now().toISOString()],
    )
    assert.deepEqual(history.slice(0, -1), listAt(before, 'revision_history'), 'what was said before stands')
    assert.match(lineAt(history.at(-1), 'summary') ?? '', /^Issued anew/)
    assert.match(await body(`${OPEN[version]}/changes.csv`), new RegExp(`${informational.path}"?,"?${platform.clock.now().toISOString()}`))
  }
  assert.deepEqual([await reissued(moved), await told(moved.config)], [{ bulletins: 0, written: 0 }, []])
  assert.deepEqual(await keepProvider(moved), { written: 0, signed: 0 })
})
