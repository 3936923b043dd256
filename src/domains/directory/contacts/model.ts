import type { Id } from '../../../kernel/id.ts'
import type { Instant } from '../../../kernel/instant.ts'

/** Somebody, or a desk, to reach at an organisation. A contact needs no account. */
export interface Contact {
  readonly id: Id<'contact'>
  readonly organisationId: Id<'organisation'>
  readonly name: string
  readonly purpose: string
  readonly email: string | null
  readonly mobile: string | null
  readonly phone: string | null
  readonly isOutOfHours: boolean
  readonly receivesBulletins: boolean
  readonly lastProvedAt: Instant | null
  readonly lastFailedAt: Instant | null
  /** What the mail server, or the person who rang, said. */
  readonly lastFailure: string | null
}

export interface ContactDetails {
  readonly name: string
  /** What to reach them for: "Cyber lead", "Service desk", "On call". */
  readonly purpose: string
  readonly email: string | null
  readonly mobile: string | null
  readonly phone: string | null
  readonly isOutOfHours: boolean
  readonly receivesBulletins: boolean
}

/** Whether the contact is known to work: `failed` when the last thing we know is a failure. */
export type ContactState = 'works' | 'failed' | 'unproved'

export function contactState(contact: Pick<Contact, 'lastProvedAt' | 'lastFailedAt'>): ContactState {
  const { lastProvedAt, lastFailedAt } = contact
  if (lastFailedAt !== null && (lastProvedAt === null || lastFailedAt > lastProvedAt)) return 'failed'
  return lastProvedAt === null ? 'unproved' : 'works'
}

/** One contact as a list gives it. */
export interface ContactRow {
  readonly line: number
  readonly organisationCode: string
  readonly details: ContactDetails
}

/** The contact that a row of a list means: the one with its address, or without one, the one with its name and purpose. */
export function contactKey(organisationId: string, details: Pick<ContactDetails, 'name' | 'purpose' | 'email'>): string {
  const own = details.email === null ? ['name', details.name, details.purpose] : ['email', details.email]
  return JSON.stringify([organisationId, ...own.map(part => part.toLowerCase())])
}
