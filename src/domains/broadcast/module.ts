import type { Module } from '../../platform/module.ts'
import { audienceRoutes } from './audience/routes.ts'
import { bulletinRoutes } from './bulletins/routes.ts'
import { deliverJob, resumeDeliveryJob, sendLinkJob } from './deliveries/jobs.ts'
import { deliveryRoutes } from './deliveries/routes.ts'
import { pictureRoutes } from './picture/routes.ts'
import { releaseRoutes } from './release/routes.ts'
import { listResponses } from './responses/cli.ts'
import { linkRoutes } from './responses/link/routes.ts'
import { partnerRoutes } from './responses/partner/routes.ts'
import { responseRoutes } from './responses/routes.ts'
import { PERMISSIONS } from './policy.ts'

export const broadcast: Module = {
  name: 'broadcast',
  permissions: PERMISSIONS,
  routes: [...bulletinRoutes, ...audienceRoutes, ...releaseRoutes, ...responseRoutes, ...linkRoutes, ...partnerRoutes, ...pictureRoutes, ...deliveryRoutes],
  jobs: [deliverJob, resumeDeliveryJob, sendLinkJob],
  commands: [listResponses],
  navigation: [{ label: 'Bulletins', href: '/bulletins', permission: 'broadcast.bulletin.list', position: 15 }, { label: 'Answers', href: '/answers', permission: 'broadcast.response.answer', position: 20 }],
}
