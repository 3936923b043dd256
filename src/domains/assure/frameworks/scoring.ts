export type Answer = 'yes' | 'no' | 'not-applicable'

export interface ScoringStep {
  readonly when: 'any' | 'all'
  /** The level whose list of indicators is looked at. */
  readonly of: string
  /** The level that comes out. */
  readonly gives: string
}

/** Steps are tried in turn; the first that holds gives the status. `all` of an empty list does not hold. */
export interface ScoringRule {
  readonly steps: readonly ScoringStep[]
  readonly otherwise: string
}

/** Why a status came out. */
export interface Because {
  /** The step that held; `null` where none did and the rule's `otherwise` was taken. */
  readonly step: ScoringStep | null
  /** The indicators whose `yes` made the step hold. */
  readonly by: readonly string[]
  /** The steps that were tried before it and did not hold, each with the indicators that stood in the way of an `all`. */
  readonly failed: readonly { readonly step: ScoringStep; readonly lacking: readonly string[] }[]
}

/** The fewest answers that would have to be otherwise for the outcome to come out at a level. */
export interface Change {
  readonly level: string
  readonly answers: readonly { readonly code: string; readonly to: 'yes' | 'no' }[]
}

export interface Scored {
  /** A level; `unanswered` where nothing is answered, `not-applicable` where every indicator was said not to apply. */
  readonly status: string
  readonly because: Because
  /** One for each level that is better than the status and can be reached, the nearest first. */
  readonly changes: readonly Change[]
  /** The indicators without an answer. They count as no. */
  readonly unanswered: readonly string[]
}

/** The levels of a framework, the best first. */
type Ranked = readonly { readonly code: string }[]

interface Answered {
  readonly code: string
  readonly level: string
}

/**
 * What an outcome comes out as, why, and what would change it. `levels` are those of the framework, the best first. An indicator that does not apply is
 * left out of its list.
 * The first example of a rule is that of the Cyber Assessment Framework (`CAF_RULE` in kernel/framework.ts).
 */
export function scoreOutcome(rule: ScoringRule, indicators: readonly Answered[], answers: ReadonlyMap<string, Answer>, levels: Ranked): Scored {
  const unanswered = indicators.filter(indicator => !answers.has(indicator.code)).map(indicator => indicator.code)
  const status = statusOf(rule, indicators, answers)
  const rank = levels.findIndex(level => level.code === status)
  const better = rank === -1 ? levels : levels.slice(0, rank)
  const changes = better.toReversed().flatMap(({ code: level }): readonly Change[] => {
    const needed = fewestAnswers(rule, indicators, answers, level)
    // Nothing to change, and yet not so: nothing is answered, or nothing applies. Then any `no` would do, and is no advice.
    return needed === undefined || needed.length === 0 ? [] : [{ level, answers: needed }]
  })
  return { status, because: becauseOf(rule, indicators, answers), changes, unanswered }
}

/** The status alone: for a page of many outcomes, where nobody asks why. */
export function statusOf(rule: ScoringRule, indicators: readonly Answered[], answers: ReadonlyMap<string, Answer>): string {
  if (!indicators.some(indicator => answers.has(indicator.code))) return 'unanswered'
  if (indicators.every(indicator => answers.get(indicator.code) === 'not-applicable')) return 'not-applicable'
  return rule.steps.find(step => holds(step, indicators, answers))?.gives ?? rule.otherwise
}

/** Whether a status is as good as the level that a profile asks for, or better. What was said not to apply is not asked. */
export function meets(levels: Ranked, status: string, required: string): boolean {
  if (status === 'not-applicable') return true
  const rank = levels.findIndex(level => level.code === status)
  return rank !== -1 && rank <= levels.findIndex(level => level.code === required)
}

/** The levels that an outcome with these indicators can come out at. What a framework says of itself may be otherwise. */
export function reachableLevels(rule: ScoringRule, indicators: readonly Answered[], levels: Ranked): readonly string[] {
  return levels.map(level => level.code).filter(level => fewestAnswers(rule, indicators, new Map(), level) !== undefined)
}

function holds(step: ScoringStep, indicators: readonly Answered[], answers: ReadonlyMap<string, Answer>): boolean {
  const list = applying(step.of, indicators, answers)
  const isYes = (indicator: Answered): boolean => answers.get(indicator.code) === 'yes'
  return step.when === 'any' ? list.some(isYes) : list.length > 0 && list.every(isYes)
}

function applying(level: string, indicators: readonly Answered[], answers: ReadonlyMap<string, Answer>): readonly Answered[] {
  return indicators.filter(indicator => indicator.level === level && answers.get(indicator.code) !== 'not-applicable')
}

function becauseOf(rule: ScoringRule, indicators: readonly Answered[], answers: ReadonlyMap<string, Answer>): Because {
  const failed: Because['failed'][number][] = []
  for (const step of rule.steps) {
    const list = applying(step.of, indicators, answers)
    const codes = (wanted: boolean): string[] => list.filter(one => (answers.get(one.code) === 'yes') === wanted).map(one => one.code)
    if (holds(step, indicators, answers)) return { step, by: codes(true), failed }
    failed.push({ step, lacking: step.when === 'all' ? codes(false) : [] })
  }
  return { step: null, by: [], failed }
}

/** What one list must be for a step to hold or not to hold. The lists are apart, so the fewest changes are the sum of each list's fewest. */
type Demand = 'none' | 'some' | 'all' | 'not-all'

function fewestAnswers(
  rule: ScoringRule,
  indicators: readonly Answered[],
  answers: ReadonlyMap<string, Answer>,
  level: string,
): Change['answers'] | undefined {
  const ways = rule.steps.flatMap((step, index) => (step.gives === level ? [index] : []))
  if (rule.otherwise === level) ways.push(rule.steps.length)
  let best: Change['answers'] | undefined
  for (const way of ways) {
    const demands = new Map<string, Set<Demand>>()
    const demand = (list: string, one: Demand): unknown => demands.set(list, (demands.get(list) ?? new Set()).add(one))
    for (const step of rule.steps.slice(0, way)) demand(step.of, step.when === 'any' ? 'none' : 'not-all')
    const wanted = rule.steps[way]
    if (wanted) demand(wanted.of, wanted.when === 'any' ? 'some' : 'all')
    const parts = [...demands].map(([list, all]) =>
      changesOfList(
        indicators.filter(one => one.level === list),
        answers,
        all,
      ),
    )
    if (parts.includes(undefined)) continue
    const whole = parts.flatMap(part => part ?? [])
    if (!best || whole.length < best.length) best = whole
  }
  return best
}

/** The fewest answers of one list to change so that all demands hold; `undefined` where they contradict each other or the list is too short. */
function changesOfList(list: readonly Answered[], answers: ReadonlyMap<string, Answer>, demands: ReadonlySet<Demand>): Change['answers'] | undefined {
  const used = list.filter(one => answers.get(one.code) !== 'not-applicable')
  const yes = used.filter(one => answers.get(one.code) === 'yes')
  const other = used.filter(one => answers.get(one.code) !== 'yes')
  const to = (ones: readonly Answered[], answer: 'yes' | 'no'): Change['answers'] => ones.map(one => ({ code: one.code, to: answer }))
  // Where all that could apply was said not to, one that does apply is enough to speak for the list.
  const first = (ones: readonly Answered[]): readonly Answered[] => (ones.length > 0 ? ones : list).slice(0, 1)

  if (demands.has('none')) return demands.has('some') || demands.has('all') ? undefined : to(yes, 'no')
  if (demands.has('all')) {
    if (demands.has('not-all') || list.length === 0) return undefined
    return used.length === 0 ? to(first([]), 'yes') : to(other, 'yes')
  }
  if (demands.has('some') && demands.has('not-all')) {
    if (list.length < 2) return undefined
    if (yes.length > 0 && other.length > 0) return []
    if (used.length > 1) return yes.length > 0 ? to(yes.slice(0, 1), 'no') : to(other.slice(0, 1), 'yes')
    const apart = list.filter(one => !used.includes(one))
    if (yes.length === 1) return to(apart.slice(0, 1), 'no')
    if (other.length === 1) return to(apart.slice(0, 1), 'yes')
    return [...to(apart.slice(0, 1), 'yes'), ...to(apart.slice(1, 2), 'no')]
  }
  if (demands.has('some')) return yes.length > 0 ? [] : list.length === 0 ? undefined : to(first(other), 'yes')
  return yes.length > 0 && other.length === 0 ? to(yes.slice(0, 1), 'no') : []
}
