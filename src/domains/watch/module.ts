import type { Module } from '../../platform/module.ts'
import { documentOperations } from './documents/api.ts'
import { documentRoutes } from './documents/routes.ts'
import { gatheringOperations } from './gathering/api.ts'
import { gatheringCommands } from './gathering/cli.ts'
import { GATHERING_JOBS } from './gathering/jobs.ts'
import { gatheringRoutes } from './gathering/routes.ts'
import { notificationOperations } from './notifications/api.ts'
import { notificationCommands } from './notifications/cli.ts'
import { NOTIFICATION_JOBS } from './notifications/jobs.ts'
import { reportRoutes } from './notifications/report/routes.ts'
import { notificationRoutes } from './notifications/routes.ts'
import { PERMISSIONS } from './policy.ts'
import { sightingOperations } from './sightings/api.ts'
import { sightingCommands } from './sightings/cli.ts'
import { sightingRoutes } from './sightings/routes.ts'
import { sourceOperations } from './sources/api.ts'
import { sourceCommands } from './sources/cli.ts'
import { gatheringListOperations } from './sources/gatherings/api.ts'
import { SOURCE_METRICS } from './sources/metrics.ts'
import { sourceRoutes } from './sources/routes.ts'
import { threatOperations } from './threats/api.ts'
import { changeOperations } from './threats/changes/api.ts'
import { threatCommands } from './threats/cli.ts'
import { matchOperations } from './threats/corrections/api.ts'
import { matchRoutes } from './threats/corrections/routes.ts'
import { filterOperations } from './threats/filters/api.ts'
import { groupingOperations } from './threats/grouping/api.ts'
import { groupingRoutes } from './threats/grouping/routes.ts'
import { holderOperations } from './threats/holders/api.ts'
import { indicatorOperations } from './threats/indicators/api.ts'
import { THREAT_JOBS } from './threats/jobs.ts'
import { makerOperations } from './threats/makers/api.ts'
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
    ...sightingRoutes,
    ...sourceRoutes,
    ...gatheringRoutes,
    ...documentRoutes,
    ...reportRoutes,
    ...notificationRoutes,
    ...threatOperations,
    ...filterOperations,
    ...indicatorOperations,
    ...holderOperations,
    ...changeOperations,
    ...matchOperations,
    ...groupingOperations,
    ...makerOperations,
    ...sourceOperations,
    ...gatheringListOperations,
    ...gatheringOperations,
    ...documentOperations,
    ...notificationOperations,
    ...sightingOperations,
  ],
  jobs: [...GATHERING_JOBS, ...THREAT_JOBS, ...NOTIFICATION_JOBS],
  commands: [...gatheringCommands, ...sourceCommands, ...threatCommands, ...notificationCommands, ...sightingCommands],
  metrics: [SOURCE_METRICS],
  navigation: [
    { label: 'Threats', href: '/threats', permission: 'watch.threat.list', position: 10 },
    { label: 'Incident notifications', href: '/incident-notifications', permission: 'watch.notification.list', position: 55 },
    { label: 'Sources', href: '/sources', permission: 'watch.source.view', position: 60, firstFor: ['administrator'] },
  ],
}
