import type { Problem } from '../../kernel/problem.ts'
import { MOST_EFFECT } from './estimates.ts'
import {
  ALL_CHANNELS,
  CARE_CHANNEL,
  type Effect,
  type Estimate,
  type Improvement,
  type InvestmentProblem,
  type LossSize,
  type Scenario,
} from './model.ts'
import { cyclesOf } from './prerequisites.ts'

type Complain = (rule: string, pointer: string, message: string, severity?: Problem['severity']) => void

/**
 * What is wrong with a problem before it is solved: errors stop, warnings do not. Pointers are JSON Pointers into the problem. That limits and must-dos do
 * not fit together is an answer of `solveInvestment`, not found here.
 */
export function validateProblem(problem: InvestmentProblem): readonly Problem[] {
  const problems: Problem[] = []
  const complain: Complain = (rule, pointer, message, severity = 'error') => problems.push({ rule: `investment.${rule}`, pointer, severity, message })
  complainOfRepeats('improvements', problem.improvements, complain)
  complainOfRepeats('scenarios', problem.scenarios, complain)
  complainOfRepeats('overlapGroups', problem.overlapGroups, complain)
  for (const [index, improvement] of problem.improvements.entries()) complainOfImprovement(problem, improvement, `/improvements/${index}`, complain)
  for (const names of cyclesOf(problem.improvements))
    complain(
      'prerequisites.cycle',
      '/improvements',
      `These need each other in a circle, so none can come first: ${names.map(name => `"${name}"`).join(' needs ')}.`,
    )
  for (const [index, scenario] of problem.scenarios.entries()) complainOfScenario(scenario, `/scenarios/${index}`, complain)
  for (const [index, effect] of problem.effects.entries()) complainOfEffect(problem, effect, `/effects/${index}`, complain)
  for (const [index, { name, rho }] of problem.overlapGroups.entries())
    if (!(rho >= 0 && rho <= 1))
      complain('overlap.range', `/overlapGroups/${index}/rho`, `The overlap of "${name}" must lie from 0 (independent) to 1 (the same hole).`)
  complainOfLimits(problem, complain)
  return problems
}

function complainOfRepeats(list: string, members: readonly { readonly id: string; readonly name: string }[], complain: Complain): void {
  const seen = new Set<string>()
  for (const [index, { id, name }] of members.entries()) {
    if (seen.has(id)) complain('id.repeated', `/${list}/${index}/id`, `"${name}" has the same id as another: ${id}.`)
    seen.add(id)
  }
}

function complainOfImprovement(problem: InvestmentProblem, improvement: Improvement, at: string, complain: Complain): void {
  const { name, capital, yearly, peopleDays, life, deliveryMonths, prerequisites, exclusiveGroup, overlapGroup } = improvement
  const amounts = { capital, yearly, peopleDays, deliveryMonths }
  const said = { capital: 'The capital cost', yearly: 'The yearly cost', peopleDays: 'The number of days', deliveryMonths: 'The delivery time' }
  for (const [field, value] of Object.entries(amounts)) {
    const subject = `${said[field as keyof typeof said]} of "${name}"`
    if (!Number.isFinite(value)) complain('number', `${at}/${field}`, `${subject} is not a number.`)
    else if (value < 0)
      complain('cost.negative', `${at}/${field}`, `${subject} is below 0. Leave out what it saves: that is what the effects are for.`)
  }
  if (!(Number.isFinite(life) && life > 0)) complain('life', `${at}/life`, `The life of "${name}" must be more than 0 years.`)
  for (const [index, id] of prerequisites.entries()) {
    const other = problem.improvements.find(one => one.id === id)
    if (other === undefined) complain('reference', `${at}/prerequisites/${index}`, `"${name}" needs an improvement that is not in the list: ${id}.`)
    else if (other.id === improvement.id) complain('prerequisites.cycle', `${at}/prerequisites/${index}`, `"${name}" needs itself.`)
    else if (exclusiveGroup !== null && other.exclusiveGroup === exclusiveGroup)
      complain('prerequisites.exclusive', `${at}/prerequisites/${index}`, `"${name}" needs "${other.name}", but only one of the two can be had.`)
  }
  if (overlapGroup !== null && !problem.overlapGroups.some(({ id }) => id === overlapGroup))
    complain('reference', `${at}/overlapGroup`, `"${name}" is in an overlap group that is not in the list: ${overlapGroup}.`)
}

function complainOfScenario({ name, frequency, losses, lostCare }: Scenario, at: string, complain: Complain): void {
  complainOfEstimate(frequency, `${at}/frequency`, `The frequency of "${name}"`, complain)
  if (frequency.low < 0) complain('frequency.negative', `${at}/frequency/low`, `The frequency of "${name}" is below 0.`)
  const seen = new Set<string>([CARE_CHANNEL, ALL_CHANNELS])
  for (const [index, { id, size }] of losses.entries()) {
    if (seen.has(id))
      complain('channel.name', `${at}/losses/${index}/id`, `"${name}" has a loss named "${id}" twice, or a name that is kept for another use.`)
    seen.add(id)
    complainOfSize(size, `${at}/losses/${index}/size`, `The ${id} loss of "${name}"`, complain)
  }
  if (lostCare !== null) complainOfSize(lostCare, `${at}/lostCare`, `The lost care of "${name}"`, complain)
}

function complainOfEstimate({ low, likely, high }: Estimate, at: string, subject: string, complain: Complain): void {
  if (![low, likely, high].every(Number.isFinite)) complain('number', at, `${subject} is not a number.`)
  else if (!(low <= likely && likely <= high))
    complain('range.order', at, `${subject} must have its low value first, then the likeliest, then the high one.`)
}

function complainOfSize({ low, mean, high }: LossSize, at: string, subject: string, complain: Complain): void {
  if (![low, mean, high].every(Number.isFinite)) complain('number', at, `${subject} is not a number.`)
  else if (low < 0 || mean < 0) complain('loss.negative', at, `${subject} is below 0.`)
  else if (!(low <= mean && mean <= high)) complain('range.order', at, `${subject} must have its mean between its low and its high value.`)
  else if (low === 0 && high > 0)
    complain('loss.low', `${at}/low`, `${subject} has 0 as its low value. Give the smallest size that is still such an event.`)
}

function complainOfEffect(problem: InvestmentProblem, effect: Effect, at: string, complain: Complain): void {
  const improvement = problem.improvements.find(({ id }) => id === effect.improvement)
  const scenario = problem.scenarios.find(({ id }) => id === effect.scenario)
  if (improvement === undefined)
    complain('reference', `${at}/improvement`, `An effect is of an improvement that is not in the list: ${effect.improvement}.`)
  if (scenario === undefined) complain('reference', `${at}/scenario`, `An effect is on a scenario that is not in the list: ${effect.scenario}.`)
  if (improvement === undefined || scenario === undefined) return
  const channels = [ALL_CHANNELS, CARE_CHANNEL, ...scenario.losses.map(({ id }) => id)]
  if (!channels.includes(effect.channel))
    complain('reference', `${at}/channel`, `"${scenario.name}" has no loss named "${effect.channel}". It has ${channels.join(', ')}.`)
  for (const field of ['prevention', 'mitigation'] as const) {
    const estimate = effect[field]
    const subject = `The ${field} of "${scenario.name}" by "${improvement.name}"`
    complainOfEstimate(estimate, `${at}/${field}`, subject, complain)
    if (estimate.low < 0 || estimate.high > 1) complain('effect.range', `${at}/${field}`, `${subject} must lie from 0 to 1.`)
    else if (estimate.high > MOST_EFFECT)
      complain('effect.capped', `${at}/${field}`, `${subject} goes above 95 %. Nothing stops everything: it is counted as 95 % at most.`, 'warning')
  }
}

function complainOfLimits({ improvements, limits, dayRate }: InvestmentProblem, complain: Complain): void {
  const said = {
    annualCost: 'The budget',
    capital: 'The capital budget',
    revenue: 'The revenue budget',
    peopleDays: 'The number of our days',
    appetite: 'The loss that may be left',
    lostCare: 'The lost care that may be left',
  }
  for (const [field, subject] of Object.entries(said)) {
    const value = limits[field as keyof typeof said]
    if (value === null) continue
    if (!Number.isFinite(value)) complain('number', `/limits/${field}`, `${subject} is not a number.`)
    else if (value < 0) complain('limit.negative', `/limits/${field}`, `${subject} is below 0.`)
  }
  if (!(Number.isFinite(dayRate) && dayRate >= 0)) complain('number', '/dayRate', 'What a day of our people costs must be 0 or more.')
  const known = new Set(improvements.map(({ id }) => id))
  for (const id of [...limits.required, ...limits.excluded, ...limits.targets.map(({ improvement }) => improvement)])
    if (!known.has(id)) complain('reference', '/limits', `A decision is about an improvement that is not in the list: ${id}.`)
  for (const id of limits.required)
    if (limits.excluded.includes(id))
      complain(
        'limit.contradiction',
        '/limits/excluded',
        `"${improvements.find(one => one.id === id)?.name ?? id}" is decided to be both in and out.`,
      )
}
