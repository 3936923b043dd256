import type { Module } from '../../platform/module.ts'
import { FORGET_ANSWERS } from './jobs.ts'
import { apiRoutes } from './routes.ts'

/** The JSON API as a whole: what describes it. The operations themselves stand in the slices. */
export function apiModule(described: readonly Module[]): Module {
  return {
    name: 'api',
    permissions: {},
    routes: apiRoutes(described),
    jobs: [FORGET_ANSWERS],
    commands: [],
    navigation: [],
  }
}
