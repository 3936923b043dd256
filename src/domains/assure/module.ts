import type { Module } from '../../platform/module.ts'
import { catalogueOperations } from './catalogue/api.ts'
import { catalogueCommands } from './catalogue/cli.ts'
import { catalogueRoutes } from './catalogue/routes.ts'
import { PERMISSIONS } from './policy.ts'

/** Frameworks, an organisation's own review against them, the benchmark, and the improvements that are worth their money. */
export const assure: Module = {
  name: 'assure',
  permissions: PERMISSIONS,
  routes: [...catalogueRoutes, ...catalogueOperations],
  jobs: [],
  commands: [...catalogueCommands],
  navigation: [],
}
