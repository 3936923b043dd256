import type { Role } from '../../kernel/role.ts'

/** Who may do what in this domain. What is not in the table, nobody may do. */
export const PERMISSIONS: Readonly<Record<string, readonly Role[]>> = {}
