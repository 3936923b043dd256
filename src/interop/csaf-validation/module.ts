import type { Module } from '../../platform/module.ts'
import { validatorOperations } from './api.ts'
import { validatorCommands } from './cli.ts'
import { PERMISSIONS } from './policy.ts'
import { validatorRoutes } from './routes.ts'

/** CSAF documents judged, whoever wrote them: on a page, by a program, from the command line. */
export const csafValidation: Module = {
  name: 'interop.csaf-validation',
  permissions: PERMISSIONS,
  routes: [...validatorRoutes, ...validatorOperations],
  jobs: [],
  commands: validatorCommands,
  navigation: [{ label: 'Check CSAF', href: '/csaf-validator', permission: 'interop.csaf.validate', position: 95 }],
}
