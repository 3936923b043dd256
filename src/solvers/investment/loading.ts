import type { Highs, Model, ModelData } from 'highs'
import type { Programme } from './programme.ts'
import type { Row } from './rules.ts'

/** Adds rows to a loaded programme. */
export function addRows(model: Model, highs: Highs, rows: readonly Row[]): void {
  if (rows.length === 0) return
  const { starts, indices, values } = packed(rows)
  const numCols = model.getDimensions().numCols
  const { lower, upper } = boundsOf(highs, rows)
  model.addRows({ lower, upper, matrix: { format: 'csr', numRows: rows.length, numCols, starts, indices, values } })
}

/** A programme as the solver takes it, by rows. */
export function modelOf(highs: Highs, { columns, rows }: Programme): ModelData {
  const { lower, upper } = boundsOf(highs, rows)
  return {
    numCols: columns.length,
    numRows: rows.length,
    colCost: Float64Array.from(columns, ({ cost }) => cost),
    colLower: Float64Array.from(columns, column => column.lower),
    colUpper: Float64Array.from(columns, column => Math.min(column.upper, highs.infinity)),
    rowLower: lower,
    rowUpper: upper,
    matrix: { format: 'csr', numRows: rows.length, numCols: columns.length, ...packed(rows) },
    integrality: Int32Array.from(columns, ({ isInteger }) => (isInteger ? 1 : 0)),
  }
}

function boundsOf({ infinity }: Highs, rows: readonly Row[]) {
  return {
    lower: Float64Array.from(rows, ({ lower }) => Math.max(lower, -infinity)),
    upper: Float64Array.from(rows, ({ upper }) => Math.min(upper, infinity)),
  }
}

function packed(rows: readonly Row[]) {
  const starts = new Int32Array(rows.length + 1)
  for (const [index, { indices }] of rows.entries()) starts[index + 1] = (starts[index] ?? 0) + indices.length
  return { starts, indices: Int32Array.from(rows.flatMap(({ indices }) => indices)), values: Float64Array.from(rows.flatMap(({ values }) => values)) }
}
