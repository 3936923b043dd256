import type { Module } from '../../platform/module.ts'
import { exportCommands } from '../export/cli.ts'
import { auditOperations } from './audit/api.ts'
import { auditRoutes } from './audit/routes.ts'
import { jobOperations } from './jobs/api.ts'
import { jobRoutes } from './jobs/routes.ts'
import { PERMISSIONS } from './policy.ts'

/** What the people who run the product need: jobs and the audit. */
export const operations: Module = {
  name: 'operations',
  permissions: PERMISSIONS,
  routes: [...jobRoutes, ...auditRoutes, ...jobOperations, ...auditOperations],
  jobs: [],
  commands: [...exportCommands],
  navigation: [
    { label: 'Jobs', href: '/jobs', permission: 'operations.job.retry', position: 80, firstFor: ['administrator'] },
    { label: 'Audit', href: '/audit', permission: 'operations.audit.list', position: 90, firstFor: ['administrator'] },
  ],
}
