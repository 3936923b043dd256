import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { BASE, createCsafSector, GROUP, OPEN } from '../../../test/support/csaf-sector.ts'
import type { CsafVersion } from '../../codecs/csaf-writing/advisory.ts'
import { lineAt, listAt, recordAt } from '../../kernel/json.ts'
import { keepProvider } from './jobs.ts'

const { platform, bulletins, body, json, member, centre } = await createCsafSector()
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
