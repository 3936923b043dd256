import type { Instant } from '../../../kernel/instant.ts'
import type { Figure, Improvement, Scenario, Size, Versions } from '../catalogue/model.ts'

/**
 * An organisation's case for spending: with this much money, what should we do? It is the organisation's own, and nobody of the centre reads any of it.
 *
 * Invariants:
 * 1. A case copies nothing of the catalogue: it names the version of each entry, and holds what the organisation says otherwise, with why and by whom.
 * 2. An answer is kept with the hash of what it answers. When an input changes, the answer stays and is shown as out of date.
 * 3. Savings of single improvements are never added up.
 * 4. Care that is lost is counted in clinic-days on an axis of its own, and never priced.
 * 5. Another choice than the solver's is a decision, kept with its reason, and no fault.
 * 6. How often something happens is, in the catalogue, for somebody who has done little of it; what is in place counts as bought for nothing. What an organisation
 *    says itself of how often and how dear is what it sees today: what is in place is taken out again, so that it counts once.
 */
export interface CaseSettings {
  readonly size: Size
  /** Pence a year. */
  readonly capital: number
  readonly revenue: number
  readonly peopleDays: number
  /** Pence a day. */
  readonly dayRate: number
  /** Codes that the organisation will have, or will not have. */
  readonly required: readonly string[]
  readonly excluded: readonly string[]
  /** Years of the road map. */
  readonly years: number
}

export interface InvestmentCase {
  readonly id: string
  readonly organisationId: string
  readonly name: string
  readonly assessmentId: string | null
  readonly versions: Versions
  readonly settings: CaseSettings
  readonly inPlace: readonly string[]
  readonly revision: number
  readonly openedAt: Instant
  readonly changedAt: Instant
}

/** What the organisation says otherwise than the catalogue, of one figure, in its own terms. */
export interface Override {
  readonly kind: 'improvement' | 'scenario'
  readonly code: string
  readonly field: string
  readonly figure: Figure
  readonly reason: string
  /** Who finds out better. */
  readonly owner: string
  readonly at: Instant
}

/** An improvement or scenario of the organisation's own, its figures in its own terms. */
export type OwnEntry = { readonly code: string; readonly name: string } & (
  | { readonly kind: 'improvement'; readonly content: Improvement }
  | { readonly kind: 'scenario'; readonly content: OwnScenario }
)

/** What stops or softens the scenario `like` does the same to this one; `null` where nothing of the catalogue does. */
export type OwnScenario = Scenario & { readonly like: string | null }

export const INVESTMENT_PAGE = '/investment'

export function caseAddress(id: string, rest = ''): string {
  return `${INVESTMENT_PAGE}/${id}${rest}`
}

/** The seed of every draw: the same inputs give the same answer. */
export const SEED = 20_170_512
