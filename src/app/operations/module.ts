import type { Module } from '../../platform/module.ts'
import { PERMISSIONS } from './policy.ts'

/** What the people who run the product need: jobs, audit, health. */
export const operations: Module = {
  name: 'operations',
  permissions: PERMISSIONS,
  routes: [],
  jobs: [],
  commands: [],
  navigation: [],
}
