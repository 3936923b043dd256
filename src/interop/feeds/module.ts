import type { Module } from '../../platform/module.ts'
import { addressOperations } from './addresses/api.ts'
import { addressRoutes } from './addresses/routes.ts'
import { feedJobs } from './jobs.ts'
import { PERMISSIONS } from './policy.ts'
import { feedRoutes } from './routes.ts'

/** Atom and RSS: public feeds, and one for each organisation that asks. */
export const feeds: Module = {
  name: 'interop.feeds',
  permissions: PERMISSIONS,
  routes: [...feedRoutes, ...addressRoutes, ...addressOperations],
  jobs: feedJobs,
  commands: [],
  navigation: [{ label: 'Feeds', href: '/feed-addresses', permission: 'interop.feed-address.keep', position: 91 }],
}
