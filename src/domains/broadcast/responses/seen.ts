import { parseInstant, type Instant } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { RESPONSE_STATES, type ResponseState } from './model.ts'

/**
 * Two colleagues who answer at once. A form says how far whoever fills it in has seen: when the newest answer came. Where another has come since,
 * theirs is not written over it unseen: they are told of it, and decide.
 */

/** The newest answer of an organisation, as its recipient has it. */
interface Newest {
  readonly response: ResponseState | null
  readonly responseAt: Instant | null
}

/** What the field of `seenField` says: `null` for no answer; `undefined` where there is no such field, as from a machine. */
export function seenIn(typed: Readonly<Record<string, unknown>>): Instant | null | undefined {
  return typeof typed['seen'] === 'string' ? (parseInstant(typed['seen']) ?? null) : undefined
}

/** Whether another answer came than the one that was seen. */
export function isOvertaken({ responseAt }: { readonly responseAt: Instant | null }, seenAt: Instant | null | undefined): boolean {
  return seenAt !== undefined && seenAt?.getTime() !== responseAt?.getTime()
}

export function overtakenWords(response: string | null): string {
  const said = response !== null && Object.hasOwn(RESPONSE_STATES, response) ? `: ${RESPONSE_STATES[response as ResponseState].label}` : ''
  return `Another answer came in meanwhile${said}. Yours was not recorded. Record it only if it takes the place of that one.`
}

/** The same for a page that still asks: it says so at once, and not when all is typed. */
export function overtakenBy(newest: Newest, typed: Readonly<Record<string, unknown>>): readonly Problem[] {
  if (!isOvertaken(newest, seenIn(typed))) return []
  return [{ rule: 'broadcast.response.overtaken', pointer: '', severity: 'error', message: overtakenWords(newest.response) }]
}
