import { addDays, addHours, londonDate, londonInstant, parseLocalDate, type Instant, type LocalDate } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { isResponseState, LONGEST_NOTE, OTHER_REASON, RESPONSE_STATES, type Answer, type MaintenanceWindow, type Reason } from './model.ts'

/** The furthest that a date may lie ahead: further is a plan without an end. */
const FURTHEST_DAYS = 366
export const LONGEST_LINE = 300
/** The longest that a maintenance window may last, in hours. */
const LONGEST_WINDOW = 168

/** An answer as it came from a form, a file or a command, unchecked. A date in one piece, or as its three parts. */
export type TypedAnswer = Readonly<Record<string, unknown>>

export type ReadAnswer = { readonly ok: true; readonly answer: Answer } | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Reads an answer. `reasons` are those of today's policy. The problems point at the fields `state`, `note`, `reasonCode`, `reason`, `reviewOn`,
 * `nextDate`, `owner`, `evidence`, `evidenceSha256` and `windowDate`; what was typed stays with the caller.
 */
export function readAnswer(typed: TypedAnswer, now: Instant, reasons: readonly Reason[]): ReadAnswer {
  const state = textOf(typed, 'state')
  if (!isResponseState(state)) return { ok: false, problems: [problem('state', 'Choose an answer')] }
  const { needs } = RESPONSE_STATES[state]
  const problems: Problem[] = []
  const complain = (pointer: string, message: string) => void problems.push(problem(pointer, message))
  const note = textOf(typed, 'note')
  if (note.length > LONGEST_NOTE) complain('note', `Use ${LONGEST_NOTE} characters or fewer for the note`)
  const line = (name: string) => {
    const text = cleanLine(textOf(typed, name))
    if (text.length > LONGEST_LINE) complain(name, `Use ${LONGEST_LINE} characters or fewer`)
    return text === '' ? null : text
  }
  const nextDate = needs === 'date' ? readDate(typed, 'nextDate', now, 'Give the date by which you will say more', complain) : null
  const why = needs === 'reason' ? readReason(typed, now, reasons, complain) : { reasonCode: null, reason: null, reviewOn: null }
  const evidenceSha256 = textOf(typed, 'evidenceSha256').toLowerCase().replaceAll(/\s/g, '')
  if (!/^([0-9a-f]{64})?$/.test(evidenceSha256))
    complain('evidenceSha256', 'A SHA-256 has 64 characters, 0 to 9 and a to f. Leave it empty if you have none')
  const answer = {
    state,
    note: note === '' ? null : note,
    nextDate,
    ...why,
    isShared: { yes: true, no: false }[textOf(typed, 'share')] ?? null,
    owner: line('owner'),
    evidence: line('evidence'),
    evidenceSha256: evidenceSha256 === '' ? null : evidenceSha256,
    window: readWindow(typed, now, complain),
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, answer }
}

type Complain = (pointer: string, message: string) => void

/** A code of the list, words, or both; and the day on which it is looked at again. */
function readReason(typed: TypedAnswer, now: Instant, reasons: readonly Reason[], complain: Complain) {
  const words = textOf(typed, 'reason')
  const typedCode = textOf(typed, 'reasonCode')
  const reasonCode = typedCode === '' && words !== '' ? OTHER_REASON : typedCode
  const known = reasons.find(({ code }) => code === reasonCode)
  if (reasonCode === '') complain('reasonCode', 'Say why you choose not to act')
  else if (known === undefined) complain('reasonCode', 'Choose a reason from the list')
  else if (known.needsWords && words === '') complain('reason', 'Say why in your own words. One sentence is enough')
  if (words.length > LONGEST_NOTE) complain('reason', `Use ${LONGEST_NOTE} characters or fewer for the reason`)
  const reviewOn = isEmptyDate(typed, 'reviewOn') ? londonDate(addDays(now, known?.reviewDays ?? 0)) : readDate(typed, 'reviewOn', now, '', complain)
  return { reasonCode, reason: words === '' ? null : words, reviewOn }
}

/** A day, a time of the clock, and for how many hours; all of them or none. */
function readWindow(typed: TypedAnswer, now: Instant, complain: Complain): MaintenanceWindow | null {
  const [time, hours, stops, agreedBy] = ['windowTime', 'windowHours', 'windowStops', 'windowAgreedBy'].map(name => cleanLine(textOf(typed, name)))
  if (isEmptyDate(typed, 'windowDate') && !time && !hours && !stops && !agreedBy) return null
  const date = readDate(typed, 'windowDate', now, 'Give the day of the maintenance window', complain)
  const clock = /^([01]?\d|2[0-3])[:.]?([0-5]\d)$/.exec(time ?? '')
  if (clock === null) complain('windowTime', 'Give the time at which it starts, such as 22:00')
  const length = Number(hours)
  if (!(length > 0 && length <= LONGEST_WINDOW)) complain('windowHours', `Give for how many hours, up to ${LONGEST_WINDOW}`)
  if (!stops) complain('windowStops', 'Say what stops meanwhile')
  if ([stops, agreedBy].some(text => (text ?? '').length > LONGEST_LINE)) complain('windowStops', `Use ${LONGEST_LINE} characters or fewer`)
  if (date === null || clock === null || !(length > 0)) return null
  const from = londonInstant(date, Number(clock[1]), Number(clock[2]))
  return { from, to: addHours(from, length), stops: stops ?? '', agreedBy: agreedBy ? agreedBy : null }
}

function isEmptyDate(typed: TypedAnswer, name: string): boolean {
  return [name, `${name}-day`, `${name}-month`, `${name}-year`].every(part => textOf(typed, part) === '')
}

function readDate(typed: TypedAnswer, name: string, now: Instant, whenMissing: string, complain: Complain): LocalDate | null {
  if (isEmptyDate(typed, name)) {
    complain(name, whenMissing)
    return null
  }
  const [day, month, year] = [textOf(typed, `${name}-day`), textOf(typed, `${name}-month`), textOf(typed, `${name}-year`)]
  const whole = textOf(typed, name)
  const date = parseLocalDate(whole === '' ? `${year.padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}` : whole)
  if (date === undefined) complain(name, 'Enter a date that exists, such as 27 3 2027')
  else if (date < londonDate(now)) complain(name, 'Enter a date that is today or later')
  else if (date > londonDate(addDays(now, FURTHEST_DAYS))) complain(name, 'Enter a date within the next year')
  else return date
  return null
}

export function textOf(typed: TypedAnswer, name: string): string {
  const value = typed[name]
  return typeof value === 'string' ? cleanText(value).trim() : ''
}

function problem(pointer: string, message: string): Problem {
  return { rule: `broadcast.response.${pointer}`, pointer, severity: 'error', message }
}
