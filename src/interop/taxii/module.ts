import type { Module } from '../../platform/module.ts'
import { taxiiJobs } from './jobs.ts'
import { readingRoutes } from './routes.ts'
import { writingRoutes } from './writing/routes.ts'

/** The TAXII 2.1 server: what is published, for the programs of those who may read it. */
export const taxiiServer: Module = {
  name: 'interop.taxii',
  permissions: {},
  routes: [...readingRoutes, ...writingRoutes],
  jobs: taxiiJobs,
  commands: [],
  navigation: [],
}
