/**
 * The best next pound, as data: what could be bought, what could go wrong, and how the one changes the other. Money is in pounds, as plain
 * numbers: the domain turns pence into pounds at its edge. Ids are the domain's own; sentences use the names.
 *
 * The model, with x the set that is bought:
 *
 *     a_jsk   = -ln(1 - prevention_js) - ln(1 - mitigation_jsk)                        each effect capped at 0.95
 *     u_sk(x) = Σ_g [ rho_g · max_{j in g} a_jsk x_j + (1 - rho_g) · Σ_{j in g} a_jsk x_j ]
 *     R(x)    = Σ_{s,k} f_s L_sk exp(-u_sk(x))                                         the residual expected loss of a year
 *
 * A frequency and an effect stand in R by the mean of their range, (low + 4 likely + high) / 6: the modified PERT. Where draws are independent and layers
 * multiply, the mean of the product is the product of the means, so this is the expected loss over what is not known, and not only over chance.
 *
 * What holds of the answers:
 * 1. A plan is feasible to the pound: limits, prerequisites, exclusives and must-dos are checked on the whole choice, apart from the solver.
 * 2. `certificate.lower` ≤ the best value there is ≤ `certificate.upper`, and `isProven` says that they are within one millionth of each other.
 * 3. No plan that is as good and one item less, or one exchanged, is cheaper than the one that is given, or as cheap and before it by id (ties.ts). Of plans
 *    that differ in more, and are as good to one millionth, any may be given: the same one for the same seed.
 * 4. Savings of single improvements are never added up: each `standAlone` is a claim about a world in which nothing else is bought.
 */

/** A range for what is judged: the least and the most that are plausible, and the likeliest. The curve is the modified PERT. */
export interface Estimate {
  readonly low: number
  readonly likely: number
  readonly high: number
}

/** The size of a loss: its mean, and the range that holds nine in ten (5 % to 95 %). The curve is lognormal. `low` = `high` says that it is always the mean. */
export interface LossSize {
  readonly low: number
  readonly mean: number
  readonly high: number
}

export type FundingType = 'capital' | 'revenue'

export interface Improvement {
  readonly id: string
  readonly name: string
  /** Pounds, once. */
  readonly capital: number
  /** Pounds a year. Always revenue. */
  readonly yearly: number
  /** Days of the organisation's own people, once. */
  readonly peopleDays: number
  /** Years over which what is paid once is spread. More than 0. */
  readonly life: number
  readonly deliveryMonths: number
  /** The pot that `capital` comes out of. */
  readonly fundingType: FundingType
  /** Ids of improvements without which this one cannot be had. */
  readonly prerequisites: readonly string[]
  /** Of one group at most one is chosen: levels of the same thing. */
  readonly exclusiveGroup: string | null
  /** The legal ground for which it must be done, as it is said to a person. */
  readonly mustDo: string | null
  /** Id of the overlap group it belongs to; its own independent layer when null. */
  readonly overlapGroup: string | null
}

/** Improvements that close the same hole: 0 says that they are independent layers and multiply, 1 that only the strongest counts. */
export interface OverlapGroup {
  readonly id: string
  readonly name: string
  readonly rho: number
}

export interface LossChannel {
  /** Such as `recovery`, `third-party`, `legal`. `care` is kept for `Scenario.lostCare`. */
  readonly id: string
  /** Pounds an event. */
  readonly size: LossSize
}

export interface Scenario {
  readonly id: string
  readonly name: string
  /** Events a year, with the controls of today. */
  readonly frequency: Estimate
  readonly losses: readonly LossChannel[]
  /** Care lost by an event, in its own unit (clinic-days), never priced. Null: none. */
  readonly lostCare: LossSize | null
}

/** The channel of effects on the care that is lost. */
export const CARE_CHANNEL = 'care'

/** The channel of an effect on all of a scenario's channels, care included. */
export const ALL_CHANNELS = 'all'

/** What one improvement does to one scenario. Shares from 0 to 1. Several effects of one improvement on one channel multiply. */
export interface Effect {
  readonly improvement: string
  readonly scenario: string
  /** A `LossChannel.id`, `care` or `all`: where the mitigation counts. Prevention always counts on all. */
  readonly channel: string
  /** Share of events that it stops. */
  readonly prevention: Estimate
  /** Share of the loss that it avoids when there is an event. */
  readonly mitigation: Estimate
}

/** What the chosen may use up, in a year. Null: no limit. */
export interface YearLimits {
  /** Pounds a year, what is paid once spread over its life: Σ (capital + peopleDays × dayRate) / life + yearly. */
  readonly annualCost: number | null
  /** Pounds paid out of the capital pot in the year of buying. */
  readonly capital: number | null
  /** Pounds paid out of the revenue pot in the year: what runs, and what is bought once out of revenue. */
  readonly revenue: number | null
  readonly peopleDays: number | null
}

export interface Limits extends YearLimits {
  /** The most residual expected loss of a year, in pounds. */
  readonly appetite: number | null
  /** The most expected lost care of a year, in its unit. */
  readonly lostCare: number | null
  /** Ids that somebody decided to have, or not to have, apart from the must-dos. */
  readonly required: readonly string[]
  readonly excluded: readonly string[]
  /** For the road map: improvements that must be there by a year, counted from 1. */
  readonly targets: readonly { readonly improvement: string; readonly byYear: number }[]
}

export interface InvestmentProblem {
  readonly improvements: readonly Improvement[]
  readonly scenarios: readonly Scenario[]
  readonly effects: readonly Effect[]
  readonly overlapGroups: readonly OverlapGroup[]
  /** Pounds that a day of the organisation's own people is taken to cost. 0 leaves them out of the cost and in their own limit. */
  readonly dayRate: number
  readonly limits: Limits
}

/**
 * What is sought:
 * - `least-loss`: the least R(x) within the limits;
 * - `net-benefit`: the most R(0) - R(x) - cost;
 * - `least-cost`: the least annual cost with R(x) within the appetite;
 * - `least-lost-care`: the least lost care within the limits (with an appetite: the other axis of the two);
 * - `least-tail`: the least mean of the worst futures (CVaR) over seeded draws of what is not known.
 */
export type Objective = 'least-loss' | 'net-benefit' | 'least-cost' | 'least-lost-care' | 'least-tail'

export interface SolveOptions {
  readonly objective: Objective
  /** Seed of the solver and of every draw. The same seed gives the same answer. */
  readonly seed: number
  /** Of plans within this share of the least loss (0.01: one in a hundred), the one that loses least care. Null: care does not decide. */
  readonly thenLeastCareWithin?: number | null
  /** For `least-tail`: the share of futures that is not the tail (0.95), and how many are drawn. */
  readonly tail?: { readonly confidence: number; readonly draws: number }
  /** Seconds after which the best plan so far is given with the bound so far, and `isProven` false. */
  readonly timeLimitSeconds?: number
  /** The hash of `canonicalInputs(problem)`, for the certificate. */
  readonly inputsHash?: string | null
}

/** Whatever a set of improvements uses up. */
export interface Spend {
  readonly annualCost: number
  readonly capital: number
  readonly revenue: number
  readonly peopleDays: number
}

export interface ScenarioResidual {
  readonly scenario: string
  /** Expected pounds a year with nothing bought, and with the plan. */
  readonly before: number
  readonly after: number
  readonly careBefore: number
  readonly careAfter: number
}

/** What one improvement saves, in pounds of expected loss a year. The two are answers to different questions; neither adds up over improvements. */
export interface Saving {
  readonly improvement: string
  /** Were it alone bought. */
  readonly standAlone: number
  /** Given the rest of the plan: what would be lost again without it. For one that is not in the plan: what it would save on top. */
  readonly marginal: number
}

export interface Plan {
  /** Ids in the order of the problem's improvements. */
  readonly chosen: readonly string[]
  readonly spend: Spend
  /** R(0), R(x), in pounds a year. */
  readonly before: number
  readonly after: number
  readonly careBefore: number
  readonly careAfter: number
  readonly byScenario: readonly ScenarioResidual[]
  /** Of every improvement, in the problem's order. */
  readonly savings: readonly Saving[]
}

/** What was proven, and what a checker needs to look again: `checkCertificate`. */
export interface Certificate {
  readonly inputsHash: string | null
  readonly objective: Objective
  readonly chosen: readonly string[]
  /** The objective's value of the plan, from the definition. For `net-benefit`: R(x) + cost, the less the better. */
  readonly upper: number
  /** No plan within the limits has a lower one (to one millionth, the tolerance of the arithmetic). */
  readonly lower: number
  /** (upper - lower) / |upper|. */
  readonly gap: number
  readonly isProven: boolean
  readonly rounds: number
  /** Where the tangents touch: for each term, the values of u. */
  readonly tangents: readonly { readonly term: string; readonly at: readonly number[] }[]
  readonly solver: string
  readonly seed: number
  readonly tail: { readonly confidence: number; readonly draws: number } | null
  /** `SolveOptions.thenLeastCareWithin`: the share by which `upper` may stand above the least loss for the sake of care. */
  readonly careWithin: number | null
}

/** One of the few rules that cannot all hold. */
export interface ConflictRow {
  readonly kind:
    | 'must-do'
    | 'required'
    | 'excluded'
    | 'prerequisite'
    | 'exclusive'
    | 'annual-cost'
    | 'capital'
    | 'revenue'
    | 'people-days'
    | 'appetite'
    | 'lost-care'
  /** Ids of the improvements it is about; empty for a limit. */
  readonly improvements: readonly string[]
  /** The rule as a sentence, with names. */
  readonly message: string
}

export type Outcome =
  | { readonly kind: 'solved'; readonly plan: Plan; readonly certificate: Certificate }
  /** No set keeps all rules: these cannot hold together, and without any one of them the rest can. */
  | { readonly kind: 'impossible'; readonly conflict: readonly ConflictRow[] }
  /** The time was up before any plan was found. */
  | { readonly kind: 'out-of-time' }

/** An efficient point: no plan that costs less loses as little. Each is proven. */
export interface FrontierPoint {
  readonly annualCost: number
  readonly after: number
  readonly careAfter: number
  readonly chosen: readonly string[]
  readonly isProven: boolean
}

export interface Frontier {
  /** From the least cost to the most. */
  readonly points: readonly FrontierPoint[]
  /** Whether every efficient point is among them, to the step; else they are an even choice of budgets. */
  readonly isComplete: boolean
  /** Index of the point with the most R(0) - R(x) - cost: beyond it a further pound saves less than a pound. -1 without points, or where the time was up before it was reached. */
  readonly largestNetBenefit: number
}

export interface RoadMapYear {
  /** From 1. */
  readonly year: number
  readonly chosen: readonly string[]
  /** Those that are new in this year. */
  readonly bought: readonly string[]
  readonly spend: Spend
  /** The residual expected loss in the year, by what is bought and delivered by then: what takes twelve months or more helps from a later year on. */
  readonly after: number
  readonly careAfter: number
  /** The best for what there is up to this year, were nothing bound to be kept from the years before. */
  readonly freeChosen: readonly string[]
  readonly freeAfter: number
  /** What keeping earlier choices costs in this year: `after` - `freeAfter`, never below 0. */
  readonly priceOfNesting: number
}

export type RoadMap =
  | {
      readonly kind: 'solved'
      readonly years: readonly RoadMapYear[]
      readonly priceOfNesting: number
      readonly gap: number
      readonly isProven: boolean
    }
  | { readonly kind: 'impossible'; readonly year: number; readonly conflict: readonly ConflictRow[] }
  | { readonly kind: 'out-of-time' }

/**
 * How sure: the plan beside the plans of other plausible futures. The size of a loss is drawn from the range of single events, for nobody gives a range for its
 * mean: so `before` and `after` spread wider than the mean is in doubt.
 */
export interface Robustness {
  /** How many were drawn and solved: fewer than asked for where the time was up. */
  readonly futures: number
  readonly seed: number
  /** In how many of the futures' own best plans each improvement is. In the problem's order. */
  readonly inclusion: readonly { readonly improvement: string; readonly futures: number; readonly isChosen: boolean }[]
  /** The residual expected loss of the plan over the futures. */
  readonly after: { readonly mean: number; readonly low: number; readonly high: number; readonly tail: number }
  readonly before: { readonly mean: number; readonly low: number; readonly high: number; readonly tail: number }
  /** In how many futures the plan itself was the best, and what it loses by the mean against a plan made with foresight. */
  readonly bestIn: number
  readonly regret: number
}

/** The value of one input at which another plan becomes the best one. */
export interface Switch {
  readonly kind: 'cost' | 'frequency'
  /** An improvement's id, or a scenario's. */
  readonly subject: string
  /** The factor on the input that changes the plan, below and above 1. Null: nothing from a tenth to ten times does. */
  readonly below: number | null
  readonly above: number | null
}

/** How much one judged input moves the plan's residual loss. */
export interface Sensitivity {
  readonly kind: 'frequency' | 'loss' | 'prevention' | 'mitigation'
  readonly scenario: string
  readonly channel: string | null
  readonly improvement: string | null
  /** The residual loss with this input at its low and its high end, all else at the mean. */
  readonly atLow: number
  readonly atHigh: number
  readonly swing: number
}

/** What the best plan would be without, or only with, one improvement. */
export interface Explanation {
  readonly improvement: string
  readonly isChosen: boolean
  /** For a chosen one: how much more the best plan without it loses. For another: how much more the best plan with it loses. Pounds a year. Null: there is no such plan. */
  readonly regret: number | null
}
