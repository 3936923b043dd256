import { z } from 'zod'
import { ALL_ROLES } from '../../../kernel/role.ts'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { DirectoryTables } from '../tables.ts'
import { endRole, makeInvitation } from './commands.ts'
import { peopleQuery, personForm, reasonForm, roleForm } from './fields.ts'
import { listPeople } from './queries.ts'
import { assertHeld, assertKeeps, change, filterOf, giveRoleTo, load, takeOn } from './routes.ts'

const access = { permission: 'directory.people.view' }
const ofPerson = z.object({ id: z.string().max(60) })

const Person = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  leftAt: instant.nullable(),
  roles: z.array(
    z.object({
      assignmentId: z.string(),
      role: z.enum(ALL_ROLES),
      organisationCode: z.string(),
      organisationName: z.string(),
      since: instant,
    }),
  ),
})

const list = listOperation({
  id: 'listPeople',
  summary: 'List people',
  description: 'The centre sees everybody, the others those who have a role where they look after it.',
  page: 'GET /people',
  path: '/api/v1/people',
  access,
  query: filtersOf(peopleQuery),
  item: Person,
  async list(db: Reader<DirectoryTables>, page, { actor, query }) {
    const found = await listPeople(db, actor.scope, filterOf(query), page, query.sort)
    return { ...found, rows: found.rows.map(row => ({ ...row, roles: [...row.roles] })) }
  },
})

const show = operation({
  id: 'showPerson',
  summary: 'Show a person',
  page: 'GET /people/:id',
  method: 'GET',
  path: '/api/v1/people/:id',
  access,
  params: ofPerson,
  answer: Person.extend({
    phone: z.string().nullable(),
    outOfHoursPhone: z.string().nullable(),
    canSignIn: z.boolean(),
    linkExpiresAt: instant.nullable(),
  }),
  async handle(request) {
    const { detail, standing } = await load(request)
    return { ...detail, roles: [...detail.roles], canSignIn: standing.canSignIn, linkExpiresAt: standing.linkExpiresAt }
  },
})

const add = operation({
  id: 'addPerson',
  summary: 'Take somebody on in a role',
  description: 'Whoever has that e-mail address already is given the role, and `isNew` is false. Make an invitation link afterwards.',
  page: 'POST /people/new',
  method: 'POST',
  path: '/api/v1/people',
  access,
  body: personForm,
  answer: z.object({ id: z.string(), isNew: z.boolean() }),
  status: 201,
  async handle(request) {
    assertKeeps(request)
    const { personId, isNew } = await takeOn(request, request.body)
    return { id: personId, isNew }
  },
})

const giveRole = operation({
  id: 'giveRole',
  summary: 'Give a person a role at an organisation',
  page: 'POST /people/:id/roles',
  method: 'POST',
  path: '/api/v1/people/:id/roles',
  access,
  params: ofPerson,
  body: roleForm,
  answer: null,
  async handle(request) {
    assertKeeps(request)
    const { detail } = await load(request)
    await giveRoleTo(request, detail.id, request.body)
  },
})

const stopRole = operation({
  id: 'endRole',
  summary: 'End a role of a person',
  description: 'Whoever holds no other role has left then, and can no longer sign in: `hasLeft`.',
  page: 'POST /people/:id/roles/:assignment/end',
  method: 'POST',
  path: '/api/v1/people/:id/roles/:assignment/end',
  access,
  params: ofPerson.extend({ assignment: z.string().max(60) }),
  body: reasonForm,
  answer: z.object({ hasLeft: z.boolean() }),
  async handle(request) {
    assertKeeps(request)
    const { detail } = await load(request)
    const { assignment } = request.params
    assertHeld(detail, assignment)
    return change(request, work => endRole(work, assignment, request.body.reason || null))
  },
})

const makeLink = operation({
  id: 'makeInvitationLink',
  summary: 'Make the link with which a person sets up how they sign in',
  description: 'Whoever has the link becomes that person. It is shown this once and stored nowhere.',
  page: 'POST /people/:id/link',
  personOnly: 'Whoever has the link becomes that person.',
  method: 'POST',
  path: '/api/v1/people/:id/link',
  access,
  params: ofPerson,
  answer: z.object({ href: z.string() }),
  status: 201,
  async handle(request) {
    assertKeeps(request)
    const { detail } = await load(request)
    return { href: request.platform.config.baseUrl + (await change(request, work => makeInvitation(work, detail.id))) }
  },
})

export const peopleOperations: readonly Route[] = [list, show, add, giveRole, stopRole, makeLink]
