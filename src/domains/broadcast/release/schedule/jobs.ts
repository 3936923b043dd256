import { CareCertError, Forbidden } from '../../../../kernel/errors.ts'
import type { Id } from '../../../../kernel/id.ts'
import { handles } from '../../../../platform/jobs/job.ts'
import type { Platform } from '../../../../platform/platform.ts'
import { SYSTEM, type Actor } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { missRelease, releaseScheduled } from './commands.ts'
import { RELEASE_DUE } from './model.ts'
import { dueReleases, releaserStanding, type DueRelease } from './queries.ts'

export const releaseDueJob = handles<Platform, object>(RELEASE_DUE, {
  purpose: 'Releases the bulletins whose time has come',
  retries: 2,
  retryAfterSeconds: 5,
  expireAfterSeconds: 300,
  isUrgent: true,
  cron: '* * * * *',
  handle: releaseDue,
})

/** Releases what is due, one after another: one that cannot go out stops no other. */
export async function releaseDue(platform: Platform): Promise<void> {
  const due = await readAs<Visible, readonly DueRelease[]>(platform, SYSTEM, db => dueReleases(db, platform.clock.now()))
  const failures: unknown[] = []
  for (const release of due) {
    try {
      const actor = await releaserOf(platform, release.scheduledBy)
      await runWork<Visible, void>(platform, actor, work => releaseScheduled(work, release, platform.config.baseUrl))
    } catch (error) {
      if (error instanceof CareCertError) await runWork<Visible, void>(platform, SYSTEM, work => missRelease(work, release, error))
      else failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${due.length} due releases failed; they are tried again`)
}

/** Whoever scheduled it, with the right to release and no other. Throws `Forbidden` when they no longer hold it. */
async function releaserOf(platform: Platform, personId: string): Promise<Actor> {
  const standing = await readAs<Visible, Awaited<ReturnType<typeof releaserStanding>>>(platform, SYSTEM, db => releaserStanding(db, personId))
  if (standing === undefined) {
    throw new Forbidden('broadcast.schedule.no-releaser', 'Whoever scheduled it no longer releases bulletins. Look at it, then release it yourself.')
  }
  return {
    kind: 'person',
    id: personId,
    name: '',
    role: standing.role,
    organisationId: standing.organisationId as Id<'organisation'>,
    scope: { kind: 'centre' },
    permissions: new Set(['broadcast.bulletin.release']),
  }
}
