import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { withQuery } from '../../../ui/links.ts'
import type { Action, TableModel } from '../../../ui/models.ts'
import { groupFields, memberFields } from './fields.ts'
import type { MemberQuery, Membership, SharingGroup } from './queries.ts'

export const GROUPS_PAGE = '/sharing-groups'

export function groupAddress(id: string, rest = ''): string {
  return `${GROUPS_PAGE}/${id}${rest}`
}

/** The list of groups: those in use first on the page by their filter, each with how many belong to it. */
export function groupsModel(groups: readonly SharingGroup[], query: { readonly q: string; readonly state: string }, maySet: boolean) {
  const isNarrowed = query.q !== '' || query.state !== ''
  return {
    total: groups.length,
    isNarrowed,
    clearHref: GROUPS_PAGE,
    csvHref: withQuery(`${GROUPS_PAGE}.csv`, query),
    addHref: maySet ? `${GROUPS_PAGE}/add` : null,
    filters: {
      action: GROUPS_PAGE,
      search: { label: 'Search by name or UUID', value: query.q },
      selects: [
        {
          name: 'state',
          label: 'State',
          value: query.state,
          options: [
            { value: '', text: 'In use' },
            { value: 'ended', text: 'Ended' },
            { value: 'all', text: 'All' },
          ],
        },
      ],
      clearHref: isNarrowed ? GROUPS_PAGE : undefined,
    },
    table: {
      caption: 'Sharing groups',
      captionHidden: true,
      head: [{ text: 'Name' }, { text: 'What it is for' }, { text: 'Members', format: 'numeric' }, { text: 'Made' }, { text: 'Ended' }],
      rows: groups.map(({ id, name, purpose, members, madeAt, endedAt }) => [
        { text: name, href: groupAddress(id) },
        purpose,
        members,
        { at: madeAt },
        endedAt === null ? null : { at: endedAt },
      ]),
    } satisfies TableModel,
  }
}

export interface GroupPage {
  readonly group: SharingGroup
  readonly found: Page<Membership>
}

/** One group with its members. */
export function groupModel(
  { group, found }: GroupPage,
  query: MemberQuery & { readonly cursor: string | null },
  by: { readonly maySet: boolean; readonly typed: Readonly<Record<string, unknown>>; readonly problems: readonly Problem[] },
) {
  const address = groupAddress(group.id)
  const keep = { q: query.search, state: query.state }
  const isChangeable = by.maySet && group.endedAt === null
  const errorOf = (name: string) => by.problems.find(({ pointer }) => pointer === name)?.message
  const isNarrowed = query.search !== '' || query.state !== ''
  const actions: readonly Action[] = isChangeable
    ? [{ label: 'End the group', href: `${address}/end`, method: 'post', reason: 'required', variant: 'warning' }]
    : []
  return {
    group,
    backHref: GROUPS_PAGE,
    total: found.total,
    isNarrowed,
    clearHref: address,
    csvHref: withQuery(`${address}/members.csv`, keep),
    firstHref: query.cursor === null ? null : withQuery(address, keep),
    nextHref: found.next === null ? null : withQuery(address, keep, { cursor: found.next }),
    filters: {
      action: address,
      search: { label: 'Search by name or code', value: query.search },
      selects: [
        {
          name: 'state',
          label: 'Members',
          value: query.state,
          options: [
            { value: '', text: 'Of today' },
            { value: 'former', text: 'Who have left' },
            { value: 'all', text: 'All' },
          ],
        },
      ],
      clearHref: isNarrowed ? address : undefined,
    },
    table: {
      caption: 'Members',
      captionHidden: true,
      head: [{ text: 'Organisation' }, { text: 'Code' }, { text: 'Type' }, { text: 'Member since' }, { text: 'Until' }],
      rows: found.rows.map(({ name, code, type, since, until, reason }) => [
        { text: name, href: `/organisations/${encodeURIComponent(code)}` },
        code,
        type,
        { at: since },
        until === null ? null : { at: until, hint: reason ?? undefined },
      ]),
    } satisfies TableModel,
    joinForm: isChangeable ? { action: `${address}/members`, fields: memberFields(by.typed, errorOf), submit: 'Add to the group' } : null,
    leaveForm:
      isChangeable && group.members > 0
        ? { action: `${address}/remove`, fields: leaveFields(by.typed, errorOf), submit: 'Take out of the group' }
        : null,
    actions,
  }
}

function leaveFields(typed: Readonly<Record<string, unknown>>, errorOf: (name: string) => string | undefined) {
  const value = (name: string) => (typeof typed[name] === 'string' ? typed[name] : '')
  return [
    {
      name: 'code',
      kind: 'text' as const,
      label: 'Organisation that leaves',
      hint: 'Its ODS code',
      width: 10 as const,
      value: value('code'),
      error: errorOf('code'),
    },
    { name: 'reason', kind: 'textarea' as const, label: 'Why', rows: 2, value: value('reason'), error: errorOf('reason') },
  ]
}

export function addModel(typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]) {
  const errorOf = (name: string) => problems.find(({ pointer }) => pointer === name)?.message
  return {
    backHref: GROUPS_PAGE,
    form: { action: `${GROUPS_PAGE}/add`, fields: groupFields(typed, errorOf), submit: 'Add the group', cancelHref: GROUPS_PAGE },
  }
}
