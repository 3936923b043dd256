import type { Problem } from '../../kernel/problem.ts'
import { drawFutures } from './futures.ts'
import type { Certificate, Estimate, InvestmentProblem } from './model.ts'

/** Up to so many improvements every choice is tried: `checkCertificate`. */
export const MOST_ENUMERATED = 22

/** Exponentials that are worth evaluating to try every choice: some seconds. */
const MOST_EVALUATIONS = 4e8

/** What two ways of adding up may differ by, as a share; and what two bounds may, that are called proven. */
const AGREES = 1e-9
const PROVEN = 1e-6

/**
 * Looks again at a certificate, on a path of its own from the definition in model.ts, with nothing that the search uses: is the choice allowed, is its value
 * what is claimed, do the bounds meet; and up to 22 improvements, does any choice at all do better? An empty answer says that all is well.
 */
export function checkCertificate(problem: InvestmentProblem, certificate: Certificate): readonly Problem[] {
  const complain = (rule: string, message: string): readonly Problem[] => [
    { rule: `investment.certificate.${rule}`, pointer: '', severity: 'error', message },
  ]
  const { objective, upper, lower, chosen } = certificate
  const value = measureOf(problem, certificate)
  const isIn = problem.improvements.map(({ id }) => chosen.includes(id))
  if (!isAllowed(problem, isIn)) return complain('allowed', 'The plan breaks a rule or a limit.')
  if (Math.abs(value(isIn) - upper) > AGREES * Math.abs(upper)) return complain('value', `The plan's ${objective} is ${value(isIn)}, not ${upper}.`)
  const slack = (PROVEN + (certificate.careWithin ?? 0)) * Math.abs(upper) * (1 + AGREES)
  if (lower > upper * (1 + AGREES)) return complain('bounds', 'The lower bound lies above the upper one.')
  if (certificate.isProven && upper - lower > slack) return complain('gap', 'The bounds do not meet, though the plan is called proven.')

  const terms = problem.scenarios.reduce((sum, { losses }) => sum + losses.length + 1, 0) * (certificate.tail?.draws ?? 1)
  const isSmall = isIn.length <= MOST_ENUMERATED && 2 ** isIn.length * terms <= MOST_EVALUATIONS
  if (!certificate.isProven || !isSmall) return []
  let best = Infinity
  const tryAll = (item: number, candidate: boolean[]): void => {
    if (item === candidate.length) {
      if (isAllowed(problem, candidate)) best = Math.min(best, value(candidate))
      return
    }
    for (const isChosen of [true, false]) {
      candidate[item] = isChosen
      // Uses are never negative: what breaks a limit already breaks it with more.
      if (!isChosen || isWithinLimits(problem, candidate)) tryAll(item + 1, candidate)
    }
    candidate[item] = false
  }
  tryAll(
    0,
    isIn.map(() => false),
  )
  return upper - best > slack || lower - best > PROVEN * Math.abs(best) ? complain('best', `Another choice has ${best}, less than ${upper}.`) : []
}

function measureOf(problem: InvestmentProblem, { objective, tail, seed }: Certificate): (isIn: readonly boolean[]) => number {
  const cost = (isIn: readonly boolean[]) => used(problem, isIn, one => (one.capital + one.peopleDays * problem.dayRate) / one.life + one.yearly)
  const money = lossOf(problem, 'money')
  const care = lossOf(problem, 'care')
  if (objective === 'least-cost') return cost
  if (objective === 'least-lost-care') return care
  if (objective === 'net-benefit') return isIn => money(isIn) + cost(isIn)
  if (objective === 'least-loss') return money
  const { draws, confidence } = tail ?? { draws: 1, confidence: 0 }
  const futures = drawFutures(problem, draws, seed).map(({ frequencies, losses, preventions, mitigations }) => {
    const scenarios = problem.scenarios.map((scenario, at) => ({
      ...scenario,
      frequency: fixed(frequencies[at] ?? 0),
      losses: scenario.losses.map((loss, channel) => ({ ...loss, size: { low: 0, mean: losses[at]?.[channel] ?? 0, high: 0 } })),
    }))
    const effects = problem.effects.map((effect, at) => ({
      ...effect,
      prevention: fixed(preventions[at] ?? 0),
      mitigation: fixed(mitigations[at] ?? 0),
    }))
    return lossOf({ ...problem, scenarios, effects }, 'money')
  })
  return isIn => {
    const worst = futures.map(future => future(isIn)).toSorted((one, other) => other - one)
    const share = (1 - confidence) * draws
    return worst.reduce((sum, loss, rank) => sum + loss * Math.max(0, Math.min(1, share - rank)), 0) / share
  }
}

/** Σ f L exp(-u): for each channel the strengths of the items in, group by group the strongest and the sum. */
function lossOf(problem: InvestmentProblem, unit: 'money' | 'care'): (isIn: readonly boolean[]) => number {
  const rho = new Map(problem.overlapGroups.map(group => [group.id, group.rho]))
  const groupOf = problem.improvements.map(({ overlapGroup }) => overlapGroup)
  const groups = [...new Set(groupOf)]
  const channels = problem.scenarios.flatMap(({ id, frequency, losses, lostCare }) =>
    (unit === 'care' ? [{ id: 'care', mean: lostCare?.mean ?? 0 }] : losses.map(loss => ({ id: loss.id, mean: loss.size.mean }))).map(channel => ({
      expected: mean(frequency) * channel.mean,
      members: groups.map(group => ({ rho: group === null ? 0 : (rho.get(group) ?? 0), items: strengthsIn(problem, id, channel.id, group) })),
    })),
  )
  return isIn =>
    channels.reduce((total, { expected, members }) => {
      let exposure = 0
      for (const { rho: overlap, items } of members) {
        let strongest = 0
        let sum = 0
        for (const [item, strength] of items) {
          if (isIn[item] !== true) continue
          sum += strength
          strongest = Math.max(strongest, strength)
        }
        exposure += overlap * strongest + (1 - overlap) * sum
      }
      return total + expected * Math.exp(-exposure)
    }, 0)
}

function strengthsIn(problem: InvestmentProblem, scenario: string, channel: string, group: string | null): readonly (readonly [number, number])[] {
  return problem.improvements.flatMap((improvement, item) => {
    if (improvement.overlapGroup !== group) return []
    const strength = problem.effects
      .filter(effect => effect.improvement === improvement.id && effect.scenario === scenario)
      .map(effect => {
        const mitigation = effect.channel === channel || effect.channel === 'all' ? Math.min(0.95, mean(effect.mitigation)) : 0
        return -Math.log(1 - Math.min(0.95, mean(effect.prevention))) - Math.log(1 - mitigation)
      })
      .reduce((sum, one) => sum + one, 0)
    return strength > 0 ? [[item, strength] as const] : []
  })
}

function isAllowed(problem: InvestmentProblem, isIn: readonly boolean[]): boolean {
  const { improvements, limits } = problem
  const ids = new Set(improvements.filter((_, item) => isIn[item]).map(({ id }) => id))
  const groups = improvements.flatMap(({ id, exclusiveGroup }) => (ids.has(id) && exclusiveGroup !== null ? [exclusiveGroup] : []))
  return (
    isWithinLimits(problem, isIn) &&
    new Set(groups).size === groups.length &&
    improvements.every(({ id, mustDo, prerequisites }) => (ids.has(id) ? prerequisites.every(other => ids.has(other)) : mustDo === null)) &&
    limits.required.every(id => ids.has(id)) &&
    !limits.excluded.some(id => ids.has(id)) &&
    (limits.appetite === null || lossOf(problem, 'money')(isIn) <= limits.appetite * (1 + 1e-8)) &&
    (limits.lostCare === null || lossOf(problem, 'care')(isIn) <= limits.lostCare * (1 + 1e-8))
  )
}

function isWithinLimits(problem: InvestmentProblem, isIn: readonly boolean[]): boolean {
  const { annualCost, capital, revenue, peopleDays } = problem.limits
  const isWithin = (most: number | null, use: (one: InvestmentProblem['improvements'][number]) => number) =>
    most === null || used(problem, isIn, use) <= most + 1e-4
  return (
    isWithin(annualCost, one => (one.capital + one.peopleDays * problem.dayRate) / one.life + one.yearly) &&
    isWithin(capital, one => (one.fundingType === 'capital' ? one.capital : 0)) &&
    isWithin(revenue, one => one.yearly + (one.fundingType === 'revenue' ? one.capital : 0)) &&
    isWithin(peopleDays, one => one.peopleDays)
  )
}

function used(
  { improvements }: InvestmentProblem,
  isIn: readonly boolean[],
  use: (one: InvestmentProblem['improvements'][number]) => number,
): number {
  return improvements.reduce((sum, improvement, item) => sum + (isIn[item] === true ? use(improvement) : 0), 0)
}

function mean({ low, likely, high }: Estimate): number {
  return (low + 4 * likely + high) / 6
}

function fixed(value: number): Estimate {
  return { low: value, likely: value, high: value }
}
