import { Bug, NotFound } from '../../../kernel/errors.ts'
import type { Instant } from '../../../kernel/instant.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Framework, Outcome } from '../frameworks/model.ts'
import { frameworkById, outcomesOf } from '../frameworks/queries.ts'
import type { Visible } from '../tables.ts'
import { bandOf, packLevels, unpackLevels, type Sent } from './model.ts'
import { bandsInForce, contributionsOf, factsOf, ownReviews, statusesOf, type Contribution, type OwnReview } from './queries.ts'

/** What would be sent of a review, all of it. */
export interface Preview {
  readonly review: OwnReview
  readonly framework: Framework
  readonly outcomes: readonly Outcome[]
  readonly sent: Sent
  /** What stands now for the framework and year, if anything. */
  readonly current: Contribution | null
  /** Why it cannot be sent, as a sentence; `null` when it can. */
  readonly problem: string | null
}

/** What a contribution of that review would send, to be seen before it is. Throws `NotFound` for a review that is not the organisation's own. */
export async function previewOf(db: Reader<Visible>, actor: Pick<Actor, 'organisationId'>, assessmentId: string, now: Instant): Promise<Preview> {
  const { organisationId } = actor
  const review = organisationId === null ? undefined : (await ownReviews(db, organisationId)).find(({ id }) => id === assessmentId)
  if (review === undefined || organisationId === null)
    throw new NotFound('assure.assessment.unknown', 'There is no such review, or it is not yours. Look at your own reviews.')
  const framework = await frameworkById(db, review.frameworkId)
  if (framework === undefined) throw new Bug('assure.benchmark.framework', 'A review has no framework.')
  const outcomes = await outcomesOf(db, framework.id)
  const { view, statuses } = await statusesOf(db, review)
  const { type, size } = await factsOf(db, organisationId)
  const packed = packLevels(outcomes, framework.levels, statuses)
  const sent: Sent = {
    contribution: '',
    framework: framework.code,
    version: framework.version,
    period: review.period,
    view,
    organisationType: type,
    sizeBand: bandOf(size, await bandsInForce(db, now)),
    outcomes: unpackLevels(packed, outcomes, framework.levels),
  }
  const current =
    (await contributionsOf(db, organisationId)).find(
      one => one.withdrawnAt === null && one.frameworkId === framework.id && one.period === review.period,
    ) ?? null
  return { review, framework, outcomes, sent, current, problem: await problemOf(db, { framework, sent, packed, current }) }
}

async function problemOf(
  db: Reader<Visible>,
  { framework, sent, packed, current }: Pick<Preview, 'framework' | 'sent' | 'current'> & { readonly packed: string },
): Promise<string | null> {
  const { withdrawn_at: withdrawnAt } = await db
    .selectFrom('assure_framework')
    .where('id', '=', framework.id)
    .select('withdrawn_at')
    .executeTakeFirstOrThrow()
  if (withdrawnAt !== null) return 'That framework is withdrawn: nothing is compared by it any more.'
  if (/^-*$/.test(packed)) return 'Nothing in that review has a result yet. Answer some of it first.'
  const isSame =
    current?.levels === packed &&
    current.view === sent.view &&
    current.organisationType === sent.organisationType &&
    current.sizeBand === sent.sizeBand
  return isSame ? 'You contribute exactly this already. There is nothing new to send.' : null
}
