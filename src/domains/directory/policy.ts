import { ALL_ROLES, CENTRE_ROLES, type Role } from '../../kernel/role.ts'

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
} as const satisfies Readonly<Record<string, readonly Role[]>>

export type DirectoryPermission = keyof typeof PERMISSIONS
