import type { Id } from '../../../../kernel/id.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Group, Indicator, Level, Outcome } from '../../frameworks/model.ts'
import type { Scored } from '../../frameworks/scoring.ts'
import type { Answer, Carried, GivenAnswer } from '../model.ts'

/** How far an outcome is answered. `to-confirm`: answers of last year wait for a yes. */
export const PROGRESS = ['not-started', 'in-progress', 'to-confirm', 'complete'] as const
export type Progress = (typeof PROGRESS)[number]

export interface Person {
  readonly id: Id<'person'>
  readonly name: string
}

/** One outcome of a review, as the list of tasks shows it. */
export interface OutcomeLine {
  readonly code: string
  readonly title: string
  /** The groups that it lies in, the outermost first. */
  readonly groups: readonly Pick<Group, 'code' | 'title'>[]
  /** A level, or `unanswered` or `not-applicable`; provisional until it is complete. */
  readonly status: string
  readonly progress: Progress
  /** The level that the profile asks for. */
  readonly target: string | null
  /** `null` without a target, or before it is complete. */
  readonly meetsTarget: boolean | null
  readonly indicators: number
  /** How many of them count. */
  readonly answered: number
  /** How many answers of last year wait to be confirmed. */
  readonly waiting: number
  readonly owner: Person | null
  /** Owned by the reader, or given to them to answer. */
  readonly isMine: boolean
  readonly changedAt: Instant | null
}

/** All outcomes of a review together. */
export interface Totals {
  readonly outcomes: number
  readonly complete: number
  readonly indicators: number
  readonly answered: number
  readonly waiting: number
  /** Complete outcomes that are below what the profile asks. */
  readonly below: number
}

export function progressOf({
  indicators,
  answered,
  waiting,
  isTouched,
}: {
  readonly indicators: number
  readonly answered: number
  readonly waiting: number
  readonly isTouched: boolean
}): Progress {
  if (waiting > 0) return 'to-confirm'
  if (indicators > 0 && answered === indicators) return 'complete'
  return answered > 0 || isTouched ? 'in-progress' : 'not-started'
}

export function totalsOf(lines: readonly OutcomeLine[]): Totals {
  const sum = (of: (line: OutcomeLine) => number) => lines.reduce((total, line) => total + of(line), 0)
  return {
    outcomes: lines.length,
    complete: lines.filter(line => line.progress === 'complete').length,
    indicators: sum(line => line.indicators),
    answered: sum(line => line.answered),
    waiting: sum(line => line.waiting),
    below: lines.filter(line => line.meetsTarget === false).length,
  }
}

export interface OutcomeFilter {
  readonly search: string
  /** Whose: `mine`, `nobody` without an owner, or empty for all. */
  readonly who: '' | 'mine' | 'nobody'
  readonly progress: Progress | null
  readonly isBelow: boolean
}

export function matches(line: OutcomeLine, { search, who, progress, isBelow }: OutcomeFilter): boolean {
  if (who === 'mine' && !line.isMine) return false
  if (who === 'nobody' && line.owner !== null) return false
  if (progress !== null && line.progress !== progress) return false
  if (isBelow && line.meetsTarget !== false) return false
  const text = `${line.code} ${line.title}`.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word))
}

/** An indicator with what stands as its answer. */
export interface AnsweredIndicator extends Indicator, GivenAnswer {
  readonly carried: Carried | null
  /** 0 before anybody answered. */
  readonly revision: number
  readonly changedAt: Instant | null
  readonly changedBy: string | null
  readonly whyNotCounted: 'unanswered' | 'unconfirmed' | 'no-reason' | null
}

/** What somebody wrote upon an answer that had been changed meanwhile. An empty indicator stands for the summary. */
export interface Aside extends GivenAnswer {
  readonly indicatorCode: string
  readonly at: Instant
  readonly by: Person
}

/** One revision of an answer, or of the summary where the indicator is empty. */
export interface AnswerChange extends GivenAnswer {
  readonly indicatorCode: string
  readonly revision: number
  readonly carried: Carried | null
  readonly at: Instant
  readonly by: string
}

/** Whether the summary is last year's, and nobody has said yet that it holds. */
export function isUnconfirmedSummary({ summary, carried }: { readonly summary: string; readonly carried: Carried | null }): boolean {
  return summary !== '' && carried === 'unconfirmed'
}

export interface OutcomeDetail {
  readonly outcome: Outcome
  readonly groups: readonly Pick<Group, 'code' | 'title'>[]
  /** Of its framework, the best first. */
  readonly levels: readonly Level[]
  readonly indicators: readonly AnsweredIndicator[]
  readonly scored: Scored
  readonly isComplete: boolean
  readonly summary: string
  /** Last year's, and not confirmed. */
  readonly isSummaryUnconfirmed: boolean
  readonly summaryRevision: number
  readonly target: string | null
  readonly asides: readonly Aside[]
  /** Where it stands among those that the reader may see, from 1, and its neighbours. */
  readonly place: { readonly at: number; readonly of: number; readonly before: Neighbour | null; readonly after: Neighbour | null }
}

export type Neighbour = Pick<Outcome, 'code' | 'title'>

/** An answer as it comes in. `revision` is the one that its writer saw: 0 where nothing stood. */
export interface SentAnswer extends GivenAnswer {
  readonly code: string
  readonly revision: number
}

/** What became of one answer that was sent. */
export interface SavedAnswer {
  readonly code: string
  readonly outcome: 'saved' | 'unchanged' | 'aside'
  /** The revision that stands. */
  readonly revision: number
  /** With `aside`, what a colleague wrote meanwhile and what stands. */
  readonly newer: (GivenAnswer & { readonly by: string; readonly at: Instant }) | null
}

export const LONGEST_COMMENT = 4_000

export function isSame(one: GivenAnswer, other: GivenAnswer): boolean {
  return one.answer === other.answer && one.comment === other.comment && one.alternative === other.alternative
}

export const NOTHING: GivenAnswer = { answer: null, comment: '', alternative: '' }

/** The answers that the rule is asked about: those that count. */
export function countedAnswers(rows: readonly Pick<AnsweredIndicator, 'code' | 'answer' | 'whyNotCounted'>[]): ReadonlyMap<string, Answer> {
  return new Map(rows.flatMap(row => (row.answer !== null && row.whyNotCounted === null ? [[row.code, row.answer] as const] : [])))
}
