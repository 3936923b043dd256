import type { Module } from '../../platform/module.ts'
import { PERMISSIONS } from './policy.ts'

export const directory: Module = {
  name: 'directory',
  permissions: PERMISSIONS,
  routes: [],
  jobs: [],
  commands: [],
  navigation: [],
}
