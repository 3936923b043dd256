import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { readByForm, reasonGiven } from '../api.ts'
import type { Visible } from '../tables.ts'
import { addMembers, addSharingGroup, endSharingGroup, removeMember } from './commands.ts'
import { groupForm, membersForm } from './fields.ts'
import { membershipsOf, sharingGroup, sharingGroups } from './queries.ts'
import { filterOf, GroupsQuery, listFilter, MembersQuery, ofGroup } from './routes.ts'

const view = { permission: 'broadcast.sharing-group.view' }
const set = { permission: 'broadcast.sharing-group.set' }
const path = '/api/v1/sharing-groups'

const Group = z.object({
  id: z.string().describe('A UUID, by which CSAF and MISP know it'),
  name: z.string(),
  purpose: z.string(),
  members: z.int().describe('Today'),
  madeAt: instant,
  endedAt: instant.nullable(),
  endReason: z.string().nullable(),
})

const list = operation({
  id: 'listSharingGroups',
  summary: 'List the sharing groups, by name',
  method: 'GET',
  path,
  page: 'GET /sharing-groups',
  access: view,
  query: filtersOf(GroupsQuery),
  answer: z.object({ items: z.array(Group) }),
  read: async (db: Reader<Visible>, { query }) => ({ items: [...(await sharingGroups(db, listFilter(query)))] }),
})

const show = operation({
  id: 'getSharingGroup',
  summary: 'Read one sharing group',
  method: 'GET',
  path: `${path}/:id`,
  page: 'GET /sharing-groups/:id',
  access: view,
  params: ofGroup,
  answer: Group,
  read: (db: Reader<Visible>, { params: { id } }) => sharingGroup(db, id),
})

const members = listOperation({
  id: 'listSharingGroupMembers',
  summary: 'List the members of a sharing group, those of today or those before',
  path: `${path}/:id/members`,
  page: 'GET /sharing-groups/:id/members.csv',
  access: view,
  params: ofGroup,
  query: filtersOf(MembersQuery),
  item: z.object({
    code: z.string(),
    name: z.string(),
    type: z.string(),
    since: instant,
    until: instant.nullable(),
    reason: z.string().nullable().describe('Why it left'),
  }),
  async list(db: Reader<Visible>, page, { params: { id }, query }) {
    await sharingGroup(db, id)
    return membershipsOf(db, id, filterOf(query), page)
  },
})

const add = operation({
  id: 'addSharingGroup',
  summary: 'Make a sharing group, without members',
  method: 'POST',
  path,
  page: 'POST /sharing-groups/add',
  access: set,
  status: 201,
  body: z.object({
    name: z.string().max(1_000),
    purpose: z.string().max(4_000),
    id: z.string().max(60).nullable().default(null).describe('The UUID of a group that others keep already'),
  }),
  answer: Group,
  write: async (work: Work<Visible>, { body }) => sharingGroup(work.db, await addSharingGroup(work, readByForm(groupForm, body))),
})

const join = operation({
  id: 'addSharingGroupMembers',
  summary: 'Let organisations join a sharing group, all or none',
  method: 'POST',
  path: `${path}/:id/members`,
  page: 'POST /sharing-groups/:id/members',
  access: set,
  params: ofGroup,
  body: z.object({ codes: z.array(z.string().max(20)).min(1).max(1_000) }),
  answer: Group,
  async write(work: Work<Visible>, { params: { id }, body }) {
    await addMembers(work, { groupId: id, ...readByForm(membersForm, { codes: body.codes.join(' ') }) })
    return sharingGroup(work.db, id)
  },
})

const leave = operation({
  id: 'removeSharingGroupMember',
  summary: 'End a membership at once; what the organisation was sent before stays with it',
  method: 'POST',
  path: `${path}/:id/remove`,
  page: 'POST /sharing-groups/:id/remove',
  access: set,
  params: ofGroup,
  body: z.object({ code: z.string().max(20), reason: reasonGiven }),
  answer: Group,
  async write(work: Work<Visible>, { params: { id }, body: { code, reason } }) {
    await removeMember(work, { groupId: id, code: code.trim().toUpperCase(), reason })
    return sharingGroup(work.db, id)
  },
})

const end = operation({
  id: 'endSharingGroup',
  summary: 'End a sharing group for good',
  method: 'POST',
  path: `${path}/:id/end`,
  page: 'POST /sharing-groups/:id/end',
  access: set,
  params: ofGroup,
  body: z.object({ reason: reasonGiven }),
  answer: Group,
  async write(work: Work<Visible>, { params: { id }, body }) {
    await endSharingGroup(work, { groupId: id, ...body })
    return sharingGroup(work.db, id)
  },
})

export const sharingGroupOperations: readonly Route[] = [list, show, members, add, join, leave, end]
