import type { Answer, Assessment } from '../assessments/model.ts'
import type { Engagement } from '../engagements/model.ts'
import type { Framework, Indicator, Outcome } from '../frameworks/model.ts'

/**
 * The view of somebody independent, on the facts.
 *
 * 1. Blind: what the organisation said of an outcome is in no row, page or answer that the assessor gets before their own view of it is recorded (0038).
 * 2. Where the two differ, the assessor says why, in words, before handing over.
 * 3. A recorded view is changed only with a reason, and what it was before is kept. From the hand-over on it is not changed.
 * 4. What is compared is frozen at the first hand-over: taking the review back makes no self-assessment truer.
 */
export type AssessorView = 'independent' | 'second'

export function viewOf({ kind }: Pick<Engagement, 'kind'>): AssessorView {
  return kind === 'second' ? 'second' : 'independent'
}

/** The outcomes that a second assessor answers: spread evenly over the framework, the same for the same number. */
export function sampleOf<T>(outcomes: readonly T[], size: number | null): readonly T[] {
  if (size === null || size >= outcomes.length) return outcomes
  return Array.from({ length: size }, (_, at) => outcomes[Math.floor((at * outcomes.length) / size)]).filter(one => one !== undefined)
}

/** An outcome with the outermost group that it lies in. */
export interface PlacedOutcome extends Outcome {
  readonly objective: string
  readonly objectiveTitle: string
  readonly required: string | null
}

export interface OwnView {
  readonly status: string
  readonly state: 'open' | 'recorded'
  readonly summary: string
  readonly difference: string
  readonly evidenceGrade: string | null
  readonly revision: number
}

export interface SaidOfIndicator {
  readonly answer: Answer | null
  readonly comment: string
  readonly alternative: string
}

/** One outcome at the assessor's desk. `self` is `null` while it is blind. */
export interface DeskLine {
  readonly outcome: PlacedOutcome
  readonly own: OwnView | null
  readonly self: { readonly status: string; readonly summary: string } | null
  /** Whether the two differ in the status, or in any answer that both gave. */
  readonly differs: boolean
  readonly findings: number
  readonly strengths: number
  /** How often it was changed after it was recorded. */
  readonly changes: number
}

export interface Conclusion {
  readonly narrative: string
  readonly veracity: string
}

/** All of an assessment that its assessor works on. */
export interface Desk {
  readonly engagement: Engagement
  readonly assessment: Assessment
  readonly framework: Framework
  readonly lines: readonly DeskLine[]
  readonly conclusion: Conclusion | null
}

export interface Finding {
  readonly id: string
  readonly outcomeCode: string
  readonly kind: 'finding' | 'strength'
  readonly what: string
  readonly detail: string
  readonly advice: string
}

export interface OutcomeSheet {
  readonly line: DeskLine
  readonly indicators: readonly Indicator[]
  readonly own: ReadonlyMap<string, SaidOfIndicator>
  /** Empty while it is blind. */
  readonly self: ReadonlyMap<string, SaidOfIndicator>
  readonly findings: readonly Finding[]
  readonly grades: readonly Grade[]
}

export interface Grade {
  readonly code: string
  readonly label: string
  readonly meaning: string
}

/** What is missing before the view can be handed over. `outcome` is `null` for what is about the whole. */
export interface Missing {
  readonly what: 'record' | 'difference' | 'finding' | 'strength' | 'narrative'
  readonly outcome: string | null
}

export function isBelow(line: Pick<DeskLine, 'outcome' | 'own'>, levels: readonly { readonly code: string }[]): boolean {
  const { required } = line.outcome
  if (required === null || line.own === null || line.own.status === 'not-applicable') return false
  const rank = (code: string) => levels.findIndex(level => level.code === code)
  return rank(line.own.status) > rank(required) || rank(line.own.status) === -1
}

/** What still stands between the assessor and handing over, in the order of the framework. */
export function missingOf({ engagement, framework, lines, conclusion }: Desk): readonly Missing[] {
  const isSecond = engagement.kind === 'second'
  const ofOutcomes = lines.flatMap((line): readonly Missing[] => {
    const outcome = line.outcome.code
    if (line.own?.state !== 'recorded') return [{ what: 'record', outcome }]
    if (isSecond) return []
    return [
      ...(line.differs && line.own.difference === '' ? [{ what: 'difference', outcome } as const] : []),
      ...(isBelow(line, framework.levels) && line.findings === 0 ? [{ what: 'finding', outcome } as const] : []),
    ]
  })
  if (isSecond) return ofOutcomes
  return [
    ...ofOutcomes,
    ...(lines.every(({ strengths }) => strengths === 0) ? [{ what: 'strength', outcome: null } as const] : []),
    ...((conclusion?.narrative ?? '') === '' || (conclusion?.veracity ?? '') === '' ? [{ what: 'narrative', outcome: null } as const] : []),
  ]
}

/** Whether two differ: in the status, or in an answer that both gave. What the organisation left open is nothing to differ from. */
export function differs(
  own: { readonly status: string; readonly answers: ReadonlyMap<string, Answer | null> },
  self: { readonly status: string; readonly answers: ReadonlyMap<string, Answer | null> },
): boolean {
  if (self.status !== 'unanswered' && self.status !== own.status) return true
  return [...own.answers].some(([code, answer]) => {
    const other = self.answers.get(code) ?? null
    return answer !== null && other !== null && other !== answer
  })
}

export const LONGEST_TEXT = 4_000
