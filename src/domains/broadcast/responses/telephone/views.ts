import type { Instant } from '../../../../kernel/instant.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import type { CsvLine } from '../../../../platform/csv/csv.ts'
import { exactTime } from '../../../../ui/filters/dates.ts'
import type { Cell, TableModel } from '../../../../ui/models.ts'
import type { Contact } from '../../../directory/contract.ts'
import { bulletinNumber, type BulletinContent } from '../../bulletins/model.ts'
import type { Bulletin } from '../../bulletins/queries.ts'
import { renditionOf } from '../../renditions/model.ts'
import { callFields } from './fields.ts'
import { CALL_OUTCOMES, isCallOutcome } from './model.ts'
import type { PastCall, RingList, ToRing } from './queries.ts'

const outcomeWords = (outcome: string) => (isCallOutcome(outcome) ? CALL_OUTCOMES[outcome].label : outcome)

export const CSV_HEAD = ['Organisation', 'Code', 'Type', 'Runs it', 'Can be mailed', 'Calls', 'Last outcome', 'Last call', 'Ring again', 'Numbers']

export function csvLine(row: ToRing & { readonly numbers: string | null }): CsvLine {
  return [
    row.name,
    row.code,
    row.type,
    row.runs ? 'yes' : 'no',
    row.isReachable ? 'yes' : 'no',
    row.calls,
    row.lastOutcome === null ? null : outcomeWords(row.lastOutcome),
    row.lastAt?.toISOString() ?? null,
    row.callAgainAt?.toISOString() ?? null,
    row.numbers,
  ]
}

/** The list, with the one button that matters: ring the next. */
export function listView(bulletin: Bulletin, { counts, rows }: RingList, now: Instant) {
  const number = bulletinNumber(bulletin.number)
  const address = `/bulletins/${number}`
  return {
    number,
    title: bulletin.title,
    tlp: bulletin.tlp,
    address,
    isExercise: bulletin.isExercise,
    isLive: bulletin.state === 'released',
    counts,
    nextAction: `${address}/telephone/next`,
    csvHref: `${address}/telephone.csv`,
    paperHref: `${address}/telephone/paper`,
    silentHref: `${address}/recipients?stage=silent`,
    chaseHref: `${address}/chase`,
    shown: rows.length,
    table: {
      caption: 'Whom to ring, in this order',
      head: [{ text: 'Organisation' }, { text: 'Why first' }, { text: 'Last call' }, { text: 'Now' }],
      rows: rows.map((row): readonly Cell[] => [
        { text: row.name, href: `${address}/telephone/${encodeURIComponent(row.code)}`, hint: row.code },
        whyFirst(row),
        row.lastAt === null ? 'Not rung yet' : { at: row.lastAt, hint: outcomeWords(row.lastOutcome ?? '') },
        standing(row, now),
      ]),
    } satisfies TableModel,
  }
}

/** The list as it is printed: what to say, and for each organisation its numbers and room to write what came of it. */
export function paperView(
  bulletin: Bulletin,
  content: BulletinContent,
  facts: { readonly rows: readonly (ToRing & { readonly numbers: string | null })[]; readonly total: number; readonly readAddress: string },
) {
  const number = bulletinNumber(bulletin.number)
  return {
    number,
    title: bulletin.title,
    tlp: bulletin.tlp,
    listHref: `/bulletins/${number}/telephone`,
    script: scriptOf(bulletin, content, facts.readAddress),
    total: facts.total,
    shown: facts.rows.length,
    table: {
      caption: 'Whom to ring, in this order',
      head: [{ text: 'Organisation' }, { text: 'Numbers, in this order' }, { text: 'When, who, and what they said' }],
      rows: facts.rows.map((row): readonly Cell[] => [
        { text: row.name, hint: `${row.code}, ${whyFirst(row)}` },
        {
          text: row.numbers ?? 'No number is known',
          hint: row.lastAt === null ? undefined : `${outcomeWords(row.lastOutcome ?? '')}, ${exactTime(row.lastAt)}`,
        },
        '',
      ]),
    } satisfies TableModel,
  }
}

/** The four sentences. */
function scriptOf(bulletin: Bulletin, content: BulletinContent, readAddress: string): string[] {
  const about = { number: bulletinNumber(bulletin.number), address: readAddress }
  return renditionOf('call', { ...bulletin, content }, about).passages.map(({ text }) => text)
}

function whyFirst({ runs, isReachable }: ToRing): string {
  return [...(runs ? ['runs what it is about'] : []), ...(isReachable ? [] : ['cannot be mailed'])].join(', ') || 'has not answered'
}

function standing({ heldById, heldBy, callAgainAt }: ToRing, now: Instant): Cell {
  if (heldById !== null) return `${heldBy ?? 'Somebody'} is ringing them`
  return callAgainAt !== null && callAgainAt > now ? { at: callAgainAt, hint: 'ring again then' } : 'Ring'
}

/** Everything that a caller needs to know of one organisation. */
export interface CallFacts {
  readonly bulletin: Bulletin
  readonly content: BulletinContent
  readonly organisation: { readonly code: string; readonly name: string; readonly phone: string | null }
  readonly contacts: readonly Contact[]
  /** Those contacts whose number was wrong when it was last rung. */
  readonly wrongNumbers: ReadonlySet<string>
  readonly runs: readonly string[]
  readonly calls: readonly PastCall[]
  readonly hold: { readonly by: string | null; readonly isOwn: boolean; readonly until: Instant } | null
  readonly hasAnswered: boolean
  readonly isOutOfHours: boolean
  readonly caller: string
  /** What our text messages about it to them carry. */
  readonly checkCode: string
  /** Where the bulletin is read, in full. */
  readonly readAddress: string
}

/** One organisation, full width: who, the numbers in order, what they run, what is asked, the script, what came of it. */
export function callView(facts: CallFacts, typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]) {
  const { bulletin, organisation, hold } = facts
  const number = bulletinNumber(bulletin.number)
  const address = `/bulletins/${number}/telephone`
  const own = `${address}/${encodeURIComponent(organisation.code)}`
  // Who is on call first when the desks are empty, and last when they are not.
  const contacts = facts.contacts
    .filter(({ phone, mobile }) => phone !== null || mobile !== null)
    .toSorted((a, b) => Number(a.isOutOfHours !== facts.isOutOfHours) - Number(b.isOutOfHours !== facts.isOutOfHours))
  return {
    number,
    title: bulletin.title,
    tlp: bulletin.tlp,
    isExercise: bulletin.isExercise,
    bulletinHref: `/bulletins/${number}`,
    listHref: address,
    name: organisation.name,
    code: organisation.code,
    checkCode: facts.checkCode,
    organisationHref: `/organisations/${encodeURIComponent(organisation.code)}`,
    hasAnswered: facts.hasAnswered,
    hold: hold === null ? null : { ...hold, by: hold.by ?? 'Somebody' },
    // What was typed comes back, whoever answered or took the call meanwhile: in the form, or to be copied.
    isTyped: Object.keys(typed).length > 0,
    kept: [typed['spokeTo'], typed['note']].filter(text => typeof text === 'string' && text.trim() !== '').join('\n'),
    takeAction: `${own}/take`,
    letGoAction: `${own}/let-go`,
    numbers: [
      ...contacts.map(contact => ({
        contact: contact.id,
        name: contact.name,
        purpose: contact.purpose,
        isOutOfHours: contact.isOutOfHours,
        numbers: [contact.phone, contact.mobile].flatMap(digits =>
          digits === null ? [] : [{ text: digits, href: `tel:${digits.replaceAll(/[^+\d]/g, '')}` }],
        ),
        failure: facts.wrongNumbers.has(contact.id) ? 'the number was wrong' : failureWords(contact.lastFailure),
      })),
      ...(organisation.phone === null
        ? []
        : [
            {
              contact: null,
              name: 'Switchboard',
              purpose: 'the number of the organisation',
              isOutOfHours: false,
              numbers: [{ text: organisation.phone, href: `tel:${organisation.phone.replaceAll(/[^+\d]/g, '')}` }],
              failure: null,
            },
          ]),
    ],
    runs: facts.runs,
    opening: `Say who you are, ${facts.caller}, and ask for whoever looks after cyber security at ${organisation.name}. Then:`,
    script: scriptOf(bulletin, facts.content, facts.readAddress),
    calls: facts.calls.map(call => ({ ...call, outcome: outcomeWords(call.outcome) })),
    form: {
      action: own,
      fields: callFields(
        typed,
        contacts.map(({ id, name, phone, mobile }) => ({ id, text: `${name}, ${phone ?? mobile ?? ''}` })),
        name => problems.find(problem => problem.pointer === name)?.message,
      ),
    },
  }
}

/** What a caller should know of the last attempt. A mail server's reply (RFC 5321: three digits first) says to them only that mail came back. */
function failureWords(lastFailure: string | null): string | null {
  return lastFailure !== null && /^[45]\d\d\b/.test(lastFailure) ? 'our mail came back' : lastFailure
}
