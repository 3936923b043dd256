import type { Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/** The code of the reason from which an action of a plan can follow. */
const AWAITING_MONEY = 'awaiting-money'

/** A live bulletin that an organisation would act on if it had the money. */
export interface BulletinAwaitingMoney {
  readonly id: string
  readonly number: number
  readonly title: string
  readonly tlp: string
  /** When it was last said. */
  readonly since: Instant
}

/** The bulletins of which the organisation's newest answer is that it chooses not to act because there is no money yet. Exercises are left out. */
export function awaitingMoney(db: Reader<Visible>, organisationId: string): Promise<readonly BulletinAwaitingMoney[]> {
  return db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'recipient.bulletin_id')
    .innerJoinLateral(
      eb =>
        eb
          .selectFrom('broadcast_response as newest')
          .whereRef('newest.bulletin_id', '=', 'recipient.bulletin_id')
          .whereRef('newest.organisation_id', '=', 'recipient.organisation_id')
          .orderBy('newest.at', 'desc')
          .orderBy('newest.id', 'desc')
          .limit(1)
          .select(['newest.reason_code', 'newest.at'])
          .as('answer'),
      join => join.onTrue(),
    )
    .where('recipient.organisation_id', '=', organisationId)
    .where('recipient.response', '=', 'not-acting')
    .where('bulletin.state', '=', 'released')
    .where('bulletin.is_exercise', '=', false)
    .where('answer.reason_code', '=', AWAITING_MONEY)
    .orderBy('answer.at', 'desc')
    .orderBy('bulletin.id')
    .select(['bulletin.id', 'bulletin.number', 'bulletin.title', 'bulletin.tlp', 'answer.at as since'])
    .execute()
}
