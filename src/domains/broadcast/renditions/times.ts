import { ZONE, type Instant } from '../../../kernel/instant.ts'

const time = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: ZONE,
})

/** "Saturday 27 March at 17:00", in London: as one says it. */
export function londonTimeWords(at: Instant): string {
  return time.format(at)
}
