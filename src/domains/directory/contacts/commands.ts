import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { shorten } from '../../../kernel/text.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { ImportCounts } from '../organisations/model.ts'
import { isOrganisationInScope, organisationsInScope } from '../organisations/queries.ts'
import type { DirectoryTables } from '../tables.ts'
import { contactKey, contactState, type Contact, type ContactDetails, type ContactRow } from './model.ts'
import { contactById, contactsOf, contactsOfAll } from './queries.ts'
import { closeRepairs, openRepair } from './repairs/commands.ts'

type DirectoryWork = Work<DirectoryTables>

const ROWS_AT_ONCE = 1_000

/**
 * Adds somebody, or a desk, to reach at the organisation. Throws `NotFound` when the actor does not look after it, `Conflict`
 * when the same contact is there already.
 */
export async function addContact(
  work: DirectoryWork,
  input: { organisationId: Id<'organisation'>; details: ContactDetails; personId?: Id<'person'> },
): Promise<Id<'contact'>> {
  assertMay(work.actor, 'directory.contact.change')
  await assertInScope(work, input.organisationId)
  assertReachable(input.details)
  const others = await contactsOf(work.db, input.organisationId)
  if (others.some(other => isSame(other, input.details))) {
    throw new Conflict('directory.contact.repeated', 'A contact with this name and these details is there already. Change that one instead.')
  }
  const contact = newContact(work, input.organisationId, input.details, input.personId)
  await work.db.insertInto('directory_contact').values(contact).execute()
  work.record({ verb: 'directory.contact.added', subject: { kind: 'contact', id: contact.id }, organisationId: input.organisationId })
  if (isMailable(input.details)) await closeRepairs(work, { organisationIds: [input.organisationId] }, 'another')
  return contact.id
}

const UNPROVED = { last_proved_at: null, last_failed_at: null, last_failure: null }

function newContact(work: DirectoryWork, organisationId: Id<'organisation'>, details: ContactDetails, personId?: Id<'person'>) {
  return {
    id: work.newId('contact'),
    organisation_id: organisationId,
    person_id: personId ?? null,
    ...columnsOf(details),
    ...UNPROVED,
    created_at: work.now,
    ended_at: null,
  }
}

/**
 * Changes a contact. What we know of whether it works is forgotten when its e-mail address changes: another address is
 * another thing to prove. Throws `NotFound` when it is not the actor's to see.
 */
export async function changeContact(work: DirectoryWork, input: { contactId: Id<'contact'>; details: ContactDetails }): Promise<void> {
  assertMay(work.actor, 'directory.contact.change')
  const before = await ownContact(work, input.contactId)
  assertReachable(input.details)
  const fields = changedFields(before, input.details)
  if (fields.length === 0) return
  const forgotten = fields.includes('email') ? UNPROVED : {}
  await work.db
    .updateTable('directory_contact')
    .set({ ...columnsOf(input.details), ...forgotten })
    .where('id', '=', input.contactId)
    .execute()
  work.record({
    verb: 'directory.contact.changed',
    subject: { kind: 'contact', id: input.contactId },
    organisationId: before.organisationId,
    change: { fields },
  })
  const isAnswer = fields.includes('email') || fields.includes('receivesBulletins')
  if (isAnswer && isMailable(input.details)) await closeRepairs(work, { contactIds: [input.contactId] }, 'changed')
}

/** Ends a contact: it is no longer written to or rung. Its history stays, and so does an open repair where nobody else can be mailed. */
export async function endContact(work: DirectoryWork, contactId: Id<'contact'>): Promise<void> {
  assertMay(work.actor, 'directory.contact.change')
  const contact = await ownContact(work, contactId)
  await work.db.updateTable('directory_contact').set({ ended_at: work.now }).where('id', '=', contactId).execute()
  work.record({ verb: 'directory.contact.ended', subject: { kind: 'contact', id: contactId }, organisationId: contact.organisationId })
  if ((await contactsOf(work.db, contact.organisationId)).some(isMailable)) await closeRepairs(work, { contactIds: [contactId] }, 'ended')
}

/** How somebody was reached, or was not: what is known of an address says nothing of a number, nor the other way round. */
type ContactChannel = 'mail' | 'telephone'

/**
 * Notes that somebody was reached there: they answered a message, or a call. A call proves no address from which messages come back. It asks
 * for no permission, since answering is itself the proof; row-level security bounds it to contacts that the actor may see.
 */
export async function proveContact(work: DirectoryWork, contactId: Id<'contact'>, channel: ContactChannel = 'mail'): Promise<void> {
  if (channel === 'telephone') {
    const reached = await ownContact(work, contactId)
    if (reached.email !== null && contactState(reached) === 'failed') return
  }
  const contact = await work.db
    .updateTable('directory_contact')
    .set({ last_proved_at: work.now, last_failure: null })
    .where('id', '=', contactId)
    .where('ended_at', 'is', null)
    .returning(['organisation_id as organisationId', 'last_failed_at as lastFailedAt'])
    .executeTakeFirst()
  if (contact === undefined) throw unknownContact()
  work.record({
    verb: 'directory.contact.proved',
    subject: { kind: 'contact', id: contactId },
    organisationId: contact.organisationId,
    change: { channel },
  })
  if (channel === 'mail' && contact.lastFailedAt !== null) await closeRepairs(work, { contactIds: [contactId] }, 'proved', 'failed')
}

/**
 * Notes that nothing arrived there, in the words of the mail server or of whoever rang. Where it is an address, the organisation and its region
 * are asked to put it right; a wrong number says nothing against an address, so it stands at the contact only where there is none. For the
 * system's own deliveries and calls.
 */
export async function failContact(work: DirectoryWork, input: { contactId: Id<'contact'>; words: string; channel?: ContactChannel }): Promise<void> {
  const { contactId, words, channel = 'mail' } = input
  const contact = await contactById(work.db, contactId)
  // Word may come late, when the contact has ended.
  if (contact === undefined) return
  if (channel === 'mail' || contact.email === null)
    await work.db
      .updateTable('directory_contact')
      .set({ last_failed_at: work.now, last_failure: shorten(words, 500) })
      .where('id', '=', contactId)
      .execute()
  work.record({
    verb: 'directory.contact.failed',
    subject: { kind: 'contact', id: contactId },
    organisationId: contact.organisationId,
    change: { channel },
  })
  if (channel === 'mail')
    await openRepair(work, { contactId, words, organisationId: contact.organisationId, reason: 'failed', hadBulletins: contact.receivesBulletins })
}

/**
 * A reader stops the bulletins that come to that address, or reports one as unwanted. The contact gets no more of them, nor, where it got none, of
 * what is written to seniors of the silent; the organisation and its region are asked to name another, so that nobody's leaving goes unseen.
 * For links that prove themselves, and for reports that do.
 */
export async function stopBulletins(
  work: DirectoryWork,
  input: { readonly contactId: Id<'contact'>; readonly reason: 'unsubscribed' | 'complained' },
): Promise<void> {
  const { organisationId, receivesBulletins: hadBulletins } = await ownContact(work, input.contactId)
  if (hadBulletins) await work.db.updateTable('directory_contact').set({ receives_bulletins: false }).where('id', '=', input.contactId).execute()
  work.record({
    verb: 'directory.contact.stopped',
    subject: { kind: 'contact', id: input.contactId },
    organisationId,
    change: { reason: input.reason, hadBulletins },
  })
  // Whoever stops our messages has read one, so they arrive; and of two reasons this is the one that must not be forgotten.
  await closeRepairs(work, { contactIds: [input.contactId] }, 'proved', 'failed')
  const words = hadBulletins ? null : 'They got no bulletins. They stopped what we write when an answer is missing.'
  await openRepair(work, { ...input, organisationId, words, hadBulletins })
}

/** The reader takes that back. */
export async function resumeBulletins(work: DirectoryWork, contactId: Id<'contact'>): Promise<void> {
  const contact = await ownContact(work, contactId)
  if (contact.receivesBulletins) return
  await work.db.updateTable('directory_contact').set({ receives_bulletins: true }).where('id', '=', contactId).execute()
  work.record({ verb: 'directory.contact.resumed', subject: { kind: 'contact', id: contactId }, organisationId: contact.organisationId })
  await closeRepairs(work, { contactIds: [contactId] }, 'undone')
}

/**
 * Takes in a list of contacts, for the ODS has none: adds those that are new, changes those whose details differ. A contact
 * that the list leaves out stays. Rows that cannot be taken are counted as refused and named in the problems.
 */
export async function importContacts(
  work: DirectoryWork,
  list: { readonly rows: readonly ContactRow[]; readonly problems: readonly Problem[]; readonly source: string },
): Promise<{ readonly counts: ImportCounts; readonly problems: readonly Problem[] }> {
  assertMay(work.actor, 'directory.contact.import')
  const ids = await organisationsInScope(
    work.db,
    work.actor.scope,
    list.rows.map(row => row.organisationCode),
  )
  const known = new Map((await contactsOfAll(work.db, [...ids.values()])).map(contact => [contactKey(contact.organisationId, contact), contact]))
  const problems = list.problems.filter(problem => problem.severity === 'error')
  const seen = new Set<string>()
  const added: { organisationId: Id<'organisation'>; details: ContactDetails }[] = []
  const changed: { contact: Contact; details: ContactDetails }[] = []
  for (const { line, organisationCode, details } of list.rows) {
    const organisationId = ids.get(organisationCode)
    const key = contactKey(organisationId ?? '', details)
    if (organisationId === undefined)
      problems.push(
        refusedRow(line, `no organisation has the code "${organisationCode.slice(0, 20)}". Check the code, or import the organisation first.`),
      )
    else if (seen.has(key)) problems.push(refusedRow(line, 'this contact stands in the list already. Delete one of the two lines.'))
    else {
      const contact = known.get(key)
      if (contact === undefined) added.push({ organisationId, details })
      else if (changedFields(contact, details).length > 0) changed.push({ contact, details })
    }
    seen.add(key)
  }
  for (let start = 0; start < added.length; start += ROWS_AT_ONCE) {
    await work.db
      .insertInto('directory_contact')
      .values(added.slice(start, start + ROWS_AT_ONCE).map(({ organisationId, details }) => newContact(work, organisationId, details)))
      .execute()
  }
  for (const { contact, details } of changed) {
    const forgotten = contact.email === details.email ? {} : UNPROVED
    await work.db
      .updateTable('directory_contact')
      .set({ ...columnsOf(details), ...forgotten })
      .where('id', '=', contact.id)
      .execute()
  }
  await closeRepairs(
    work,
    { organisationIds: [...new Set(added.filter(({ details }) => isMailable(details)).map(row => row.organisationId))] },
    'another',
  )
  await closeRepairs(
    work,
    { contactIds: changed.filter(({ contact, details }) => isMailable(details) && contact.email !== details.email).map(({ contact }) => contact.id) },
    'changed',
  )
  const read = list.rows.length + list.problems.filter(problem => problem.severity === 'error').length
  const counts = {
    read,
    added: added.length,
    changed: changed.length,
    closed: 0,
    unchanged: read - added.length - changed.length - problems.length,
    refused: problems.length,
  }
  work.record({ verb: 'directory.contacts.imported', subject: { kind: 'contact-list', id: list.source }, change: { ...counts } })
  return { counts, problems }
}

function refusedRow(line: number, why: string): Problem {
  return { rule: 'directory.contact.row', pointer: `line ${line}`, severity: 'error', message: `Line ${line}: ${why}` }
}

async function ownContact(work: DirectoryWork, id: Id<'contact'>): Promise<Contact> {
  const contact = await contactById(work.db, id)
  if (contact === undefined) throw unknownContact()
  return contact
}

function unknownContact(): NotFound {
  return new NotFound('directory.contact.unknown', 'There is no such contact. It may have been ended: look at the list.')
}

async function assertInScope(work: DirectoryWork, id: Id<'organisation'>): Promise<void> {
  if (await isOrganisationInScope(work.db, work.actor.scope, id)) return
  throw new NotFound('directory.organisation.out-of-scope', 'There is no such organisation among those that you look after.')
}

/** Whether bulletins reach it by e-mail. */
function isMailable(details: Pick<ContactDetails, 'email' | 'receivesBulletins'>): boolean {
  return details.email !== null && details.receivesBulletins
}

function assertReachable(details: ContactDetails): void {
  if (details.email !== null || details.mobile !== null || details.phone !== null) return
  throw new Invalid('directory.contact.unreachable', 'Give at least one way to reach them: an e-mail address, a mobile or a telephone number.')
}

const DETAILS = [
  'name',
  'purpose',
  'email',
  'mobile',
  'phone',
  'isOutOfHours',
  'receivesBulletins',
] as const satisfies readonly (keyof ContactDetails)[]

/** The names of the fields in which they differ: what the audit may hold, for it holds no address. */
function changedFields(before: ContactDetails, after: ContactDetails): readonly (keyof ContactDetails)[] {
  return DETAILS.filter(field => before[field] !== after[field])
}

function isSame(one: ContactDetails, other: ContactDetails): boolean {
  return (
    one.name.toLowerCase() === other.name.toLowerCase() &&
    one.email?.toLowerCase() === other.email?.toLowerCase() &&
    one.mobile === other.mobile &&
    one.phone === other.phone
  )
}

function columnsOf(details: ContactDetails) {
  return {
    name: details.name,
    purpose: details.purpose,
    email: details.email,
    mobile: details.mobile,
    phone: details.phone,
    out_of_hours: details.isOutOfHours,
    receives_bulletins: details.receivesBulletins,
  }
}
