import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { parseId, type Id } from '../../../kernel/id.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { page, redirect, type PageReply, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { organisationPath, type OrganisationSummary } from '../organisations/model.ts'
import { requireOrganisation } from '../organisations/queries.ts'
import { isOwnOrganisation } from '../scope.ts'
import type { DirectoryTables } from '../tables.ts'
import { addContact, changeContact, endContact, proveContact } from './commands.ts'
import { contactSchema } from './fields.ts'
import type { Contact } from './model.ts'
import { contactById } from './queries.ts'
import { asTyped, contactActions, contactFields, contactStanding, NEW_CONTACT } from './views.ts'

const access = { permission: 'directory.contact.change' }
export const ofOrganisation = z.object({ code: z.string().max(40) })
export const ofContact = z.object({ code: z.string().max(40), id: z.string().max(60) })

type OfContact = RouteRequest<z.infer<typeof ofContact>>

const newForm = route({
  method: 'GET',
  path: '/organisations/:code/contacts/new',
  access,
  params: ofOrganisation,
  async handle({ read, actor, params }) {
    const organisation = await read<DirectoryTables, OrganisationSummary>(db => requireOrganisation(db, actor.scope, params.code))
    return formPage(organisation, actor, NEW_CONTACT, [])
  },
})

const add = route({
  method: 'POST',
  path: '/organisations/:code/contacts/new',
  access,
  params: ofOrganisation,
  async handle({ read, work, actor, params, body }) {
    const organisation = await read<DirectoryTables, OrganisationSummary>(db => requireOrganisation(db, actor.scope, params.code))
    const form = readForm(contactSchema, body)
    if (!form.ok) return formPage(organisation, actor, form.typed, form.problems)
    try {
      await work<DirectoryTables, unknown>(unit => addContact(unit, { organisationId: organisation.id, details: form.value }))
    } catch (error) {
      return formPage(organisation, actor, body, [refusalOf(error, 'name')])
    }
    return redirect(homeOf(organisation, actor), { notice: `${form.value.name} was added.` })
  },
})

const show = route({
  method: 'GET',
  path: '/organisations/:code/contacts/:id',
  access,
  params: ofContact,
  async handle(request) {
    const { organisation, contact } = await found(request)
    return formPage(organisation, request.actor, asTyped(contact), [], contact)
  },
})

const change = route({
  method: 'POST',
  path: '/organisations/:code/contacts/:id',
  access,
  params: ofContact,
  async handle(request) {
    const { organisation, contact } = await found(request)
    const form = readForm(contactSchema, request.body)
    if (!form.ok) return formPage(organisation, request.actor, form.typed, form.problems, contact)
    await request.work<DirectoryTables, void>(unit => changeContact(unit, { contactId: contact.id, details: form.value }))
    return redirect(homeOf(organisation, request.actor), { notice: `${form.value.name} was saved.` })
  },
})

const prove = route({
  method: 'POST',
  path: '/organisations/:code/contacts/:id/prove',
  access,
  params: ofContact,
  handle: request => act(request, proveContact, name => `${name} works.`),
})

const end = route({
  method: 'POST',
  path: '/organisations/:code/contacts/:id/end',
  access,
  params: ofContact,
  handle: request => act(request, endContact, name => `${name} is no longer used.`),
})

async function act(
  request: OfContact,
  command: (work: Work<DirectoryTables>, id: Id<'contact'>) => Promise<void>,
  notice: (name: string) => string,
): Promise<Reply> {
  const { organisation, contact } = await found(request)
  await request.work<DirectoryTables, void>(unit => command(unit, contact.id))
  return redirect(homeOf(organisation, request.actor), { notice: notice(contact.name) })
}

interface Found {
  readonly organisation: OrganisationSummary
  readonly contact: Contact
}

function found({ read, actor, params }: OfContact): Promise<Found> {
  return read<DirectoryTables, Found>(db => askedContact(db, actor, params))
}

/** The contact of that organisation. Throws `NotFound` unless it is there and the actor looks after it. */
export async function askedContact(db: Reader<DirectoryTables>, { scope }: Actor, params: z.infer<typeof ofContact>): Promise<Found> {
  const organisation = await requireOrganisation(db, scope, params.code)
  const id = parseId('contact', params.id)
  const contact = id === undefined ? undefined : await contactById(db, id)
  if (contact === undefined || contact.organisationId !== organisation.id) {
    throw new NotFound('directory.contact.unknown', 'There is no such contact. It may have been ended: look at the list.')
  }
  return { organisation, contact }
}

/** Where one came from: one's own organisation's page, or the page under its code. */
function homeOf(organisation: OrganisationSummary, actor: Actor): string {
  return organisationPath(organisation.code, isOwnOrganisation(actor, organisation))
}

function formPage(
  organisation: OrganisationSummary,
  actor: Actor,
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
  contact?: Contact,
): PageReply {
  const base = `${organisationPath(organisation.code, false)}/contacts`
  const path = contact === undefined ? `${base}/new` : `${base}/${contact.id}`
  const title = contact === undefined ? 'Add a contact' : contact.name
  const model = {
    organisation,
    title,
    backHref: homeOf(organisation, actor),
    form: {
      action: path,
      fields: contactFields(typed, problems),
      submit: contact === undefined ? 'Add the contact' : 'Save',
      autosave: `contact-${contact?.id ?? organisation.code}`,
      cancelHref: homeOf(organisation, actor),
    },
    standing: contact === undefined ? null : contactStanding(contact),
    actions: contact === undefined ? [] : contactActions(path),
  }
  return page('directory/contacts/views/form.njk', title, model, { problems })
}

export const CONTACT_ROUTES: readonly Route[] = [newForm, add, show, change, prove, end]
