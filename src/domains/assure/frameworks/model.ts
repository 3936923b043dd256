import type { ScoringRule } from './scoring.ts'

/** What an outcome can come out as. A framework lists its levels from the best to the worst: a level's rank is its place in the list. */
export interface Level {
  readonly code: string
  readonly label: string
  readonly tone: 'good' | 'partial' | 'bad'
}

export type FrameworkSubject = 'organisation' | 'service'

/** A framework without its tree. Its key is code and version: a code of an outcome means something only within the two. */
export interface Framework {
  readonly id: string
  readonly code: string
  readonly version: string
  readonly name: string
  readonly description: string
  readonly publisher: string
  readonly source: string
  readonly licence: string
  readonly subject: FrameworkSubject
  readonly rule: ScoringRule
  readonly levels: readonly Level[]
}

/** A part of the tree that holds others: an objective, a principle, a chapter. */
export interface Group {
  readonly code: string
  readonly parentCode: string | null
  readonly title: string
  readonly description: string
  readonly position: number
}

/** What a review decides: it has a status. */
export interface Outcome extends Group {
  /** The levels that it can have, the best first: some have no partial one. */
  readonly levels: readonly string[]
}

/** One statement that is answered yes or no, and speaks for one level of its outcome. */
export interface Indicator {
  readonly code: string
  readonly outcomeCode: string
  readonly level: string
  readonly text: string
  readonly position: number
}

/** What is shown for a status that is a level, or one of the two that are not. */
export function statusLabel(levels: readonly Level[], status: string): string {
  if (status === 'unanswered') return 'Not answered'
  if (status === 'not-applicable') return 'Does not apply'
  return levels.find(level => level.code === status)?.label ?? status
}
