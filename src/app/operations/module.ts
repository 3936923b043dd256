import type { Module } from '../../platform/module.ts'
import { auditRoutes } from './audit/routes.ts'
import { jobRoutes } from './jobs/routes.ts'
import { PERMISSIONS } from './policy.ts'

/** What the people who run the product need: jobs and the audit. */
export const operations: Module = {
  name: 'operations',
  permissions: PERMISSIONS,
  routes: [...jobRoutes, ...auditRoutes],
  jobs: [],
  commands: [],
  navigation: [
    { label: 'Jobs', href: '/jobs', permission: 'operations.job.retry', position: 80, firstFor: ['administrator'] },
    { label: 'Audit', href: '/audit', permission: 'operations.audit.list', position: 90, firstFor: ['administrator'] },
  ],
}
