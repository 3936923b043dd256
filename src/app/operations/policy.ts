import { type Role } from '../../kernel/role.ts'

/** Who looks after the machine. */
export const PERMISSIONS: Readonly<Record<string, readonly Role[]>> = {
  'operations.job.list': ['administrator', 'duty-manager'],
  'operations.job.retry': ['administrator'],
  'operations.audit.list': ['administrator', 'cicso'],
  'operations.audit.verify': ['administrator', 'cicso'],
}
