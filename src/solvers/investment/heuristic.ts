import type { Goal } from './goal.ts'
import { keepsCap, objectiveOf } from './goal.ts'
import { keeps, type Row, type Rule } from './rules.ts'

export interface Choice {
  readonly isChosen: Uint8Array
  readonly upper: number
}

export interface HeuristicOptions {
  readonly goal: Goal
  readonly rules: readonly Rule[]
  /** Of each item: 0 or 1, lowest and highest. */
  readonly bounds: readonly (readonly [lower: number, upper: number])[]
  /** Items, first those that the relaxed programme would rather have. */
  readonly order: readonly number[]
  /** Items among which exchanges are tried. */
  readonly core: readonly number[]
}

/**
 * A good choice, soon: so that the proof need only look at what could still be better. Items are taken in the order of the relaxed programme while they
 * fit; then items of the core are put in or taken out, with what they need and what needs them, and the room is filled again, while that helps. It decides
 * nothing: what it finds is measured like any other choice. Undefined where it finds none that keeps the rules.
 */
export function goodChoice({ goal, rules, bounds, order, core }: HeuristicOptions, start?: Uint8Array): Choice | undefined {
  const needs = rules.filter(({ kind }) => kind === 'prerequisite').map(({ indices }) => indices)
  const rowsOf = bounds.map((_, item) => rules.filter(({ indices }) => indices.includes(item)))
  const isFree = (item: number) => bounds[item]?.[0] === 0 && bounds[item]?.[1] === 1

  const keepsAll = (mark: Uint8Array, rows: readonly Row[]) => rows.every(rule => keeps(rule, mark))
  const isWithin = (mark: Uint8Array) => bounds.every(([lower, upper], item) => (mark[item] ?? 0) >= lower && (mark[item] ?? 0) <= upper)
  const measure = (mark: Uint8Array): Choice | undefined =>
    isWithin(mark) && keepsAll(mark, rules) && goal.caps.every(cap => keepsCap(cap, mark))
      ? { isChosen: mark, upper: objectiveOf(goal, mark) }
      : undefined

  /** Puts an item in with all that it needs, or takes it out with all that need it. */
  const set = (mark: Uint8Array, item: number, value: 0 | 1) => {
    mark[item] = value
    for (const [one = 0, other = 0] of needs) {
      if (value === 1 && one === item && mark[other] === 0) set(mark, other, 1)
      if (value === 0 && other === item && mark[one] === 1) set(mark, one, 0)
    }
  }
  const fill = (mark: Uint8Array) => {
    for (const item of order) {
      if (mark[item] === 1 || !isFree(item)) continue
      const before = mark.slice()
      set(mark, item, 1)
      if (!mark.every((value, at) => value === before[at] || keepsAll(mark, rowsOf[at] ?? []))) mark.set(before)
    }
  }
  /** Without what would cost more than it is worth: where cost is part of what is sought. */
  const trim = (choice: Choice | undefined): Choice | undefined => {
    let best = choice
    for (const item of order.toReversed()) {
      if (best === undefined || best.isChosen[item] === 0 || !isFree(item)) continue
      const without = best.isChosen.slice()
      set(without, item, 0)
      const other = measure(without)
      if (other !== undefined && other.upper < best.upper) best = other
    }
    return best
  }
  const isCosted = goal.itemCosts.some(cost => cost > 0)
  const finish = (mark: Uint8Array): Choice | undefined => {
    fill(mark)
    const choice = measure(mark)
    return isCosted ? trim(choice) : choice
  }

  const first = start?.slice() ?? Uint8Array.from(bounds, ([lower]) => lower)
  for (const [item, value] of first.entries()) if (value === 1) set(first, item, 1)
  let best = finish(first)
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const before: Choice | undefined = best
    for (const item of core)
      for (const other of core) {
        if (best === undefined || !isFree(item) || !isFree(other)) continue
        const isExchange = best.isChosen[item] === 1 && best.isChosen[other] === 0
        if (!isExchange && item !== other) continue
        const mark = best.isChosen.slice()
        if (isExchange) set(mark, item, 0)
        set(mark, other, mark[other] === 1 ? 0 : 1)
        const changed = finish(mark)
        if (changed !== undefined && changed.upper < best.upper * (1 - 1e-12)) best = changed
      }
    if (best === before) break
  }
  return best
}

const MOST_ROUNDS = 10
