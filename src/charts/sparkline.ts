import { emptyChart, NOT_KNOWN, thousands } from './chart.ts'
import type { Chart } from './chart.ts'
import { coordinate, element, picture } from './svg.ts'

export interface SparklineInput {
  readonly title: string
  /** What is counted. */
  readonly valueLabel: string
  /** In order of time; `null` is not known and leaves a gap. */
  readonly points: readonly { readonly label: string; readonly value: number | null }[]
}

const WIDTH = 120
const HEIGHT = 28
const EDGE = 4

/** A line the size of a word: which way it goes, with the last point marked. Starts at zero, so that small changes look small. */
export function sparkline(input: SparklineInput): Chart {
  const head = ['When', input.valueLabel]
  const known = input.points.map(point => point.value).filter(value => value !== null)
  const last = known.at(-1)
  if (last === undefined) return emptyChart(input.title, WIDTH, head)

  const most = Math.max(...known, 1)
  const x = (index: number) => EDGE + (index / Math.max(input.points.length - 1, 1)) * (WIDTH - 2 * EDGE)
  const y = (value: number) => HEIGHT - EDGE - (value / most) * (HEIGHT - 2 * EDGE)
  let isOpen = false
  const path = input.points
    .map(({ value }, index) => {
      const command = isOpen ? 'L' : 'M'
      isOpen = value !== null
      return value === null ? '' : `${command}${coordinate(x(index))} ${coordinate(y(value))}`
    })
    .join('')
  const end = input.points.findLastIndex(point => point.value !== null)
  const description = `${input.valueLabel}: ${thousands(known[0] ?? last)} to ${thousands(last)}, at most ${thousands(Math.max(...known))}`
  return {
    svg: picture({ title: input.title, description, width: WIDTH, height: HEIGHT }, [
      element('path', { d: path, fill: 'none', stroke: '#005eb8', 'stroke-width': 2 }),
      element('circle', { cx: x(end), cy: y(last), r: 3, fill: '#005eb8' }),
    ]),
    table: { head, rows: input.points.map(point => [point.label, point.value ?? NOT_KNOWN]) },
  }
}
