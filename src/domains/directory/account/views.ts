import type { Problem } from '../../../kernel/problem.ts'
import { withQuery } from '../../../ui/links.ts'
import type { Field, TableModel } from '../../../ui/models.ts'
import { METHOD_LABELS } from './model.ts'
import type { Account } from './queries.ts'

export function accountModel(account: Account, own: { idHash: string; hasPasskeys: boolean }) {
  const others = account.sessions.filter(session => session.idHash !== own.idHash)
  const sessions: TableModel = {
    caption: 'Where you are signed in',
    captionSize: 's',
    head: [{ text: 'Signed in' }, { text: 'With' }, { text: 'Last used' }],
    rows: account.sessions.map(session => [
      { at: session.startedAt, tags: session.idHash === own.idHash ? [{ text: 'This one', colour: 'blue' }] : [] },
      METHOD_LABELS[session.how] ?? session.how,
      { at: session.lastSeenAt },
    ]),
  }
  return {
    ...account,
    sessionTable: sessions,
    others: others.map(session => ({ idHash: session.idHash, startedAt: session.startedAt })),
    hasPasskeys: own.hasPasskeys,
    passkeyName: PASSKEY_NAME,
  }
}

const PASSKEY_NAME: Field = { name: 'name', label: 'A name for it', kind: 'text', hint: 'Such as "Work telephone"', width: 20, optional: true }

/** Where somebody shows again who they are, and then comes back. */
export function signInAgain(to: string): string {
  return withQuery('/sign-in', { again: 'yes', to })
}

function faultOf(problems: readonly Problem[], name: string): string | undefined {
  return problems.find(problem => problem.pointer === name)?.message
}

export function passwordFields(asks: { currentPassword: boolean; code: boolean }, problems: readonly Problem[]): readonly Field[] {
  const current: Field = {
    name: 'currentPassword',
    label: 'Password as it is now',
    kind: 'password',
    autocomplete: 'current-password',
    error: faultOf(problems, 'currentPassword'),
  }
  const next: Field = {
    name: 'newPassword',
    label: 'New password',
    kind: 'password',
    hint: '12 characters or more. Four random words make a good one.',
    autocomplete: 'new-password',
    error: faultOf(problems, 'newPassword'),
  }
  return [...(asks.currentPassword ? [current] : []), next, ...(asks.code ? codeFields(problems) : [])]
}

export function codeFields(problems: readonly Problem[]): readonly Field[] {
  return [
    { name: 'code', label: 'Code that the app shows', kind: 'code', width: 10, autocomplete: 'one-time-code', error: faultOf(problems, 'code') },
  ]
}
