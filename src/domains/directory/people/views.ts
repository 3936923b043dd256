import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { ALL_ROLES, isRole, ROLES, type Role } from '../../../kernel/role.ts'
import type { CsvLine } from '../../../platform/csv/csv.ts'
import { sortColumn, withQuery } from '../../../ui/links.ts'
import type { Action, Column, Field, TableModel } from '../../../ui/models.ts'
import { afterRefusal, type Refusal } from '../../../ui/refusal.ts'
import { mayKeepRole, mayMakeLink, type PeopleKeeper } from '../policy.ts'
import type { PeopleQuery } from './fields.ts'
import type { PersonDetail, PersonRow, RoleOf } from './model.ts'
import type { Standing } from './queries.ts'

function roleOptions(roles: readonly Role[]) {
  return roles.map(role => ({ value: role, text: ROLES[role].label }))
}

/** The roles that the keeper may give at all. */
function rolesToGive(keeper: PeopleKeeper): readonly Role[] {
  if (keeper.permissions.has('directory.people.manage')) return ALL_ROLES
  const own = keeper.role !== null && isRole(keeper.role) ? ROLES[keeper.role].level : null
  return ALL_ROLES.filter(role => ROLES[role].level === own)
}

export function mayKeepPeople(keeper: PeopleKeeper): boolean {
  return keeper.permissions.has('directory.people.manage') || keeper.permissions.has('directory.people.manage-own')
}

export function listView(found: Page<PersonRow>, query: PeopleQuery, actor: PeopleKeeper, isCentre: boolean) {
  const address = {
    q: query.q,
    role: query.role,
    organisation: query.organisation,
    status: query.status === 'here' ? '' : query.status,
    sort: query.sort === 'name' ? '' : query.sort,
  }
  const sorted = (column: Column, name: string) => sortColumn(column, name, '/people', { ...address, sort: query.sort })
  const table: TableModel = {
    caption: 'People',
    captionHidden: true,
    head: [sorted({ text: 'Name' }, 'name'), { text: 'Roles' }, sorted({ text: 'E-mail address' }, 'email')],
    rows: found.rows.map(person => [
      { text: person.name, href: `/people/${person.id}` },
      { text: rolesInWords(person.roles), hint: person.leftAt === null ? undefined : 'Has left' },
      person.email,
    ]),
  }
  return {
    title: isCentre ? 'People' : 'Our people',
    table,
    total: found.total,
    isFiltered: query.q !== '' || query.role !== '' || query.organisation !== '' || query.status !== 'here',
    filters: {
      action: '/people',
      search: { label: 'Search by name or e-mail address', value: query.q },
      selects: [
        { name: 'role', label: 'Role', value: query.role, options: [{ value: '', text: 'Any' }, ...roleOptions(ALL_ROLES)] },
        {
          name: 'status',
          label: 'Who',
          value: query.status,
          options: [
            { value: 'here', text: 'Who are here' },
            { value: 'left', text: 'Who have left' },
          ],
        },
      ],
      checkboxes: [],
      keep: { organisation: query.organisation, sort: address.sort },
      clearHref: '/people',
    },
    nextHref: found.next === null ? null : withQuery('/people', address, { cursor: found.next }),
    firstHref: query.cursor === null ? null : withQuery('/people', address),
    csvHref: withQuery('/people.csv', address),
    mayAdd: mayKeepPeople(actor),
  }
}

/** Which roles of an organisation are filled, and by whom: the gaps come first. */
export function filledRoles(people: readonly PersonRow[], keeper: PeopleKeeper): TableModel {
  const rows = rolesToGive(keeper).map(role => ({
    role,
    holders: people.filter(person => person.roles.some(held => held.role === role && held.organisationId === keeper.organisationId)),
  }))
  return {
    caption: 'Roles at your organisation',
    head: [{ text: 'Role' }, { text: 'Who' }],
    rows: rows
      .toSorted((a, b) => Number(a.holders.length > 0) - Number(b.holders.length > 0))
      .map(({ role, holders }) => [
        ROLES[role].label,
        holders.length === 0 ? { text: 'Nobody yet', tags: [{ text: 'Not filled', colour: 'red' }] } : holders.map(person => person.name).join(', '),
      ]),
  }
}

export const CSV_HEAD = ['name', 'email', 'roles'] as const

export function csvLine(row: PersonRow): CsvLine {
  return [row.name, row.email, rolesInWords(row.roles)]
}

export function rolesInWords(roles: readonly RoleOf[]): string {
  return roles.length === 0 ? 'None' : roles.map(role => `${ROLES[role.role].label}, ${role.organisationName}`).join('; ')
}

function faultOf(problems: readonly Problem[], name: string): string | undefined {
  return problems.find(problem => problem.pointer === name)?.message
}

type Typed = Readonly<Record<string, unknown>>

function text(typed: Typed, name: string): string | undefined {
  return typeof typed[name] === 'string' ? typed[name] : undefined
}

export function roleFields(keeper: PeopleKeeper, organisationCode: string | null, typed: Typed, problems: readonly Problem[]): readonly Field[] {
  const role: Field = {
    name: 'role',
    label: 'Role',
    kind: 'select',
    options: [{ value: '', text: 'Choose' }, ...roleOptions(rolesToGive(keeper))],
    value: text(typed, 'role'),
    error: faultOf(problems, 'role'),
  }
  const own: Field = { name: 'organisation', label: '', kind: 'hidden', value: organisationCode }
  const any: Field = {
    name: 'organisation',
    label: 'Organisation',
    kind: 'text',
    hint: 'Its code, such as CENTRE or an ODS code',
    width: 10,
    value: text(typed, 'organisation'),
    error: faultOf(problems, 'organisation'),
  }
  return [role, keeper.permissions.has('directory.people.manage') ? any : own]
}

export function personFields(keeper: PeopleKeeper, organisationCode: string | null, typed: Typed, problems: readonly Problem[]): readonly Field[] {
  return [
    { name: 'name', label: 'Name', kind: 'text', value: text(typed, 'name'), error: faultOf(problems, 'name') },
    {
      name: 'email',
      label: 'E-mail address',
      kind: 'email',
      hint: 'Their own, not one that several people read',
      value: text(typed, 'email'),
      error: faultOf(problems, 'email'),
    },
    { name: 'phone', label: 'Telephone', kind: 'tel', optional: true, value: text(typed, 'phone'), error: faultOf(problems, 'phone') },
    ...roleFields(keeper, organisationCode, typed, problems),
  ]
}

/** `refusal` is that of ending a role: its form comes back with the reason that was typed. */
export function showView(person: PersonDetail, standing: Standing, keeper: PeopleKeeper, refusal: Refusal | null) {
  const roles = person.roles.map(role => {
    const mayEnd = mayKeepRole(keeper, role.role, { id: role.organisationId, type: role.organisationType })
    const end: Action = {
      label: `End: ${ROLES[role.role].label}, ${role.organisationName}`,
      href: `/people/${person.id}/roles/${role.assignmentId}/end`,
      method: 'post',
      reason: 'optional',
      variant: 'warning',
    }
    return {
      label: ROLES[role.role].label,
      organisation: role.organisationName,
      organisationCode: role.organisationCode,
      since: role.since,
      actions: mayEnd ? afterRefusal([end], refusal).actions : [],
    }
  })
  const link: Action = {
    label: standing.canSignIn ? 'Make a link to set up sign-in anew' : 'Make an invitation link',
    href: `/people/${person.id}/link`,
    method: 'post',
    variant: 'secondary',
  }
  return {
    person,
    roles,
    facts: {
      rows: [
        { key: 'E-mail address', value: person.email },
        { key: 'Telephone', value: person.phone },
        { key: 'Out of hours', value: person.outOfHoursPhone },
        { key: 'Can sign in', value: standing.canSignIn ? 'Yes' : 'Not yet' },
        ...(standing.linkExpiresAt === null ? [] : [{ key: 'Link not used yet', value: { at: standing.linkExpiresAt, hint: 'stops working' } }]),
      ],
    },
    linkActions: person.leftAt === null && mayMakeLink(keeper, standing) ? [link] : [],
    canSignIn: standing.canSignIn,
    mayGiveRole: mayKeepPeople(keeper),
  }
}
