import { emptyChart, NOT_KNOWN, shorten } from './chart.ts'
import type { Chart } from './chart.ts'
import { element, picture, QUIET, SECONDARY, text } from './svg.ts'

export interface CohortStripInput {
  readonly title: string
  /** What the rows are: "Objective". */
  readonly itemLabel: string
  /** Whom the band is of: "Trusts". */
  readonly cohortLabel: string
  /** Percents. `quartiles` is `null` where they are held back, `own` where it is not known. Who has none in any row sees no column for it. */
  readonly items: readonly {
    readonly label: string
    readonly quartiles: readonly [lower: number, middle: number, upper: number] | null
    readonly own: number | null
  }[]
  readonly width?: number
}

const ROW = 44
const BAND = 20
const LABELS = 320
const AXIS = 40
const EDGE = 14

/** For each row the middle half of a cohort as a band, its middle as a line across it, and one's own place as a diamond. */
export function cohortStrip(input: CohortStripInput): Chart {
  const width = input.width ?? 760
  const hasOwn = input.items.some(({ own }) => own !== null)
  const head = [input.itemLabel, ...(hasOwn ? ['Ours, %'] : []), `${input.cohortLabel}: lower quartile, %`, 'Middle, %', 'Upper quartile, %']
  if (input.items.length === 0) return emptyChart(input.title, width, head)
  const at = (percent: number) => LABELS + (percent / 100) * (width - LABELS - EDGE)
  const height = input.items.length * ROW + AXIS
  const bottom = input.items.length * ROW
  const grid = [0, 25, 50, 75, 100].flatMap(percent => [
    element('line', { x1: at(percent), y1: 0, x2: at(percent), y2: bottom, stroke: QUIET, 'stroke-width': 1 }),
    text('text', { x: at(percent), y: bottom + 20, 'text-anchor': percent === 100 ? 'end' : 'middle', fill: SECONDARY }, `${percent}%`),
  ])
  const rows = input.items.flatMap(({ label, quartiles, own }, index) => {
    const middle = index * ROW + ROW / 2
    const name = text('text', { x: 0, y: middle + 5 }, shorten(label, LABELS - 12))
    const band =
      quartiles === null
        ? [text('text', { x: at(0) + 6, y: middle + 5, fill: SECONDARY, 'font-style': 'italic' }, 'Held back')]
        : bandOf(quartiles, middle, at)
    return [name, ...band, ...(own === null ? [] : [diamond(at(own), middle)])]
  })
  const words = (value: number | undefined) => value ?? NOT_KNOWN
  return {
    svg: picture({ title: input.title, description: describe(input), width, height }, [...grid, ...rows]),
    table: {
      head,
      rows: input.items.map(({ label, own, quartiles }) => [
        label,
        ...(hasOwn ? [words(own ?? undefined)] : []),
        ...[0, 1, 2].map(place => words(quartiles?.[place])),
      ]),
    },
  }
}

function bandOf(quartiles: readonly [number, number, number], middle: number, at: (percent: number) => number) {
  const [lower, centre, upper] = quartiles
  const top = middle - BAND / 2
  // A band of no width still shows where it is.
  const band = element('rect', { x: at(lower), y: top, width: Math.max(at(upper) - at(lower), 3), height: BAND, fill: '#41b6e6', stroke: '#005eb8' })
  const line = element('line', { x1: at(centre), y1: top - 4, x2: at(centre), y2: top + BAND + 4, stroke: '#003087', 'stroke-width': 3 })
  return [band, line]
}

function diamond(x: number, y: number) {
  return element('path', { d: `M${x} ${y - 9}L${x + 9} ${y}L${x} ${y + 9}L${x - 9} ${y}Z`, fill: '#212b32', stroke: '#ffffff', 'stroke-width': 2 })
}

function describe({ items }: CohortStripInput): string {
  return items
    .map(({ label, quartiles, own }) => {
      const ours = own === null ? [] : [`ours ${own}%`]
      const theirs =
        quartiles === null ? 'the others held back' : `half of them between ${quartiles[0]}% and ${quartiles[2]}%, the middle ${quartiles[1]}%`
      return `${label}: ${[...ours, theirs].join(', ')}`
    })
    .join('. ')
}
