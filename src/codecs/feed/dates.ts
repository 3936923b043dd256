import { instantFromMillis, type Instant } from '../../kernel/instant.ts'

/**
 * Reads a date as feeds write them: RFC 822 and its heirs (with or without a weekday, seconds, a zone or a century), RFC 3339 and the
 * W3C's profile of ISO 8601 (a year, a month or a day alone included), the C library's `Thu Jan 1 19:48:21 2004`, and seconds or
 * milliseconds since 1970. A date without a zone, or with one that nobody knows (RFC 5322 §4.3), is taken for UTC; a day without a time for its
 * start. Gives `undefined` for what cannot be read, for days that do not exist and for years before 1970, which stand for "unset".
 */
export function parseFeedDate(source: string): Instant | undefined {
  const text = source.trim().replace(/\s+/g, ' ')
  if (text.length > 60) return undefined
  const parts = [ISO, RFC_822, C_LIBRARY].map(pattern => pattern.exec(text)?.groups).find(groups => groups !== undefined)
  if (parts !== undefined) return instantOf(parts)
  return /^\d{10}$/.test(text) ? instantFromMillis(Number(text) * 1_000) : /^\d{13}$/.test(text) ? instantFromMillis(Number(text)) : undefined
}

const TIME = String.raw`(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,9}))?)?(?: ?(?<half>[ap])\.?m\.?)?`
const ZONE = String.raw`(?: ?(?<zone>[+-]\d{1,2}:?(?:\d{2})?|(?:GMT|UTC|UT)[+-]\d{1,2}:?(?:\d{2})?|[a-z]{1,5})(?: ?\([^)]*\))?)?`
const WEEKDAY = String.raw`(?:\p{L}{2,12}\.?,? ?)?`
const MONTH = String.raw`(?<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?`

const ISO = new RegExp(String.raw`^(?<year>\d{4})(?:-?(?<month>\d{2})(?:-?(?<day>\d{2}))?)?(?:(?:T| ?)${TIME}${ZONE})?$`, 'iu')
const RFC_822 = new RegExp(
  String.raw`^${WEEKDAY}(?<day>\d{1,2})(?:st|nd|rd|th)?[ -]${MONTH}[ -](?<year>\d{4}|\d{2,3})(?:,? (?:at )?${TIME})?${ZONE}$`,
  'iu',
)
const C_LIBRARY = new RegExp(
  String.raw`^${WEEKDAY}${MONTH} (?<day>\d{1,2})(?:st|nd|rd|th)?,?(?: (?<year>\d{4}),?)?(?: (?:at )?${TIME}${ZONE})?(?: (?<lastYear>\d{4}))?$`,
  'iu',
)

type Parts = Readonly<Record<string, string | undefined>>

function instantOf(parts: Parts): Instant | undefined {
  const year = yearOf(parts['year'] ?? parts['lastYear'] ?? '')
  const month = monthOf(parts['month'] ?? '1')
  const day = Number(parts['day'] ?? 1)
  const hour = hourOf(Number(parts['hour'] ?? 0), parts['half']?.toLowerCase())
  const minute = Number(parts['minute'] ?? 0)
  // A leap second is written as 60, which no clock here knows.
  const second = Math.min(Number(parts['second'] ?? 0), 59)
  const millis = Math.floor(Number(`0.${parts['fraction'] ?? '0'}`) * 1_000)
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (Number(parts['second'] ?? 0) > 60 || minute > 59 || hour > 24 || (hour === 24 && minute + second > 0)) return undefined
  const offset = minutesOf(parts['zone'] ?? '')
  return offset === undefined ? undefined : instantFromMillis(Date.UTC(year, month - 1, day, hour, minute - offset, second, millis))
}

/** RFC 5322 §4.3: two digits up to 49 are of this century, others and three digits count from 1900. */
function yearOf(text: string): number {
  const year = Number(text)
  return text.length === 4 ? year : text.length === 2 && year < 50 ? 2000 + year : 1900 + year
}

function monthOf(text: string): number {
  return /^\d/.test(text) ? Number(text) : MONTHS.indexOf(text.slice(0, 3).toLowerCase()) + 1
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

function hourOf(hour: number, half: string | undefined): number {
  return half === undefined ? hour : (hour % 12) + (half === 'p' ? 12 : 0)
}

/** Minutes east of UTC. */
function minutesOf(zone: string): number | undefined {
  const numeric = /^(?:[a-z]+)?([+-])(\d{1,2}):?(\d{2})?$/i.exec(zone)
  if (numeric === null) return (ZONES[zone.toUpperCase()] ?? 0) * 60
  const minutes = Number(numeric[2]) * 60 + Number(numeric[3] ?? 0)
  return minutes > 15 * 60 ? undefined : numeric[1] === '-' ? -minutes : minutes
}

/** Hours east of UTC of the zones that feeds name, where the name means one zone. */
const ZONES: Readonly<Record<string, number>> = {
  AKST: -9,
  AKDT: -8,
  PST: -8,
  PDT: -7,
  MST: -7,
  MDT: -6,
  CST: -6,
  CDT: -5,
  EST: -5,
  EDT: -4,
  WEST: 1,
  BST: 1,
  CET: 1,
  MEZ: 1,
  CEST: 2,
  MESZ: 2,
  EET: 2,
  EEST: 3,
  MSK: 3,
  HKT: 8,
  SGT: 8,
  JST: 9,
  KST: 9,
  AEST: 10,
  AEDT: 11,
  NZST: 12,
  NZDT: 13,
}
