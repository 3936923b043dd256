import { addDays, addHours, londonDate, londonInstant, parseInstant, parseLocalDate, type Instant, type LocalDate } from '../../../kernel/instant.ts'

/** What "since when" was read as. Without a time of day, `at` is the start of that day in London. */
export interface Since {
  readonly at: Instant
  readonly hasTime: boolean
}

/**
 * Reads "since when" as people write it: `9:30`, `this morning`, `yesterday 4pm`, `2 hours ago`, `last Friday`, `12/11/2026 09:15`. Times of day
 * are London's, days are before months, and what would lie in the future is taken a day, week or year earlier. `undefined` for what is not understood:
 * the words are kept and shown in any case. `written` is when they were written.
 */
export function readSince(words: string, written: Instant): Since | undefined {
  const text = words
    .toLowerCase()
    .replace(/,|o['’]?clock/g, ' ')
    .replace(/\b(since|from|about|around|approximately|roughly|at|on|in|the|last|this|of|circa)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\b(\d{1,2}(?:[:.]\d{2})?) morning\b/, '$1am')
    .replace(/\b(\d{1,2}(?:[:.]\d{2})?) (?:afternoon|evening|night)\b/, '$1pm')
    .replace(/^(\S*\d\S*) (today|yesterday|[a-z]+day)$/, '$2 $1')
  if (/^(just now|now|right now|moments ago)$/.test(text)) return { at: written, hasTime: true }
  const exact = parseInstant(words.trim())
  if (exact !== undefined) return exact.getTime() > written.getTime() ? undefined : { at: exact, hasTime: true }
  return readAgo(text, written) ?? readDayAndTime(text, written)
}

const COUNTS: Readonly<Record<string, number>> = { a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, five: 5, 'half an': 0.5, 'a couple': 2 }
const HOURS: Readonly<Record<string, number>> = { min: 1 / 60, minute: 1 / 60, h: 1, hr: 1, hour: 1, day: 24, week: 168 }

function readAgo(text: string, written: Instant): Since | undefined {
  const [, count = '', unit = ''] = /^(\d{1,4}|half an|an?|one|two|three|four|five|a couple) (minute|min|hour|hr|h|day|week)s? ago$/.exec(text) ?? []
  const [number, hours] = [COUNTS[count] ?? Number(count), HOURS[unit]]
  if (hours === undefined) return undefined
  const at = addHours(written, -number * hours)
  if (hours < 24) return { at, hasTime: true }
  return { at: londonInstant(londonDate(at), 0, 0), hasTime: false }
}

function readDayAndTime(text: string, written: Instant): Since | undefined {
  const today = londonDate(written)
  const day = readDay(text, written, today)
  const rest = (day?.rest ?? text).replace(/^(morning|afternoon|evening|night|t)\b/, '').trim()
  const time = rest === '' ? undefined : readTime(rest)
  if (rest !== '' && time === undefined) return undefined
  if (day === undefined && time === undefined) return undefined
  if (time === undefined) return { at: londonInstant(day?.date ?? today, 0, 0), hasTime: false }
  const at = londonInstant(day?.date ?? today, time.hour, time.minute)
  if (at.getTime() <= written.getTime()) return { at, hasTime: true }
  // A bare time later than it is must be yesterday's; a future time with its day is a mistake that nobody should guess at.
  return day === undefined ? { at: londonInstant(londonDate(addDays(written, -1)), time.hour, time.minute), hasTime: true } : undefined
}

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

interface ReadDay {
  readonly date: LocalDate
  /** What follows the day. */
  readonly rest: string
}

function readDay(text: string, written: Instant, today: LocalDate): ReadDay | undefined {
  const [word = '', ...more] = text.split(' ')
  const rest = more.join(' ')
  if (word === 'today' || word === 'tonight' || word === 'morning' || word === 'afternoon' || word === 'evening') return { date: today, rest }
  if (word === 'yesterday' || word === 'night') return { date: londonDate(addDays(written, -1)), rest }
  const weekday = WEEKDAYS.findIndex(name => word.length >= 3 && name.startsWith(word))
  if (weekday >= 0) {
    const back = (new Date(`${today}T00:00:00Z`).getUTCDay() - weekday + 7) % 7
    return { date: londonDate(addDays(written, -back)), rest }
  }
  return readWrittenDate(text, today)
}

function readWrittenDate(text: string, today: LocalDate): ReadDay | undefined {
  const iso = /^(\d{4})-(\d{2})-(\d{2})(?:t| |$)(.*)$/.exec(text)
  const slashed = /^(\d{1,2})[/.](\d{1,2})(?:[/.](\d{2}|\d{4}))(?: |$)(.*)$/.exec(text) ?? /^(\d{1,2})\/(\d{1,2})()(?: |$)(.*)$/.exec(text)
  const named = /^(\d{1,2})(?:st|nd|rd|th)? ([a-z]{3,9})\.?(?: (\d{4}))?(?: |$)(.*)$/.exec(text)
  if (iso !== null) return dated(iso[1], iso[2], iso[3], iso[4], today)
  if (slashed !== null) return dated(slashed[3], slashed[2], slashed[1], slashed[4], today)
  const month = MONTHS.indexOf((named?.[2] ?? '').slice(0, 3))
  return named === null || month < 0 ? undefined : dated(named[3], String(month + 1), named[1], named[4], today)
}

function dated(year = '', month = '', day = '', rest = '', today: LocalDate): ReadDay | undefined {
  const of = (full: string) => parseLocalDate(`${full}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
  const thisYear = today.slice(0, 4)
  const said = year === '' ? thisYear : year.padStart(4, '20')
  const date = of(said)
  if (date !== undefined && date <= today) return { date, rest }
  const earlier = year === '' ? of(String(Number(thisYear) - 1)) : undefined
  return earlier === undefined ? undefined : { date: earlier, rest }
}

function readTime(text: string): { hour: number; minute: number } | undefined {
  if (text === 'noon' || text === 'midday') return { hour: 12, minute: 0 }
  if (text === 'midnight') return { hour: 0, minute: 0 }
  // Four digits alone that may be a year are left to the words: 1930 is a time to some and a year to others.
  const match =
    /^(\d{1,2})(?:[:.](\d{2})(?::\d{2})?)? ?(am|pm)?$/.exec(text) ??
    /^(\d{2})(\d{2})() ?(?:hrs|hours|h)$/.exec(text) ??
    /^(?!19|20)(\d{2})(\d{2})()$/.exec(text)
  if (match === null) return undefined
  const [, hours = '', minutes = '', half = ''] = match
  // A bare number says neither day nor time.
  if (minutes === '' && half === '') return undefined
  const hour = half === '' ? Number(hours) : (Number(hours) % 12) + (half === 'pm' ? 12 : 0)
  const minute = Number(minutes === '' ? '0' : minutes)
  return hour > 23 || minute > 59 || (half !== '' && Number(hours) > 12) ? undefined : { hour, minute }
}
