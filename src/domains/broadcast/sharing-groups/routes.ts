import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Visible } from '../tables.ts'
import { addMembers, addSharingGroup, endSharingGroup, removeMember } from './commands.ts'
import { groupForm, membersForm } from './fields.ts'
import { GROUP_ID } from './model.ts'
import { MEMBER_STATES, membershipsOf, sharingGroup, sharingGroups, type Membership, type MemberQuery, type SharingGroup } from './queries.ts'
import { addModel, groupAddress, groupModel, GROUPS_PAGE, groupsModel, type GroupPage } from './views.ts'

const VIEWS = 'broadcast/sharing-groups/views'
const view = { permission: 'broadcast.sharing-group.view' } as const
const set = { permission: 'broadcast.sharing-group.set' } as const
export const ofGroup = z.object({ id: z.string().regex(GROUP_ID) })
export const GroupsQuery = z.object({
  q: z.string().max(100).catch('').default(''),
  state: z.enum(['', 'ended', 'all']).catch('').default(''),
})
export const MembersQuery = z.object({
  q: z.string().max(100).catch('').default(''),
  state: z.enum(MEMBER_STATES).catch('').default(''),
  cursor: z.string().max(500).nullable().catch(null).default(null),
})
const ROWS_A_PAGE = 50
const CSV_PART = 500

const list = route({
  method: 'GET',
  path: GROUPS_PAGE,
  access: view,
  query: GroupsQuery,
  async handle({ read, query, actor }) {
    const groups = await read<Visible, readonly SharingGroup[]>(db => sharingGroups(db, listFilter(query)))
    return page(`${VIEWS}/list.njk`, 'Sharing groups', groupsModel(groups, query, may(actor, set.permission)))
  },
})

const listCsv = route({
  method: 'GET',
  path: `${GROUPS_PAGE}.csv`,
  access: view,
  query: GroupsQuery,
  async handle({ read, query }) {
    const groups = await read<Visible, readonly SharingGroup[]>(db => sharingGroups(db, listFilter(query)))
    const line = ({ id, name, purpose, members, madeAt, endedAt }: SharingGroup) => [
      id,
      name,
      purpose,
      members,
      madeAt.toISOString(),
      endedAt?.toISOString() ?? null,
    ]
    return csv(
      'sharing-groups.csv',
      csvPages(['id', 'name', 'purpose', 'members', 'made', 'ended'], line, async () => ({ rows: groups, next: null })),
    )
  },
})

/** The filter of the list that an address asks for. */
export function listFilter({ q, state }: z.infer<typeof GroupsQuery>) {
  return { search: q, ...(state === 'all' ? {} : { ended: state === 'ended' }) }
}

const addForm = route({
  method: 'GET',
  path: `${GROUPS_PAGE}/add`,
  access: set,
  handle: async () => addPage({}, []),
})

const add = route({
  method: 'POST',
  path: `${GROUPS_PAGE}/add`,
  access: set,
  async handle({ body, work }) {
    const form = readForm(groupForm, body)
    if (!form.ok) return addPage(form.typed, form.problems)
    try {
      const id = await work<Visible, string>(unit => addSharingGroup(unit, form.value))
      return redirect(groupAddress(id), { notice: `${form.value.name} is made. It has no members yet, so what is for it reaches nobody.` })
    } catch (error) {
      const problem = refusalOf(error, 'name')
      return addPage(body, [{ ...problem, pointer: problem.rule.endsWith('known-id') ? 'id' : 'name' }])
    }
  },
})

function addPage(typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]): Reply {
  return page(`${VIEWS}/add.njk`, 'Add a sharing group', addModel(typed, problems), { problems })
}

const show = route({
  method: 'GET',
  path: `${GROUPS_PAGE}/:id`,
  access: view,
  params: ofGroup,
  query: MembersQuery,
  handle: request => groupPage(request, request.params.id, request.query, {}, []),
})

const members = route({
  method: 'GET',
  path: `${GROUPS_PAGE}/:id/members.csv`,
  access: view,
  params: ofGroup,
  query: MembersQuery,
  async handle({ read, params, query }) {
    await read<Visible, SharingGroup>(db => sharingGroup(db, params.id))
    const rowsAfter = (cursor: string | null) =>
      read<Visible, Page<Membership>>(db => membershipsOf(db, params.id, filterOf(query), { limit: CSV_PART, cursor }))
    const line = ({ code, name, type, since, until, reason }: Membership) => [
      code,
      name,
      type,
      since.toISOString(),
      until?.toISOString() ?? null,
      reason,
    ]
    return csv('members.csv', csvPages(['code', 'name', 'type', 'since', 'until', 'reason'], line, rowsAfter))
  },
})

const join = route({
  method: 'POST',
  path: `${GROUPS_PAGE}/:id/members`,
  access: set,
  params: ofGroup,
  async handle(request) {
    const { id } = request.params
    const form = readForm(membersForm, request.body)
    if (!form.ok) return groupPage(request, id, MembersQuery.parse({}), form.typed, form.problems)
    try {
      const joined = await request.work<Visible, number>(unit => addMembers(unit, { groupId: id, codes: form.value.codes }))
      const notice = `${joined === 1 ? '1 organisation has' : `${joined.toLocaleString('en-GB')} organisations have`} joined. What was released before is not sent to them.`
      return redirect(groupAddress(id), { notice })
    } catch (error) {
      return groupPage(request, id, MembersQuery.parse({}), request.body, [refusalOf(error, 'codes')])
    }
  },
})

const leave = route({
  method: 'POST',
  path: `${GROUPS_PAGE}/:id/remove`,
  access: set,
  params: ofGroup,
  async handle(request) {
    const { id } = request.params
    const text = (name: string) => (typeof request.body[name] === 'string' ? request.body[name] : '')
    const code = text('code').trim().toUpperCase()
    try {
      await request.work<Visible, void>(unit => removeMember(unit, { groupId: id, code, reason: text('reason') }))
    } catch (error) {
      const problem: Problem =
        error instanceof NotFound && error.code === 'broadcast.sharing-group.no-member'
          ? { rule: error.code, pointer: 'code', severity: 'error', message: error.message }
          : refusalOf(error, 'reason')
      return groupPage(request, id, MembersQuery.parse({}), request.body, [problem])
    }
    return redirect(groupAddress(id), { notice: `${code} has left the group. What it was sent before it can still read.` })
  },
})

const end = route({
  method: 'POST',
  path: `${GROUPS_PAGE}/:id/end`,
  access: set,
  params: ofGroup,
  async handle(request) {
    const { id } = request.params
    const reason = typeof request.body['reason'] === 'string' ? request.body['reason'] : ''
    try {
      await request.work<Visible, void>(unit => endSharingGroup(unit, { groupId: id, reason }))
    } catch (error) {
      return groupPage(request, id, MembersQuery.parse({}), {}, [refusalOf(error, 'reason')])
    }
    return redirect(groupAddress(id), { notice: 'The group is ended. Drafts that are for it reach nobody.' })
  },
})

export const sharingGroupRoutes: readonly Route[] = [list, listCsv, addForm, add, show, members, join, leave, end]

async function groupPage(
  request: Pick<RouteRequest, 'read' | 'actor'>,
  id: string,
  query: z.infer<typeof MembersQuery>,
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
): Promise<Reply> {
  const found = await request.read<Visible, GroupPage>(async db => ({
    group: await sharingGroup(db, id),
    found: await membershipsOf(db, id, filterOf(query), { limit: ROWS_A_PAGE, cursor: query.cursor }),
  }))
  const maySet = may(request.actor, set.permission)
  const model = groupModel(found, { ...filterOf(query), cursor: query.cursor }, { maySet, typed, problems })
  return page(`${VIEWS}/show.njk`, found.group.name, model, { problems })
}

/** The memberships that an address asks for. */
export function filterOf({ q, state }: Omit<z.infer<typeof MembersQuery>, 'cursor'>): MemberQuery {
  return { search: q, state }
}
