import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp, type SignedIn } from '../../../../../test/support/app.ts'
import { readCsv, walkList } from '../../../../../test/support/lists.ts'
import type { Id } from '../../../../kernel/id.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { runWork, type Work } from '../../../../platform/work/work.ts'
import { importOrganisations } from '../../organisations/commands.ts'
import type { OrganisationRow } from '../../organisations/model.ts'
import { organisationByCode } from '../../organisations/queries.ts'
import type { DirectoryTables } from '../../tables.ts'
import { addContact, changeContact, endContact, failContact, proveContact, resumeBulletins, stopBulletins } from '../commands.ts'
import type { ContactDetails } from '../model.ts'

const app = await createTestApp()

function row(code: string, name: string, more: Partial<OrganisationRow> = {}): OrganisationRow {
  return {
    code,
    name,
    type: 'practice',
    country: 'England',
    regionCode: 'Y98',
    boardCode: null,
    parentCode: null,
    addressLines: [],
    postcode: null,
    phone: null,
    openedOn: null,
    closedOn: null,
    status: 'open',
    ...more,
  }
}

const surgeries = Array.from({ length: 60 }, (_, index) => row(`P${String(index).padStart(3, '0')}`, `Surgery ${index}`))
const rows = [
  row('Y98', 'Test region', { type: 'region', regionCode: null }),
  row('Y99', 'Other region', { type: 'region', regionCode: null }),
  ...surgeries,
]

const inWork = <R>(body: (work: Work<DirectoryTables>) => Promise<R>) =>
  runWork<DirectoryTables, R>(app.platform, { ...SYSTEM, permissions: new Set(['directory.contact.change']) }, body)

await runWork<DirectoryTables, unknown>(app.platform, SYSTEM, work =>
  importOrganisations(work, { rows, fileKind: 'test', isOutline: false, source: 'test.csv', digest: '0' }),
)

const details = (name: string, more: Partial<ContactDetails> = {}): ContactDetails => ({
  name,
  purpose: 'Cyber lead',
  email: `${name.toLowerCase().replaceAll(' ', '.')}@hospital.example`,
  mobile: null,
  phone: null,
  isOutOfHours: false,
  receivesBulletins: true,
  ...more,
})

/** A contact of its own at the organisation with that code, on whom a message failed. */
async function failing(code: string, name: string): Promise<Id<'contact'>> {
  return inWork(async work => {
    const organisation = await organisationByCode(work.db, code)
    assert.ok(organisation)
    const contactId = await addContact(work, { organisationId: organisation.id, details: details(name) })
    await failContact(work, { contactId, words: '550 5.1.1 <no> such user' })
    return contactId
  })
}

async function openAt(code: string): Promise<readonly string[]> {
  const { rows: found } = await app.platform.database.pool.query<{ what: string }>(
    `select repair.reason || ' ' || contact.name as what from directory_contact_repair repair join directory_contact contact on contact.id = repair.contact_id
     join directory_organisation organisation on organisation.id = repair.organisation_id where organisation.code = $1 and repair.closed_at is null order by 1`,
    [code],
  )
  return found.map(({ what }) => what)
}

const words = (body: string) => body.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')

async function text(browser: SignedIn, address: string): Promise<string> {
  const { statusCode, body } = await browser.get(address)
  assert.equal(statusCode, 200, address)
  return words(body)
}

test('a message that came back opens one repair, which ends when the address is changed', async () => {
  const contactId = await failing('P000', 'Ada')
  await inWork(work => failContact(work, { contactId, words: 'again' }))
  assert.deepEqual(await openAt('P000'), ['failed Ada'], 'once, however often it fails')
  await inWork(work => changeContact(work, { contactId, details: details('Ada', { phone: '01632 960000' }) }))
  assert.deepEqual(await openAt('P000'), ['failed Ada'], 'another telephone number is no answer')
  await inWork(work => changeContact(work, { contactId, details: details('Ada', { email: 'right@hospital.example' }) }))
  assert.deepEqual(await openAt('P000'), [])
})

test('it ends when they answer, or when another contact who can be mailed is named', async () => {
  const contactId = await failing('P001', 'Bea')
  await inWork(work => proveContact(work, contactId))
  assert.deepEqual(await openAt('P001'), [])
  await failing('P002', 'Cyd')
  const organisation = await inWork(work => organisationByCode(work.db, 'P002'))
  assert.ok(organisation)
  await inWork(work => addContact(work, { organisationId: organisation.id, details: details('Dan', { email: null, phone: '01632 960001' }) }))
  assert.deepEqual(await openAt('P002'), ['failed Cyd'], 'a telephone number does not bring bulletins')
  await inWork(work => addContact(work, { organisationId: organisation.id, details: details('Eve') }))
  assert.deepEqual(await openAt('P002'), [])
})

test('ending a contact leaves the repair open where nobody else can be mailed', async () => {
  const contactId = await failing('P003', 'Fay')
  await inWork(work => endContact(work, contactId))
  assert.deepEqual(await openAt('P003'), ['failed Fay'])
})

test('who stops the bulletins gets no more, and somebody is asked to name another; taking it back ends that', async () => {
  const organisation = await inWork(work => organisationByCode(work.db, 'P004'))
  assert.ok(organisation)
  const contactId = await inWork(work => addContact(work, { organisationId: organisation.id, details: details('Gus') }))
  await inWork(work => stopBulletins(work, { contactId, reason: 'unsubscribed' }))
  assert.deepEqual(await openAt('P004'), ['unsubscribed Gus'])
  await inWork(work => resumeBulletins(work, contactId))
  assert.deepEqual(await openAt('P004'), [])
})

test('the organisation, its region and the centre see it and what to do; another region does not', async () => {
  await failing('P010', 'Hal')
  const [lead, region, other, analyst] = [
    await app.signIn('cyber-lead', { organisation: 'P010' }),
    await app.signIn('regional-lead', { organisation: 'Y98' }),
    await app.signIn('regional-lead', { organisation: 'Y99' }),
    await app.signIn('analyst'),
  ]
  assert.match(await text(lead, '/our-organisation'), /Hal : Messages do not arrive.*550 5\.1\.1 &lt;no&gt; such user.*Correct the address/)
  for (const reader of [region, analyst]) {
    assert.match(await text(reader, '/organisations/P010'), /Hal : Messages do not arrive/)
    assert.match(await text(reader, '/contact-repairs?q=P010'), /1 contact match.*Hal/)
  }
  assert.doesNotMatch(await text(other, '/contact-repairs'), /Hal/)
  assert.match(await text(lead, '/'), /Hal: Messages do not arrive.*Put it right/, 'on its home page too')
  assert.match(await text(region, '/'), /\d+ contacts? to put right/)
  assert.doesNotMatch(await text(other, '/'), /contacts? to put right/)
  assert.match(await text(analyst, '/'), /1 contact to put right, and nobody else can be mailed there/, 'Fay, who has ended')
})

test('the list counts truly, pages, filters, and comes as CSV; an empty one says why', async () => {
  for (const { code } of surgeries.slice(20)) await failing(code, `Contact ${code}`)
  const region = await app.signIn('regional-lead', { organisation: 'Y98' })
  const walked = await walkList(region, '/contact-repairs?q=Contact', /contacts\/con_[0-9a-f]+">(Contact P\d+)</)
  assert.equal(walked.total, 40)
  assert.equal((await readCsv(region, '/contact-repairs.csv?q=Contact')).length, 40)
  assert.match(await text(region, '/contact-repairs?reason=complained'), /None matches/)
  assert.match(await text(region, '/contact-repairs?urgent=yes'), /Fay/)
  const other = await app.signIn('regional-lead', { organisation: 'Y99' })
  assert.match(await text(other, '/contact-repairs'), /Nothing to put right/)
})

test('somebody says that it is seen to; what is not theirs they cannot', async () => {
  await failing('P011', 'Ian')
  const region = await app.signIn('regional-lead', { organisation: 'Y98' })
  const { body } = await region.get('/organisations/P011')
  const action = /action="(\/contact-repairs\/rep_[0-9a-f]+\/done)"/.exec(body)?.[1] ?? ''
  const other = await app.signIn('regional-lead', { organisation: 'Y99' })
  assert.equal((await other.post(action, {}, { from: '/contact-repairs' })).statusCode, 404)
  assert.equal((await region.post(action, {}, { from: '/organisations/P011' })).statusCode, 303)
  assert.deepEqual(await openAt('P011'), [])
  assert.equal((await region.post(action, {})).statusCode, 404, 'once')
})
