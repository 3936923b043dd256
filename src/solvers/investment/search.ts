import type { Highs, Model } from 'highs'
import type { Goal } from './goal.ts'
import { keepsCap, objectiveOf } from './goal.ts'
import { goodChoice } from './heuristic.ts'
import { addRows, modelOf } from './loading.ts'
import { tangentOf, unitOf, type Programme, type ProgrammeTerm } from './programme.ts'
import { exposureOf } from './residual.ts'
import { keeps, type Rule } from './rules.ts'

/**
 * The search for a proven optimum: solve with the tangents there are (a lower bound and a choice), measure the choice by the definition (an upper bound), add
 * tangents where it stands, and again until the two meet. Finite, as each choice needs its tangents but once.
 *
 * Invariants:
 * 1. `upper` is the value of `isChosen` by the definition, and `isChosen` keeps every rule and cap by the definition.
 * 2. `lower` is a bound on every feasible choice, to the tolerance of the solver's arithmetic.
 */

export type Found =
  | {
      readonly kind: 'found'
      readonly isChosen: Uint8Array
      readonly upper: number
      readonly lower: number
      readonly rounds: number
      readonly isProven: boolean
    }
  | { readonly kind: 'impossible' }
  | { readonly kind: 'out-of-time' }

export interface Search {
  /** Finds the best choice under the bounds that stand. What one call learns about the exponentials serves the next. */
  minimise(): Found
  /** Fixes an item in or out, or frees it. */
  fix(item: number, value: 0 | 1 | null): void
  /** Sets the most of a rule, by its index. */
  limit(rule: number, most: number): void
  /** Where each term has tangents. */
  tangents(): readonly { readonly term: string; readonly at: readonly number[] }[]
}

export interface SearchOptions {
  readonly seed: number
  readonly timeLimitSeconds: number
  /** Bounds within this share are close enough. `PROVEN_GAP` when left out. */
  readonly gap?: number
}

/** Two bounds within this share of each other are one number to the solver's arithmetic. */
export const PROVEN_GAP = 1e-6

const MOST_ROUNDS = 60

/** The relaxed programme is followed until a round changes its value by less than this share. */
const RELAXED_GAP = 1e-6
const MOST_RELAXED_ROUNDS = 12

/** Items about whose place the relaxed programme is least sure, among which exchanges are tried. */
const CORE = 30

interface Relaxed {
  readonly value: number
  readonly colValue: Float64Array
  readonly colDual: Float64Array
}

/** Opens a search, runs `body` with it, and gives the solver's memory back. */
export function withSearch<T>(
  highs: Highs,
  { goal, rules, programme }: { readonly goal: Goal; readonly rules: readonly Rule[]; readonly programme: Programme },
  options: SearchOptions,
  body: (search: Search) => T,
): T {
  if (programme.items === 0) return body(emptySearch(goal))
  return highs.withModel(modelOf(highs, programme), (model: Model) => body(searchOf(highs, model, goal, rules, programme, options)))
}

/** Without improvements there is one choice. */
function emptySearch(goal: Goal): Search {
  const isChosen = new Uint8Array()
  const value = objectiveOf(goal, isChosen)
  return {
    minimise: () =>
      goal.caps.every(cap => keepsCap(cap, isChosen))
        ? { kind: 'found', isChosen, upper: value, lower: value, rounds: 0, isProven: true }
        : { kind: 'impossible' },
    fix: () => {},
    limit: () => {},
    tangents: () => [],
  }
}

function searchOf(
  highs: Highs,
  model: Model,
  goal: Goal,
  original: readonly Rule[],
  programme: Programme,
  { seed, timeLimitSeconds, gap = PROVEN_GAP }: SearchOptions,
): Search {
  const { items, terms, scale, constant } = programme
  const { modelStatus, callbackType } = highs.constants
  const rules = [...original]
  const bounds = Array.from({ length: items }, (): [number, number] => [0, 1])
  const touched = terms.map(() => new Set<number>())
  model.options.set({
    output_flag: false,
    random_seed: seed & 0x7fff_ffff,
    mip_abs_gap: 0,
    // A good choice is at hand before the solver starts: it need not look for one, nor start over.
    mip_heuristic_run_rins: false,
    mip_heuristic_run_rens: false,
    mip_heuristic_run_root_reduced_cost: false,
    mip_allow_restart: false,
    mip_feasibility_tolerance: 1e-9,
    primal_feasibility_tolerance: 1e-9,
    dual_feasibility_tolerance: 1e-9,
  })
  const all = { kind: 'range', from: 0, to: items - 1 } as const
  const binary = new Int32Array(items).fill(1)
  const continuous = new Int32Array(items)

  const touch = (at: (term: ProgrammeTerm) => number): number => {
    const tangents = terms.flatMap((term, index) => {
      const known = touched[index]
      const exposure = Math.min(term.mostExposure, Math.max(0, at(term)))
      if (known === undefined || [...known].some(other => Math.abs(other - exposure) < 1e-9)) return []
      known.add(exposure)
      return [tangentOf(term, exposure)]
    })
    addRows(model, highs, tangents)
    return tangents.length
  }
  for (let part = 0; part <= 4; part += 1) touch(term => (term.mostExposure * part) / 4)

  const isAllowed = (mark: Uint8Array) =>
    bounds.every(([lower, upper], item) => (mark[item] ?? 0) >= lower && (mark[item] ?? 0) <= upper) &&
    rules.every(rule => keeps(rule, mark)) &&
    goal.caps.every(cap => keepsCap(cap, mark))

  /** Brings the tangents to where the relaxed programme stands: cheap, and most of the way. Gives its value and its reduced costs. */
  const relax = (): Relaxed | undefined => {
    model.changeColsIntegrality(all, continuous)
    let relaxed: Relaxed | undefined
    for (let round = 0; round < MOST_RELAXED_ROUNDS; round += 1) {
      if (model.run().modelStatus !== modelStatus.optimal) break
      const value = model.getObjectiveValue()
      const { colValue, colDual } = model.getSolution()
      const isSettled = relaxed !== undefined && value - relaxed.value < RELAXED_GAP * Math.abs(value)
      relaxed = { value, colValue, colDual }
      if (isSettled || touch(({ u }) => colValue[u] ?? 0) === 0) break
    }
    model.changeColsIntegrality(all, binary)
    return relaxed
  }

  /**
   * Fixes what no better choice can have otherwise: where putting an item in, or leaving it out, costs the relaxed programme more than the best choice that
   * is known. Most items, as a rule.
   */
  const narrow = ({ value, colValue, colDual }: Relaxed, upper: number) => {
    const most = upper / scale - constant + 1e-8 * Math.abs(upper / scale)
    for (const [item, [lower, upper]] of bounds.entries()) {
      if (lower === upper || value + Math.abs(colDual[item] ?? 0) <= most) continue
      const stays = Math.round(colValue[item] ?? 0)
      if (Math.abs((colValue[item] ?? 0) - stays) < 1e-9) model.changeColBounds(item, stays, stays)
    }
  }

  const widen = () => {
    for (const [item, [lower, upper]] of bounds.entries()) model.changeColBounds(item, lower, upper)
  }

  return {
    minimise() {
      let best: { isChosen: Uint8Array; upper: number } | undefined
      let lower = -Infinity
      const start = model.getRunTime()
      const found = (rounds: number, isProven: boolean): Found =>
        best === undefined ? { kind: 'out-of-time' } : { kind: 'found', ...best, lower: Math.min(lower, best.upper), rounds, isProven }
      const take = (other: { isChosen: Uint8Array; upper: number } | undefined) => {
        if (other !== undefined && (best === undefined || other.upper < best.upper)) best = other
      }
      widen()
      for (let rounds = 1; rounds <= MOST_ROUNDS; rounds += 1) {
        const left = timeLimitSeconds - (model.getRunTime() - start)
        if (left <= 0) return found(rounds, false)
        model.options.set({ time_limit: model.getRunTime() + left, mip_rel_gap: gap / 4 })
        const relaxed = relax()
        if (relaxed !== undefined) {
          const order = orderOf(relaxed, items)
          const core = coreOf(relaxed, items).slice(0, CORE)
          take(goodChoice({ goal, rules, bounds, order, core }, best?.isChosen))
          if (best !== undefined) {
            const { isChosen, upper } = best
            touch(term => exposureOf(term, isChosen))
            narrow(relaxed, upper)
          }
        }
        // Not even the relaxed programme in the time there was: something that can be had is still worth telling.
        else take(goodChoice({ goal, rules, bounds, order: [...bounds.keys()], core: [] }))
        if (best !== undefined) model.setSolution({ indices: Int32Array.from(best.isChosen.keys()), values: Float64Array.from(best.isChosen) })
        const seen: Uint8Array[] = []
        const { modelStatus: status } = model.run({
          [callbackType.mipImprovingSolution]({ data }) {
            if (data.mip_solution !== undefined) seen.push(markOf(data.mip_solution, items))
            return undefined
          },
        })
        if (status === modelStatus.infeasible) {
          if (best === undefined) return { kind: 'impossible' }
          lower = best.upper
          return found(rounds, true)
        }
        const bound = Number(model.info.get('mip_dual_bound'))
        if (Number.isFinite(bound)) lower = Math.max(lower, (bound + constant) * scale)
        if (status === modelStatus.optimal) seen.push(markOf(model.getSolution().colValue, items))
        let learned = 0
        for (const mark of seen) {
          learned += touch(term => exposureOf(term, mark))
          if (isAllowed(mark)) take({ isChosen: mark, upper: objectiveOf(goal, mark) })
          else if (goal.caps.every(cap => keepsCap(cap, mark))) learned += forbid(mark)
        }
        if (best !== undefined && best.upper - lower <= gap * Math.abs(best.upper)) return found(rounds, true)
        if (learned === 0 && status === modelStatus.optimal) return best === undefined ? { kind: 'impossible' } : found(rounds, false)
      }
      return found(MOST_ROUNDS, false)
    },
    fix(item, value) {
      bounds[item] = [value ?? 0, value ?? 1]
      model.changeColBounds(item, value ?? 0, value ?? 1)
    },
    limit(rule, most) {
      const original = rules[rule]
      if (original === undefined) return
      rules[rule] = { ...original, upper: most }
      model.changeRowBounds(rule, -highs.infinity, most / unitOf(original))
    },
    tangents: () => terms.map(({ name }, index) => ({ term: name, at: [...(touched[index] ?? [])].toSorted((one, other) => one - other) })),
  }

  /** A choice that the solver's tolerance let over a limit: any other than this one. */
  function forbid(mark: Uint8Array): number {
    const values = Array.from(mark, value => (value === 1 ? -1 : 1))
    const chosen = mark.reduce((sum, value) => sum + value, 0)
    addRows(model, highs, [{ lower: 1 - chosen, upper: Infinity, indices: [...mark.keys()], values }])
    return 1
  }
}

function markOf(values: Float64Array, items: number): Uint8Array {
  return Uint8Array.from({ length: items }, (_, item) => Math.round(values[item] ?? 0))
}

/** Items by how far in they are: first those that the relaxed programme has whole and would miss most. */
function orderOf({ colValue, colDual }: Relaxed, items: number): readonly number[] {
  return Array.from({ length: items }, (_, item) => item).toSorted(
    (one, other) => (colValue[other] ?? 0) - (colValue[one] ?? 0) || (colDual[one] ?? 0) - (colDual[other] ?? 0),
  )
}

/** Items by how near the relaxed programme is to thinking otherwise of them. */
function coreOf({ colDual }: Relaxed, items: number): readonly number[] {
  return Array.from({ length: items }, (_, item) => item).toSorted((one, other) => Math.abs(colDual[one] ?? 0) - Math.abs(colDual[other] ?? 0))
}
