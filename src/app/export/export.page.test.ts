import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { MIGRATIONS } from '../../../migrations/index.ts'
import { createTestApp, type Browser, type TestApp } from '../../../test/support/app.ts'
import { runCommand } from '../../../test/support/command.ts'
import { releasedBulletin } from '../../../test/support/released-bulletin.ts'
import { personActor } from '../../domains/directory/contract.ts'
import type { Role } from '../../kernel/role.ts'
import { verifyChain } from '../../platform/audit/verify.ts'
import { startSession } from '../../platform/auth/sessions.ts'
import type { AuthTables } from '../../platform/auth/tables.ts'
import { createOutput } from '../../platform/cli/output.ts'
import { tablesInOrder } from '../../platform/db/portable.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { runWork } from '../../platform/work/work.ts'
import { OPERATOR } from '../cli.ts'
import { permissionsOf } from '../modules.ts'
import { loadSample } from '../sample/load.ts'
import { loadExport } from './load.ts'
import { leavesWithWhole, SHOWN_BY } from './tables.ts'

const NAMES = Object.keys(MIGRATIONS)
const ROLES: readonly Role[] = ['duty-manager', 'administrator', 'regional-lead', 'cyber-lead']
const app = await createTestApp()
const { platform } = app
const silent = createOutput({ json: true, yes: true, stdout: process.stderr, stderr: process.stderr, ask: null })
await loadSample(platform, silent, { organisations: 200, seed: 3 })
const own = await releasedBulletin(platform, { organisations: 2, prefix: 'OWN', title: 'Sent to two' })
const others = {
  amber: await releasedBulletin(platform, { organisations: 1, prefix: 'AMB', tlp: 'AMBER' }),
  red: await releasedBulletin(platform, { organisations: 1, prefix: 'RED', tlp: 'RED' }),
  exercise: await releasedBulletin(platform, { organisations: 1, prefix: 'EXE', isExercise: true }),
}
const people = new Map<Role, { browser: Browser; personId: string; email: string }>()
for (const role of ROLES) {
  const signedIn = await app.signIn(role, role === 'cyber-lead' ? { organisation: 'OWN00000' } : {})
  people.set(role, { browser: signedIn, personId: signedIn.personId, email: `${signedIn.personId}@test.invalid` })
}
const place = await mkdtemp(join(tmpdir(), 'carecert-export-'))
after(() => rm(place, { recursive: true }))
const whole = join(place, 'whole')
await runCommand(platform, OPERATOR, 'export all', [whole])

const person = (role: Role) => people.get(role) ?? assert.fail(role)

/** A browser in which a person who came with an import is signed in. */
async function signInAgain(other: TestApp, personId: string): Promise<Browser> {
  const assignment = await platform.database.pool.query<{ id: string }>('select id from directory_assignment where person_id = $1', [personId])
  const cookie = await runWork<AuthTables, string>(other.platform, SYSTEM, work =>
    startSession(work, { personId, assignmentId: assignment.rows[0]?.id ?? '', how: 'passkey', replaces: null }),
  )
  const browser = other.newVisitor()
  browser.setCookie('carecert', cookie)
  return browser
}

/** A page without what differs each time that it is asked for. */
function settled({ statusCode, body }: { statusCode: number; body: string }): string {
  return `${statusCode} ${body.replace(/name="_csrf" value="[^"]*"/g, '').replace(/<(span|strong) class="app-break">[0-9a-f-]{36}</g, '')}`
}

test('an empty installation that loads the whole shows everybody the same pages, and has the same verdict on the audit', async () => {
  const other = await createTestApp()
  other.platform.clock.set(platform.clock.now().toISOString())
  await loadExport(other.platform.database, whole, NAMES)
  assert.deepEqual(await verifyChain(other.platform.database.kysely), await verifyChain(platform.database.kysely))
  const pages = [
    '/',
    '/bulletins',
    `/bulletins/CC-${own.number}`,
    '/organisations',
    '/threats',
    '/responses',
    '/safe-to-use',
    '/people',
    '/chase-policies',
  ]
  for (const role of ROLES) {
    const { browser, personId } = person(role)
    const again = await signInAgain(other, personId)
    for (const page of pages) assert.equal(settled(await again.get(page)), settled(await browser.get(page)), `${page} as ${role}`)
  }
})

test('the folder is readable by its owner alone, each row is a line of JSON, and nothing in it proves who somebody is', async () => {
  assert.equal((await stat(whole)).mode & 0o077, 0)
  const files = await readdir(join(whole, 'data'))
  assert.ok(files.includes('broadcast_bulletin.jsonl') && files.includes('audit_record.jsonl'))
  assert.deepEqual(
    files.filter(name => name.startsWith('auth_')),
    ['auth_token_policy.jsonl'],
  )
  const [first = ''] = (await readFile(join(whole, 'data', 'broadcast_bulletin.jsonl'), 'utf8')).split('\n')
  assert.equal(typeof (JSON.parse(first) as { title?: unknown }).title, 'string')
})

test('a person takes away what their pages show: an organisation its own, and nothing of the centre or of others', async () => {
  const folder = join(place, 'lead')
  const actor = await personActor(platform, person('cyber-lead').email, permissionsOf)
  const { data } = await runCommand<{ isWhole: boolean; rows: number }>(platform, actor, 'export all', [folder])
  assert.equal(data.isWhole, false)
  const files = await readdir(join(folder, 'data'))
  assert.ok(files.includes('broadcast_bulletin.jsonl') && files.includes('directory_contact.jsonl'))
  for (const name of files)
    assert.doesNotMatch(name, /^(audit|watch_(?!notification)|auth|interop|platform|broadcast_(delivery|audience|review|call))/)
  const all = (await Promise.all(files.map(name => readFile(join(folder, 'data', name), 'utf8')))).join('')
  const [ownId = '', otherId = ''] = own.organisationIds
  assert.ok(all.includes(ownId))
  assert.ok(!all.includes(otherId), 'a fellow recipient of the same bulletin is in it')
  const bulletins = (await readFile(join(folder, 'data', 'broadcast_bulletin.jsonl'), 'utf8')).trim().split('\n')
  assert.equal(bulletins.length, 1)
  await assert.rejects(loadExport(platform.database, folder, NAMES), { code: 'app.export.partial' })
})

/** The bulletins that stand in the forms which others read, by their numbers, and whether threats do. */
async function formsIn(folder: string) {
  const numbersIn = async (form: string, names: RegExp) => {
    const files = await readdir(join(folder, form), { recursive: true, withFileTypes: true })
    const texts = await Promise.all(
      files.filter(file => file.isFile() && names.test(file.name)).map(file => readFile(join(file.parentPath, file.name), 'utf8')),
    )
    const known = [own, ...Object.values(others)].map(({ number }) => number)
    return known.filter(number => texts.some(text => text.includes(`CC-${number}`)))
  }
  return {
    csaf: await numbersIn('csaf', /^cc-.*\.json$/),
    misp: await numbersIn('misp', /^[\da-f-]{36}\.json$/),
    stix: await numbersIn('stix', /^CC-.*\.json$/),
    threats: await readdir(join(folder, 'stix', 'threats')).catch(() => null),
  }
}

test('beside the rows stand the forms that others read: of what the actor may see what is neither RED nor an exercise', async () => {
  const { threats, ...all } = await formsIn(whole)
  const given = [own.number, others.amber.number]
  assert.deepEqual(all, { csaf: given, misp: given, stix: given })
  const { rows } = await platform.database.pool.query<{ id: string }>(`select id from watch_threat where merged_into is null and tlp <> 'RED'`)
  assert.ok(rows.length > 0)
  assert.deepEqual(threats?.toSorted(), rows.map(({ id }) => `${id}.json`).toSorted())
  const folder = join(place, 'lead-forms')
  await runCommand(platform, await personActor(platform, person('cyber-lead').email, permissionsOf), 'export all', [folder])
  const mine = [own.number]
  assert.deepEqual(await formsIn(folder), { csaf: mine, misp: mine, stix: mine, threats: null })
})

test('a folder in use, one that was changed, and an installation in use are refused, and left as they are', async () => {
  await assert.rejects(runCommand(platform, OPERATOR, 'export all', [whole]), { code: 'app.export.folder-in-use' })
  await assert.rejects(runCommand(platform, OPERATOR, 'export all', [join(place, 'no', 'where')]), { code: 'app.export.folder' })
  assert.deepEqual(
    (await readdir(place)).filter(name => name.startsWith('whole')),
    ['whole'],
    'nothing half written stands beside it',
  )
  await assert.rejects(loadExport(platform.database, whole, NAMES), { code: 'platform.restore.not-empty' })
  await assert.rejects(loadExport(platform.database, join(place, 'nowhere'), NAMES), { code: 'app.export.no-export' })
  await assert.rejects(loadExport(platform.database, whole, [...NAMES, '9999_next']), { code: 'app.export.other-version' })
  // A manifest that vouches for what no installation wrote: the rows of a table are gone, and others refer to them.
  const text = await readFile(join(whole, 'export.json'), 'utf8')
  const manifest = JSON.parse(text) as { tables: { name: string }[] }
  await writeFile(
    join(whole, 'export.json'),
    JSON.stringify({ ...manifest, tables: manifest.tables.filter(({ name }) => name !== 'directory_organisation') }),
  )
  const other = await createTestApp()
  await assert.rejects(loadExport(other.platform.database, whole, NAMES), { code: 'app.export.changed' })
  const { rows } = await other.platform.database.pool.query<{ count: number }>('select count(*)::integer as count from directory_person')
  assert.deepEqual(rows, [{ count: 0 }], 'something of it was loaded')
  await writeFile(join(whole, 'export.json'), text)
  await appendFile(join(whole, 'data', 'broadcast_bulletin.jsonl'), '\n')
  await assert.rejects(loadExport(platform.database, whole, NAMES), { code: 'app.export.changed' })
  await writeFile(join(whole, 'export.json'), '{}')
  await assert.rejects(loadExport(platform.database, whole, NAMES), { code: 'app.export.no-export' })
})

/** What leaves with the whole alone: how the machine runs, what others were told and what is made from other rows. A new table is put there or in `SHOWN_BY`. */
const WHOLE_ALONE = [
  /^platform_/,
  /^interop_/,
  'auth_token_policy',
  'assure_action_reminded',
  // An organisation takes its own review away by its take-away, in which nothing of another's is that it may read.
  /^assure_(?:assessment|view|answer|respondent|comment|engagement|finding|conclusion|moderated|agree|evidence_(?!grade)|evidence$|share|look|practice$)/,
  /^assure_ledger/,
  'assure_need_key',
  'assure_need_ledger',
  'broadcast_announcement',
  'broadcast_machine_answer',
  'broadcast_notify_callback',
  /^broadcast_webhook/,
]

test('somebody has decided of each table who takes it away', async () => {
  const isDecided = (table: string) => table in SHOWN_BY || WHOLE_ALONE.some(known => (known instanceof RegExp ? known.test(table) : known === table))
  const tables = (await tablesInOrder(platform.database.kysely)).filter(leavesWithWhole)
  assert.deepEqual(
    tables.filter(table => !isDecided(table)),
    [],
  )
  assert.deepEqual(
    Object.keys(SHOWN_BY).filter(table => !tables.includes(table)),
    [],
    'tables that are not there',
  )
})
