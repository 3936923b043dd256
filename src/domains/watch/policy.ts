import { CENTRE_ROLES, type Role } from '../../kernel/role.ts'

const TRIAGE: readonly Role[] = ['analyst', 'duty-manager', 'incident-commander']
const KEEPERS: readonly Role[] = ['analyst', 'duty-manager', 'administrator']

/**
 * Permission → the roles that hold it. What the centre watches is the centre's own: row-level security shows it to nobody else,
 * and a threat reaches an organisation as a bulletin.
 */
export const PERMISSIONS = {
  'watch.threat.list': CENTRE_ROLES,
  'watch.threat.view': CENTRE_ROLES,
  /** Take up, dismiss, close, open again. */
  'watch.threat.triage': TRIAGE,
  'watch.source.view': CENTRE_ROLES,
  'watch.source.gather': KEEPERS,
  /** Add a source, and stop or start its gathering. */
  'watch.source.change': KEEPERS,
} as const satisfies Readonly<Record<string, readonly Role[]>>
