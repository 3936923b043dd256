import { Conflict } from './errors.ts'

/**
 * A lifecycle: status × action → what follows. One table a thing; the checks, buttons, error texts, diagram and tests
 * are all derived from it, so that a rule is changed in one place.
 */
export interface Transition<Status extends string> {
  readonly next: Status
  /** The permission that the actor needs. */
  readonly permission: string
  /** What the button says. */
  readonly label: string
  /** What the page says once it is done. */
  readonly banner: string
  /** Whether the actor must say why. */
  readonly reason: 'required' | 'optional' | 'none'
  /** Further rules, in words for the diagram; the command checks them. */
  readonly needs?: string
}

export type Lifecycle<Status extends string, Action extends string> = Readonly<Record<Status, Readonly<Partial<Record<Action, Transition<Status>>>>>>

/** The actions that the table offers in a status, in the order of the table. */
export function actionsIn<S extends string, A extends string>(lifecycle: Lifecycle<S, A>, status: S): readonly A[] {
  return Object.keys(lifecycle[status]) as A[]
}

/** The transition, or `Conflict` with a sentence that says what can be done instead. */
export function transition<S extends string, A extends string>(lifecycle: Lifecycle<S, A>, thing: string, status: S, action: A): Transition<S> {
  const found = lifecycle[status][action]
  if (found !== undefined) return found
  const offered = actionsIn(lifecycle, status)
    .map(name => lifecycle[status][name]?.label.toLowerCase())
    .filter(label => label !== undefined)
  const instead = offered.length === 0 ? 'Nothing more can be done with it.' : `You can ${offered.join(', ')}.`
  throw new Conflict(
    'kernel.lifecycle.not-offered',
    `This ${thing} is ${status.replaceAll('-', ' ')}, so that cannot be done now. ${instead}`,
    `${thing}: ${status} × ${action}`,
  )
}

/** The table as a Mermaid state diagram, for `docs/generated`. */
export function lifecycleDiagram<S extends string, A extends string>(lifecycle: Lifecycle<S, A>): string {
  const lines = (Object.keys(lifecycle) as S[]).flatMap(status =>
    actionsIn(lifecycle, status).map(action => `  ${status} --> ${lifecycle[status][action]?.next ?? status}: ${action}`),
  )
  return ['stateDiagram-v2', ...lines, ''].join('\n')
}
