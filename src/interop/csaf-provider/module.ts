import type { Module } from '../../platform/module.ts'
import { csafCommands } from './cli.ts'
import { csafJobs } from './jobs.ts'
import { csafRoutes } from './routes.ts'

/** The CSAF trusted provider: every released bulletin as a signed document of CSAF 2.0 and of 2.1, and the lists by which programs find them. */
export const csafProvider: Module = {
  name: 'interop.csaf',
  permissions: {},
  routes: csafRoutes,
  jobs: csafJobs,
  commands: csafCommands,
  navigation: [],
}
