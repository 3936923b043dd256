import { z } from 'zod'
import { Conflict, Forbidden, InvalidParts, NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { withSystemSight } from '../../../platform/auth/actors.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { readForm } from '../../../platform/forms/form.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { readAs } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Refusal } from '../../../ui/refusal.ts'
import { organisationByCode, organisationById } from '../organisations/queries.ts'
import type { DirectoryTables, SignInTables } from '../tables.ts'
import { addPerson, assignRole, endRole, makeInvitation, type RoleAt } from './commands.ts'
import { peopleQuery, personForm, reasonForm, roleForm, type PeopleQuery } from './fields.ts'
import { EVERYBODY, type PersonDetail, type PersonRow } from './model.ts'
import { listPeople, personInScope, standingOf, type Standing } from './queries.ts'
import { CSV_HEAD, csvLine, filledRoles, listView, mayKeepPeople, personFields, roleFields, showView } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500
const OWN_PEOPLE_ROWS = 200

const VIEW = { permission: 'directory.people.view' } as const
const person = z.object({ id: z.string().max(60) })

export function filterOf(query: Omit<PeopleQuery, 'sort' | 'cursor'>) {
  return { search: query.q, role: query.role, organisation: query.organisation, status: query.status }
}

/** A request as far as pages and operations have it in common. */
type Asking<P = unknown> = Omit<RouteRequest<P>, 'body'>

/** Throws `Forbidden` unless the actor looks after people at all; which ones, the commands decide. */
export function assertKeeps(request: Pick<RouteRequest, 'actor'>): void {
  if (mayKeepPeople(request.actor)) return
  throw new Forbidden('directory.people.keep', 'Your role does not include looking after people. Ask an administrator at the centre.')
}

/** The commands look beyond what the actor may see, and check the policy themselves. */
export function change<R>(request: Asking, body: (work: Work<SignInTables>) => Promise<R>): Promise<R> {
  return request.workWithSystemSight(body)
}

const list = route({
  method: 'GET',
  path: '/people',
  access: VIEW,
  query: peopleQuery,
  async handle({ read, actor, query }) {
    const isCentre = actor.scope.kind === 'centre'
    const model = await read<DirectoryTables, object>(async db => {
      const found = await listPeople(db, actor.scope, filterOf(query), { limit: PAGE_ROWS, cursor: query.cursor }, query.sort)
      const own = isCentre || actor.organisationId === null ? null : await organisationById(db, actor.organisationId)
      const ours =
        own === null || own === undefined
          ? null
          : await listPeople(db, actor.scope, { ...EVERYBODY, organisation: own.code }, { limit: OWN_PEOPLE_ROWS, cursor: null })
      return { ...listView(found, query, actor, isCentre), filled: ours === null ? null : filledRoles(ours.rows, actor) }
    })
    return page('directory/people/views/list.njk', isCentre ? 'People' : 'Our people', model)
  },
})

const listAsCsv = route({
  method: 'GET',
  path: '/people.csv',
  access: VIEW,
  query: peopleQuery,
  async handle({ read, actor, query }) {
    const rowsAfter = (cursor: string | null) =>
      read<DirectoryTables, Page<PersonRow>>(db => listPeople(db, actor.scope, filterOf(query), { limit: CSV_ROWS, cursor }, query.sort))
    return csv('people.csv', csvPages(CSV_HEAD, csvLine, rowsAfter))
  },
})

async function ownCode(request: RouteRequest): Promise<string | null> {
  const id = request.actor.organisationId
  if (id === null) return null
  const own = await request.read<DirectoryTables, { code: string } | undefined>(db => organisationById(db, id))
  return own?.code ?? null
}

async function newPage(request: RouteRequest, typed: Readonly<Record<string, unknown>> = {}, problems: readonly Problem[] = []): Promise<Reply> {
  return page(
    'directory/people/views/new.njk',
    'Invite somebody',
    { fields: personFields(request.actor, await ownCode(request), typed, problems) },
    { problems },
  )
}

const showNew = route({
  method: 'GET',
  path: '/people/new',
  access: VIEW,
  async handle(request) {
    assertKeeps(request)
    return newPage(request)
  },
})

const takeNew = route({
  method: 'POST',
  path: '/people/new',
  access: VIEW,
  async handle(request) {
    assertKeeps(request)
    const form = readForm(personForm, request.body)
    if (!form.ok) return newPage(request, form.typed, form.problems)
    try {
      const { personId, isNew } = await takeOn(request, form.value)
      return redirect(`/people/${personId}`, {
        notice: isNew ? 'Added. Make an invitation link, and give it to nobody else.' : 'They were known here already, and hold that role too now.',
      })
    } catch (error) {
      return newPage(request, request.body, problemsOf(error))
    }
  },
})

/** What is wrong with who is to have which role where. What is no refusal is thrown on. */
function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof InvalidParts) return error.problems
  if (error instanceof Conflict || error instanceof Forbidden) return [fault('role', error.message)]
  throw error
}

/** Takes somebody on. Throws as `addPerson` and `roleAt` do. */
export async function takeOn(request: Asking, { organisation, role, phone, ...who }: z.infer<typeof personForm>) {
  const at = await roleAt(request, { organisation, role })
  return change(request, work => addPerson(work, { ...who, phone: phone === undefined || phone === '' ? null : phone }, at))
}

/** Gives somebody a role. Throws as `assignRole` and `roleAt` do. */
export async function giveRoleTo(request: Asking, personId: string, form: z.infer<typeof roleForm>): Promise<void> {
  const at = await roleAt(request, form)
  await change(request, work => assignRole(work, personId, at))
}

/** The role at the organisation of that code. Throws `InvalidParts` where there is none. */
async function roleAt({ read }: Asking, { organisation: code, role }: z.infer<typeof roleForm>): Promise<RoleAt> {
  const organisation = await read<DirectoryTables, Awaited<ReturnType<typeof organisationByCode>>>(db => organisationByCode(db, code))
  if (organisation !== undefined) return { role, organisationId: organisation.id }
  throw new InvalidParts('directory.people', [
    fault('organisation', 'There is no organisation with that code. Check it, or look it up under Organisations.'),
  ])
}

function fault(pointer: string, message: string): Problem {
  return { rule: 'directory.people', pointer, severity: 'error', message }
}

interface Shown {
  readonly detail: PersonDetail
  readonly standing: Standing
}

/** Somebody whom the actor looks after, in their own scope; and how they stand, which needs the system's sight. Throws `NotFound`. */
export async function load(request: Asking<{ id: string }>): Promise<Shown> {
  const { id } = request.params
  const detail = await request.read<DirectoryTables, PersonDetail | null>(db => personInScope(db, request.actor.scope, id))
  if (detail === null) throw new NotFound('directory.person.unknown', 'There is no such person among those that you look after.')
  const standing = await readAs<SignInTables, Standing>(request.platform, withSystemSight(request.actor), db => standingOf(db, id, request.now))
  return { detail, standing }
}

async function showPage(
  request: RouteRequest<{ id: string }>,
  extra: { typed?: Readonly<Record<string, unknown>>; problems?: readonly Problem[]; link?: string; refusal?: Refusal } = {},
): Promise<Reply> {
  const { detail, standing } = await load(request)
  const problems = extra.problems ?? []
  const model = {
    ...showView(detail, standing, request.actor, extra.refusal ?? null),
    fields: roleFields(request.actor, await ownCode(request), extra.typed ?? {}, problems),
    link: extra.link ?? null,
  }
  return page('directory/people/views/show.njk', detail.name, model, { problems })
}

const show = route({ method: 'GET', path: '/people/:id', access: VIEW, params: person, handle: request => showPage(request) })

const giveRole = route({
  method: 'POST',
  path: '/people/:id/roles',
  access: VIEW,
  params: person,
  async handle(request) {
    assertKeeps(request)
    const { detail } = await load(request)
    const form = readForm(roleForm, request.body)
    if (!form.ok) return showPage(request, form)
    try {
      await giveRoleTo(request, detail.id, form.value)
    } catch (error) {
      return showPage(request, { typed: request.body, problems: problemsOf(error) })
    }
    return redirect(`/people/${detail.id}`, { notice: 'The role was given.' })
  },
})

/** Throws `NotFound` unless it is a role that they hold and that the actor may see. */
export function assertHeld({ roles }: PersonDetail, assignmentId: string): void {
  if (roles.some(role => role.assignmentId === assignmentId)) return
  throw new NotFound('directory.assignment.unknown', 'That role has ended already.')
}

const stopRole = route({
  method: 'POST',
  path: '/people/:id/roles/:assignment/end',
  access: VIEW,
  params: person.extend({ assignment: z.string().max(60) }),
  async handle(request) {
    assertKeeps(request)
    const { detail } = await load(request)
    const { assignment } = request.params
    assertHeld(detail, assignment)
    const form = readForm(reasonForm, request.body)
    const again = (message: string) => {
      const typed = request.body['reason']
      const refusal = { href: `/people/${detail.id}/roles/${assignment}/end`, reason: typeof typed === 'string' ? typed : '', message }
      return showPage(request, { refusal, problems: [fault('reason', message)] })
    }
    if (!form.ok) return again(form.problems[0]?.message ?? '')
    const { reason = '' } = form.value
    try {
      const { hasLeft } = await change(request, work => endRole(work, assignment, reason === '' ? null : reason))
      return redirect(hasLeft ? '/people' : `/people/${detail.id}`, {
        notice: hasLeft ? `${detail.name} has left: they can no longer sign in.` : 'The role was ended.',
      })
    } catch (error) {
      if (error instanceof Conflict && reason !== '') return again(error.message)
      throw error
    }
  },
})

const makeLink = route({
  method: 'POST',
  path: '/people/:id/link',
  access: VIEW,
  params: person,
  async handle(request) {
    assertKeeps(request)
    const { detail } = await load(request)
    const path = await change(request, work => makeInvitation(work, detail.id))
    // Shown in the answer itself, once: it is stored nowhere, so there is no page to come back to.
    return showPage(request, { link: request.platform.config.baseUrl + path })
  },
})

export const PEOPLE_ROUTES: readonly Route[] = [list, listAsCsv, showNew, takeNew, show, giveRole, stopRole, makeLink]
