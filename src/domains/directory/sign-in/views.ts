import type { Instant } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { withQuery } from '../../../ui/links.ts'
import type { Field } from '../../../ui/models.ts'
import type { SampleSignIn } from './queries.ts'

export interface SignInOptions {
  readonly email?: string
  readonly to: string
  /** Whether somebody who is signed in must show again who they are. */
  readonly again?: boolean
  readonly hasPasskeys: boolean
  readonly outsideName: string | null
  readonly samples: readonly SampleSignIn[]
  readonly problems: readonly Problem[]
}

export function signInModel(options: SignInOptions) {
  const fields: Field[] = [
    {
      name: 'email',
      label: 'E-mail address',
      kind: 'email',
      value: options.email,
      autocomplete: 'username',
      error: faultOf(options.problems, 'email'),
    },
    { name: 'password', label: 'Password', kind: 'password', autocomplete: 'current-password', error: faultOf(options.problems, 'password') },
  ]
  return {
    fields,
    to: options.to,
    again: options.again === true,
    hasPasskeys: options.hasPasskeys,
    outside:
      options.outsideName === null ? null : { label: `Sign in with ${options.outsideName}`, href: withQuery('/sign-in/outside', { to: options.to }) },
    samples: options.samples.map(({ label, name, url }) => ({ label, name, href: new URL(url).pathname })),
  }
}

export function codeModel(problems: readonly Problem[] = []) {
  const fields: Field[] = [
    {
      name: 'code',
      label: 'Code',
      kind: 'code',
      hint: 'Six digits from your authenticator app, or one of your recovery codes',
      autocomplete: 'one-time-code',
      width: 20,
      error: faultOf(problems, 'code'),
    },
  ]
  return { fields }
}

/** How long somebody must wait, in words. */
export function retryWords(retryAt: Instant, now: Instant): string {
  const minutes = Math.ceil((retryAt.getTime() - now.getTime()) / 60_000)
  const wait = minutes <= 1 ? 'a minute' : minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`
  return `There were too many wrong tries. Wait ${wait}, then try again.`
}

/** What is wrong with a field, to be shown beside it. */
function faultOf(problems: readonly Problem[], name: string): string | undefined {
  return problems.find(problem => problem.pointer === name)?.message
}
