import { parseLocalDate, type LocalDate } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { ClosedDays } from './model.ts'

/** A day between Monday and Friday on which nobody works. */
export interface ClosedDay {
  readonly id: number
  readonly day: LocalDate
  readonly name: string
  readonly source: string
}

/** The same by their dates, for whoever reckons with them. */
export async function closedDayNames(db: Reader<Visible>): Promise<ClosedDays> {
  return new Map((await closedDays(db)).map(({ day, name }) => [day, name]))
}

/** The days on which nobody works, the earliest first. */
export async function closedDays(db: Reader<Visible>): Promise<readonly ClosedDay[]> {
  const rows = await db
    .selectFrom('broadcast_closed_day')
    .where('removed_at', 'is', null)
    .select(['id', 'day', 'name', 'source'])
    .orderBy('day')
    .execute()
  return rows.flatMap(row => {
    const day = parseLocalDate(row.day)
    return day === undefined ? [] : [{ ...row, day }]
  })
}
