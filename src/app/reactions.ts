import type { JobHandler } from '../platform/jobs/job.ts'
import type { Platform } from '../platform/platform.ts'

export const REACTIONS: readonly JobHandler<Platform>[] = []
