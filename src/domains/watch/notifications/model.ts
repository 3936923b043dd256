import { z } from 'zod'
import type { Instant } from '../../../kernel/instant.ts'
import type { IntelligenceItem } from '../../../kernel/intelligence.ts'
import type { Severity } from '../../../kernel/severity.ts'
import { shorten } from '../../../kernel/text.ts'
import type { Tlp } from '../../../kernel/tlp.ts'

/** What kind of incident it is, as far as the sender knows. In the order of the form. */
export const INCIDENT_KINDS = {
  'not-sure': 'Not sure',
  malware: 'Ransomware or another virus',
  intrusion: 'Somebody got in who should not',
  phishing: 'Deceiving messages (phishing)',
  'data-breach': 'Data lost, stolen or seen by the wrong person',
  outage: 'A system is down',
  supplier: 'Something at a supplier',
  other: 'Something else',
} as const

export type IncidentKind = keyof typeof INCIDENT_KINDS

export function isIncidentKind(text: string): text is IncidentKind {
  return Object.hasOwn(INCIDENT_KINDS, text)
}

/** The kinds as the title of an item says them: "Ransomware or another virus reported by …". */
const KIND_TITLES: Readonly<Record<IncidentKind, string>> = {
  'not-sure': 'Incident',
  malware: 'Ransomware or another virus',
  intrusion: 'Intrusion',
  phishing: 'Phishing',
  'data-breach': 'Data breach',
  outage: 'System outage',
  supplier: 'Incident at a supplier',
  other: 'Incident',
}

export const CARE = ['affected', 'unknown', 'not-affected'] as const
export type Care = (typeof CARE)[number]

export const CARE_WORDS: Readonly<Record<Care, string>> = {
  affected: 'Care is affected',
  unknown: 'Not known yet whether care is affected',
  'not-affected': 'Care is not affected',
}

/** How the organisation was recognised. By code or name anybody could have claimed to be it. */
export type RecognisedBy = 'person' | 'code' | 'name' | 'centre'
export type Via = 'form' | 'api' | 'file'

/** `suspected` and `spam` stand apart from the others and have no threat, or a withdrawn one. None is ever deleted. */
export const STANDINGS = ['taken', 'suspected', 'spam'] as const
export type Standing = (typeof STANDINGS)[number]

export type Acknowledgement = 'waiting' | 'sent' | 'refused' | 'withheld'
export type NoteKind = 'rang' | 'organisation' | 'spam' | 'not-spam'

/** What was reported, once its fields are read. */
export interface Report {
  readonly what: string
  readonly kind: IncidentKind
  readonly since: string
  readonly care: Care
  readonly peopleAffected: number | null
  /** A name or an ODS code, as typed. */
  readonly organisation: string
  readonly name: string | null
  readonly phone: string | null
  readonly email: string | null
  readonly mayCall: boolean
  readonly shareWithRegion: boolean
  /** When it was written, where that was before it was sent: a browser keeps it while there is no network. */
  readonly writtenAt: Instant | null
}

const NUMBER = /^IN-(\d{4})-(\d{4,})$/

/** `IN-2026-0001`: the year in London, and a count that starts anew with each. */
export function notificationNumber(year: number, sequence: number): string {
  return `IN-${year}-${String(sequence).padStart(4, '0')}`
}

/** The number as people type it, in its one form; `undefined` for what is none. */
export function parseNotificationNumber(text: string): string | undefined {
  const [, year = '', sequence = ''] = NUMBER.exec(text.trim().toUpperCase()) ?? []
  return year === '' ? undefined : notificationNumber(Number(year), Number(sequence))
}

/** The shortest time in which a person can open the form, read it and fill it in. */
const FASTEST_MILLIS = 3_000

/** What the rules on spam look at. Counts are without this one. */
export interface SpamFacts {
  /** Whether a field that people do not see was filled in. */
  readonly isTrapSprung: boolean
  /** How long the form was open. `null` when the proof of it is missing or not ours, `undefined` when none is asked for (the API). */
  readonly openMillis: number | null | undefined
  readonly what: string
  readonly isOrganisationRecognised: boolean
  /** From the same network within an hour. */
  readonly fromNetwork: number
  /** From anybody who was not signed in, within an hour. */
  readonly fromAnybody: number
  /** Of the same organisation within an hour. */
  readonly ofOrganisation: number
  /** With the same words within a day. */
  readonly sameWords: number
}

interface SpamRule {
  readonly code: string
  /** Why it is kept apart, for the centre. */
  readonly why: string
  applies(facts: SpamFacts): boolean
}

/**
 * What makes a report suspected spam. Such a report gets its number like any other, and is kept apart where the centre sees it, so that
 * a flood buries nobody: the first of each organisation within an hour is taken even while a flood is on. What was sent by somebody who is
 * signed in is never suspected.
 */
const SPAM_RULES = [
  { code: 'trap', why: 'A field was filled in that people do not see', applies: facts => facts.isTrapSprung },
  {
    code: 'too-fast',
    why: 'It was sent faster than a person fills in the form',
    applies: facts => typeof facts.openMillis === 'number' && facts.openMillis < FASTEST_MILLIS,
  },
  { code: 'no-form', why: 'It did not come from a form that we showed', applies: facts => facts.openMillis === null },
  { code: 'links', why: 'It holds links written for web pages', applies: facts => /<a\s+href|\[url[\]=]/i.test(facts.what) },
  { code: 'same-words', why: 'The same words came several times today', applies: facts => facts.sameWords >= 3 },
  { code: 'network-flood', why: 'Many came from one network within an hour', applies: facts => facts.fromNetwork >= (isFirst(facts) ? 100 : 20) },
  { code: 'flood', why: 'Many came from everywhere within an hour', applies: facts => facts.fromAnybody >= 120 && !isFirst(facts) },
] as const satisfies readonly SpamRule[]

export type Suspicion = (typeof SPAM_RULES)[number]['code']

function isFirst(facts: SpamFacts): boolean {
  return facts.isOrganisationRecognised && facts.ofOrganisation === 0
}

/** Why it may be spam; empty for what nothing speaks against. */
export function suspicionsOf(facts: SpamFacts): Suspicion[] {
  return SPAM_RULES.filter(rule => rule.applies(facts)).map(rule => rule.code)
}

export function suspicionWords(code: string): string {
  return SPAM_RULES.find(rule => rule.code === code)?.why ?? code
}

/** More than these from people who are not signed in, and the next are asked to ring instead: what is stored has a bound. */
export const MOST_AN_HOUR = { network: 200, anybody: 3_000 }

/** How much mail strangers can make us send. */
const MOST_MAILS = { toAddressAnHour: 1, toAddressADay: 3, forNetworkAnHour: 10, forAnybodyAnHour: 200 }

export interface MailFacts {
  readonly toAddressLastHour: number
  readonly toAddressLastDay: number
  readonly forNetworkLastHour: number
  readonly forAnybodyLastHour: number
}

/** Whether the mail with the number may go out, so that nobody is made to send mail to people who reported nothing. */
export function mayAcknowledge(counts: MailFacts): boolean {
  return (
    counts.toAddressLastHour < MOST_MAILS.toAddressAnHour &&
    counts.toAddressLastDay < MOST_MAILS.toAddressADay &&
    counts.forNetworkLastHour < MOST_MAILS.forNetworkAnHour &&
    counts.forAnybodyLastHour < MOST_MAILS.forAnybodyAnHour
  )
}

/** A notification as far as its item needs. */
export interface NotificationFacts {
  readonly number: string
  readonly kind: IncidentKind
  readonly what: string
  readonly care: Care
  readonly since: string
  readonly peopleAffected: number | null
  readonly organisation: { readonly code: string; readonly name: string } | null
  readonly isConfirmed: boolean
  readonly receivedAt: Instant
  readonly tlp: Tlp
  readonly isWithdrawn: boolean
}

/**
 * The item of a notification. Its title holds nothing that the sender wrote, and it names no CVE and no product, so that nobody can tie it
 * to another threat by what they write. `summary` and `bulletinTitle` are without narrative and name: a bulletin's draft begins with them.
 */
export function itemOf(facts: NotificationFacts): IntelligenceItem {
  const { number, kind, care, organisation } = facts
  const size = facts.peopleAffected === null ? '' : ` About ${facts.peopleAffected.toLocaleString('en-GB')} people are concerned.`
  return {
    externalId: number,
    title: `${KIND_TITLES[kind]} reported by ${organisation?.name ?? 'an organisation not recognised yet'} (${number})`,
    summary: `${KIND_TITLES[kind]}. ${CARE_WORDS[care]}.${size}`,
    // A bulletin's draft takes over the addresses of its items, and this one is nobody else's.
    url: null,
    published: facts.receivedAt,
    updated: null,
    cves: [],
    severity: severityOf(care),
    cvssTenths: null,
    products: [],
    kev: null,
    tlp: facts.tlp,
    withdrawn: facts.isWithdrawn,
    references: [],
    details: {
      notes: [
        { category: 'description', title: 'What is happening', text: facts.what },
        { category: 'description', title: 'Since when', text: facts.since },
      ],
      organisation: organisation?.code ?? null,
      bulletinTitle: KIND_TITLES[kind],
      isConfirmed: facts.isConfirmed,
      isCareAffectedReported: care === 'affected' && organisation !== null,
      threatType: kind === 'not-sure' || kind === 'other' ? null : KIND_TITLES[kind],
    },
  }
}

/** How pressing it is where the rule on affected care does not decide. */
function severityOf(care: Care): Severity {
  return care === 'not-affected' ? 'medium' : 'high'
}

/** The first words of what is happening, for a list. */
export function gist(what: string): string {
  return shorten(what.replace(/\s+/g, ' '), 140)
}

/** Tells items and threats what stands in notifications. It looks at everything that waits, so one at a time is enough. */
export const UNDERSTAND_NOTIFICATIONS = { name: 'watch.understand-notifications', payload: z.object({}), atMostOneWaiting: true }

/** Sends the mail with the number. */
export const ACKNOWLEDGE_NOTIFICATION = { name: 'watch.acknowledge-notification', payload: z.strictObject({ notificationId: z.string() }) }

/** Forgets from which networks notifications came, once no flood can be counted by it. */
export const TIDY_NOTIFICATIONS = { name: 'watch.tidy-notifications', payload: z.object({}) }
