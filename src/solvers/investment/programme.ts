import type { Goal } from './goal.ts'
import { exposureOf, type Term } from './residual.ts'
import type { Row } from './rules.ts'

/**
 * The goal as a mixed-integer programme: x says what is chosen; for each term, u is its exposure and t stands above exp(-u) by tangents that the search
 * adds. exp(-u) is convex and falls in u, and t is only ever pushed down, so tangents from below cut off no plan and the optimum is a bound. The strongest
 * of an overlap group is a share z ≤ x of at most one, exact because only large u helps. Columns: first the items, in the problem's order.
 */
export interface Programme {
  readonly items: number
  /** The exponentials, each once: terms of one sum that the same items bear on alike are one. */
  readonly terms: readonly ProgrammeTerm[]
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** Of the objective, in its scaled unit: what no choice changes. */
  readonly constant: number
  /** What one of the programme's units is worth in the goal's: numbers near 1 keep the arithmetic honest. */
  readonly scale: number
}

export interface ProgrammeTerm extends Term {
  readonly name: string
  /** Columns of the tangent variable and of the exposure. */
  readonly t: number
  readonly u: number
  readonly mostExposure: number
}

export interface Column {
  readonly cost: number
  readonly lower: number
  readonly upper: number
  readonly isInteger: boolean
}

export function programmeOf(goal: Goal, rules: readonly Row[]): Programme {
  const items = goal.itemCosts.length
  const scale = Math.max(...goal.losses.map(weightOf), 0) + goal.itemCosts.reduce((sum, cost) => sum + cost, 0) || 1
  const columns: Column[] = Array.from(goal.itemCosts, cost => ({ cost: cost / scale, lower: 0, upper: 1, isInteger: true }))
  const rows = rules.map(scaled)
  const terms: ProgrammeTerm[] = []
  const add = (column: Partial<Column> = {}) => columns.push({ cost: 0, lower: 0, upper: 1, isInteger: false, ...column }) - 1

  /** A sum of exponentials over `unit` as a linear form: its columns with their weights, and what is fixed. Each column costs `share` of its weight. */
  const formOf = (sum: readonly Term[], unit: number, share: number) => {
    const indices: number[] = []
    const values: number[] = []
    let fixed = 0
    for (const term of merge(sum)) {
      const weight = term.weight / unit
      if (term.pieces.length === 0) fixed += weight
      else {
        const mostExposure = exposureOf(term, new Uint8Array(items).fill(1))
        const placed = {
          ...term,
          name: `${terms.length}:${term.channel}`,
          t: add({ cost: share * weight }),
          u: add({ upper: mostExposure }),
          mostExposure,
        }
        terms.push(placed)
        rows.push(...exposureRows(placed, add))
        indices.push(placed.t)
        values.push(weight)
      }
    }
    return { indices, values, fixed }
  }

  let constant = 0
  if (goal.over === 'mean') for (const sum of goal.losses) constant += formOf(sum, scale, 1 / goal.losses.length).fixed / goal.losses.length
  else if (goal.over !== 'none') {
    // Rockafellar and Uryasev: eta + Σ beyond / ((1 - confidence) K), beyond ≥ loss - eta.
    const eta = add({ cost: 1, upper: Infinity })
    for (const sum of goal.losses) {
      const { indices, values, fixed } = formOf(sum, scale, 0)
      const beyond = add({ cost: 1 / ((1 - goal.over.confidence) * goal.losses.length), upper: Infinity })
      rows.push({ lower: fixed, upper: Infinity, indices: [beyond, eta, ...indices], values: [1, 1, ...values.map(value => -value)] })
    }
  }
  for (const { terms: sum, most } of goal.caps) {
    const unit = weightOf(sum) || 1
    const { indices, values, fixed } = formOf(sum, unit, 0)
    rows.push({ lower: -Infinity, upper: most / unit - fixed, indices, values })
  }
  return { items, terms, columns, rows, constant, scale }
}

/** t ≥ exp(-at) (1 + at - u): the tangent of a term at an exposure. */
export function tangentOf({ t, u }: ProgrammeTerm, at: number): Row {
  const height = Math.exp(-at)
  return { lower: height * (1 + at), upper: Infinity, indices: [t, u], values: [1, height] }
}

/** Terms with the same items at the same strengths are one exponential with the sum of their weights. */
function merge(terms: readonly Term[]): readonly Term[] {
  const merged = new Map<string, Term>()
  for (const term of terms) {
    const key = term.pieces.map(({ rho, items, strengths }) => `${rho}|${items.join()}|${strengths.join()}`).join('/')
    const other = merged.get(key)
    merged.set(key, other === undefined ? term : { ...other, weight: other.weight + term.weight })
  }
  return [...merged.values()]
}

/** u ≤ Σ (1 - rho) a x + Σ rho a z, and of each group's z ≤ x at most one. */
function exposureRows({ u, pieces }: ProgrammeTerm, add: () => number): readonly Row[] {
  const rows: Row[] = []
  const indices = [u]
  const values = [1]
  for (const { rho, items, strengths } of pieces) {
    const shares: number[] = []
    for (const [at, item] of items.entries()) {
      const strength = strengths[at] ?? 0
      if (rho < 1) {
        indices.push(item)
        values.push(-(1 - rho) * strength)
      }
      if (rho === 0) continue
      const share = add()
      shares.push(share)
      indices.push(share)
      values.push(-rho * strength)
      rows.push({ lower: -Infinity, upper: 0, indices: [share, item], values: [1, -1] })
    }
    if (shares.length > 0) rows.push({ lower: -Infinity, upper: 1, indices: shares, values: shares.map(() => 1) })
  }
  return [...rows, { lower: -Infinity, upper: 0, indices, values }]
}

function weightOf(terms: readonly Term[]): number {
  return terms.reduce((sum, { weight }) => sum + weight, 0)
}

/** The largest coefficient of a row: the unit that it is written in for the solver. */
export function unitOf({ values }: Row): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1
}

function scaled(row: Row): Row {
  const unit = unitOf(row)
  return { lower: row.lower / unit, upper: row.upper / unit, indices: row.indices, values: row.values.map(value => value / unit) }
}
