import { parseLocalDate, type LocalDate } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/** A day between Monday and Friday on which nobody works. */
export interface ClosedDay {
  readonly id: number
  readonly day: LocalDate
  readonly name: string
  readonly source: string
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
