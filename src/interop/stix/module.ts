import type { Module } from '../../platform/module.ts'
import { stixCommands } from './cli.ts'
import { stixRoutes } from './routes.ts'

/** Bulletins and threats as STIX 2.1 bundles. */
export const stixExport: Module = {
  name: 'interop.stix',
  permissions: {},
  routes: stixRoutes,
  jobs: [],
  commands: stixCommands,
  navigation: [],
}
