import type { Id } from '../../../kernel/id.ts'
import type { Instant } from '../../../kernel/instant.ts'
import type { Role } from '../../../kernel/role.ts'

export interface RoleOf {
  readonly assignmentId: Id<'assignment'>
  readonly role: Role
  readonly organisationId: Id<'organisation'>
  readonly organisationCode: string
  readonly organisationName: string
  readonly organisationType: string
  readonly since: Instant
}

export interface PersonRow {
  readonly id: Id<'person'>
  readonly name: string
  readonly email: string
  readonly leftAt: Instant | null
  readonly roles: readonly RoleOf[]
}

export interface PersonDetail extends PersonRow {
  readonly phone: string | null
  readonly outOfHoursPhone: string | null
  readonly createdAt: Instant
}

export interface PeopleFilter {
  readonly search: string
  /** A role, or empty for any. */
  readonly role: string
  /** An organisation's code, or empty for any. */
  readonly organisation: string
  readonly status: 'here' | 'left'
}

export const PEOPLE_SORTS = ['name', '-name', 'email', '-email'] as const
export type PeopleSort = (typeof PEOPLE_SORTS)[number]

export const EVERYBODY: PeopleFilter = { search: '', role: '', organisation: '', status: 'here' }
