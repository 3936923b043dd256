import type { LocalDate } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { agreementOf } from './agreement/queries.ts'
import { deliveryRecord, metOnTime, type Forecast, type OnTime } from './dates.ts'
import { datedActions, fundingTotals, nextActions, planOf, stateCounts, type Action, type FundingTotal, type StateCounts } from './queries.ts'

/** The plan of an organisation in a few figures: what its board, its home page and the head of the plan show. */
export interface PlanSummary {
  readonly planId: string
  readonly counts: StateCounts
  /** Open actions whose date has not come. */
  readonly onTime: number
  readonly met: OnTime
  readonly record: Forecast
  readonly funding: readonly FundingTotal[]
  /** Pence, of open actions, for which somebody has been asked or nobody yet; and for which the money is there. Capital and one year together. */
  readonly missingPence: number
  readonly askedPence: number
  readonly approvedPence: number
  /** The next three by date. */
  readonly next: readonly Action[]
  readonly isAgreed: boolean
  /** Whether it was agreed, and what it says has changed since. */
  readonly isVoided: boolean
}

/** `null` while the organisation has no plan, or the reader may not see it. */
export async function planSummary(db: Reader<Visible>, organisationId: string, today: LocalDate): Promise<PlanSummary | null> {
  const plan = await planOf(db, organisationId)
  if (plan === null) return null
  const counts = await stateCounts(db, organisationId, today)
  const dated = await datedActions(db, organisationId)
  const funding = await fundingTotals(db, organisationId)
  const { isAgreed, signatures } = await agreementOf(db, plan.id)
  const sum = (of: (status: FundingTotal) => boolean) =>
    funding.filter(of).reduce((total, { capitalPence, yearlyPence }) => total + capitalPence + yearlyPence, 0)
  return {
    planId: plan.id,
    counts,
    onTime: counts.open - counts.late - counts.undated,
    met: metOnTime(dated, today),
    record: deliveryRecord(dated),
    funding,
    missingPence: sum(({ money }) => money === 'missing'),
    askedPence: sum(({ code }) => code === 'asked'),
    approvedPence: sum(({ money }) => money === 'granted'),
    next: await nextActions(db, organisationId, 3),
    isAgreed,
    isVoided: !isAgreed && signatures.some(({ voidedAt }) => voidedAt !== null),
  }
}
