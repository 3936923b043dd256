/** A statement takes 65,535 parameters at most: so many rows of up to a hundred columns fit. */
const ROWS_A_STATEMENT = 500

/** The rows in parts that each fit into one statement, in order. None for none. */
export function chunks<T>(rows: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / ROWS_A_STATEMENT) }, (_, index) =>
    rows.slice(index * ROWS_A_STATEMENT, (index + 1) * ROWS_A_STATEMENT),
  )
}
