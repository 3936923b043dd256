import { fillPert, shapesOf } from './draw.ts'
import type { LossSummary, Pert } from './model.ts'
import { createRandom } from './random.ts'
import { summaryOf } from './simulate.ts'

/** The leaves of one FAIR scenario (Open FAIR, C13A): frequencies a year, shares, and losses in pounds. */
export interface FairScenario {
  readonly contactFrequency: Pert
  readonly probabilityOfAction: Pert
  readonly threatCapability: Pert
  readonly controlStrength: Pert
  readonly primaryLoss: Pert
  readonly secondaryFrequency: Pert
  readonly secondaryLoss: Pert
}

export interface FairOptions {
  readonly trials: number
  readonly seed: number
  /** `events` (ours): a Poisson count of events a year, each with its own losses. `average`: one frequency times one loss, as pyfair does. */
  readonly years: 'events' | 'average'
  readonly convention: 'modified' | 'range-over-six'
}

export interface FairResult extends LossSummary {
  /** Share of attempts that the threat wins: exactly, and the same in every year, as the model has it. */
  readonly vulnerability: number
}

/** Simulates one scenario from its FAIR leaves. */
export function simulateFair(scenario: FairScenario, { trials, seed, years: kind, convention }: FairOptions): FairResult {
  const random = createRandom(seed)
  const fill = (pert: Pert, count = trials) => fillPert(random, pert, convention, new Float64Array(count))
  const vulnerability = vulnerabilityOf(scenario.threatCapability, scenario.controlStrength, convention)
  const contacts = fill(scenario.contactFrequency)
  const actions = fill(scenario.probabilityOfAction)
  const years = new Float64Array(trials)
  if (kind === 'average') {
    const primary = fill(scenario.primaryLoss)
    const often = fill(scenario.secondaryFrequency)
    const secondary = fill(scenario.secondaryLoss)
    for (let trial = 0; trial < trials; trial += 1)
      years[trial] =
        (contacts[trial] ?? 0) * (actions[trial] ?? 0) * vulnerability * ((primary[trial] ?? 0) + (often[trial] ?? 0) * (secondary[trial] ?? 0))
  } else {
    const counts = Int32Array.from(contacts, (contact, trial) => random.poisson(contact * (actions[trial] ?? 0) * vulnerability))
    const events = counts.reduce((sum, count) => sum + count, 0)
    const primary = fill(scenario.primaryLoss, events)
    const often = fill(scenario.secondaryFrequency, events)
    const secondary = fill(scenario.secondaryLoss, events)
    let event = 0
    for (const [trial, count] of counts.entries())
      for (let left = count; left > 0; left -= 1, event += 1)
        years[trial] = (years[trial] ?? 0) + (primary[event] ?? 0) + (random.uniform() < (often[event] ?? 0) ? (secondary[event] ?? 0) : 0)
  }
  years.sort()
  return { ...summaryOf(years), vulnerability }
}

/** Places at which the two curves are taken: the answer is good to a millionth. */
const PLACES = 20_000

/** The chance that a draw of the strength lies below one of the capability: the integral of the one's density times the other's distribution. */
function vulnerabilityOf(capability: Pert, strength: Pert, convention: FairOptions['convention']): number {
  const low = Math.min(capability.low, strength.low)
  const step = (Math.max(capability.high, strength.high) - low) / PLACES
  if (step === 0) return 0
  const attack = massesOf(capability, low, step, convention)
  const defence = massesOf(strength, low, step, convention)
  let below = 0
  let won = 0
  for (const [place, mass] of attack.entries()) {
    const here = defence[place] ?? 0
    won += mass * (below + here / 2)
    below += here
  }
  return won
}

/** How much of a PERT lies in each step, by the middle of the step. */
function massesOf(pert: Pert, from: number, step: number, convention: FairOptions['convention']): Float64Array {
  const masses = new Float64Array(PLACES)
  const width = pert.high - pert.low
  if (width <= 0) {
    masses[Math.min(PLACES - 1, Math.floor((pert.likely - from) / step))] = 1
    return masses
  }
  const [alpha, beta] = shapesOf(pert, convention)
  let sum = 0
  for (let place = 0; place < PLACES; place += 1) {
    const x = (from + (place + 0.5) * step - pert.low) / width
    if (x <= 0 || x >= 1) continue
    const mass = x ** (alpha - 1) * (1 - x) ** (beta - 1)
    masses[place] = mass
    sum += mass
  }
  return masses.map(mass => mass / sum)
}
