import { agreementOf, type Agreement } from '../../../solvers/agreement/agreement.ts'
import type { BothViews } from './model.ts'

/** How far two assessors agree over all outcomes that both have recorded of reviews by one framework. */
export interface PairStatistics extends Agreement {
  readonly framework: string
  /** With whom, by id. */
  readonly other: string
  readonly reviews: number
  /** How often the reader saw it better, and worse, than the other. */
  readonly milder: number
  readonly stricter: number
}

/** One line for each framework and each assessor with whom the reader shares outcomes. Levels of two frameworks are never put together. */
export function pairStatistics(views: readonly BothViews[], readerId: string): readonly PairStatistics[] {
  const pairs = Map.groupBy(views, one => `${one.frameworkId} ${one.kind === 'second' ? one.firstBy : one.secondBy}`)
  return [...pairs.values()].flatMap(of => {
    const [any] = of
    if (any === undefined) return []
    const rank = (status: string) => any.levels.findIndex(({ code }) => code === status)
    const ranked = of
      .map(one => {
        const [first, second] = [rank(one.firstBlind), rank(one.secondBlind)]
        return one.kind === 'second' ? ([second, first] as const) : ([first, second] as const)
      })
      .filter(([mine, theirs]) => mine !== -1 && theirs !== -1)
    return [
      {
        ...agreementOf(ranked, Math.max(any.levels.length, 1), 'linear'),
        framework: any.framework,
        other: [any.firstBy, any.secondBy].find(id => id !== readerId) ?? '',
        reviews: new Set(of.map(({ assessmentId }) => assessmentId)).size,
        milder: ranked.filter(([mine, theirs]) => mine < theirs).length,
        stricter: ranked.filter(([mine, theirs]) => mine > theirs).length,
      },
    ]
  })
}
