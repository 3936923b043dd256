import { CENTRE_ROLES, type Role } from '../../kernel/role.ts'

/** Who may do what with alerts. An alert is read by whoever may read its bulletin. */
export const PERMISSIONS: Readonly<Record<string, readonly Role[]>> = {
  /** Of which bulletins alerts are made. */
  'interop.cap-policy.view': CENTRE_ROLES,
  'interop.cap-policy.set': ['duty-manager', 'incident-commander'],
}
