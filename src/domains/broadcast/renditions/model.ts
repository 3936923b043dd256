import { ZONE, type Instant } from '../../../kernel/instant.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import { carriesContent } from '../bulletins/clearance.ts'
import { fiveLines, severityLabel, type BulletinContent, type BulletinSeverity } from '../bulletins/model.ts'
import { cutTo, partsOf, roomIn, septets, toGsm } from './gsm.ts'

/** What a rendition is made of: one record, whoever it is for. */
export interface Rendered {
  readonly title: string
  readonly severity: BulletinSeverity
  readonly tlp: Tlp
  readonly respondBy: Instant | null
  readonly isExercise: boolean
  readonly content: BulletinContent
}

export interface TextMessage {
  readonly text: string
  /** As they travel: three at most. */
  readonly parts: readonly string[]
  readonly septets: number
}

const MOST_PARTS = 3
/** A title longer than this leaves too little room for what to do. */
const LONGEST_TITLE = 110

const shortTime = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: ZONE,
})

/**
 * The text message that tells of a bulletin, in the GSM alphabet and in three parts at most: who sends it, the number, what to do, by when and
 * the link. The link is never cut: what there is to say gives way. Above GREEN it says only that there is a bulletin, and where to read it.
 * `checkCode` is what the reader can compare with the bulletin's page.
 */
export function textMessage(told: Rendered, number: string, link: string, checkCode: string | null = null): TextMessage {
  const severity = severityLabel(told.severity)
  const before = toGsm(`${told.isExercise ? 'EXERCISE. ' : ''}CareCERT ${number} ${severity} TLP:${told.tlp}: `)
  const by = told.respondBy === null ? '' : ` Answer by ${shortTime.format(told.respondBy)}.`
  const code = checkCode === null ? '' : ` Code ${checkCode}.`
  const after = toGsm(`${by}${code} ${link}${told.isExercise ? ' EXERCISE' : ''}`)
  const room = roomIn(MOST_PARTS) - septets(before) - septets(after)
  const text = `${before}${textBody(told, Math.max(room, 0))}${after}`
  return { text, parts: partsOf(text), septets: septets(text) }
}

function textBody(told: Rendered, room: number): string {
  if (!carriesContent('text', told.tlp)) return cutTo('Sign in to read it.', room)
  const title = ended(cutTo(toGsm(told.title), Math.min(LONGEST_TITLE, room)))
  const left = room - septets(title) - 1
  const doThis = left < 10 ? '' : ended(cutTo(toGsm(fiveLines(told.content).doThis), left - 1))
  return cutTo([title, doThis].filter(part => part !== '').join(' '), room)
}

/** With the stop that closes a sentence, if it has none. */
function ended(text: string): string {
  return text === '' || /[.!?:]$/.test(text) ? text : `${text}.`
}
