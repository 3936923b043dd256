import type { Instant } from '../../../../kernel/instant.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { exactTime, timeOfDay } from '../../../../ui/filters/dates.ts'
import { severityTag } from '../../../../ui/labels.ts'
import type { DateParts, Field } from '../../../../ui/models.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import type { Bulletin } from '../../bulletins/queries.ts'
import type { ClosedDays } from '../../chase/closed-days/model.ts'
import { CALENDAR_WEEKS, calendarWeeks, calmWarnings, FURTHEST_DAYS, type CalendarEntry } from './model.ts'
import type { Schedule } from './queries.ts'

export const CALENDAR = '/bulletins/calendar'

interface TypedTime {
  readonly day: string | DateParts
  readonly time: string
}

/** Choosing a time for an approved bulletin, beside what the calendar holds. */
export function scheduleView(
  facts: {
    readonly bulletin: Bulletin
    readonly schedule: Schedule | undefined
    readonly organisations: number
    readonly entries: readonly CalendarEntry[]
    readonly closed: ClosedDays
    /** The time that was chosen and is shown again to be confirmed. */
    readonly chosen: { readonly at: Instant; readonly others: number } | null
  },
  typed: TypedTime,
  problems: readonly Problem[],
  now: Instant,
) {
  const { bulletin, schedule, chosen } = facts
  const number = bulletinNumber(bulletin.number)
  const address = `/bulletins/${number}`
  const errorOf = (name: string) => problems.find(problem => problem.pointer === name)?.message
  const fields: readonly Field[] = [
    { name: 'day', kind: 'date', label: 'Day', hint: `Within the next ${FURTHEST_DAYS} days`, value: typed.day, error: errorOf('day') },
    { name: 'time', kind: 'text', label: 'Time of day', hint: 'In London, such as 09:30', value: typed.time, width: 5, error: errorOf('time') },
  ]
  const isWaiting = schedule?.state === 'waiting'
  return {
    number,
    title: bulletin.title,
    tlp: bulletin.tlp,
    address,
    isApproved: bulletin.state === 'approved',
    waiting: isWaiting ? waitingLine(schedule) : null,
    missed: schedule?.state === 'failed' ? { at: schedule.releaseAt, words: schedule.words } : null,
    confirm:
      chosen === null
        ? null
        : {
            action: `${address}/schedule`,
            at: exactTime(chosen.at),
            warnings: calmWarnings(chosen.at, bulletin.severity, chosen.others, facts.closed),
            label: `Let it wait until ${exactTime(chosen.at)}`,
            values: { version: String(bulletin.version), releaseAt: chosen.at.toISOString() },
            organisations: facts.organisations,
          },
    form: {
      action: `${address}/schedule`,
      fields,
      submit: isWaiting ? 'Choose another time' : 'Choose this time',
      autosave: false,
      cancelHref: `${address}/release`,
    },
    cancel: isWaiting
      ? [
          {
            label: 'Do not release it then',
            href: `${address}/schedule/cancel`,
            method: 'post' as const,
            reason: 'required' as const,
            variant: 'secondary' as const,
          },
        ]
      : [],
    calendar: calendarView(facts, now, true),
  }
}

function waitingLine(schedule: Schedule) {
  return { at: schedule.releaseAt, by: schedule.by, version: schedule.version, organisations: schedule.organisations }
}

const KIND_WORDS: Readonly<Record<CalendarEntry['kind'], string>> = { release: 'goes out', missed: 'did not go out', answers: 'answers due' }

/** Five weeks from this Monday on, a row a week, each day with what stands on it. */
export function calendarView(
  { entries, closed }: { readonly entries: readonly CalendarEntry[]; readonly closed: ClosedDays },
  now: Instant,
  mayRelease: boolean,
) {
  return {
    days: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
    weeks: calendarWeeks(entries, now, CALENDAR_WEEKS, closed).map(days =>
      days.map(({ entries: ofDay, ...day }) => ({
        ...day,
        entries: ofDay.map(entry => ({
          time: timeOfDay(entry.at),
          number: bulletinNumber(entry.number),
          title: entry.title,
          href: `/bulletins/${bulletinNumber(entry.number)}${entry.kind === 'answers' || !mayRelease ? '' : '/schedule'}`,
          words: KIND_WORDS[entry.kind],
          isMissed: entry.kind === 'missed',
          isExercise: entry.isExercise,
          tlp: entry.tlp,
          tag: severityTag(entry.severity),
        })),
      })),
    ),
    count: entries.length,
  }
}
