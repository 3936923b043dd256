import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { z } from 'zod'
import { createTestApp, type SignedIn } from '../../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../../test/support/released-bulletin.ts'
import { permissionsOf, ROUTES } from '../../../../app/modules.ts'
import { addDays } from '../../../../kernel/instant.ts'
import { CENTRE_ROLES, type Role } from '../../../../kernel/role.ts'
import type { Scope } from '../../../../platform/work/actor.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

const { platform, signIn } = await createTestApp()
const db = platform.database.kysely
const bulletin = await releasedBulletin(platform, { organisations: 2, contacts: 2, prefix: 'S' })
const number = `CC-${bulletin.number}`
const lead = await signIn('cyber-lead', { organisation: 'S00000' })
await sql`update directory_organisation set region_code = 'Y99' where code = 'S00000'`.execute(db)

/** Words that stand nowhere else: each tells where it came from when it leaks. */
const SECRETS = {
  note: 'Quokkanote',
  reason: 'Wombatreason',
  owner: 'Numbatowner',
  evidence: 'Bilbyevidence',
  stops: 'Kowaristops',
  agreedBy: 'Dunnartagrees',
  asset: 'Pottorooscanner',
  step: 'Chudditchsteps',
  hash: 'ab'.repeat(32),
}

async function answerWithDetail(share: 'yes' | 'no'): Promise<void> {
  const inTen = addDays(platform.clock.now(), 10)
  const answer = {
    organisation: 'S00000',
    state: 'not-acting',
    more: 'yes',
    reasonCode: 'clinical-downtime',
    reason: SECRETS.reason,
    note: SECRETS.note,
    owner: SECRETS.owner,
    evidence: SECRETS.evidence,
    evidenceSha256: SECRETS.hash,
    windowDate: inTen.toISOString().slice(0, 10),
    windowTime: '22:00',
    windowHours: '4',
    windowStops: SECRETS.stops,
    windowAgreedBy: SECRETS.agreedBy,
    share,
  }
  const given = await lead.post(`/bulletins/${number}/answer`, answer, { from: `/bulletins/${number}` })
  assert.equal(given.statusCode, 303, given.body)
  const asked = await lead.post(`/bulletins/${number}/decision/ask`, {
    organisation: 'S00000',
    signer: 'other',
    contact: bulletin.contactIds[0] ?? '',
  })
  assert.equal(asked.statusCode, 303, asked.body)
}

/**
 * What the role can read with a word of us in it. Left out is what cannot hold one: what the role may not enter (test/permissions.page.test.ts), and what
 * lies under the id of something else, which is not there. The stream of figures never ends; its figures are those of `progress`.
 */
const readableBy = (role: Role) =>
  ROUTES.map(route => ({ ...route, path: addressOf(route.path) })).filter(
    ({ method, path, access }) =>
      method === 'GET' &&
      !path.endsWith('/events') &&
      !/[:*]/.test(path) &&
      (!('permission' in access) || permissionsOf(role).has(access.permission)),
  )

function addressOf(path: string): string {
  return path.replace(':number', number).replace(':code', 'S00000').replace(':version', '1').replace(':kind', 'technical')
}

async function readEverything(browser: SignedIn, role: Role): Promise<string> {
  let all = ''
  for (const { path: address, query } of readableBy(role)) {
    const takesOrganisation = query instanceof z.ZodObject && 'organisation' in query.shape
    for (const organisation of takesOrganisation ? ['', '?organisation=S00000'] : ['']) {
      const response = await browser.get(`${address}${organisation}`, { accept: 'text/html' })
      assert.notEqual(response.statusCode, 500, address)
      all += response.body
    }
  }
  return all
}

const WATCHERS: readonly Role[] = [...CENTRE_ROLES]

test('what an organisation keeps to itself is in no page, file or figure of anybody at the centre', async () => {
  await answerWithDetail('no')
  await lead.post(`/bulletins/${number}/tasks/list`, { organisation: 'S00000', list: `${SECRETS.asset},41,17` })
  const { rows: keys } = await sql<{ key: string }>`select asset_key as key from broadcast_asset_progress`.execute(db)
  assert.equal(keys.length, 1)
  const own = await lead.get(`/bulletins/${number}/decision`)
  for (const name of ['note', 'reason', 'owner', 'evidence', 'stops', 'agreedBy', 'hash'] as const) assert.ok(own.body.includes(SECRETS[name]), name)
  assert.match((await lead.get(`/bulletins/${number}/tasks`)).body, new RegExp(SECRETS.asset))
  assert.match((await lead.get('/responses.csv')).body, /Wombatreason.*Downtime is not safe/, 'its own people read it')
  for (const role of WATCHERS) {
    const seen = await readEverything(await signIn(role, { remoteAddress: `127.9.0.${WATCHERS.indexOf(role) + 1}` }), role)
    assert.match(seen, /Chose not to act/, `${role} reads the answer itself`)
    for (const [name, secret] of Object.entries(SECRETS)) assert.ok(!seen.includes(secret), `${role} reads ${name}`)
  }
})

test('the database itself gives the centre and a region none of it, whatever is asked', async () => {
  const centre = await counts({ kind: 'centre' })
  assert.deepEqual(centre, { detail: 0, signature: 0, assets: 0, total: 0, sharing: 0, words: 0 })
  const region = await signIn('regional-lead', { organisation: 'Y99' })
  await sql`update directory_organisation set type = 'region' where code = 'Y99'`.execute(db)
  assert.deepEqual(await counts({ kind: 'region', organisationId: region.organisationId as never }), centre)
  const us = await counts({ kind: 'organisation', organisationId: bulletin.organisationIds[0] as never })
  assert.deepEqual(us, { detail: 1, signature: 1, assets: 1, total: 1, sharing: 0, words: 0 })
  const others = await counts({ kind: 'organisation', organisationId: bulletin.organisationIds[1] as never })
  assert.deepEqual(others, centre)
})

test('shared, the centre reads notes, words, evidence and signatures, but never who does what nor the devices by name', async () => {
  const opened = await lead.post(
    `/bulletins/${number}/decision/share`,
    { organisation: 'S00000', share: 'yes' },
    { from: `/bulletins/${number}/decision` },
  )
  assert.match((await lead.follow(opened)).body, /The centre and your region read this answer with its detail/)
  assert.deepEqual(await counts({ kind: 'centre' }), { detail: 1, signature: 1, assets: 0, total: 1, sharing: 0, words: 1 })
  const list = await (await signIn('duty-manager')).get('/responses.csv')
  assert.match(list.body, /Quokkanote/)
  await lead.post(`/bulletins/${number}/decision/share`, { organisation: 'S00000', share: 'no' })
  assert.deepEqual(await counts({ kind: 'centre' }), { detail: 0, signature: 0, assets: 0, total: 0, sharing: 0, words: 0 })
})

test('without a choice only the answer is shared; a choice holds for the answers after it, and each may say otherwise', async () => {
  const shared = async () =>
    (await sql<{ shared: boolean }>`select not keeps_detail as shared from broadcast_response order by id desc limit 1`.execute(db)).rows[0]?.shared
  await lead.post(`/bulletins/${number}/answer`, { organisation: 'S00000', state: 'assessing' }, { from: `/bulletins/${number}` })
  assert.equal(await shared(), false)
  const chosen = await lead.post(`/bulletins/${number}/decision/share-all`, { organisation: 'S00000', share: 'yes' })
  assert.match((await lead.follow(chosen)).body, /From now on the detail of your answers is shared/)
  await lead.post(`/bulletins/${number}/answer`, { organisation: 'S00000', state: 'done' })
  assert.equal(await shared(), true)
  assert.equal((await counts({ kind: 'centre' })).total, 1, 'what is counted is opened with the answer')
  await lead.post(`/bulletins/${number}/answer`, { organisation: 'S00000', state: 'acknowledged', share: 'no' })
  assert.equal(await shared(), false)
  assert.equal((await counts({ kind: 'centre' })).total, 0, 'and closed with it')
  assert.match((await lead.get(`/bulletins/${number}/answer`)).body, /The centre sees your answer with its detail/)
})

test('a partner that answers does not choose what is shared', async () => {
  const partner = await signIn('partner-responder', { organisation: 'PARTNER' })
  await sql`insert into directory_partnership (id, partner_id, organisation_id, since) values ('pts_s', ${partner.organisationId}, ${bulletin.organisationIds[0]}, now())`.execute(
    db,
  )
  const page = await partner.get(`/bulletins/${number}/decision?organisation=S00000`)
  assert.match(page.body, /The organisation itself chooses that/)
  const form = await partner.get(`/bulletins/${number}/answer?organisation=S00000&state=done`)
  assert.doesNotMatch(form.body, /name="share"/)
  await lead.post(`/bulletins/${number}/decision/share-all`, { organisation: 'S00000', share: 'no' })
  await partner.post(`/bulletins/${number}/answer`, { organisation: 'S00000', state: 'done', note: 'Opened by a partner', share: 'yes' })
  assert.doesNotMatch((await (await signIn('duty-manager')).get('/responses.csv')).body, /Opened by a partner/)
  assert.equal((await partner.post(`/bulletins/${number}/decision/share`, { organisation: 'S00000', share: 'yes' })).statusCode, 403)
})

interface Counts {
  readonly detail: number
  readonly signature: number
  readonly assets: number
  readonly total: number
  readonly sharing: number
  /** Answers with words that anybody who may read the answer may read. */
  readonly words: number
}

function counts(scope: Scope): Promise<Counts> {
  return readAs<Visible, Counts>(platform, { ...SYSTEM, scope }, async reader => {
    const count = async (
      table: 'broadcast_response_detail' | 'broadcast_signature' | 'broadcast_asset_progress' | 'broadcast_progress_total' | 'broadcast_sharing',
    ) => (await reader.selectFrom(table).select('organisation_id').execute()).length
    return {
      detail: await count('broadcast_response_detail'),
      signature: await count('broadcast_signature'),
      assets: await count('broadcast_asset_progress'),
      total: await count('broadcast_progress_total'),
      sharing: await count('broadcast_sharing'),
      words: (await reader.selectFrom('broadcast_response').where('note', 'is not', null).select('id').execute()).length,
    }
  })
}
