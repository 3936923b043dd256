import { z } from 'zod'
import { instant, listAnswer, listOf } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { requireOrganisation } from '../organisations/queries.ts'
import type { DirectoryTables } from '../tables.ts'
import { addContact, changeContact, endContact, proveContact } from './commands.ts'
import { contactBody } from './fields.ts'
import { contactState, type Contact } from './model.ts'
import { contactsOf } from './queries.ts'
import { finishRepair } from './repairs/commands.ts'
import { REPAIR_REASONS, type RepairReason } from './repairs/model.ts'
import { listRepairs, repairsOf } from './repairs/queries.ts'
import { askedRepair, filterOf, repairsQuery } from './repairs/routes.ts'
import { askedContact, ofContact, ofOrganisation } from './routes.ts'

type Directory = Reader<DirectoryTables>
type DirectoryWork = Work<DirectoryTables>

const access = { permission: 'directory.contact.change' }
const OF_ORGANISATION = '/api/v1/organisations/:code/contacts'

const ContactAnswer = z.object({
  id: z.string(),
  name: z.string(),
  purpose: z.string(),
  email: z.string().nullable(),
  mobile: z.string().nullable(),
  phone: z.string().nullable(),
  outOfHours: z.boolean(),
  receivesBulletins: z.boolean(),
  state: z.enum(['works', 'failed', 'unproved']),
  lastProvedAt: instant.nullable(),
  lastFailedAt: instant.nullable(),
  lastFailure: z.string().nullable(),
})

const Repair = z.object({
  id: z.string(),
  organisationCode: z.string(),
  organisationName: z.string(),
  contactId: z.string(),
  contactName: z.string(),
  reason: z.enum(Object.keys(REPAIR_REASONS) as RepairReason[]),
  words: z.string().nullable(),
  openedAt: instant,
  reachable: z.int(),
})

function contactAnswer(contact: Contact) {
  return { ...contact, outOfHours: contact.isOutOfHours, state: contactState(contact) }
}

/** A list so short that it is one page. */
function wholeList<R, I>(rows: readonly R[], itemOf: (row: R) => I) {
  return listAnswer({ rows, next: null, total: rows.length }, itemOf)
}

const list = operation({
  id: 'listContacts',
  summary: "List an organisation's contacts",
  description: 'All of them on one page, those for the night last.',
  page: 'GET /organisations/:code',
  method: 'GET',
  path: OF_ORGANISATION,
  access: { permission: 'directory.organisation.view' },
  params: ofOrganisation,
  answer: listOf(ContactAnswer),
  async read(db: Directory, { actor, params }) {
    const { id } = await requireOrganisation(db, actor.scope, params.code)
    return wholeList(await contactsOf(db, id), contactAnswer)
  },
})

const show = operation({
  id: 'showContact',
  summary: 'Show a contact',
  page: 'GET /organisations/:code/contacts/:id',
  method: 'GET',
  path: `${OF_ORGANISATION}/:id`,
  access,
  params: ofContact,
  answer: ContactAnswer,
  read: async (db: Directory, { actor, params }) => contactAnswer((await askedContact(db, actor, params)).contact),
})

const add = operation({
  id: 'addContact',
  summary: 'Add a contact to an organisation',
  page: 'POST /organisations/:code/contacts/new',
  method: 'POST',
  path: OF_ORGANISATION,
  access,
  params: ofOrganisation,
  body: contactBody,
  answer: z.object({ id: z.string() }),
  status: 201,
  async write(work: DirectoryWork, { actor, params, body }) {
    const organisation = await requireOrganisation(work.db, actor.scope, params.code)
    return { id: await addContact(work, { organisationId: organisation.id, details: body }) }
  },
})

const change = operation({
  id: 'changeContact',
  summary: 'Change a contact',
  description: 'The body is the whole contact: what it leaves out is taken away.',
  page: 'POST /organisations/:code/contacts/:id',
  method: 'POST',
  path: `${OF_ORGANISATION}/:id`,
  access,
  params: ofContact,
  body: contactBody,
  answer: null,
  async write(work: DirectoryWork, { actor, params, body }) {
    const { contact } = await askedContact(work.db, actor, params)
    await changeContact(work, { contactId: contact.id, details: body })
  },
})

function act(
  step: 'prove' | 'end',
  words: { readonly id: string; readonly summary: string },
  command: (work: DirectoryWork, id: Contact['id']) => Promise<void>,
) {
  return operation({
    ...words,
    page: `POST /organisations/:code/contacts/:id/${step}`,
    method: 'POST',
    path: `${OF_ORGANISATION}/:id/${step}`,
    access,
    params: ofContact,
    answer: null,
    write: async (work: DirectoryWork, { actor, params }) => command(work, (await askedContact(work.db, actor, params)).contact.id),
  })
}

const repairs = listOperation({
  id: 'listContactRepairs',
  summary: 'List the contacts to put right',
  description: 'The longest waiting first.',
  page: 'GET /contact-repairs',
  path: '/api/v1/contact-repairs',
  access,
  query: filtersOf(repairsQuery),
  item: Repair,
  list: (db: Directory, page, { actor, query }) => listRepairs(db, actor.scope, filterOf(query), page),
})

const repairsAtOne = operation({
  id: 'listContactRepairsOfOrganisation',
  summary: "List an organisation's contacts to put right",
  page: 'GET /organisations/:code',
  method: 'GET',
  path: '/api/v1/organisations/:code/contact-repairs',
  access: { permission: 'directory.organisation.view' },
  params: ofOrganisation,
  answer: listOf(Repair),
  async read(db: Directory, { actor, params }) {
    const { id } = await requireOrganisation(db, actor.scope, params.code)
    return wholeList(await repairsOf(db, id), repair => repair)
  },
})

const finish = operation({
  id: 'finishContactRepair',
  summary: 'Say that a contact has been seen to',
  page: 'POST /contact-repairs/:id/done',
  method: 'POST',
  path: '/api/v1/contact-repairs/:id/done',
  access,
  params: z.object({ id: z.string().max(60) }),
  answer: null,
  write: async (work: DirectoryWork, { actor, params }) => finishRepair(work, (await askedRepair(work.db, actor, params.id)).id),
})

export const contactOperations: readonly Route[] = [
  list,
  show,
  add,
  change,
  act('prove', { id: 'proveContact', summary: 'Say that you have just reached a contact' }, proveContact),
  act('end', { id: 'endContact', summary: 'Stop using a contact' }, endContact),
  repairs,
  repairsAtOne,
  finish,
]
