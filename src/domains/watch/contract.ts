import type { WatchShared } from './tables.ts'

/** The tables of watch that the domains above may join in their queries. They never write them. */
export type WatchVisible = WatchShared
