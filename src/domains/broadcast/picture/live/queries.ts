import type { Scope } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { DeliveryCounts } from '../../deliveries/model.ts'
import { deliveryCounts } from '../../deliveries/queries.ts'
import type { Visible } from '../../tables.ts'
import { answeredIn, liveFigures, liveGroupFigures, type Counts, type Dimension } from '../model.ts'
import { funnel, groups } from '../queries.ts'

/** By the names under which a page shows them. */
export type Figures = Readonly<Record<string, number>>

export interface Progress {
  readonly counts: Counts
  readonly deliveries: DeliveryCounts
  readonly figures: Figures
}

export async function readProgress(db: Reader<Visible>, scope: Scope, bulletinId: string): Promise<Progress> {
  const counts = await funnel(db, scope, bulletinId)
  const deliveries = await deliveryCounts(db, bulletinId)
  return { counts, deliveries, figures: { ...liveFigures(counts), value: deliveries.sent + deliveries.givenUp, max: deliveries.total } }
}

export async function readGroupFigures(db: Reader<Visible>, scope: Scope, bulletinId: string, dimension: Dimension): Promise<Figures> {
  return liveGroupFigures(dimension, await groups(db, scope, bulletinId, dimension))
}

/** What a live page is told. `done`: nothing is left to send, nobody is silent, and everybody who can be has finished or has nothing to finish. */
export function progressOf({ counts, deliveries, figures }: Progress, groupFigures: Figures) {
  const { audience, silent, unreachable, answers } = counts
  const { queued, sent, failed, givenUp, total } = deliveries
  return {
    queued,
    sent,
    failed,
    givenUp,
    total,
    audience,
    answered: answeredIn(counts),
    silent,
    unreachable,
    figures: { ...groupFigures, ...figures },
    done: queued + failed + silent + answers.acknowledged + answers.assessing + answers['in-progress'] === 0,
  }
}
