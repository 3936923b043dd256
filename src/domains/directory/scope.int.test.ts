import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestPlatform } from '../../../test/support/platform.ts'
import { Conflict, Forbidden, Invalid, NotFound } from '../../kernel/errors.ts'
import type { Id } from '../../kernel/id.ts'
import type { Role } from '../../kernel/role.ts'
import { SYSTEM, type Actor, type Scope } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import { addContact, changeContact, endContact, failContact, importContacts, proveContact } from './contacts/commands.ts'
import { contactState, type Contact, type ContactDetails } from './contacts/model.ts'
import { contactsOf } from './contacts/queries.ts'
import { readContactList } from './contacts/read-file.ts'
import { importOrganisations } from './organisations/commands.ts'
import type { OrganisationRow } from './organisations/model.ts'
import { EVERY_OPEN_ORGANISATION, listOrganisations, organisationInScope, organisationsInScope } from './organisations/queries.ts'
import { endPartnership, startPartnership } from './partners/commands.ts'
import { answeredForBy, partnersOf } from './partners/queries.ts'
import { PERMISSIONS } from './policy.ts'
import type { DirectoryTables } from './tables.ts'
import { importTechnology, shareTechnology } from './technology/commands.ts'
import type { ImportedTechnology } from './technology/model.ts'
import { listTechnology } from './technology/queries.ts'

const platform = await createTestPlatform()

function actorOf(role: Role, scope: Scope): Actor {
  const permissions = new Set(
    Object.entries(PERMISSIONS).flatMap(([permission, roles]) => ((roles as readonly Role[]).includes(role) ? [permission] : [])),
  )
  return {
    ...SYSTEM,
    kind: 'person',
    id: 'per_test',
    role,
    scope,
    organisationId: 'organisationId' in scope ? scope.organisationId : null,
    permissions,
  }
}

function as<R>(actor: Actor, body: (work: Work<DirectoryTables>) => Promise<R>): Promise<R> {
  return runWork<DirectoryTables, R>(platform, actor, body)
}

const administrator = actorOf('administrator', { kind: 'centre' })

function row(code: string, type: string, regionCode: string | null = null): OrganisationRow {
  return {
    code,
    type,
    regionCode,
    name: `Organisation ${code}`,
    country: 'England',
    boardCode: null,
    parentCode: null,
    addressLines: [],
    postcode: null,
    phone: null,
    openedOn: null,
    closedOn: null,
    status: 'open',
  }
}

await as(administrator, work =>
  importOrganisations(work, {
    rows: [row('Y98', 'region'), row('AAA', 'trust', 'Y98'), row('BBB', 'trust', 'Y99'), row('CCC', 'trust', 'Y98'), row('PPP', 'support-unit')],
    fileKind: 'test',
    isOutline: false,
    source: 'test',
    digest: '0',
  }),
)
const ids = await readAs<DirectoryTables, ReadonlyMap<string, Id<'organisation'>>>(platform, administrator, db =>
  organisationsInScope(db, { kind: 'centre' }, ['Y98', 'AAA', 'BBB', 'CCC', 'PPP']),
)

function idOf(code: string): Id<'organisation'> {
  const id = ids.get(code)
  assert.ok(id)
  return id
}

const leadOf = (code: string) => actorOf('cyber-lead', { kind: 'organisation', organisationId: idOf(code) })
const partner = actorOf('partner-responder', { kind: 'partner', organisationId: idOf('PPP') })
const regionalLead = actorOf('regional-lead', { kind: 'region', organisationId: idOf('Y98') })

function contact(name: string, more: Partial<ContactDetails> = {}): ContactDetails {
  return {
    name,
    purpose: 'Cyber lead',
    email: `${name.toLowerCase()}@example.org`,
    mobile: null,
    phone: null,
    isOutOfHours: false,
    receivesBulletins: true,
    ...more,
  }
}

function product(organisationCode: string, name: string, more: Partial<ImportedTechnology> = {}): ImportedTechnology {
  return {
    position: 'line 2',
    organisationCode,
    maker: 'Example Ltd',
    product: name,
    version: null,
    count: null,
    asOf: null,
    cpe: null,
    purl: null,
    ...more,
  }
}

function listOf(rows: readonly ImportedTechnology[], more: { source?: string; shared?: boolean } = {}) {
  return { rows, rejected: [], source: 'Asset register', shared: true, digest: '0', ...more }
}

/** Every row of every table that holds what belongs to an organisation, by a query that forgot its `where`. */
async function everythingSeenBy(actor: Actor): Promise<Readonly<Record<string, readonly string[]>>> {
  return readAs<DirectoryTables, Record<string, string[]>>(platform, actor, async db => {
    const codes = new Map([...ids].map(([code, id]) => [id as string, code]))
    const owners = (rows: readonly { organisation_id: string }[]) =>
      [...new Set(rows.map(found => codes.get(found.organisation_id) ?? '?'))].toSorted()
    return {
      contacts: owners(await db.selectFrom('directory_contact').select('organisation_id').execute()),
      technology: owners(await db.selectFrom('directory_technology').select('organisation_id').execute()),
      kept: owners(await db.selectFrom('directory_technology').select('organisation_id').where('shared', '=', false).execute()),
      partnerships: owners(await db.selectFrom('directory_partnership').select('organisation_id').execute()),
      assignments: owners(await db.selectFrom('directory_assignment').select('organisation_id').execute()),
      people: (await db.selectFrom('directory_person').select('name').execute()).map(person => person.name).toSorted(),
    }
  })
}

test('a query that forgot its where shows an organisation, a partner and a region nothing of others', async () => {
  for (const code of ['AAA', 'BBB', 'CCC']) {
    await as(leadOf(code), async work => {
      await addContact(work, { organisationId: idOf(code), details: contact(`Lead-${code}`) })
      await importTechnology(work, listOf([product(code, 'Shared thing')]))
      return importTechnology(work, listOf([product(code, 'Kept thing')], { source: 'Own list', shared: false }))
    })
    await as(SYSTEM, async work => {
      const personId = work.newId('person')
      await work.db
        .insertInto('directory_person')
        .values({
          id: personId,
          name: `Person ${code}`,
          email: `${code}@example.org`,
          phone: null,
          out_of_hours_phone: null,
          created_at: work.now,
          left_at: null,
        })
        .execute()
      await work.db
        .insertInto('directory_assignment')
        .values({ id: work.newId('assignment'), person_id: personId, organisation_id: idOf(code), role: 'cyber-lead', since: work.now, until: null })
        .execute()
      work.record({ verb: 'test.person.added', subject: { kind: 'person', id: personId } })
    })
  }
  await as(leadOf('AAA'), work => startPartnership(work, { partnerCode: 'PPP', organisationCode: 'AAA' }))
  await as(administrator, work => startPartnership(work, { partnerCode: 'PPP', organisationCode: 'BBB' }))

  const only = (...codes: string[]) => ({
    contacts: codes,
    technology: codes,
    kept: codes,
    partnerships: codes,
    assignments: codes,
    people: codes.map(code => `Person ${code}`),
  })
  assert.deepEqual(await everythingSeenBy(leadOf('AAA')), only('AAA'))
  assert.deepEqual(await everythingSeenBy(leadOf('CCC')), { ...only('CCC'), partnerships: [] })
  assert.deepEqual(await everythingSeenBy(partner), only('AAA', 'BBB'))
  // A region sees its own organisations, and of their technology what they share.
  assert.deepEqual(await everythingSeenBy(regionalLead), { ...only('AAA', 'CCC'), kept: [], partnerships: ['AAA'] })
  assert.deepEqual(await everythingSeenBy(administrator), { ...only('AAA', 'BBB', 'CCC'), kept: [], partnerships: ['AAA', 'BBB'] })
  assert.deepEqual(await everythingSeenBy({ ...SYSTEM, kind: 'anonymous', scope: { kind: 'none' } }), {
    contacts: [],
    technology: [],
    kept: [],
    partnerships: [],
    assignments: [],
    people: [],
  })
})

test('the list and the page of an organisation reach those that the actor looks after, and no others', async () => {
  const seen = (actor: Actor) =>
    readAs<DirectoryTables, string[]>(platform, actor, async db =>
      (await listOrganisations(db, actor.scope, EVERY_OPEN_ORGANISATION, 'code', { limit: 50, cursor: null })).rows.map(found => found.code),
    )
  assert.deepEqual(await seen(leadOf('AAA')), ['AAA'])
  assert.deepEqual(await seen(partner), ['AAA', 'BBB', 'PPP'])
  assert.deepEqual(await seen(regionalLead), ['AAA', 'CCC', 'Y98'])
  assert.deepEqual(await seen(administrator), ['AAA', 'BBB', 'CCC', 'PPP', 'Y98'])
  const lead = leadOf('AAA')
  assert.equal(await readAs<DirectoryTables, unknown>(platform, lead, db => organisationInScope(db, lead.scope, 'BBB')), undefined)
})

test('nobody writes what belongs to an organisation that they do not look after', async () => {
  const details = contact('Intruder')
  await assert.rejects(
    as(leadOf('AAA'), work => addContact(work, { organisationId: idOf('CCC'), details })),
    NotFound,
  )
  const [other] = await readAs<DirectoryTables, readonly Contact[]>(platform, administrator, db => contactsOf(db, idOf('CCC')))
  assert.ok(other)
  await assert.rejects(
    as(leadOf('AAA'), work => changeContact(work, { contactId: other.id, details })),
    NotFound,
  )
  await assert.rejects(
    as(leadOf('AAA'), work => endContact(work, other.id)),
    NotFound,
  )
  await assert.rejects(
    as(leadOf('AAA'), work => startPartnership(work, { partnerCode: 'PPP', organisationCode: 'CCC' })),
    NotFound,
  )
  const { counts, problems } = await as(leadOf('AAA'), work => importTechnology(work, listOf([product('CCC', 'Planted')])))
  assert.equal(counts.refused, 1)
  assert.match(problems[0]?.message ?? '', /^Line 2: no organisation that you look after has the code "CCC"/)
  // And past the commands: the database refuses the row itself.
  await assert.rejects(
    as(leadOf('AAA'), work =>
      work.db
        .insertInto('directory_contact')
        .values({
          id: work.newId('contact'),
          organisation_id: idOf('CCC'),
          person_id: null,
          name: 'x',
          purpose: 'x',
          email: null,
          mobile: null,
          phone: null,
          last_proved_at: null,
          last_failed_at: null,
          last_failure: null,
          created_at: work.now,
          ended_at: null,
        })
        .execute(),
    ),
    /row-level security/,
  )
})

test('a partner cannot make itself one, and an ended partnership shows it nothing more', async () => {
  await assert.rejects(
    as(partner, work => startPartnership(work, { partnerCode: 'PPP', organisationCode: 'CCC' })),
    Forbidden,
  )
  const bold = { ...partner, permissions: new Set(['directory.partnership.change']) }
  await assert.rejects(
    as(bold, work => startPartnership(work, { partnerCode: 'PPP', organisationCode: 'CCC' })),
    NotFound,
  )
  await assert.rejects(
    as(bold, work =>
      work.db
        .insertInto('directory_partnership')
        .values({ id: work.newId('partnership'), partner_id: idOf('PPP'), organisation_id: idOf('CCC'), since: work.now, until: null })
        .execute(),
    ),
    /row-level security/,
  )
  await assert.rejects(
    as(administrator, work => startPartnership(work, { partnerCode: 'PPP', organisationCode: 'BBB' })),
    Conflict,
  )
  await assert.rejects(
    as(administrator, work => startPartnership(work, { partnerCode: 'BBB', organisationCode: 'BBB' })),
    Invalid,
  )

  const answered = () =>
    readAs<DirectoryTables, string[]>(platform, partner, async db => (await answeredForBy(db, idOf('PPP'))).map(found => found.code))
  assert.deepEqual(await answered(), ['AAA', 'BBB'])
  const [partnership] = await readAs<DirectoryTables, Awaited<ReturnType<typeof partnersOf>>>(platform, administrator, db =>
    partnersOf(db, idOf('BBB')),
  )
  assert.ok(partnership)
  await assert.rejects(
    as(leadOf('AAA'), work => endPartnership(work, partnership.id)),
    NotFound,
  )
  await as(administrator, work => endPartnership(work, partnership.id))
  assert.deepEqual(await answered(), ['AAA'])
  assert.deepEqual((await everythingSeenBy(partner))['contacts'], ['AAA'])
})

test('a contact is proved and failed, and forgets both when its address changes', async () => {
  const of = async (id: Id<'contact'>) =>
    (await readAs<DirectoryTables, readonly Contact[]>(platform, administrator, db => contactsOf(db, idOf('AAA')))).find(found => found.id === id)
  const state = async (id: Id<'contact'>) => {
    const found = await of(id)
    return found === undefined ? 'gone' : contactState(found)
  }
  const id = await as(leadOf('AAA'), work => addContact(work, { organisationId: idOf('AAA'), details: contact('Desk') }))
  await assert.rejects(
    as(leadOf('AAA'), work => addContact(work, { organisationId: idOf('AAA'), details: contact('Desk') })),
    Conflict,
  )
  assert.equal(await state(id), 'unproved')
  await as(SYSTEM, work => proveContact(work, id))
  assert.equal(await state(id), 'works')
  platform.clock.advanceHours(1)
  await as(SYSTEM, work => failContact(work, { contactId: id, words: '550 5.1.1 no such user' }))
  assert.equal(await state(id), 'failed')
  assert.equal((await of(id))?.lastFailure, '550 5.1.1 no such user')
  await as(leadOf('AAA'), work => changeContact(work, { contactId: id, details: contact('Desk', { email: 'new-desk@example.org' }) }))
  assert.equal(await state(id), 'unproved')
  await as(leadOf('AAA'), work => endContact(work, id))
  assert.equal(await state(id), 'gone')
})

test('a list of contacts adds and changes, names each row that it cannot take, and changes nothing the second time', async () => {
  const text = [
    'Organisation,Name,Purpose,Email,Mobile,Phone,Out of hours',
    'ccc,Service desk,Service desk,desk@ccc.example,,01632 960001,no',
    'CCC,On call,On call,,07700 900001,,yes',
    'ZZZ,Nobody,Cyber lead,nobody@example.org,,,no',
    'CCC,No way,Cyber lead,,,,no',
    'CCC,Bad,Cyber lead,not an address,,,no',
    'CCC,Service desk again,Service desk,DESK@ccc.example,,,no',
  ].join('\n')
  const take = (bytes: Buffer) =>
    as(administrator, work => importContacts(work, { ...readContactList(bytes, 'contacts.csv'), source: 'contacts.csv' }))
  const first = await take(Buffer.from(text))
  assert.deepEqual(first.counts, { read: 6, added: 2, changed: 0, closed: 0, unchanged: 0, refused: 4 })
  assert.deepEqual(first.problems.map(problem => problem.pointer).toSorted(), ['line 4', 'line 5', 'line 6', 'line 7'])
  assert.deepEqual((await take(Buffer.from(text))).counts, { read: 6, added: 0, changed: 0, closed: 0, unchanged: 2, refused: 4 })
  const later = await take(Buffer.from(text.replace('01632 960001', '01632 960002')))
  assert.equal(later.counts.changed, 1)
  const contacts = await readAs<DirectoryTables, readonly Contact[]>(platform, administrator, db => contactsOf(db, idOf('CCC')))
  assert.deepEqual(
    contacts.filter(found => found.isOutOfHours).map(found => [found.name, found.receivesBulletins]),
    [['On call', false]],
  )
  for (const bad of ['', 'name,email\nA,b@example.org\n', '{"a": 1}', 'organisation,name,purpose,email\n"A,b'])
    assert.throws(() => readContactList(Buffer.from(bad), 'contacts.csv'), Invalid, bad)
})

test('what the organisation keeps to itself the centre neither sees nor can overwrite', async () => {
  const lead = leadOf('BBB')
  const seenBy = (actor: Actor) =>
    readAs<DirectoryTables, string[]>(platform, actor, async db =>
      (await listTechnology(db, actor.scope, idOf('BBB'), { search: '', sharing: 'all' }, 'product', { limit: 50, cursor: null })).rows.map(
        found => `${found.product} ${found.toldBy}`,
      ),
    )
  assert.deepEqual(await seenBy(lead), ['Kept thing organisation', 'Shared thing organisation'])
  assert.deepEqual(await seenBy(administrator), ['Shared thing organisation'])
  // The centre's own list of the very same name and product stands beside it.
  await as(administrator, work => importTechnology(work, listOf([product('BBB', 'Kept thing')], { source: 'Own list' })))
  assert.deepEqual(await seenBy(lead), ['Kept thing centre', 'Kept thing organisation', 'Shared thing organisation'])
  const line = await readAs<DirectoryTables, { product_id: number }>(platform, lead, db =>
    db.selectFrom('directory_technology').select('product_id').where('source', '=', 'Asset register').executeTakeFirstOrThrow(),
  )
  const choose = (shared: boolean) =>
    as(lead, work =>
      shareTechnology(work, { organisationId: idOf('BBB'), productId: line.product_id, version: '', source: 'Asset register', shared }),
    )
  await choose(false)
  assert.deepEqual(await seenBy(administrator), ['Kept thing centre'])
  // The next list keeps the choice.
  await as(lead, work => importTechnology(work, listOf([product('BBB', 'Shared thing', { count: 4 })])))
  assert.deepEqual(await seenBy(administrator), ['Kept thing centre'])
  await choose(true)
  assert.deepEqual(await seenBy(administrator), ['Kept thing centre', 'Shared thing organisation'])
})
