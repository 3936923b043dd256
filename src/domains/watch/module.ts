import type { Module } from '../../platform/module.ts'
import { PERMISSIONS } from './policy.ts'

export const watch: Module = {
  name: 'watch',
  permissions: PERMISSIONS,
  routes: [],
  jobs: [],
  commands: [],
  navigation: [],
}
