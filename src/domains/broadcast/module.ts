import type { Module } from '../../platform/module.ts'
import { PERMISSIONS } from './policy.ts'

export const broadcast: Module = {
  name: 'broadcast',
  permissions: PERMISSIONS,
  routes: [],
  jobs: [],
  commands: [],
  navigation: [],
}
