import type { Problem } from '../../../kernel/problem.ts'
import type { Action, Field } from '../../../ui/models.ts'
import { contactState, type Contact, type ContactDetails } from './model.ts'

/** What a form holds before anybody typed in it. */
export const NEW_CONTACT: Readonly<Record<string, unknown>> = { receivesBulletins: 'yes' }

/** A contact as the fields of the form hold it. */
export function asTyped(details: ContactDetails): Readonly<Record<string, unknown>> {
  return { ...details, outOfHours: details.isOutOfHours ? 'yes' : '', receivesBulletins: details.receivesBulletins ? 'yes' : '' }
}

export function contactFields(typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]): readonly Field[] {
  const held = (name: string) => {
    const value = typed[name]
    return { name, value: typeof value === 'string' ? value : '', error: problems.find(problem => problem.pointer === name)?.message }
  }
  return [
    { ...held('name'), label: 'Name', kind: 'text', hint: 'A person, or a desk such as "IT service desk"' },
    { ...held('purpose'), label: 'What are they for?', kind: 'text', hint: 'Such as "Cyber lead", "Service desk" or "On call"' },
    { ...held('email'), label: 'E-mail address', kind: 'email', optional: true },
    { ...held('mobile'), label: 'Mobile', kind: 'tel', width: 20, optional: true },
    { ...held('phone'), label: 'Telephone', kind: 'tel', width: 20, optional: true },
    { ...held('outOfHours'), label: 'Can be reached at night and at weekends', kind: 'checkbox', value: typed['outOfHours'] === 'yes' },
    { ...held('receivesBulletins'), label: 'Gets bulletins by e-mail', kind: 'checkbox', value: typed['receivesBulletins'] === 'yes' },
  ]
}

/** What can be done with a contact besides changing it. */
export function contactActions(path: string): readonly Action[] {
  return [
    { label: 'I have just reached them', href: `${path}/prove`, method: 'post', variant: 'secondary' },
    { label: 'Stop using this contact', href: `${path}/end`, method: 'post', variant: 'warning' },
  ]
}

/** How the contact stands, for the page. */
export function contactStanding(contact: Contact) {
  return { state: contactState(contact), provedAt: contact.lastProvedAt, failedAt: contact.lastFailedAt, failure: contact.lastFailure }
}
