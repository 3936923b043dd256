import type { Module } from '../../platform/module.ts'
import { documentRoutes } from './documents/routes.ts'
import { gatheringCommands } from './gathering/cli.ts'
import { GATHERING_JOBS } from './gathering/jobs.ts'
import { gatheringRoutes } from './gathering/routes.ts'
import { notificationCommands } from './notifications/cli.ts'
import { NOTIFICATION_JOBS } from './notifications/jobs.ts'
import { reportRoutes } from './notifications/report/routes.ts'
import { notificationRoutes } from './notifications/routes.ts'
import { PERMISSIONS } from './policy.ts'
import { sourceCommands } from './sources/cli.ts'
import { SOURCE_METRICS } from './sources/metrics.ts'
import { sourceRoutes } from './sources/routes.ts'
import { threatCommands } from './threats/cli.ts'
import { matchRoutes } from './threats/corrections/routes.ts'
import { groupingRoutes } from './threats/grouping/routes.ts'
import { THREAT_JOBS } from './threats/jobs.ts'
import { makerRoutes } from './threats/makers/routes.ts'
import { threatRoutes } from './threats/routes.ts'

/** Sources, what is gathered from them, and the threats understood from it. */
export const watch: Module = {
  name: 'watch',
  permissions: PERMISSIONS,
  routes: [
    ...threatRoutes,
    ...groupingRoutes,
    ...matchRoutes,
    ...makerRoutes,
    ...sourceRoutes,
    ...gatheringRoutes,
    ...documentRoutes,
    ...reportRoutes,
    ...notificationRoutes,
  ],
  jobs: [...GATHERING_JOBS, ...THREAT_JOBS, ...NOTIFICATION_JOBS],
  commands: [...gatheringCommands, ...sourceCommands, ...threatCommands, ...notificationCommands],
  metrics: [SOURCE_METRICS],
  navigation: [
    { label: 'Threats', href: '/threats', permission: 'watch.threat.list', position: 10 },
    { label: 'Incident notifications', href: '/incident-notifications', permission: 'watch.notification.list', position: 55 },
    { label: 'Sources', href: '/sources', permission: 'watch.source.view', position: 60, firstFor: ['administrator'] },
  ],
}
