import type { Module } from '../../platform/module.ts'
import { capJobs } from './jobs.ts'
import { policyOperations } from './policies/api.ts'
import { policyRoutes } from './policies/routes.ts'
import { PERMISSIONS } from './policy.ts'
import { capRoutes } from './routes.ts'

/** Signed alerts in the Common Alerting Protocol for bulletins that are urgent. */
export const cap: Module = {
  name: 'interop.cap',
  permissions: PERMISSIONS,
  routes: [...capRoutes, ...policyRoutes, ...policyOperations],
  jobs: capJobs,
  commands: [],
  navigation: [{ label: 'Urgent alerts', href: '/cap-policies', permission: 'interop.cap-policy.view', position: 96 }],
}
