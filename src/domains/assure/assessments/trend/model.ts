import type { Level } from '../../frameworks/model.ts'
import { meets } from '../../frameworks/scoring.ts'
import type { Pair } from '../carry/model.ts'

/** One review on the path: what each of its outcomes came out as, of those that were complete. */
export interface PastReview {
  readonly id: string
  readonly period: string
  readonly version: string
  /** How its framework becomes the one that is looked from: `null` where it is the same version, `none` where nothing says how. */
  readonly pairs: readonly Pair[] | null | 'none'
  readonly statuses: ReadonlyMap<string, string>
}

/** What stands for an outcome in one review. */
export interface Point {
  /** A level; `null` where there is none to compare. */
  readonly status: string | null
  /** Why there is none. */
  readonly why: 'not-answered' | 'not-comparable' | null
}

export interface OutcomePath {
  readonly code: string
  readonly title: string
  readonly group: string
  /** One for each review, in their order. */
  readonly points: readonly Point[]
  /** From the last review but one that can be compared to the last; `null` where there are not two. */
  readonly change: 'better' | 'worse' | 'same' | null
}

export interface GroupPath {
  readonly title: string
  /** Percent of the outcomes that could be compared which were as asked; `null` where there was none. */
  readonly shares: readonly (number | null)[]
}

interface OutcomeOfTrend {
  readonly code: string
  readonly title: string
  readonly groups: readonly { readonly title: string }[]
  readonly target: string | null
}

/**
 * Lays reviews beside each other, outcome by outcome, as the last of them has it. Another version of the framework is crossed only through a crosswalk that
 * says `equal`: a code alone says nothing, for codes change their meaning between versions.
 */
export function pathsOf(outcomes: readonly OutcomeOfTrend[], reviews: readonly PastReview[], levels: readonly Level[]): readonly OutcomePath[] {
  const ranks = new Map(levels.map(({ code }, rank) => [code, rank]))
  return outcomes.map(({ code, title, groups }) => {
    const points = reviews.map(review => pointOf(code, review, ranks))
    const known = points.flatMap(({ status }) => (status === null ? [] : [ranks.get(status) ?? 0]))
    const [before, now] = known.slice(-2)
    return { code, title, group: groups[0]?.title ?? '', points, change: before === undefined || now === undefined ? null : changeOf(before, now) }
  })
}

function pointOf(code: string, { pairs, statuses }: PastReview, ranks: ReadonlyMap<string, number>): Point {
  const from = pairs === null ? code : pairs === 'none' ? undefined : onlyEqual(pairs, code)
  if (from === undefined) return { status: null, why: 'not-comparable' }
  const status = statuses.get(from)
  if (status === undefined) return { status: null, why: 'not-answered' }
  return ranks.has(status) ? { status, why: null } : { status: null, why: 'not-comparable' }
}

/** The one code that is equal to it, and to nothing else. */
function onlyEqual(pairs: readonly Pair[], code: string): string | undefined {
  const ofCode = pairs.filter(({ toCode, relation }) => toCode === code && relation === 'equal')
  return ofCode.length === 1 ? ofCode[0]?.fromCode : undefined
}

function changeOf(before: number, now: number): 'better' | 'worse' | 'same' {
  return now === before ? 'same' : now < before ? 'better' : 'worse'
}

/** By the outermost group: how many of its outcomes were as asked this year, or without a target at the best level, review by review. */
export function groupPaths(paths: readonly OutcomePath[], outcomes: readonly OutcomeOfTrend[], levels: readonly Level[]): readonly GroupPath[] {
  const targets = new Map(outcomes.map(({ code, target }) => [code, target]))
  const best = levels[0]?.code ?? ''
  return [...Map.groupBy(paths, path => path.group)].map(([title, ofGroup]) => ({
    title,
    shares: (ofGroup[0]?.points ?? []).map((_, at) => {
      const known = ofGroup.flatMap(({ code, points }) => {
        const status = points[at]?.status
        return status === null || status === undefined ? [] : [meets(levels, status, targets.get(code) ?? best)]
      })
      return known.length === 0 ? null : Math.round((known.filter(isMet => isMet).length / known.length) * 100)
    }),
  }))
}
