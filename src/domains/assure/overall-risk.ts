/**
 * The overall risk of the control environment, by a published rule: policy with its source and a day from which it holds (`assure_risk_rule`). Each outcome that is
 * below what the profile asks adds its steps below, as a share of the most that it could, times the weight of its objective; the sum is set against the most that
 * all outcomes together could add. Without a profile, an outcome is asked for the best level that it has. An outcome that does not apply is left out.
 */
export interface RiskRule {
  /** Objective (the outermost group) to weight; `otherWeight` for any other. */
  readonly weights: Readonly<Record<string, number>>
  readonly otherWeight: number
  /** What is not answered counts as the worst level. */
  readonly unanswered: 'worst'
  /** From the lowest share to the highest; the last whose `from` is reached gives the level. */
  readonly levels: readonly RiskLevel[]
}

export interface RiskLevel {
  readonly code: string
  readonly label: string
  /** Share, 0 to 1. */
  readonly from: number
}

export interface JudgedOutcome {
  readonly code: string
  readonly objective: string
  readonly status: string
  /** What the profile asks; `null` without one. */
  readonly required: string | null
  /** The levels that it can have, the best first. */
  readonly levels: readonly string[]
}

export interface Risk {
  readonly level: RiskLevel
  /** 0 to 1. */
  readonly share: number
  /** Outcomes below what is asked, the heaviest first: why the level came out. */
  readonly because: readonly { readonly code: string; readonly steps: number; readonly points: number }[]
}

/** The overall risk, and the outcomes that made it. `levels` are those of the framework, the best first. Throws `RangeError` for a rule without levels. */
export function overallRisk(rule: RiskRule, outcomes: readonly JudgedOutcome[], levels: readonly string[]): Risk {
  const counted = outcomes.filter(({ status }) => status !== 'not-applicable')
  const because: Risk['because'][number][] = []
  let most = 0
  for (const outcome of counted) {
    const weight = rule.weights[outcome.objective] ?? rule.otherWeight
    const worst = levels.length - 1
    const asked = levels.indexOf(outcome.required ?? outcome.levels[0] ?? levels[0] ?? '')
    if (asked === -1 || asked >= worst) continue
    most += weight
    const rank = levels.indexOf(outcome.status)
    const steps = (rank === -1 ? worst : rank) - asked
    if (steps > 0) because.push({ code: outcome.code, steps, points: (weight * steps) / (worst - asked) })
  }
  const share = most === 0 ? 0 : because.reduce((sum, { points }) => sum + points, 0) / most
  const level = rule.levels.findLast(({ from }) => share >= from) ?? rule.levels[0]
  if (level === undefined) throw new RangeError('A rule of risk has at least one level.')
  return { level, share, because: because.toSorted((a, b) => b.points - a.points) }
}
