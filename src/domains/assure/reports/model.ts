import type { Instant } from '../../../kernel/instant.ts'
import type { Signature, Standing } from '../agreements/model.ts'
import type { Assessment } from '../assessments/model.ts'
import type { Engagement } from '../engagements/model.ts'
import type { Framework } from '../frameworks/model.ts'
import type { Finding, PlacedOutcome } from '../independent/model.ts'
import type { Risk } from '../overall-risk.ts'
import type { Veracity } from '../veracity.ts'

/**
 * What a report says, in whichever form it leaves.
 *
 * 1. It is made from the rows as they stand, and says on every page, sheet and file how far they are agreed.
 * 2. Whoever may not read a view gets a report without it.
 */
export interface ReportOutcome {
  readonly outcome: PlacedOutcome
  readonly self: string
  /** `null` before an assessor has handed over. */
  readonly independent: string | null
  readonly agreed: string | null
  /** The furthest of the three that there is. */
  readonly status: string
  /** `null` where the profile asks nothing. */
  readonly meets: boolean | null
  readonly text: string
  readonly why: string
  readonly difference: string
  readonly evidenceGrade: string | null
  /** How often the assessor changed it after recording it. */
  readonly changes: number
  readonly findings: readonly Finding[]
}

export interface Report {
  readonly assessment: Assessment
  readonly organisation: { readonly code: string; readonly name: string }
  readonly framework: Framework
  readonly engagement: Engagement | null
  readonly outcomes: readonly ReportOutcome[]
  readonly risk: Risk
  /** From where the rule of risk is. */
  readonly riskSource: string
  /** The day from which that rule holds. */
  readonly riskRuleFrom: string
  readonly narrative: string
  readonly veracity: Veracity | null
  readonly veracityWords: string
  readonly signatures: readonly Signature[]
  /** `null` before an assessor has handed over: then it is what the organisation says of itself. */
  readonly standing: Standing | null
  /** On every page; `null` only for what both have signed as it stands. */
  readonly warning: string | null
  readonly hash: string | null
  readonly madeAt: Instant
}

export const SELF_ONLY = 'Only what the organisation says of itself: nobody independent has handed over, and nothing is signed.'

/** The three outcomes that weigh most in the risk. */
export function gapsOf({ risk, outcomes }: Pick<Report, 'risk' | 'outcomes'>): readonly ReportOutcome[] {
  return risk.because.slice(0, 3).flatMap(({ code }) => outcomes.find(({ outcome }) => outcome.code === code) ?? [])
}

export interface ObjectiveCount {
  readonly code: string
  readonly title: string
  readonly meets: number
  readonly below: number
  readonly notAsked: number
}

/** How many outcomes of each objective are as good as asked. */
export function objectivesOf({ outcomes }: Pick<Report, 'outcomes'>): readonly ObjectiveCount[] {
  const groups = Map.groupBy(outcomes, ({ outcome }) => outcome.objective)
  return [...groups].map(([code, of]) => ({
    code,
    title: of[0]?.outcome.objectiveTitle ?? '',
    meets: of.filter(({ meets }) => meets === true).length,
    below: of.filter(({ meets }) => meets === false).length,
    notAsked: of.filter(({ meets }) => meets === null).length,
  }))
}
