import type { Module } from '../../platform/module.ts'
import { catalogueOperations } from './catalogue/api.ts'
import { catalogueCommands } from './catalogue/cli.ts'
import { catalogueRoutes } from './catalogue/routes.ts'
import { engagementOperations } from './engagements/api.ts'
import { engagementJobs } from './engagements/jobs.ts'
import { engagementRoutes } from './engagements/routes.ts'
import { PERMISSIONS } from './policy.ts'

/** Frameworks, an organisation's own review against them, the benchmark, and the improvements that are worth their money. */
export const assure: Module = {
  name: 'assure',
  permissions: PERMISSIONS,
  routes: [...engagementRoutes, ...engagementOperations, ...catalogueRoutes, ...catalogueOperations],
  jobs: [...engagementJobs],
  commands: [...catalogueCommands],
  navigation: [],
}
