import type { EngagementKind } from '../engagements/model.ts'
import type { Level } from '../frameworks/model.ts'

/**
 * Whether two assessors see the same facts the same way.
 *
 * 1. Both answer blind; an outcome counts once both have recorded it, as each recorded it first: what one changes afterwards makes no figure better.
 * 2. The statistics are over what the reader may read as one of the two, and stand on no other page of the centre.
 * 3. Where they differ, the first of the two says what is held after talking, with the reason. What either had recorded stays.
 */
export interface BothViews {
  readonly assessmentId: string
  readonly engagementId: string
  /** As what the reader is engaged. */
  readonly kind: EngagementKind
  readonly organisation: string
  readonly period: string
  readonly frameworkId: string
  readonly framework: string
  readonly levels: readonly Level[]
  readonly code: string
  readonly title: string
  readonly outcomeLevels: readonly string[]
  readonly first: string
  readonly second: string
  /** What each had recorded before seeing what the other did: it is this that figures compare. */
  readonly firstBlind: string
  readonly secondBlind: string
  readonly firstBy: string
  readonly secondBy: string
  readonly moderated: string | null
  readonly reason: string | null
  readonly moderatedBy: string | null
}

export const LONGEST_REASON = 2_000
