import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Kysely } from 'kysely'
import { MODULES, permissionsOf, ROUTES } from '../src/app/modules.ts'
import { FILE_TABLE, OWN_TABLES } from '../src/domains/assure/take-away/tables.ts'
import { personActor } from '../src/domains/directory/contract.ts'
import { CENTRE_ROLES, type Role } from '../src/kernel/role.ts'
import { readAs, type Reader } from '../src/platform/work/read.ts'
import { createTestApp, type SignedIn } from './support/app.ts'
import { plantFramework, plantSecrets, SECRET } from './support/assure-secrets.ts'
import { runCommand } from './support/command.ts'
import { programOf, type Program } from './support/tokens.ts'

/**
 * An organisation's review and plan are its own. Every table that holds them is filled with texts that say where they stand; then every role that is not the
 * organisation's asks every page, every operation and every export that there is, by every id that it could have learnt, and what comes back, and what was logged, is
 * searched for them. The organisation itself, asked the same way, finds them: so the search would.
 */

const logs: string[] = []
const app = await createTestApp({ logs })
const { platform } = app
const lead = await app.signIn('cyber-lead', { organisation: 'A1' })
const board = await app.signIn('board-member', { organisation: 'A1' })

interface Stranger {
  readonly name: string
  readonly role: Role
  readonly person: SignedIn
  readonly program: Program
}

async function stranger(role: Role, organisation: string): Promise<Stranger> {
  const person = await app.signIn(role, { organisation })
  return { name: `${role} of ${organisation}`, role, person, program: await programOf(app, person, role) }
}

// One after another: the first makes their organisation.
const ofCentre: Stranger[] = []
for (const role of CENTRE_ROLES) ofCentre.push(await stranger(role, 'CC'))
const strangers: readonly Stranger[] = [
  ...ofCentre,
  await stranger('regional-lead', 'YN'),
  await stranger('partner-responder', 'SU'),
  await stranger('cyber-lead', 'A2'),
  await stranger('board-member', 'A2'),
  await stranger('contributor', 'A2'),
]
// The region and the partner look after the organisation: that opens bulletins, and nothing here.
await platform.database.pool.query(`update directory_organisation set region_code = 'YN' where code = 'A1'`)
await platform.database.pool.query(
  `insert into directory_partnership (id, partner_id, organisation_id, since)
    select 'pts_1', partner.id, client.id, now() from directory_organisation partner, directory_organisation client where partner.code = 'SU' and client.code = 'A1'`,
)
await plantFramework(platform.database.kysely as unknown as Kysely<never>)
const receiver = await app.signIn('cyber-lead', { organisation: 'A3' })
const engaged = await app.signIn('assessor', { organisation: 'CC2' })
const { ids, secrets } = await plantSecrets(platform, {
  organisationId: lead.organisationId,
  leadId: lead.personId,
  assessorId: engaged.personId,
  receiverId: receiver.organisationId,
})

/** The ids that an address of that beginning takes; the assessment's for any other. */
const IDS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\/independent\//, ['assure_assessment', 'assure_engagement']],
  [/\/investment\//, ['assure_case']],
  [/\/plan\//, ['assure_action', 'assure_plan']],
  [/\/practices\//, ['assure_practice']],
  [/\/benchmark\//, ['assure_contribution']],
]

function idsFor(path: string): readonly string[] {
  const tables = IDS.find(([beginning]) => beginning.test(path))?.[1] ?? ['assure_assessment']
  return tables.map(table => ids.get(table) ?? '')
}

const ofAssure = new Set(MODULES.find(({ name }) => name === 'assure')?.routes ?? [])
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  code: ['A1', 'try'],
  version: ['1'],
  outcome: ['A1'],
  evidence: [ids.get('assure_evidence') ?? ''],
  share: [ids.get('assure_share') ?? ''],
}

/** Every address of a route, with each id that there is in the place of each parameter. What streams has no end. */
function addressesOf(path: string): readonly string[] {
  if (/\/(?:events|live)$/.test(path)) return []
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  return names.reduce<readonly string[]>(
    (paths, name) => paths.flatMap(one => (PARAMETERS[name] ?? idsFor(path)).map(value => one.replace(`:${name}`, value))),
    [path.replace('*', 'x')],
  )
}

const isAsked = (route: (typeof ROUTES)[number]) => ofAssure.has(route) || !route.path.includes(':')
const GETS = ROUTES.filter(route => route.method === 'GET' && isAsked(route)).flatMap(({ path }) => addressesOf(path))
const EVERYWHERE = [...GETS, `/search?q=${SECRET}`, '/organisations/A1', '/api/v1/organisations/A1', '/audit?q=assure', `/practices?q=${SECRET}`]
const POSTS = ROUTES.filter(route => route.method === 'POST' && ofAssure.has(route)).flatMap(({ path }) => addressesOf(path).slice(0, 2))

let asked = 0
/** What broke instead of answering: whoever asks for what is not theirs learns from it that something is there. */
const stumbled = new Set<string>()

async function ask(who: Pick<Stranger, 'person' | 'program'>, method: 'GET' | 'POST', url: string): Promise<string> {
  asked += 1
  const isProgram = url.startsWith('/api/')
  const cookie = who.person.cookie('carecert') ?? ''
  const payload = isProgram ? '{}' : formOf(await formToken(who.person))
  const { statusCode, body } = await app.server.inject({
    method,
    url,
    remoteAddress: `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}`,
    headers: {
      ...(isProgram ? { authorization: `Bearer ${who.program.token}` } : { cookie: `carecert=${cookie}` }),
      ...(method === 'POST' ? { 'content-type': isProgram ? 'application/json' : 'application/x-www-form-urlencoded' } : {}),
    },
    ...(method === 'POST' ? { payload } : {}),
  })
  assert.ok(statusCode !== 429, `${url}: the limit on requests hides what this test asks`)
  if (statusCode >= 500) stumbled.add(`${method} ${url}`)
  return body
}

const tokens = new Map<SignedIn, Promise<string>>()

/** The token without which a form is refused before anybody asks what it is for. */
function formToken(person: SignedIn): Promise<string> {
  const token = tokens.get(person) ?? person.get('/account').then(({ body }) => /name="_csrf" value="([^"]+)"/.exec(body)?.[1] ?? '')
  tokens.set(person, token)
  return token
}

function formOf(token: string): string {
  assert.notEqual(token, '')
  return new URLSearchParams({ _csrf: token, reason: 'To see', text: 'To see' }).toString()
}

/** Asks each in turn, some at a time: what comes back is the same, and the database does not wait for the pages. */
async function askAll(who: Pick<Stranger, 'person' | 'program'>, method: 'GET' | 'POST', urls: readonly string[]): Promise<readonly string[]> {
  const waiting = urls.values()
  const leaks: string[] = []
  const one = async () => {
    for (const url of waiting) for (const secret of found(await ask(who, method, url))) leaks.push(`${secret} by ${method} ${url}`)
  }
  await Promise.all(Array.from({ length: 6 }, one))
  return leaks
}

const found = (text: string) => [...new Set(text.match(new RegExp(`${SECRET}[a-z-]+`, 'g')))]

/** What stands in every own table, but for the looks that this test writes down by asking. */
async function standing(): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>()
  for (const { table } of OWN_TABLES) {
    const { rows } = await platform.database.pool.query<{ row: string }>(`select to_jsonb(own)::text as row from ${table} own`)
    const ofA1 = rows.map(({ row }) => row).filter(row => isOfA1(row))
    digests.set(table, ofA1.toSorted().join('\n'))
  }
  return digests
}

const isOfA1 = (row: string) => [lead.organisationId, ...ids.values(), SECRET].some(mark => row.includes(mark))
const before = await standing()

for (const who of strangers) {
  test(`a ${who.name} finds nothing of the review and plan of A1, on any page or by any operation`, async () => {
    assert.deepEqual([...(await askAll(who, 'GET', EVERYWHERE)), ...(await askAll(who, 'POST', POSTS))], [])
  })
}

test('and none of them has changed, added or taken away a row of it', async () => {
  const after = await standing()
  for (const [table, rows] of before) assert.equal(after.get(table), rows, table)
})

test('and nothing broke when it was asked', () => assert.deepEqual([...stumbled], []))

test('nobody who is not signed in finds any of it', async () => {
  for (const url of EVERYWHERE) assert.deepEqual(found((await app.newVisitor(`10.200.${asked % 250}.${(asked += 1) % 250}`).get(url)).body), [], url)
})

test('row-level security shows no row of an own table to anybody else, whatever is asked', async () => {
  for (const { name, role, person } of strangers) {
    const actor = await personActor(platform, `${person.personId}@test.invalid`, permissionsOf)
    assert.equal(actor.role, role)
    for (const table of [...OWN_TABLES.map(one => one.table), FILE_TABLE]) {
      const rows = await readAs<Record<string, object>, unknown[]>(platform, actor, (db: Reader<Record<string, object>>) =>
        db.selectFrom(table).selectAll().execute(),
      )
      // Their own are theirs: some made one by asking for it above.
      const ofA1 = rows.map(row => JSON.stringify(row)).filter(isOfA1)
      assert.deepEqual(ofA1, [], `${name} reads ${table}`)
    }
  }
})

test('no export of anybody else holds it, and no role of the centre takes a row of it', async () => {
  const place = await mkdtemp(join(tmpdir(), 'carecert-privacy-'))
  after(() => rm(place, { recursive: true, force: true }))
  for (const [at, { name, person }] of strangers.entries()) {
    const folder = join(place, String(at))
    await runCommand(platform, await personActor(platform, `${person.personId}@test.invalid`, permissionsOf), 'export all', [folder])
    for (const file of await readdir(folder, { recursive: true, withFileTypes: true }))
      if (file.isFile()) assert.deepEqual(found(await readFile(join(file.parentPath, file.name), 'utf8')), [], `${name} takes ${file.name}`)
  }
})

test('nothing of it is logged, counted by metrics, waits in a job or stands in the audit', async () => {
  assert.ok(logs.length > 100)
  assert.deepEqual(found(logs.join('\n')), [])
  assert.deepEqual(found((await app.newVisitor().get('/metrics')).body), [])
  const { rows } = await platform.database.pool.query<{ said: string }>(
    `select to_jsonb(audit_record)::text as said from audit_record union all select data::text from pgboss.job`,
  )
  assert.deepEqual(found(rows.map(({ said }) => said).join('\n')), [])
})

test('a colleague of the organisation to whom nothing was given finds no answer, evidence, comment, report or case', async () => {
  const person = await app.signIn('contributor', { organisation: 'A1' })
  const leaks = await askAll({ person, program: await programOf(app, person, 'contributor') }, 'GET', EVERYWHERE)
  // That there is a review, and the plan, whose actions may be theirs, they may read.
  assert.deepEqual(
    leaks.filter(leak => !new RegExp(`^${SECRET}-(?:assessment-(?:subject|period)|plan-|action-)`).test(leak)),
    [],
  )
})

test('the search would find it: the organisation, asked the same way, does', async () => {
  const own = { person: lead, program: await programOf(app, lead, 'cyber-lead') }
  const seen = new Set<string>()
  for (const leak of await askAll(own, 'GET', GETS)) seen.add(leak.split(' ')[0] ?? '')
  for (const secret of found((await board.get(`/assessments/${ids.get('assure_assessment') ?? ''}`)).body)) seen.add(secret)
  const tables = ['assessment', 'view', 'evidence', 'share', 'look', 'comment', 'answer', 'action']
  assert.deepEqual(
    tables.filter(table => ![...seen].some(secret => secret.startsWith(`${SECRET}-${table}-`))),
    [],
    'tables of which the organisation’s own pages show nothing: they were not asked rightly',
  )
  assert.ok(seen.size > secrets.length / 4, `${seen.size} of ${secrets.length}`)
})
