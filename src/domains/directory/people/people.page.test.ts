import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTestApp, type Browser } from '../../../../test/support/app.ts'
import { readCsv, walkList } from '../../../../test/support/lists.ts'
import { setPassword } from '../../../platform/auth/accounts.ts'
import type { AuthTables } from '../../../platform/auth/tables.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { SignInTables } from '../tables.ts'

const app = await createTestApp()
const administrator = await app.signIn('administrator')
const lead = await app.signIn('cyber-lead', { organisation: 'AAA', name: 'Lena Lead' })
const otherLead = await app.signIn('cyber-lead', { organisation: 'BBB', name: 'Otto Other' })

const added = (browser: Browser, person: { name?: string; email: string; role: string; organisation: string }) =>
  browser.post('/people/new', { name: 'Petra Person', ...person }, { from: '/people/new' })

function idOf(location: unknown): string {
  return /per_[0-9a-f]{32}/.exec(String(location))?.[0] ?? ''
}

const EMAIL = /([Nn]amesake\d+@test\.invalid)/

/** People of one name at that organisation, in two roles by turns. */
async function plantNamesakes(code: string, number: number): Promise<void> {
  const { organisationId } = await app.signIn('cyber-lead', { organisation: code })
  await runWork<SignInTables, void>(app.platform, SYSTEM, async work => {
    for (let index = 0; index < number; index += 1) {
      const id = work.newId('person')
      const email = `${index === 0 ? 'Namesake' : 'namesake'}${index}@test.invalid`
      await work.db
        .insertInto('directory_person')
        .values({ ...NOBODY, id, email, created_at: work.now })
        .execute()
      const role = index % 2 === 0 ? 'cyber-lead' : 'board-member'
      await work.db
        .insertInto('directory_assignment')
        .values({ id: work.newId('assignment'), person_id: id, organisation_id: organisationId, role, since: work.now, until: null })
        .execute()
    }
    work.record({ verb: 'test.namesakes', subject: { kind: 'organisation', id: code } })
  })
}

const NOBODY = { name: 'Nora Namesake', phone: null, out_of_hours_phone: null, left_at: null }

let count = 0
const newEmail = () => `person-${(count += 1)}@test.invalid`

async function linkMadeBy(browser: Browser, id: string): Promise<string | undefined> {
  const { body } = await browser.post(`/people/${id}/link`, {}, { from: `/people/${id}` })
  return /<code>http:\/\/localhost:8080(\/invitation\/[\w-]{43})<\/code>/.exec(body)?.[1]
}

describe('The administrator', () => {
  test('invites somebody, and the link is shown once', async () => {
    const answer = await added(administrator, { email: newEmail(), role: 'analyst', organisation: 'test-centre' })
    const id = idOf(answer.headers.location)
    const link = await linkMadeBy(administrator, id)
    assert.ok(link !== undefined)
    assert.equal((await app.newVisitor().get(link)).statusCode, 200)
    assert.doesNotMatch((await administrator.get(`/people/${id}`)).body, /invitation\//)
  })

  test('finds people by name, address, role and organisation, and the count is true', async () => {
    const email = newEmail()
    await added(administrator, { name: 'Quentin Rarename', email, role: 'cyber-lead', organisation: 'AAA' })
    for (const query of ['q=rarename', `q=${encodeURIComponent(email)}`, 'q=quentin+rare&role=cyber-lead', 'q=rarename&organisation=AAA']) {
      const { body } = await administrator.get(`/people?${query}`)
      assert.match(body, /Quentin Rarename/, query)
      assert.match(body, /<strong>1 person<\/strong>/, query)
    }
    for (const query of ['q=rarename&role=analyst', 'q=rarename&organisation=BBB', 'q=rarename&status=left', 'q=%25rare_']) {
      assert.match((await administrator.get(`/people?${query}`)).body, /Nobody matches/, query)
    }
    assert.match((await administrator.get('/people.csv?q=rarename')).body, /Quentin Rarename,.*"Cyber or IT lead, Test trust AAA"/)
  })

  test('meets each person once in every order, also where many have one name, and the file holds the same', async () => {
    await plantNamesakes('CCC', 60)
    for (const [query, total] of [
      ['q=namesake', 60],
      ['q=namesake&role=cyber-lead&organisation=CCC', 30],
    ] as const) {
      for (const sort of ['name', 'email']) {
        const up = await walkList(administrator, `/people?${query}&sort=${sort}`, EMAIL)
        assert.equal(up.total, total)
        assert.deepEqual((await walkList(administrator, `/people?${query}&sort=-${sort}`, EMAIL)).rows, up.rows.toReversed(), `-${sort}`)
        const file = await readCsv(administrator, `/people.csv?${query}&sort=${sort}`)
        assert.deepEqual(
          file.map(row => row['email']),
          up.rows,
          `${query} ${sort}`,
        )
      }
    }
    const { rows } = await walkList(administrator, '/people?q=namesake&sort=email', EMAIL)
    assert.equal(rows[0], 'Namesake0@test.invalid', 'whatever the case')
    assert.match((await administrator.get('/people?q=namesake&sort=-email')).body, /href="\/people\?q=namesake&amp;sort=-email&amp;cursor=/)
  })

  test('is told what is wrong, and what was typed stays', async () => {
    for (const [person, words] of [
      [{ name: '', email: newEmail(), role: 'analyst', organisation: 'TEST-CENTRE' }, /Enter a name/],
      [{ email: 'no address', role: 'analyst', organisation: 'TEST-CENTRE' }, /in the right form/],
      [{ email: newEmail(), role: 'king', organisation: 'TEST-CENTRE' }, /Choose a role/],
      [{ email: newEmail(), role: 'analyst', organisation: 'NOWHERE' }, /no organisation with that code/],
      [{ email: newEmail(), role: 'analyst', organisation: 'AAA' }, /cannot give or end the role/],
      [{ email: newEmail(), role: 'cyber-lead', organisation: 'TEST-CENTRE' }, /cannot give or end the role/],
    ] as const) {
      const answer = await added(administrator, person)
      assert.equal(answer.statusCode, 422)
      assert.match(answer.body, words)
      assert.ok(answer.body.includes(`value="${person.email}"`))
    }
  })

  test('gives somebody who is here another role, without a second account', async () => {
    const email = newEmail()
    const first = await added(administrator, { email, role: 'cyber-lead', organisation: 'AAA' })
    const second = await added(administrator, { email: email.toUpperCase(), role: 'board-member', organisation: 'BBB' })
    assert.equal(idOf(second.headers.location), idOf(first.headers.location))
    assert.equal((await added(administrator, { email, role: 'board-member', organisation: 'BBB' })).statusCode, 422)
  })

  test('cannot end the role of the last administrator', async () => {
    const { body } = await administrator.get(`/people/${administrator.personId}`)
    const end = /\/people\/per_[0-9a-f]+\/roles\/asg_[0-9a-f]+\/end/.exec(body)?.[0] ?? ''
    const answer = await administrator.post(end, {})
    assert.equal(answer.statusCode, 409)
    assert.match(answer.body, /last administrator/)
    const why = 'We leave this to the night shift'
    assert.match((await administrator.post(end, { reason: why })).body, new RegExp(`last administrator[^]*<details[^>]+open>[^]*>${why}<`))
  })

  test('a reason too long to be kept ends nothing, and comes back', async () => {
    const person = await app.signIn('board-member', { organisation: 'AAA' })
    const { body } = await administrator.get(`/people/${person.personId}`)
    const end = /\/people\/per_[0-9a-f]+\/roles\/asg_[0-9a-f]+\/end/.exec(body)?.[0] ?? ''
    const answer = await administrator.post(end, { reason: 'z'.repeat(501) })
    assert.equal(answer.statusCode, 422)
    assert.match(answer.body, /500 characters or fewer[^]*>z{501}</)
    assert.equal((await person.get('/account')).statusCode, 200)
  })
})

describe('A lead', () => {
  test('sees which roles at their organisation are filled and which are not', async () => {
    const fresh = await app.signIn('cyber-lead', { organisation: 'FRESH', name: 'Frida Fresh' })
    const { body } = await fresh.get('/people')
    assert.match(body, /Our people/)
    assert.match(body, /Senior information risk owner[^]*?Nobody yet[^]*?Not filled/)
    assert.match(body, /Cyber or IT lead[^]*?Frida Fresh/)
  })

  test('sees nobody of another organisation, in no list and at no address', async () => {
    assert.doesNotMatch((await lead.get('/people')).body, /Otto Other/)
    assert.doesNotMatch((await lead.get('/people?q=otto')).body, /Otto Other/)
    assert.doesNotMatch((await lead.get('/people.csv')).body, /Otto Other/)
    assert.doesNotMatch((await lead.get('/people?organisation=BBB')).body, /Otto Other/)
    assert.equal((await lead.get(`/people/${otherLead.personId}`)).statusCode, 404)
    assert.equal((await lead.post(`/people/${otherLead.personId}/link`, {}, { from: '/people' })).statusCode, 404)
  })

  test('invites people of their own organisation, in roles of its own', async () => {
    const answer = await added(lead, { email: newEmail(), role: 'board-member', organisation: 'AAA' })
    assert.ok((await linkMadeBy(lead, idOf(answer.headers.location))) !== undefined)
    for (const [role, organisation] of [
      ['cyber-lead', 'BBB'],
      ['analyst', 'TEST-CENTRE'],
      ['administrator', 'AAA'],
      ['partner-responder', 'AAA'],
      ['regional-lead', 'AAA'],
    ] as const) {
      assert.equal((await added(lead, { email: newEmail(), role, organisation })).statusCode, 422, `${role} at ${organisation}`)
    }
  })

  test('cannot take over somebody from elsewhere by giving them a role and making a link', async () => {
    const victim = await app.signIn('cicso')
    const email = `${victim.personId}@test.invalid`
    assert.equal(idOf((await added(administrator, { email, role: 'board-member', organisation: 'AAA' })).headers.location), victim.personId)
    const page = await lead.get(`/people/${victim.personId}`)
    assert.doesNotMatch(page.body, /Make an? (invitation )?link/)
    const answer = await lead.post(`/people/${victim.personId}/link`, {})
    assert.equal(answer.statusCode, 403)
    assert.equal((await victim.get('/account')).statusCode, 200)
  })

  test('cannot make a link for a colleague who can sign in', async () => {
    const colleague = await app.signIn('board-member', { organisation: 'AAA' })
    await runWork<AuthTables, void>(app.platform, SYSTEM, work => setPassword(work, colleague.personId, 'hash'))
    assert.equal((await lead.post(`/people/${colleague.personId}/link`, {}, { from: `/people/${colleague.personId}` })).statusCode, 403)
  })

  test('does not learn where else somebody works', async () => {
    const stranger = await added(administrator, { email: `${otherLead.personId}@test.invalid`, role: 'board-member', organisation: 'AAA' })
    const { body, statusCode } = await lead.follow(stranger)
    assert.equal(statusCode, 200)
    assert.doesNotMatch(body, /BBB/)
  })
})

describe('A leaver', () => {
  test('is signed out at once, and nothing that they could come in with remains', async () => {
    const leaver = await app.signIn('cyber-lead', { organisation: 'AAA', name: 'Leo Leaver' })
    await runWork<AuthTables, void>(app.platform, SYSTEM, work => setPassword(work, leaver.personId, 'hash'))
    const { body } = await lead.get(`/people/${leaver.personId}`)
    const end = /\/people\/per_[0-9a-f]+\/roles\/asg_[0-9a-f]+\/end/.exec(body)?.[0] ?? ''
    assert.equal((await lead.post(end, { reason: 'Left the trust' })).statusCode, 303)
    assert.equal((await leaver.get('/account')).statusCode, 303)
    const left = await readAs<SignInTables, [unknown, unknown]>(app.platform, SYSTEM, async db => [
      await db.selectFrom('auth_account').selectAll().where('person_id', '=', leaver.personId).executeTakeFirst(),
      (await db.selectFrom('directory_person').select('left_at').where('id', '=', leaver.personId).executeTakeFirst())?.left_at,
    ])
    assert.equal(left[0], undefined)
    assert.ok(left[1] instanceof Date)
    assert.match((await lead.get('/people?status=left')).body, /Leo Leaver/)
  })

  test('who comes back is invited anew, as the same person', async () => {
    const email = newEmail()
    const first = idOf((await added(lead, { email, role: 'board-member', organisation: 'AAA' })).headers.location)
    const end = /\/people\/per_[0-9a-f]+\/roles\/asg_[0-9a-f]+\/end/.exec((await lead.get(`/people/${first}`)).body)?.[0] ?? ''
    await lead.post(end, {})
    assert.equal(idOf((await added(lead, { email, role: 'board-member', organisation: 'AAA' })).headers.location), first)
  })

  test('of one role only keeps the others', async () => {
    const person = await app.signIn('cyber-lead', { organisation: 'AAA' })
    await added(administrator, { email: `${person.personId}@test.invalid`, role: 'board-member', organisation: 'BBB' })
    const { body } = await lead.get(`/people/${person.personId}`)
    const ends = body.match(/\/people\/per_[0-9a-f]+\/roles\/asg_[0-9a-f]+\/end/g) ?? []
    assert.equal(ends.length, 1, 'a lead ends no role elsewhere, nor sees it')
    assert.equal((await lead.post(ends[0] ?? '', {})).statusCode, 303)
    const standing = await readAs<SignInTables, object[]>(app.platform, SYSTEM, db =>
      db.selectFrom('directory_assignment').selectAll().where('person_id', '=', person.personId).where('until', 'is', null).execute(),
    )
    assert.equal(standing.length, 1)
  })
})

test('somebody who only looks is offered nothing to change, and is refused it', async () => {
  const analyst = await app.signIn('analyst')
  assert.doesNotMatch((await analyst.get('/people')).body, /Invite somebody/)
  assert.equal((await analyst.get('/people/new')).statusCode, 403)
  assert.equal((await added(analyst, { email: newEmail(), role: 'administrator', organisation: 'TEST-CENTRE' })).statusCode, 403)
  assert.equal((await analyst.post(`/people/${lead.personId}/link`, {}, { from: '/account' })).statusCode, 403)
})

test('a lead cannot take on somebody with a role elsewhere, and so learns nothing of them; the administrator can', async () => {
  const email = newEmail()
  const id = idOf((await added(administrator, { name: 'Otherwise Unknown', email, role: 'analyst', organisation: 'TEST-CENTRE' })).headers.location)
  const refused = await added(lead, { email, role: 'board-member', organisation: 'AAA' })
  assert.equal(refused.statusCode, 422)
  assert.match(refused.body, /Ask an administrator/)
  assert.equal((await lead.get(`/people/${id}`)).statusCode, 404)
  assert.doesNotMatch((await lead.get('/people')).body, /Otherwise Unknown/)
  assert.equal((await added(administrator, { email, role: 'board-member', organisation: 'AAA' })).statusCode, 303)
})
