import type { Instant } from '../kernel/instant.ts'
import type { Actor } from './work/actor.ts'
import type { Reader } from './work/read.ts'

/** A part of the first page, as data: the domain that shows the page knows nothing of what it says. */
export interface HomePart {
  /** `promised` stands under what the organisation said it would do; `next-step` has a heading of its own behind the notices, and is the first of what needs somebody of the centre. */
  readonly place: 'promised' | 'next-step'
  /** Shown to those who hold it. */
  readonly permission: string
  /** Read in the actor's own scope, inside the page's one read. It costs a query or two. */
  read(db: Reader<never>, actor: Actor, now: Instant): Promise<readonly HomeLine[]>
}

export interface HomeLine {
  readonly text: string
  readonly href: string
  readonly hint: string | null
  readonly isOverdue: boolean
}
