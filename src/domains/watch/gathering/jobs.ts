import { handles, type JobHandler } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { gatherFromSource } from '../gather-source.ts'
import { isDue } from '../sources/model.ts'
import { sourceStandings } from '../sources/queries.ts'
import type { Visible } from '../tables.ts'
import { gatherDue, gatherSource } from './model.ts'

export const GATHERING_JOBS: readonly JobHandler<Platform>[] = [
  handles<Platform, object>(gatherDue, {
    purpose: 'Finds the sources that are due, and asks for each to be gathered on its own, so that a slow one delays no other',
    retries: 1,
    retryAfterSeconds: 60,
    expireAfterSeconds: 120,
    cron: '*/5 * * * *',
    async handle(platform) {
      await runWork(platform, SYSTEM, async (work: Work<Visible>) => {
        const sources = await sourceStandings(work.db)
        for (const source of sources) if (isDue(source, work.now)) work.enqueue(gatherSource, { source: source.code }, { onceKey: source.code })
      })
    },
  }),
  handles(gatherSource, {
    purpose: 'Gathers one source from its address',
    // A failure is recorded with the source, which says when it is asked again.
    retries: 0,
    retryAfterSeconds: 60,
    expireAfterSeconds: 600,
    // A source that does not answer holds its loop for a minute.
    loops: 4,
    async handle(platform, { source }) {
      const result = await gatherFromSource(platform, SYSTEM, source)
      if (result.failure !== null) platform.log.warn({ source, failure: result.failure }, 'watch: a source could not be gathered')
    },
  }),
]
