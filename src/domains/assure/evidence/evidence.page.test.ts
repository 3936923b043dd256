import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../test/support/app.ts'
import { programOf } from '../../../../test/support/tokens.ts'

const app = await createTestApp()
const { platform } = app
const db = platform.database.kysely
const lead = await app.signIn('cyber-lead', { organisation: 'A1', name: 'Lee Lead' })
const colleague = await app.signIn('contributor', { organisation: 'A1', name: 'Con Tributor' })
const stranger = await app.signIn('cyber-lead', { organisation: 'A2' })
const now = platform.clock.now()
await sql`insert into assure_framework (id, code, version, name, source, rule, levels, content_hash, loaded_at, loaded_by)
  values ('fwk_1', 'try', '1', 'Try', 'here', '{"steps":[],"otherwise":"no"}', '[]', 'x', ${now}, 'test')`.execute(db)
await sql`insert into assure_framework_node (framework_id, code, kind, parent_code, title, position) values
  ('fwk_1', 'A', 'group', null, 'Objective', 1), ('fwk_1', 'A1', 'outcome', 'A', 'First', 2), ('fwk_1', 'A2', 'outcome', 'A', 'Second', 3)`.execute(
  db,
)
await sql`insert into assure_assessment (id, organisation_id, framework_id, period, subject, state, opened_at, opened_by, changed_at)
  values ('asm_1', ${lead.organisationId}, 'fwk_1', '2026-27', 'Whole organisation', 'open', ${now}, ${lead.personId}, ${now})`.execute(db)
await sql`insert into assure_respondent (assessment_id, outcome_code, person_id, part, since, by_id)
  values ('asm_1', 'A2', ${colleague.personId}, 'respondent', ${now}, ${lead.personId})`.execute(db)

const LIST = '/assessments/asm_1/evidence'
const PDF = Buffer.from('%PDF-1.7 a policy')
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const fields = (more: Readonly<Record<string, string | readonly string[]>>) => ({
  title: 'Back-up test',
  grade: 'tested',
  'effective-day': '3',
  'effective-month': '3',
  'effective-year': '2026',
  outcomes: 'A1',
  ...more,
})

test('a file is kept by what its bytes are, and given back to be saved, never shown', async () => {
  const wrong = await lead.upload(
    `${LIST}/add`,
    fields({ kind: 'file' }),
    { file: { name: 'policy.pdf', bytes: Buffer.from([0x4d, 0x5a, 0, 0]) } },
    { from: `${LIST}/add` },
  )
  assert.equal(wrong.statusCode, 422)
  assert.match(wrong.body, /This kind of file is not taken[\s\S]*value="Back-up test"/)
  const added = await lead.upload(
    `${LIST}/add`,
    fields({ kind: 'file', outcomes: ['A1', 'A2'] }),
    { file: { name: '..\\run.exe', bytes: PDF } },
    { from: `${LIST}/add` },
  )
  assert.equal(added.statusCode, 303, added.body)
  const page = await lead.follow(added)
  assert.match(page.body, /Back-up test[\s\S]*run\.exe\.pdf[\s\S]*A1, A2/)
  assert.match(page.body, new RegExp(sha(PDF)))
  const file = await lead.get(`${String(added.headers.location)}/file`)
  assert.deepEqual(file.rawPayload, PDF)
  assert.equal(file.headers['content-type'], 'application/octet-stream')
  assert.match(String(file.headers['content-disposition']), /^attachment; filename="run\.exe\.pdf"$/)
  assert.equal(file.headers['x-content-type-options'], 'nosniff')
  assert.match(String(file.headers['content-security-policy']), /sandbox/)
})

test('a file that stays with the organisation is known by its hash, and whether it is still the same can be shown', async () => {
  const missing = await lead.upload(`${LIST}/add`, fields({ kind: 'reference', place: 'Safe 2', sha256: 'abc' }), {}, { from: `${LIST}/add` })
  assert.match(missing.body, /Give the SHA-256 of the file/)
  const added = await lead.upload(
    `${LIST}/add`,
    fields({ kind: 'reference', place: 'Safe 2', sha256: sha(PDF).toUpperCase() }),
    {},
    { from: `${LIST}/add` },
  )
  const address = String(added.headers.location)
  const page = await lead.follow(added)
  assert.match(page.body, /Where it lies[\s\S]*Safe 2/)
  assert.match(page.body, /<input class="nhsuk-file-upload" type="file" id="sha256-of-file" aria/, 'the chooser has no name, so it is never sent')
  const same = await lead.follow(await lead.post(`${address}/check`, { sha256: sha(PDF) }))
  assert.match(same.body, /It is still the same file/)
  const other = await lead.follow(await lead.post(`${address}/check`, { sha256: sha(Buffer.from('other')) }))
  assert.match(other.body, /It is not the same file any more/)
  assert.match(other.body, /Lee Lead/)
})

test('a newer piece takes the place of the older one, which is kept and says so', async () => {
  const older = await sql<{ id: string }>`select id from assure_evidence where kind = 'reference'`.execute(db)
  const id = older.rows[0]?.id ?? ''
  const form = await lead.get(`${LIST}/add?replaces=${id}`)
  assert.match(form.body, /In the place of|It comes in the place of/)
  const added = await lead.upload(
    `${LIST}/add`,
    fields({ kind: 'link', address: 'https://a1.example/test', replaces: id, outcomes: 'A2' }),
    {},
    { from: `${LIST}/add` },
  )
  const newer = await lead.follow(added)
  assert.match(newer.body, /A1, A2/, 'the outcomes of the older one came along')
  assert.match((await lead.get(`${LIST}/${id}`)).body, /Replaced by/)
  const again = await lead.upload(`${LIST}/add`, fields({ kind: 'link', address: 'https://a1.example/x', replaces: id }), {}, { from: `${LIST}/add` })
  assert.match(again.body, /There is a newer one in its place already/)
  const list = (await lead.get(`${LIST}?state=replaced`)).body
  assert.match(list, new RegExp(id))
  assert.doesNotMatch((await lead.get(LIST)).body, new RegExp(id), 'the list begins with what is in force')
})

test('what expires within a month is said on top of the list, and its owner is reminded once, without a word of what it is', async () => {
  const expiring = { 'expires-day': '10', 'expires-month': '12', 'expires-year': '2026' }
  await lead.upload(
    `${LIST}/add`,
    fields({ title: 'Certificate', kind: 'link', address: 'https://a1.example/c', ...expiring }),
    {},
    { from: `${LIST}/add` },
  )
  assert.match((await lead.get(LIST)).body, /Next step:[\s\S]*1 within a month/)
  assert.match((await lead.get(`${LIST}?state=expiring&sort=expires`)).body, /Certificate/)
  assert.match((await lead.get('/')).body, /evidence\?state=expiring"[^>]*>\s*One piece of evidence expires within a month/)
  await sql`select 1`.execute(db)
  const { evidenceJobs } = await import('./jobs.ts')
  const find = evidenceJobs.find(({ kind }) => kind.name === 'assure.evidence.find-expiring') ?? assert.fail()
  const reminded = async () =>
    (await sql<{ n: number }>`select count(*)::int as n from audit_record where verb = 'assure.evidence.reminded'`.execute(db)).rows[0]?.n
  await find.handle(platform, {}, new AbortController().signal)
  await find.handle(platform, {}, new AbortController().signal)
  assert.equal(await reminded(), 1)
})

test('a colleague sees and adds evidence for the outcomes given to them alone; another organisation sees none', async () => {
  const list = (await colleague.get(`${LIST}?state=all`)).body
  assert.match(list, /Back-up test/)
  assert.doesNotMatch(list, /Certificate/, 'that is for A1 alone')
  const refused = await colleague.upload(
    `${LIST}/add`,
    fields({ kind: 'link', address: 'https://a1.example', outcomes: 'A1' }),
    {},
    { from: `${LIST}/add` },
  )
  assert.match(refused.body, /Choose outcomes of this review that you answer for/)
  for (const address of [LIST, `${LIST}.csv`, `${LIST}/add`]) assert.equal((await stranger.get(address)).statusCode, 404)
  const { rows } = await sql<{ id: string }>`select id from assure_evidence`.execute(db)
  for (const { id } of rows) assert.equal((await stranger.get(`${LIST}/${id}/file`)).statusCode, 404)
})

test('a program does the same, by the same rules, and the audit says nothing of what it was', async () => {
  const { ask } = await programOf(app, lead, 'cyber-lead')
  const api = '/api/v1/assessments/asm_1/evidence'
  const body = {
    kind: 'file',
    fileName: 'log.txt',
    contentBase64: Buffer.from('09:00 restored').toString('base64'),
    title: 'Secret title',
    grade: 'shown',
    effectiveOn: '2026-03-03',
    outcomes: ['A1'],
  }
  const added = await ask('POST', api, body)
  assert.equal(added.statusCode, 201, added.body)
  const { id, mediaType } = added.json()
  assert.equal(mediaType, 'text/plain')
  assert.equal((await ask('GET', `${api}/${id}/file`)).body, '09:00 restored')
  assert.equal((await ask('GET', `${api}?state=all`)).json().total, 5)
  assert.equal((await ask('POST', `${api}/${id}/check`, { sha256: 'f'.repeat(64) })).json().isSame, false)
  assert.equal((await ask('POST', `${api}/${id}/outcomes`, { outcomes: ['A2'] })).json().outcomes[0], 'A2')
  assert.equal((await ask('POST', api, { ...body, effectiveOn: '2999-01-01' })).statusCode, 400)
  assert.equal((await ask('POST', `${api}/${id}/withdraw`, { reason: 'Wrong' })).json().state, 'withdrawn')
  assert.equal((await ask('GET', `${api}/${id}/file`)).statusCode, 404)
  const { rows } = await sql<{
    said: string
  }>`select (to_jsonb(audit_record) - 'seq')::text as said from audit_record where verb like 'assure.%'`.execute(db)
  assert.ok(rows.length >= 9)
  for (const { said } of rows) assert.doesNotMatch(said, /Secret|Back-up|A1"|A2"|tested|shown|Wrong/)
})
