import { londonDate, type Instant } from '../../../kernel/instant.ts'
import type { Field } from '../../../ui/models.ts'
import { bulletinNumber, fiveLines, mailsContent, severityLabel, type BulletinContent } from '../bulletins/model.ts'
import type { Bulletin, BulletinUpdate } from '../bulletins/queries.ts'
import { groupWords } from '../sharing-groups/model.ts'
import { detailFields, errorIn, sharingField, textIn, type Typed } from './detail-fields.ts'
import { LONGEST_NOTE, nextDateChoices, RESPONSE_STATES, type GivenAnswer, type Reason, type ResponseState } from './model.ts'
import { questionViews, type Recipient } from './queries.ts'

/**
 * What stands at the top of an answer link's page. Above GREEN nothing of the bulletin: whoever holds the link has not signed in. `news`: the update
 * with which everybody was asked to answer again.
 */
export function linkedBulletin(bulletin: Bulletin, content: BulletinContent, recipient: Recipient, news: BulletinUpdate | undefined) {
  const number = bulletinNumber(bulletin.number)
  const { what, doThis } = fiveLines(content)
  const isOpen = mailsContent(bulletin.tlp)
  return {
    number,
    tlp: bulletin.tlp,
    severity: severityLabel(bulletin.severity),
    title: isOpen ? bulletin.title : null,
    sharingGroup: isOpen && bulletin.sharingGroup !== null ? groupWords(bulletin.sharingGroup) : null,
    lines: isOpen ? { what, doThis } : null,
    isAskedAgain: recipient.isAskedAgain,
    news: isOpen && news !== undefined ? news.title : null,
    respondBy: bulletin.respondBy,
    readAddress: `/bulletins/${number}`,
    organisation: recipient.organisationName,
    isWithdrawn: bulletin.state === 'withdrawn',
    isReplaced: bulletin.supersededBy !== null,
    withdrawnReason: isOpen ? bulletin.withdrawnReason : null,
  }
}

/** The questions with their buttons, those open next first. */
export function answerPage(input: {
  readonly action: string
  readonly recipient: Recipient
  readonly typed: Typed
  readonly sharesDetail: boolean
  readonly mayShare: boolean
}) {
  return {
    action: input.action,
    questions: questionViews(input.recipient),
    note: textIn(input.typed, 'note'),
    longestNote: LONGEST_NOTE,
    share: input.mayShare ? sharingField(input.typed, input.sharesDetail) : null,
    sharesDetail: input.sharesDetail,
  }
}

/** The second page of an answer: what the chosen state needs first, with what was typed or said before; the detail after it. */
export function morePage(input: {
  readonly action: string
  readonly state: ResponseState
  readonly typed: Typed
  readonly now: Instant
  readonly values: Readonly<Record<string, string>>
  readonly reasons: readonly Reason[]
  readonly sharesDetail: boolean
  readonly mayShare: boolean
  /** The newest answer: when it is the same, its detail is filled in. */
  readonly current: GivenAnswer | null
  readonly problems?: readonly { pointer: string; message: string }[]
}) {
  const { needs, label, says } = RESPONSE_STATES[input.state]
  const problems = input.problems ?? []
  const typed =
    input.typed['more'] === 'yes' || input.current?.state !== input.state ? input.typed : typedAgain(input.current, input.typed, input.now)
  const note: Field = {
    name: 'note',
    label: 'Note',
    kind: 'textarea',
    rows: 3,
    optional: true,
    maxlength: LONGEST_NOTE,
    value: textIn(typed, 'note'),
    error: errorIn(problems, 'note'),
  }
  const isDecided = RESPONSE_STATES[input.state].isDecided
  const hasWindow = isDecided && input.state !== 'not-applicable' && input.state !== 'done'
  // Words beside a reason are a note already: a second field for them would only make a small page longer.
  const detail = [...(needs === 'reason' ? [note] : []), ...detailFields(typed, problems, hasWindow)]
  return {
    action: input.action,
    state: input.state,
    label,
    says,
    needs,
    values: { ...input.values, state: input.state, more: 'yes' },
    dates: needs === 'date' ? nextDateChoices(input.now) : [],
    // What a tap on one of the dates takes along: moving the date loses nothing else that was said.
    carried: Object.fromEntries(CARRIED.flatMap(name => (textIn(typed, name) === '' ? [] : [[name, textIn(typed, name)]]))),
    fields: [
      ...(needs === 'date' ? [dateField(typed, problems, 'nextDate', 'Another date')] : []),
      ...(needs === 'reason' ? reasonFields(typed, problems, input.reasons) : []),
      ...(needs === 'reason' ? [] : [note]),
    ],
    detail,
    // Open where something in it is wrong or was said before: what is hidden cannot be put right.
    isDetailOpen: detail.some(({ error, value }) => error !== undefined || (typeof value === 'string' && value !== '')),
    share: input.mayShare ? sharingField(typed, input.sharesDetail) : null,
    sharesDetail: input.sharesDetail,
  }
}

function dateField(typed: Typed, problems: readonly { pointer: string; message: string }[], name: string, label: string, hint?: string): Field {
  return {
    name,
    label,
    kind: 'date',
    hint: hint ?? 'For example, 27 3 2027',
    value: { day: textIn(typed, `${name}-day`), month: textIn(typed, `${name}-month`), year: textIn(typed, `${name}-year`) },
    error: errorIn(problems, name),
  }
}

function reasonFields(typed: Typed, problems: readonly { pointer: string; message: string }[], reasons: readonly Reason[]): readonly Field[] {
  return [
    {
      name: 'reasonCode',
      label: 'We choose not to act, because …',
      kind: 'radios',
      value: textIn(typed, 'reasonCode'),
      error: errorIn(problems, 'reasonCode'),
      options: reasons.map(reason => ({ value: reason.code, text: reason.label, hint: reason.says })),
    },
    {
      name: 'reason',
      label: 'In your own words',
      kind: 'textarea',
      rows: 3,
      maxlength: LONGEST_NOTE,
      hint: 'Needed for another reason only.',
      value: textIn(typed, 'reason'),
      error: errorIn(problems, 'reason'),
    },
    dateField(
      typed,
      problems,
      'reviewOn',
      'When will you look at it again?',
      `Left empty: in ${reviewDaysWords(reasons)} days, as the reason has it`,
    ),
  ]
}

function reviewDaysWords(reasons: readonly Reason[]): string {
  const days = reasons.map(({ reviewDays }) => reviewDays)
  const [least, most] = [Math.min(...days), Math.max(...days)]
  return least === most ? `${least}` : `${least} to ${most}`
}

const CARRIED = [
  'note',
  'owner',
  'evidence',
  'evidenceSha256',
  'windowDate-day',
  'windowDate-month',
  'windowDate-year',
  'windowTime',
  'windowHours',
  'windowStops',
  'windowAgreedBy',
  'share',
] as const

/** An answer as its form would have been typed. A day that is over is left out: nobody can mean it again. */
function typedAgain(answer: GivenAnswer, typed: Typed, now: Instant): Typed {
  const today = londonDate(now)
  const [reviewYear, reviewMonth, reviewDay] = answer.reviewOn !== null && answer.reviewOn >= today ? answer.reviewOn.split('-') : []
  const window = answer.window !== null && londonDate(answer.window.from) >= today ? answer.window : null
  return {
    note: answer.note ?? '',
    reason: answer.reason ?? '',
    reasonCode: answer.reasonCode ?? '',
    'reviewOn-day': reviewDay ?? '',
    'reviewOn-month': reviewMonth ?? '',
    'reviewOn-year': reviewYear ?? '',
    owner: answer.owner ?? '',
    evidence: answer.evidence ?? '',
    evidenceSha256: answer.evidenceSha256 ?? '',
    share: answer.isShared ? 'yes' : 'no',
    ...(window === null ? {} : typedWindow(window)),
    ...Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== '')),
  }
}

function typedWindow(window: NonNullable<GivenAnswer['window']>): Typed {
  const { day, month, year, time } = londonParts(window.from)
  return {
    'windowDate-day': day,
    'windowDate-month': month,
    'windowDate-year': year,
    windowTime: time,
    windowHours: String((window.to.getTime() - window.from.getTime()) / 3_600_000),
    windowStops: window.stops,
    windowAgreedBy: window.agreedBy ?? '',
  }
}

function londonParts(at: Instant) {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', dateStyle: 'short', timeStyle: 'short' })
  const [date = '', time = ''] = format.format(at).split(', ')
  const [day = '', month = '', year = ''] = date.split('/')
  return { day, month, year, time }
}
