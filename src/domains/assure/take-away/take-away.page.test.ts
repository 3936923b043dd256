import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { unzipSync, zipSync } from 'fflate'
import { sql, type Kysely } from 'kysely'
import { createTestApp, type TestApp } from '../../../../test/support/app.ts'
import { plantFramework, plantSecrets, secretOf } from '../../../../test/support/assure-secrets.ts'
import { runCommand } from '../../../../test/support/command.ts'
import { programOf } from '../../../../test/support/tokens.ts'
import { OPERATOR } from '../../../app/cli.ts'
import { MANIFEST } from './manifest.ts'
import { openTakeAway } from './open.ts'
import { FILE_TABLE, FRAMEWORK_TABLES, OWN_TABLES, PROFILE_TABLES, SHARED_TABLES, SYSTEM_TABLES } from './tables.ts'

const here = await createTestApp()
const there = await createTestApp()
const place = await mkdtemp(join(tmpdir(), 'carecert-take-away-'))
after(() => rm(place, { recursive: true, force: true }))

const owner = (app: TestApp) => app.platform.database.kysely as unknown as Kysely<never>
const lead = await here.signIn('cyber-lead', { organisation: 'A1', name: 'Lee Lead' })
const neighbour = await here.signIn('cyber-lead', { organisation: 'A2' })
const assessor = await here.signIn('assessor', { organisation: 'CC' })
await plantFramework(owner(here))
const whose = { organisationId: lead.organisationId, leadId: lead.personId, assessorId: assessor.personId, receiverId: assessor.organisationId }
const { ids, secrets } = await plantSecrets(here.platform, whose)
const file = join(place, 'review.zip')
const taken = await lead.post('/take-away', {}, { from: '/take-away' })
await writeFile(file, taken.rawPayload)

const load = (archive: string) =>
  runCommand<{ added: number; alreadyThere: number; leftOut: number }>(there.platform, OPERATOR, 'assessments load', [archive])
const files = (bytes: Uint8Array) => unzipSync(bytes)

test('a table of assure stands in one list of those that are taken away and those that are not', async () => {
  const { rows } = await sql<{ name: string }>`select tablename as name from pg_tables where tablename like 'assure\\_%' order by 1`.execute(
    owner(here),
  )
  const listed = [...OWN_TABLES, ...FRAMEWORK_TABLES, ...PROFILE_TABLES].map(({ table }) => table)
  assert.deepEqual(
    [...listed, ...SHARED_TABLES, ...SYSTEM_TABLES, FILE_TABLE].toSorted(),
    rows.map(({ name }) => name),
  )
})

test('everything of the organisation is in one archive, and its manifest names each file with its hash', () => {
  assert.equal(taken.statusCode, 200)
  assert.match(String(taken.headers['content-disposition']), /^attachment; filename="carecert-review-A1-2026-11-20\.zip"$/)
  const entries = files(taken.rawPayload)
  const all = Object.values(entries)
    .map(body => Buffer.from(body).toString('utf8'))
    .join('\n')
  for (const secret of secrets) assert.ok(all.includes(secret), `${secret} is missing`)
  const manifest = JSON.parse(Buffer.from(entries[MANIFEST] ?? []).toString()) as { files: { path: string; sha256: string }[] }
  for (const { path, sha256 } of manifest.files)
    assert.equal(
      createHash('sha256')
        .update(entries[path] ?? '')
        .digest('hex'),
      sha256,
      path,
    )
  assert.match(Buffer.from(entries['index.html'] ?? []).toString(), new RegExp(secretOf('assure_evidence', 'title')))
  assert.ok(!all.includes(neighbour.organisationId))
})

test('loaded elsewhere, the pages say the same; a second time nothing is added', async () => {
  const reader = await there.signIn('cyber-lead', { organisation: 'A1', name: 'Lee Lead' })
  await there.signIn('assessor', { organisation: 'CC' })
  const first = await load(file)
  assert.ok(first.data.added > 20)
  assert.equal((await load(file)).data.added, 0)
  const [asm, evidence, action] = ['assure_assessment', 'assure_evidence', 'assure_action'].map(table => ids.get(table) ?? '')
  const said = async (app: TestApp, browser: typeof reader, address: string) => {
    const { statusCode, body } = await browser.get(address)
    assert.equal(statusCode, 200, `${address} ${app === here ? 'here' : 'there'}`)
    const main = /<main[^]*<\/main>/.exec(body)?.[0] ?? body
    // What a person is called lies in the directory, which stays where it is.
    return [...new Set(main.match(/zqsecret[a-z-]+/g))].toSorted()
  }
  const pages = [
    `/assessments/${asm}/evidence?state=all`,
    `/assessments/${asm}/evidence/${evidence}`,
    `/assessments/${asm}`,
    `/assessments/${asm}/outcomes/A1`,
    '/plan',
    `/plan/${action}`,
  ]
  for (const address of pages) assert.deepEqual(await said(there, reader, address), await said(here, lead, address), address)
  assert.deepEqual((await reader.get(`/assessments/${asm}/evidence/${evidence}/file`)).body, secretOf('assure_evidence_file', 'content'))
  for (const table of ['assure_share', 'assure_look', 'assure_contribution'])
    assert.equal((await sql`select from ${sql.table(table)}`.execute(owner(there))).rows.length, 0, `${table} stays behind`)
  assert.equal((await sql`select from assure_engagement where ended_at is null`.execute(owner(there))).rows.length, 0)
})

let forgeries = 0

/** The archive with some files changed, its manifest put right so that only the rules beyond it are left. */
async function forged(change: (entries: Record<string, Uint8Array>) => void, isSealed = true): Promise<string> {
  const entries = files(taken.rawPayload)
  change(entries)
  if (isSealed) {
    const manifest = JSON.parse(Buffer.from(entries[MANIFEST] ?? []).toString()) as object
    const listed = Object.entries(entries)
      .filter(([path]) => path !== MANIFEST)
      .map(([path, body]) => ({ path, bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') }))
    entries[MANIFEST] = Buffer.from(JSON.stringify({ ...manifest, files: listed }))
  }
  forgeries += 1
  const path = join(place, `forged-${forgeries}.zip`)
  await writeFile(path, zipSync(entries))
  return path
}

const edit = (table: string, from: RegExp, to: string) => (entries: Record<string, Uint8Array>) => {
  const path = `data/${table}.jsonl`
  entries[path] = Buffer.from(
    Buffer.from(entries[path] ?? [])
      .toString()
      .replace(from, to),
  )
}

test('what is damaged, hostile or does not fit is refused with a sentence, and nothing of it is loaded', async () => {
  const before = await sql<{ n: number }>`select count(*)::int as n from audit_record`.execute(owner(there))
  const stranger = 'asm_00000000000000000000000000000000'
  const cases: readonly (readonly [string, string | Promise<string>, string])[] = [
    ['no archive', join(place, 'plain.zip'), 'assure.take-away.no-archive'],
    ['a changed file', forged(edit('assure_view', /"met"/, '"not-met"'), false), 'assure.take-away.changed'],
    ['a path that leads out', forged(entries => (entries['../../etc/passwd'] = Buffer.from('x'))), 'assure.take-away.foreign-file'],
    ['a file that we never write', forged(entries => (entries['data/run.sh'] = Buffer.from('x'))), 'assure.take-away.foreign-file'],
    ['a table of others', forged(entries => (entries['data/auth_account.jsonl'] = Buffer.from('{}'))), 'nothing'],
    ['a bomb', forged(entries => (entries['index.html'] = Buffer.alloc(100_000_001))), 'assure.take-away.too-large'],
    ['a row on somebody else’s review', forged(edit('assure_comment', /asm_[0-9a-f]+/, stranger)), 'assure.take-away.changed'],
    ['a row of another organisation', forged(edit('assure_plan', /org_[0-9a-f]+/, neighbour.organisationId)), 'assure.take-away.changed'],
    ['a column that is not there', forged(edit('assure_plan', /"opened_by"/, '"opened_bye"')), 'assure.take-away.other-version'],
    [
      'a script for a link',
      forged(edit('assure_evidence', /"kind":\s*"file"([^]*?)"place":\s*"[^"]*"/, '"kind":"link"$1"place":"javascript:alert(1)"')),
      'assure.take-away.changed',
    ],
    [
      'a program for a file',
      forged(entries => (entries[`files/${ids.get('assure_evidence') ?? ''}`] = Buffer.from([0x4d, 0x5a, 0]))),
      'assure.take-away.changed',
    ],
    ['a framework of other words', forged(edit('assure_framework', /"content_hash":\s*"x"/, '"content_hash":"y"')), 'assure.take-away.framework'],
    [
      'an organisation that is not here',
      forged(
        entries =>
          (entries[MANIFEST] = Buffer.from(
            Buffer.from(entries[MANIFEST] ?? [])
              .toString()
              .replace('"A1"', '"ZZ9"'),
          )),
      ),
      'assure.take-away.organisation',
    ],
    [
      'a later version',
      forged(
        entries =>
          (entries[MANIFEST] = Buffer.from(
            Buffer.from(entries[MANIFEST] ?? [])
              .toString()
              .replace('"carecert": 1', '"carecert": 2'),
          )),
      ),
      'assure.take-away.no-take-away',
    ],
  ]
  await writeFile(join(place, 'plain.zip'), 'not a zip')
  for (const [name, path, code] of cases) {
    const archive = await path
    if (code === 'nothing') assert.equal((await load(archive)).data.added, 0, name)
    else await assert.rejects(load(archive), { code }, name)
  }
  const afterwards = await sql<{ n: number }>`select count(*)::int as n from audit_record`.execute(owner(there))
  assert.equal((afterwards.rows[0]?.n ?? 0) - (before.rows[0]?.n ?? 0), 1, 'only the archive with a table that is not read was taken')
})

test('only the operator loads, and only those who may take away take away', async () => {
  const contributor = await here.signIn('contributor', { organisation: 'A1' })
  assert.equal((await contributor.get('/take-away')).statusCode, 403)
  const { ask } = await programOf(here, lead, 'cyber-lead')
  const bytes = (await ask('POST', '/api/v1/take-away')).rawPayload
  assert.equal(openTakeAway(bytes).manifest.organisation.code, 'A1')
  const actor = { ...OPERATOR, kind: 'person' as const }
  await assert.rejects(runCommand(there.platform, actor, 'assessments load', [file]), { code: 'assure.take-away.operator' })
  const path = join(place, 'again.zip')
  await writeFile(path, '')
  const person = {
    ...OPERATOR,
    kind: 'person' as const,
    id: lead.personId,
    organisationId: lead.organisationId as never,
    scope: { kind: 'organisation' as const, organisationId: lead.organisationId as never },
  }
  await assert.rejects(runCommand(here.platform, person, 'assessments take-away', [path]), { code: 'assure.take-away.file-exists' })
  await rm(path)
  await runCommand(here.platform, person, 'assessments take-away', [path])
  assert.equal(openTakeAway(await readFile(path)).manifest.organisation.code, 'A1')
})
