import type { Module } from '../../platform/module.ts'
import { PERMISSIONS } from './policy.ts'

/** Frameworks, an organisation's own review against them, the benchmark, and the improvements that are worth their money. */
export const assure: Module = {
  name: 'assure',
  permissions: PERMISSIONS,
  routes: [],
  jobs: [],
  commands: [],
  navigation: [],
}
