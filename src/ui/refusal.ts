import type { Action } from './models.ts'

/** An action with a reason that was refused: where it was sent, what was typed, and what was wrong. */
export interface Refusal {
  /** The action's `href`. */
  readonly href: string
  readonly reason: string
  readonly message: string
}

/** What a page shows after a refusal, so that no reason that somebody typed is lost. */
export interface AfterRefusal {
  readonly actions: readonly Action[]
  /** What was typed, where the page no longer offers the action that it was typed for; else `null`. */
  readonly keptReason: string | null
}

/** The actions of a page to which a refused one comes back: it stands open, with what was typed and what is wrong. */
export function afterRefusal(actions: readonly Action[], refusal: Refusal | null): AfterRefusal {
  if (refusal === null) return { actions, keptReason: null }
  const { href, reason, message } = refusal
  const isOffered = actions.some(action => action.href === href && (action.reason ?? 'none') !== 'none')
  if (!isOffered) return { actions, keptReason: reason === '' ? null : reason }
  return { actions: actions.map(action => (action.href === href ? { ...action, refused: { reason, message } } : action)), keptReason: null }
}
