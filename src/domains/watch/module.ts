import type { Module } from '../../platform/module.ts'
import { PERMISSIONS } from './policy.ts'

/** Sources, what is gathered from them, and the threats understood from it. */
export const watch: Module = {
  name: 'watch',
  permissions: PERMISSIONS,
  routes: [],
  jobs: [],
  commands: [],
  navigation: [],
}
