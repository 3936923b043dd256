import type { Instant } from '../../../kernel/instant.ts'
import type { Field } from '../../../ui/models.ts'
import { bulletinNumber, fiveLines, mailsContent, severityLabel, type BulletinContent } from '../bulletins/model.ts'
import type { Bulletin } from '../bulletins/queries.ts'
import { LONGEST_NOTE, nextDateChoices, RESPONSE_STATES, type ResponseState } from './model.ts'
import { answerChoices, type Recipient } from './queries.ts'

/** What stands at the top of an answer link's page. Above GREEN nothing of the bulletin: whoever holds the link has not signed in. */
export function linkedBulletin(bulletin: Bulletin, content: BulletinContent, recipient: Recipient) {
  const number = bulletinNumber(bulletin.number)
  const { what, doThis } = fiveLines(content)
  const isOpen = mailsContent(bulletin.tlp)
  return {
    number,
    tlp: bulletin.tlp,
    severity: severityLabel(bulletin.severity),
    title: isOpen ? bulletin.title : null,
    lines: isOpen ? { what, doThis } : null,
    respondBy: bulletin.respondBy,
    readAddress: `/bulletins/${number}`,
    organisation: recipient.organisationName,
    isWithdrawn: bulletin.state === 'withdrawn',
    withdrawnReason: isOpen ? bulletin.withdrawnReason : null,
  }
}

export function answerPage(input: {
  readonly action: string
  readonly current: ResponseState | null
  readonly typed: Readonly<Record<string, unknown>>
}) {
  return { action: input.action, choices: answerChoices(input.current), note: textOf(input.typed, 'note'), longestNote: LONGEST_NOTE }
}

/** The second page of an answer: the date or the reason that the chosen state needs, with what was typed. */
export function morePage(input: {
  readonly action: string
  readonly state: ResponseState
  readonly typed: Readonly<Record<string, unknown>>
  readonly now: Instant
  readonly values: Readonly<Record<string, string>>
  readonly problems?: readonly { pointer: string; message: string }[]
}) {
  const { needs, label, says } = RESPONSE_STATES[input.state]
  const errorOf = (pointer: string) => input.problems?.find(problem => problem.pointer === pointer)?.message
  const note: Field = {
    name: 'note',
    label: 'Note',
    kind: 'textarea',
    rows: 3,
    optional: true,
    maxlength: LONGEST_NOTE,
    value: textOf(input.typed, 'note'),
    error: errorOf('note'),
  }
  const date: Field = {
    name: 'nextDate',
    label: 'Another date',
    kind: 'date',
    hint: 'For example, 27 3 2027',
    value: { day: textOf(input.typed, 'nextDate-day'), month: textOf(input.typed, 'nextDate-month'), year: textOf(input.typed, 'nextDate-year') },
    error: errorOf('nextDate'),
  }
  const reason: Field = {
    name: 'reason',
    label: 'We choose not to act, because …',
    kind: 'textarea',
    rows: 4,
    maxlength: LONGEST_NOTE,
    value: textOf(input.typed, 'reason'),
    error: errorOf('reason'),
  }
  return {
    action: input.action,
    state: input.state,
    label,
    says,
    needs,
    values: { ...input.values, state: input.state, more: 'yes' },
    dates: needs === 'date' ? nextDateChoices(input.now) : [],
    note: textOf(input.typed, 'note'),
    fields: [...(needs === 'date' ? [date] : []), ...(needs === 'reason' ? [reason] : []), note],
  }
}

function textOf(typed: Readonly<Record<string, unknown>>, name: string): string {
  const value = typed[name]
  return typeof value === 'string' ? value : ''
}
