import { ALL_ROLES, CENTRE_ROLES, isRole, ROLES, type Role } from '../../kernel/role.ts'

/** Those at the centre who keep the directory true: they ring people, so they learn first that a number is dead. */
const KEEPERS = ['analyst', 'duty-manager', 'incident-commander', 'administrator'] as const satisfies readonly Role[]

/**
 * Permission → the roles that hold it. What somebody may do is always bounded by their scope as well: a cyber lead changes
 * the contacts of their own organisation, a partner those of the organisations that it answers for.
 */
export const PERMISSIONS = {
  'directory.organisation.list': [...CENTRE_ROLES, 'regional-lead', 'partner-responder'],
  'directory.organisation.view': ALL_ROLES,
  'directory.organisation.import': ['administrator'],
  'directory.own-organisation.view': ['partner-responder', 'cyber-lead', 'board-member'],
  'directory.contact.change': [...KEEPERS, 'regional-lead', 'partner-responder', 'cyber-lead'],
  'directory.contact.import': ['administrator'],
  'directory.partnership.change': ['duty-manager', 'administrator', 'cyber-lead'],
  'directory.technology.view': ['partner-responder', 'cyber-lead', 'board-member'],
  'directory.technology.import': ['administrator', 'partner-responder', 'cyber-lead'],
  'directory.technology.share': ['partner-responder', 'cyber-lead'],
  'directory.people.view': [...CENTRE_ROLES, 'regional-lead', 'partner-responder', 'cyber-lead', 'board-member'],
  'directory.people.manage': ['administrator'],
  /** To see the tokens of everybody's programs, and to revoke them. */
  'directory.token.manage': ['administrator'],
  'directory.people.manage-own': ['regional-lead', 'partner-responder', 'cyber-lead'],
} as const satisfies Readonly<Record<string, readonly Role[]>>

/** Who looks after people: the administrator everywhere, a lead at their own organisation. */
export interface PeopleKeeper {
  readonly role: string | null
  readonly organisationId: string | null
  readonly permissions: ReadonlySet<string>
}

/** Whether such a role exists at an organisation of such a type: the centre's at the centre, a region's at a region, the others elsewhere. */
function roleFits(role: Role, organisationType: string): boolean {
  const { level } = ROLES[role]
  if (level === 'centre' || level === 'region') return organisationType === level
  return organisationType !== 'centre' && organisationType !== 'region'
}

/** Whether the keeper may give or end that role there. A lead gives no more than their own kind of role, and nowhere else. */
export function mayKeepRole(keeper: PeopleKeeper, role: Role, organisation: { readonly id: string; readonly type: string }): boolean {
  if (!roleFits(role, organisation.type)) return false
  if (keeper.permissions.has('directory.people.manage')) return true
  if (!keeper.permissions.has('directory.people.manage-own') || organisation.id !== keeper.organisationId) return false
  return keeper.role !== null && isRole(keeper.role) && ROLES[keeper.role].level === ROLES[role].level
}

/**
 * Whether the keeper may make a link with which that person sets up sign-in. Whoever holds such a link becomes the person,
 * so a lead may only for somebody who cannot sign in yet and has no role outside the lead's own organisation.
 */
export function mayMakeLink(keeper: PeopleKeeper, person: { readonly canSignIn: boolean; readonly organisationIds: readonly string[] }): boolean {
  if (keeper.permissions.has('directory.people.manage')) return true
  if (!keeper.permissions.has('directory.people.manage-own') || person.canSignIn) return false
  return person.organisationIds.length > 0 && person.organisationIds.every(id => id === keeper.organisationId)
}
