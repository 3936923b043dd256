import { z } from 'zod'
import { handles, type JobHandler } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../tables.ts'
import { closeDueOrganisations } from './commands.ts'

const closeDue = { name: 'directory.close-due', payload: z.strictObject({}) }

const closeDueHandler: JobHandler<Platform> = handles(closeDue, {
  purpose: 'Closes organisations whose closing date has come',
  retries: 3,
  retryAfterSeconds: 60,
  expireAfterSeconds: 300,
  cron: '5 0 * * *',
  async handle(platform: Platform) {
    await runWork<DirectoryTables, number>(platform, SYSTEM, closeDueOrganisations)
  },
})

export const ORGANISATION_JOBS: readonly JobHandler<Platform>[] = [closeDueHandler]
