import type { Module } from '../../platform/module.ts'
import { GATHERING_JOBS } from './gathering/jobs.ts'
import { PERMISSIONS } from './policy.ts'
import { THREAT_JOBS } from './threats/jobs.ts'

/** Sources, what is gathered from them, and the threats understood from it. */
export const watch: Module = {
  name: 'watch',
  permissions: PERMISSIONS,
  routes: [],
  jobs: [...GATHERING_JOBS, ...THREAT_JOBS],
  commands: [],
  navigation: [],
}
