import { respond } from '../../domains/broadcast/responses/commands.ts'
import type { Visible } from '../../domains/broadcast/tables.ts'
import type { Id } from '../../kernel/id.ts'
import { addHours } from '../../kernel/instant.ts'
import type { Platform } from '../../platform/platform.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import { EARLY_ANSWERS } from './bulletins.ts'
import { invent } from './history.ts'
import { responderAt } from './people.ts'
import { createRandom } from './random.ts'

const EVERY_MILLIS = 4_000
/** Some never answer, in the sample as in life. */
const ALWAYS_SILENT = 0.25

/** Lets invented organisations answer the bulletins of the last day while somebody watches. Only on the sample sector. */
export function startSampleLife(platform: Platform): { stop(): void } {
  const random = createRandom(platform.clock.now().getTime())
  let isBusy = false
  const timer = setInterval(() => {
    if (isBusy) return
    isBusy = true
    oneAnswer(platform, random)
      .catch((error: unknown) => platform.log.warn({ err: error }, 'sample: an invented answer failed'))
      .finally(() => void (isBusy = false))
  }, EVERY_MILLIS)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

async function oneAnswer(platform: Platform, random: ReturnType<typeof createRandom>): Promise<void> {
  const silent = await readAs<Visible, readonly { bulletin: string; organisation: string; silent: number; all: number }[]>(
    platform,
    SYSTEM,
    async db => {
      const live = await db
        .selectFrom('broadcast_recipient as recipient')
        .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'recipient.bulletin_id')
        .where('bulletin.state', '=', 'released')
        .where('bulletin.released_at', '>', addHours(platform.clock.now(), -24))
        .where('recipient.delivered_at', 'is not', null)
        .select(['recipient.bulletin_id as bulletin', 'recipient.organisation_id as organisation', 'recipient.response'])
        .execute()
      const counts = Map.groupBy(live, row => row.bulletin)
      return live
        .filter(row => row.response === null)
        .map(row => {
          const all = counts.get(row.bulletin) ?? []
          return {
            bulletin: row.bulletin,
            organisation: row.organisation,
            silent: all.filter(other => other.response === null).length,
            all: all.length,
          }
        })
    },
  )
  const willing = silent.filter(row => row.silent > row.all * ALWAYS_SILENT)
  if (willing.length === 0) return
  const { bulletin, organisation } = random.pick(willing)
  const organisationId = organisation as Id<'organisation'>
  await runWork(platform, responderAt(organisationId), (work: Work<Visible>) =>
    respond(work, { bulletinId: bulletin, organisationId, ...invent(random, EARLY_ANSWERS, work.now), via: 'sample' }),
  )
}
