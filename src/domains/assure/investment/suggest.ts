import type { Improvement } from '../catalogue/model.ts'
import type { ReviewedOutcomes } from './queries.ts'

/**
 * The improvements that a review says are in place: each of its outcomes, in a framework that was reviewed, stands at the best level. A suggestion: an outcome can be
 * achieved in another way, so the organisation confirms it.
 */
export function suggestedInPlace(
  improvements: readonly { readonly code: string; readonly content: Improvement }[],
  reviews: readonly ReviewedOutcomes[],
): readonly string[] {
  return improvements
    .filter(({ content }) =>
      reviews.some(review => {
        const served = content.outcomes.filter(({ framework, version }) => framework === review.framework && version === review.version)
        return served.length > 0 && served.every(({ code }) => review.best.has(code))
      }),
    )
    .map(({ code }) => code)
}
