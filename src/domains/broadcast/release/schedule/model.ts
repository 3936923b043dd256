import { z } from 'zod'
import { addDays, londonDate, londonInstant, parseLocalDate, ZONE, type Instant, type LocalDate } from '../../../../kernel/instant.ts'
import type { BulletinSeverity } from '../../bulletins/model.ts'
import { dayFrom, isWorkday, workdayAfter, type ClosedDays } from '../../chase/closed-days/model.ts'

/**
 * A release that waits for its time. What holds a reader's attention is a calendar without crowds: so whoever schedules sees what else
 * is due that day, and is told, not stopped, when the time is a bad one.
 *
 * Invariants:
 * 1. A bulletin waits for one time at most.
 * 2. What goes out is the version that was scheduled, and only under the approval that stood then.
 * 3. The audience is resolved when it goes out, by the rule that was agreed to and no other. When it is by then more than a tenth larger or smaller than the one agreed to, nothing goes
 *    out, and a person decides.
 * 4. Whoever scheduled it must still hold the right to release when it goes out. A time that nobody was there for (the machine was off) is
 *    made good within an hour; later than that a person decides.
 */
export const RELEASE_DUE = { name: 'broadcast.release-due', payload: z.object({}) }

/** How far ahead a release may be scheduled. */
export const FURTHEST_DAYS = 92

/** The weeks that the calendar shows. */
export const CALENDAR_WEEKS = 5

/** After so long a missed time is not made good by itself. */
export const LATEST_HOURS = 1

const DRIFT = 0.1

/** Whether the audience is no longer the one that was agreed to. */
export function hasDrifted(agreed: number, today: number): boolean {
  return Math.abs(today - agreed) > agreed * DRIFT
}

const weekday = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, weekday: 'short' })
const longWeekday = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, weekday: 'long' })
const hourOfDay = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, hour: '2-digit', hourCycle: 'h23' })

/** When readers are at their desks. */
const DESK_HOURS = { from: 8, to: 17 } as const
/** On the last day before a weekend or a bank holiday. */
const LAST_DAY_UNTIL = 12

/** What speaks against a time, in sentences. None stops anybody. */
export function calmWarnings(releaseAt: Instant, severity: BulletinSeverity, othersThatDay: number, closed: ClosedDays): readonly string[] {
  return [
    ...(severity === 'high' ? ['It is of high severity: every hour counts. Release it now unless there is a reason to wait.'] : []),
    ...restWarnings(releaseAt, closed),
    ...(othersThatDay > 0
      ? [
          `${othersThatDay === 1 ? 'Another bulletin is' : `${othersThatDay} other bulletins are`} due that day. Readers act on one better than on two.`,
        ]
      : []),
  ]
}

/** Whether readers are away from their desks then, or soon after. */
function restWarnings(at: Instant, closed: ClosedDays): readonly string[] {
  const day = londonDate(at)
  const hour = Number(hourOfDay.format(at))
  const back = nameOf(workdayAfter(day, closed))
  if (!isWorkday(day, closed)) return [`It is ${closed.get(day) ?? 'a weekend'}: most readers see it on ${back}.`]
  const isLast = !isWorkday(dayFrom(day, 1), closed)
  if (hour < DESK_HOURS.from) return ['It is outside working hours: most readers see it later that morning.']
  if (hour >= DESK_HOURS.to) return [`It is outside working hours: most readers see it ${isLast ? `on ${back}` : 'the next morning'}.`]
  return isLast && hour >= LAST_DAY_UNTIL ? [`It is ${nameOf(day)} afternoon: few can act on it before ${back}.`] : []
}

function nameOf(day: LocalDate): string {
  return longWeekday.format(londonInstant(day, 12, 0))
}

/** Reads the day and the time of day, as a form gives them, in London. `undefined` unless both exist. */
export function readReleaseAt(day: string, time: string): Instant | undefined {
  const date = parseLocalDate(day)
  const match = /^(\d{1,2})[:.](\d{2})$/.exec(time.trim())
  const [hour, minute] = [Number(match?.[1]), Number(match?.[2])]
  if (date === undefined || match === null || hour > 23 || minute > 59) return undefined
  return londonInstant(date, hour, minute)
}

/** The next working day after today at half past nine: the time that is offered first. */
export function offeredTime(now: Instant, closed: ClosedDays): { readonly day: LocalDate; readonly time: string } {
  return { day: workdayAfter(londonDate(now), closed), time: '09:30' }
}

/** What stands in the calendar on one day. */
export interface CalendarEntry {
  readonly at: Instant
  readonly number: number
  readonly title: string
  readonly severity: string
  readonly tlp: string
  readonly isExercise: boolean
  readonly kind: 'release' | 'missed' | 'answers'
}

/** The weeks of the calendar, from the Monday of this week: each day with what stands on it, and its name where nobody works on it. */
export function calendarWeeks(entries: readonly CalendarEntry[], now: Instant, weeks: number, closed: ClosedDays) {
  const today = londonDate(now)
  const noon = londonInstant(today, 12, 0)
  const backToMonday = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(weekday.format(noon))
  const byDay = Map.groupBy(entries, ({ at }) => londonDate(at))
  return Array.from({ length: weeks }, (_, week) =>
    Array.from({ length: 7 }, (__, day) => {
      const date = londonDate(addDays(noon, week * 7 + day - backToMonday))
      return {
        date,
        isToday: date === today,
        isPast: date < today,
        closed: closed.get(date) ?? null,
        entries: (byDay.get(date) ?? []).toSorted((a, b) => a.at.getTime() - b.at.getTime()),
      }
    }),
  )
}
