import type { Problem } from '../../../kernel/problem.ts'
import type { Field } from '../../../ui/models.ts'

/** What is wrong with a field, to be shown beside it. */
function faultOf(problems: readonly Problem[], name: string): string | undefined {
  return problems.find(problem => problem.pointer === name)?.message
}

type Typed = Readonly<Record<string, unknown>>

function text(typed: Typed, name: string): string | undefined {
  return typeof typed[name] === 'string' ? typed[name] : undefined
}

export function passwordSetUpFields(problems: readonly Problem[]): readonly Field[] {
  return [
    {
      name: 'password',
      label: 'New password',
      kind: 'password',
      hint: '12 characters or more. Four random words make a good one.',
      autocomplete: 'new-password',
      error: faultOf(problems, 'password'),
    },
    { name: 'code', label: 'Code that the app shows', kind: 'code', width: 10, autocomplete: 'one-time-code', error: faultOf(problems, 'code') },
  ]
}

export function firstAdministratorFields(typed: Typed, problems: readonly Problem[]): readonly Field[] {
  return [
    { name: 'name', label: 'Your name', kind: 'text', value: text(typed, 'name'), autocomplete: 'name', error: faultOf(problems, 'name') },
    {
      name: 'email',
      label: 'Your e-mail address',
      kind: 'email',
      value: text(typed, 'email'),
      autocomplete: 'email',
      error: faultOf(problems, 'email'),
    },
  ]
}

export function recoverFields(typed: Typed, problems: readonly Problem[]): readonly Field[] {
  return [
    {
      name: 'email',
      label: 'Your e-mail address',
      kind: 'email',
      value: text(typed, 'email'),
      autocomplete: 'username',
      error: faultOf(problems, 'email'),
    },
  ]
}

export function recoveryCodeFields(problems: readonly Problem[]): readonly Field[] {
  return [
    {
      name: 'code',
      label: 'Code',
      kind: 'code',
      hint: 'Six digits from your authenticator app, or one of your recovery codes',
      width: 20,
      autocomplete: 'one-time-code',
      error: faultOf(problems, 'code'),
    },
  ]
}
