/** A point in time. Only `platform/clock` and the parsers here make one, so that every rule about time can be tested. */
export type Instant = Date

/** A calendar date in Europe/London, as `2017-05-12`: what deadlines and ODS files speak of. */
export type LocalDate = string & { readonly kind: 'LocalDate' }

export const ZONE = 'Europe/London'

const LOCAL_DATE = /^(\d{4})-(\d{2})-(\d{2})$/

/** Reads `2017-05-12`. Gives `undefined` unless it is a day that exists. */
export function parseLocalDate(text: string): LocalDate | undefined {
  const match = LOCAL_DATE.exec(text)
  if (match === null) return undefined
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

const londonDay = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' })

/** The calendar date in London at that instant. */
export function londonDate(at: Instant): LocalDate {
  return londonDay.format(at) as LocalDate
}
