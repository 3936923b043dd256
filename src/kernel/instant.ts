/** A point in time. Only `platform/clock` and the parsers here make one, so that every rule about time can be tested. */
export type Instant = Date

/** A calendar date in Europe/London, as `2017-05-12`: what deadlines and ODS files speak of. */
export type LocalDate = string & { readonly kind: 'LocalDate' }

export const ZONE = 'Europe/London'

const LOCAL_DATE = /^(\d{4})-(\d{2})-(\d{2})$/

/** Reads `2017-05-12`. Gives `undefined` unless it is a day that exists: before the year 1 none does, and PostgreSQL takes none. */
export function parseLocalDate(text: string): LocalDate | undefined {
  const match = LOCAL_DATE.exec(text)
  if (match === null || match[1] === '0000') return undefined
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === text ? (text as LocalDate) : undefined
}

/** Reads an RFC 3339 date and time. Gives `undefined` for anything else. */
export function parseInstant(text: string): Instant | undefined {
  if (!/^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})$/.test(text)) return undefined
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** The instant that many milliseconds since 1 January 1970 UTC, or `undefined` when out of range. */
export function instantFromMillis(millis: number): Instant | undefined {
  const date = new Date(millis)
  return Number.isNaN(date.getTime()) ? undefined : date
}

const HOUR = 3_600_000

export function addHours(from: Instant, hours: number): Instant {
  return new Date(from.getTime() + hours * HOUR)
}

export function addDays(from: Instant, days: number): Instant {
  return addHours(from, days * 24)
}

const londonWall = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
})

/**
 * The instant at which clocks in London show that time on that day. A time that the change to summer time skips is taken as if the clock
 * had not changed; of a time that comes twice in autumn, the first.
 */
export function londonInstant(date: LocalDate, hour: number, minute: number): Instant {
  const wanted = Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1, Number(date.slice(8, 10)), hour, minute)
  const summer = new Date(wanted - HOUR)
  return wallMillis(summer) === wanted ? summer : new Date(wanted)
}

/** What clocks in London show at that instant, as if it were UTC. */
function wallMillis(at: Instant): number {
  const part = new Map(londonWall.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const of = (type: Intl.DateTimeFormatPartTypes) => part.get(type) ?? 0
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'))
}

const londonDay = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' })

/** The calendar date in London at that instant. */
export function londonDate(at: Instant): LocalDate {
  return londonDay.format(at) as LocalDate
}
