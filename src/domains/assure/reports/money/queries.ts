import type { LocalDate } from '../../../../kernel/instant.ts'
import type { Actor } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { casesOf } from '../../investment/queries.ts'
import { fundingTotals, nextActions, planOf, stateCounts } from '../../plans/queries.ts'
import type { Visible } from '../../tables.ts'

/** What the plan costs, and what is to be decided, for the board. Pence: capital and one year together. */
export interface BoardMoney {
  readonly open: number
  readonly late: number
  readonly granted: number
  readonly missing: number
  readonly next: readonly { readonly id: string; readonly title: string; readonly dueOn: string | null; readonly funding: string }[]
  /** The newest case for investment, where there is one. */
  readonly decided: { readonly id: string; readonly name: string; readonly isDecided: boolean } | null
}

/** `null` while the organisation has neither a plan nor a case. */
export async function boardMoney(db: Reader<Visible>, actor: Pick<Actor, 'organisationId'>, today: LocalDate): Promise<BoardMoney | null> {
  const { organisationId } = actor
  if (organisationId === null) return null
  const plan = await planOf(db, organisationId)
  const [newest] = (await casesOf(db, actor, '', { limit: 1, cursor: null })).rows
  const decided = newest === undefined ? null : { id: newest.id, name: newest.name, isDecided: newest.decidedAt !== null }
  if (plan === null) return decided === null ? null : { open: 0, late: 0, granted: 0, missing: 0, next: [], decided }
  const { open, late } = await stateCounts(db, organisationId, today)
  const funding = await fundingTotals(db, organisationId)
  const sum = (money: string) =>
    funding.filter(one => one.money === money).reduce((total, { capitalPence, yearlyPence }) => total + capitalPence + yearlyPence, 0)
  const next = await nextActions(db, organisationId, 3)
  return {
    open,
    late,
    granted: sum('granted'),
    missing: sum('missing'),
    next: next.map(({ id, title, dueOn, fundingLabel }) => ({ id, title, dueOn, funding: fundingLabel })),
    decided,
  }
}
