import { londonDate, type Instant } from '../../../../kernel/instant.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { date } from '../../../../ui/filters/dates.ts'
import type { Cell, TableModel } from '../../../../ui/models.ts'
import { closedDayFields, removedDayFields } from './fields.ts'
import type { ClosedDay } from './queries.ts'

export const CLOSED_DAYS = '/chase-policies/closed-days'

export function closedDaysModel(
  days: readonly ClosedDay[],
  asked: {
    readonly now: Instant
    readonly maySet: boolean
    readonly typed: Readonly<Record<string, unknown>>
    readonly problems: readonly Problem[]
  },
) {
  const today = londonDate(asked.now)
  const coming = days.filter(({ day }) => day >= today)
  const last = coming.at(-1)
  const errorOf = (name: string) => asked.problems.find(problem => problem.pointer === name)?.message
  return {
    total: coming.length,
    until: last === undefined ? null : date(last.day),
    table: {
      caption: 'Days to come',
      head: [{ text: 'Day' }, { text: 'What it is' }, { text: 'Decided by' }],
      rows: coming.map((closed): readonly Cell[] => [{ date: closed.day }, closed.name, closed.source]),
    } satisfies TableModel,
    action: asked.maySet ? CLOSED_DAYS : null,
    removeAction: asked.maySet && coming.length > 0 ? `${CLOSED_DAYS}/remove` : null,
    fields: closedDayFields(asked.typed, errorOf),
    removeFields: removedDayFields(
      coming.map(({ day, name }) => ({ value: day, text: `${date(day)}: ${name}` })),
      errorOf,
    ),
  }
}
