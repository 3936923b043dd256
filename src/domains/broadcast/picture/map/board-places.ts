/** A hexagon's place in axial coordinates: `q` grows to the right, `r` downwards, each row half a hexagon further right than the one above. */
export type Place = readonly [q: number, r: number]

/**
 * Where the hexagon of each of England's 42 integrated care boards (as of 2023, by ODS code) stands, so that neighbours stand together as far as
 * hexagons of one size let them. Worked out by us from the centres and common borders of the boundaries that the Office for National Statistics
 * publishes (Open Government Licence v3.0; contains OS data © Crown copyright and database right 2023): 78 of the 99 pairs of neighbours touch.
 */
const BOARD_PLACES: Readonly<Record<string, Place>> = {
  // row 0
  QHM: [2, 0],
  // row 1
  QE1: [1, 1],
  QWO: [2, 1],
  QOQ: [3, 1],
  // row 2
  QOP: [1, 2],
  QF7: [2, 2],
  // row 3
  QYG: [0, 3],
  QJ2: [1, 3],
  QT1: [2, 3],
  // row 4
  QOC: [-1, 4],
  QNC: [0, 4],
  QK1: [1, 4],
  QJM: [2, 4],
  QMM: [3, 4],
  // row 5
  QUA: [-1, 5],
  QHL: [0, 5],
  QPM: [1, 5],
  QUE: [2, 5],
  QJG: [3, 5],
  // row 6
  QGH: [-1, 6],
  QWU: [0, 6],
  QHG: [1, 6],
  QM7: [2, 6],
  QH8: [3, 6],
  // row 7
  QUY: [-2, 7],
  QR1: [-1, 7],
  QU9: [0, 7],
  QMJ: [1, 7],
  QMF: [2, 7],
  // row 8
  QT6: [-4, 8],
  QSL: [-3, 8],
  QOX: [-2, 8],
  QNQ: [-1, 8],
  QRV: [0, 8],
  QKK: [1, 8],
  // row 9
  QJK: [-4, 9],
  QVV: [-3, 9],
  QRL: [-2, 9],
  QXU: [-1, 9],
  QWE: [0, 9],
  QKS: [1, 9],
  // row 10
  QNX: [-1, 10],
}

export interface PlacedBoard {
  readonly code: string
  readonly regionCode: string | null
}

export interface Layout {
  readonly places: ReadonlyMap<string, Place>
  /** Whether they stand as they lie in the land; otherwise they stand by region, in the order of their codes. */
  readonly isGeographic: boolean
}

/**
 * Where to draw those boards. When most of them are known, the others have no place and stand under the map; when they are not (another country,
 * an invented sector), all are set out side by side, those of a region together.
 */
export function layOut(boards: readonly PlacedBoard[]): Layout {
  const known = boards.filter(({ code }) => Object.hasOwn(BOARD_PLACES, code))
  if (boards.length > 0 && known.length * 2 >= boards.length) return { places: new Map(Object.entries(BOARD_PLACES)), isGeographic: true }
  const width = Math.ceil(Math.sqrt(boards.length))
  const inOrder = boards.toSorted((a, b) => (a.regionCode ?? '~').localeCompare(b.regionCode ?? '~') || a.code.localeCompare(b.code))
  const placed = inOrder.map(({ code }, index): [string, Place] => {
    const row = Math.floor(index / width)
    return [code, [(index % width) - Math.floor(row / 2), row]]
  })
  return { places: new Map(placed), isGeographic: false }
}
