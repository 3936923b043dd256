import type { Module } from '../../platform/module.ts'
import { capJobs } from './jobs.ts'
import { capRoutes } from './routes.ts'

/** Signed alerts in the Common Alerting Protocol for bulletins that are urgent. */
export const cap: Module = {
  name: 'interop.cap',
  permissions: {},
  routes: capRoutes,
  jobs: capJobs,
  commands: [],
  navigation: [],
}
