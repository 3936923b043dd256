import type { Module } from '../../platform/module.ts'
import { documentRoutes } from './documents/routes.ts'
import { gatheringCommands } from './gathering/cli.ts'
import { GATHERING_JOBS } from './gathering/jobs.ts'
import { gatheringRoutes } from './gathering/routes.ts'
import { PERMISSIONS } from './policy.ts'
import { sourceCommands } from './sources/cli.ts'
import { sourceRoutes } from './sources/routes.ts'
import { threatCommands } from './threats/cli.ts'
import { THREAT_JOBS } from './threats/jobs.ts'
import { groupingRoutes } from './threats/grouping/routes.ts'
import { threatRoutes } from './threats/routes.ts'

/** Sources, what is gathered from them, and the threats understood from it. */
export const watch: Module = {
  name: 'watch',
  permissions: PERMISSIONS,
  routes: [...threatRoutes, ...groupingRoutes, ...sourceRoutes, ...gatheringRoutes, ...documentRoutes],
  jobs: [...GATHERING_JOBS, ...THREAT_JOBS],
  commands: [...gatheringCommands, ...sourceCommands, ...threatCommands],
  navigation: [
    { label: 'Threats', href: '/threats', permission: 'watch.threat.list', position: 10 },
    { label: 'Sources', href: '/sources', permission: 'watch.source.view', position: 60, firstFor: ['administrator'] },
  ],
}
