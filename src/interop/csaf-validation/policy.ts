import { ALL_ROLES, type Role } from '../../kernel/role.ts'

/** Who may have a document judged. It is read and forgotten: nothing of it is kept. */
export const PERMISSIONS: Readonly<Record<string, readonly Role[]>> = {
  'interop.csaf.validate': ALL_ROLES,
}
