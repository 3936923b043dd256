import type { Module } from '../../platform/module.ts'
import { deliverJob, resumeDeliveryJob, sendLinkJob } from './deliveries/jobs.ts'
import { PERMISSIONS } from './policy.ts'

export const broadcast: Module = {
  name: 'broadcast',
  permissions: PERMISSIONS,
  routes: [],
  jobs: [deliverJob, resumeDeliveryJob, sendLinkJob],
  commands: [],
  navigation: [],
}
