import type { Module } from '../../platform/module.ts'
import { mispCommands } from './cli.ts'
import { mispRoutes } from './routes.ts'

/** Bulletins and threats as events of MISP. */
export const misp: Module = {
  name: 'interop.misp',
  permissions: {},
  routes: mispRoutes,
  jobs: [],
  commands: mispCommands,
  navigation: [],
}
