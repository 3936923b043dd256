import { addDays, londonDate, londonInstant, type LocalDate } from '../../../../kernel/instant.ts'
import { isWeekday } from '../model.ts'

/** The days between Monday and Friday on which nobody works, such as bank holidays, with their names. */
export type ClosedDays = ReadonlyMap<LocalDate, string>

/** The day so many days later, or with a number below none earlier. */
export function dayFrom(day: LocalDate, days: number): LocalDate {
  return londonDate(addDays(londonInstant(day, 12, 0), days))
}

export function isWorkday(day: LocalDate, closed: ClosedDays): boolean {
  return isWeekday(day) && !closed.has(day)
}

/** The first day after that one on which people work. */
export function workdayAfter(day: LocalDate, closed: ClosedDays): LocalDate {
  let next = dayFrom(day, 1)
  while (!isWorkday(next, closed)) next = dayFrom(next, 1)
  return next
}
