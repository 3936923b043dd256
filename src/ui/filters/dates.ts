import { Bug } from '../../kernel/errors.ts'
import { parseLocalDate, ZONE } from '../../kernel/instant.ts'
import type { Instant } from '../../kernel/instant.ts'

/**
 * Dates and times as the NHS writes them: "5 April 2018", "9:02am". Always Europe/London, except a calendar date, which
 * has no zone. Nothing (`null`, `undefined`) is shown as an empty text.
 */
type Moment = Instant | string | null | undefined

const dayFormat = { day: 'numeric', month: 'long', year: 'numeric' } as const
const londonDay = new Intl.DateTimeFormat('en-GB', { ...dayFormat, timeZone: ZONE })
const calendarDay = new Intl.DateTimeFormat('en-GB', { ...dayFormat, timeZone: 'UTC' })
const clock = new Intl.DateTimeFormat('en-GB', { hour: 'numeric', minute: '2-digit', hour12: true, timeZone: ZONE })
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone: ZONE })
const zoneName = new Intl.DateTimeFormat('en-GB', { hour: 'numeric', timeZoneName: 'short', timeZone: ZONE })
const ago = new Intl.RelativeTimeFormat('en-GB', { numeric: 'always' })

/** `5 April 2018`. Takes an instant, or a calendar date such as `2018-04-05`. Throws `Bug` on anything else. */
export function date(value: Moment): string {
  if (isNothing(value)) return ''
  if (typeof value !== 'string') return londonDay.format(value)
  const day = parseLocalDate(value)
  if (day === undefined) throw new Bug('ui.date.unreadable', 'A template shows a date that is neither an instant nor a calendar date.', value)
  return calendarDay.format(Date.parse(day))
}

/** `9:02am`; noon and midnight in words, as the NHS content guide has it. */
export function timeOfDay(value: Instant | null | undefined): string {
  if (isNothing(value)) return ''
  const text = clock.format(value).replaceAll(/\s/gu, '').toLowerCase().replace(/^0:/, '12:')
  if (text === '12:00am') return 'midnight'
  return text === '12:00pm' ? 'midday' : text
}

/** `5 April 2018, 9:02am`. */
export function dateTime(value: Instant | null | undefined): string {
  return isNothing(value) ? '' : `${date(value)}, ${timeOfDay(value)}`
}

/** `Thursday 5 April 2018, 9:02am BST`: what the title of a relative time says. */
export function exactTime(value: Instant | null | undefined): string {
  if (isNothing(value)) return ''
  const zone = zoneName.format(value).split(/\s/).at(-1) ?? ''
  return `${weekday.format(value)} ${dateTime(value)} ${zone}`.trim()
}

/** The instant as machines read it, in UTC. */
export function isoTime(value: Instant | null | undefined): string {
  return isNothing(value) ? '' : value.toISOString()
}

/** `in 2 hours`, `3 days ago`, `just now`. Whole units only, rounded towards now, so that nobody reads more time than there is. */
export function relative(value: Instant | null | undefined, now: Instant | undefined): string {
  if (isNothing(value)) return ''
  if (!(now instanceof Date))
    throw new Bug('ui.relative.no-now', 'A relative time needs `shell.now`: pass the shell, and import our macros `with context`.')
  const gap = value.getTime() - now.getTime()
  const [count, unit] = largestUnit(Math.abs(gap))
  if (count === 0) return gap > 0 ? 'in less than a minute' : 'just now'
  return ago.format(gap > 0 ? count : -count, unit)
}

/** `2 hours left`, `3 days overdue`, `due now`. */
export function timeLeft(due: Instant | null | undefined, now: Instant | undefined): string {
  if (isNothing(due)) return ''
  if (!(now instanceof Date))
    throw new Bug('ui.relative.no-now', 'Time left needs `shell.now`: pass the shell, and import our macros `with context`.')
  const gap = due.getTime() - now.getTime()
  const [count, unit] = largestUnit(Math.abs(gap))
  if (count === 0) return 'due now'
  return `${count} ${unit}${count === 1 ? '' : 's'} ${gap > 0 ? 'left' : 'overdue'}`
}

type Unit = 'minute' | 'hour' | 'day' | 'month' | 'year'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Minutes up to 2 hours, hours up to 2 days, days up to 60, then months and years. */
function largestUnit(millis: number): [number, Unit] {
  if (millis < 2 * HOUR) return wholeMinutes(millis)
  if (millis < 2 * DAY) return [Math.floor(millis / HOUR), 'hour']
  if (millis < 60 * DAY) return [Math.floor(millis / DAY), 'day']
  if (millis < 730 * DAY) return [Math.floor(millis / (DAY * 30.44)), 'month']
  return [Math.floor(millis / (DAY * 365.25)), 'year']
}

function wholeMinutes(millis: number): [number, Unit] {
  const minutes = Math.floor(millis / MINUTE)
  return minutes === 60 ? [1, 'hour'] : [minutes, 'minute']
}

function isNothing(value: unknown): value is null | undefined | '' {
  return value === null || value === undefined || value === ''
}

/** The three boxes of a date field, from a calendar date or from what was typed. */
export function dateParts(value: string | { day?: string; month?: string; year?: string } | null | undefined): {
  day: string
  month: string
  year: string
} {
  if (isNothing(value)) return { day: '', month: '', year: '' }
  if (typeof value !== 'string') return { day: value.day ?? '', month: value.month ?? '', year: value.year ?? '' }
  const [year = '', month = '', day = ''] = value.split('-')
  return { day: day.replace(/^0/, ''), month: month.replace(/^0/, ''), year }
}
