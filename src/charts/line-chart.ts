import { emptyChart, NOT_KNOWN, thousands, ticksUpTo, widthOf } from './chart.ts'
import type { Chart } from './chart.ts'
import { LINES } from './palette.ts'
import { coordinate, element, picture, QUIET, SECONDARY, text } from './svg.ts'
import type { Markup } from './svg.ts'

export interface LineChartInput {
  readonly title: string
  /** What runs along the foot, such as "Hours since release". */
  readonly xLabel: string
  /** What is counted, such as "Organisations". */
  readonly yLabel: string
  /** Places along the foot, ascending; the label is what the axis and the table say. */
  readonly x: readonly { readonly value: number; readonly label: string }[]
  /** One line each; `null` is not known and leaves a gap. */
  readonly series: readonly { readonly label: string; readonly values: readonly (number | null)[] }[]
  /** `step` for what grows by whole answers, `straight` for what is measured now and then. */
  readonly shape?: 'step' | 'straight'
  readonly width?: number
  readonly height?: number
}

const FOOT = 48
const TOP = 30

/** A curve over time, such as how answers come in. Each line has its name at its end. */
export function lineChart(input: LineChartInput): Chart {
  const width = input.width ?? 760
  const height = input.height ?? 300
  const head = [input.xLabel, ...input.series.map(line => line.label)]
  const known = input.series.flatMap(line => line.values).filter(value => value !== null)
  const first = input.x[0]?.value
  const last = input.x.at(-1)?.value
  if (known.length === 0 || first === undefined || last === undefined) return emptyChart(input.title, width, head)

  const ticks = ticksUpTo(Math.max(...known))
  const top = ticks.at(-1) ?? 1
  const left = widthOf(thousands(top)) + 12
  const right = width - Math.max(...input.series.map(line => widthOf(line.label))) - 20
  const place: Place = {
    left,
    right,
    foot: height - FOOT,
    x: value => (last === first ? left : left + ((value - first) / (last - first)) * (right - left)),
    y: value => TOP + (1 - value / top) * (height - FOOT - TOP),
  }
  const ends = endLabels(input, place)
  const lines = input.series.flatMap((line, index) => drawLine(input, line.values, index, place))
  return {
    svg: picture({ title: input.title, description: describe(input), width, height }, [...drawAxes(input, ticks, place), ...lines, ...ends]),
    table: { head, rows: input.x.map((at, row) => [at.label, ...input.series.map(line => line.values[row] ?? NOT_KNOWN)]) },
  }
}

interface Place {
  readonly left: number
  readonly right: number
  readonly foot: number
  x(value: number): number
  y(value: number): number
}

function drawAxes(input: LineChartInput, ticks: readonly number[], place: Place): Markup[] {
  const across = ticks.flatMap(tick => [
    element('path', {
      d: `M${coordinate(place.left)} ${coordinate(place.y(tick))}H${coordinate(place.right)}`,
      stroke: QUIET,
      'stroke-width': tick === 0 ? 2 : 1,
    }),
    text('text', { x: place.left - 8, y: place.y(tick) + 5, 'text-anchor': 'end', fill: SECONDARY }, thousands(tick)),
  ])
  const below = spaced(input.x, place).map(at =>
    text('text', { x: place.x(at.value), y: place.foot + 20, 'text-anchor': 'middle', fill: SECONDARY }, at.label),
  )
  const names = [
    text('text', { x: 0, y: 14, 'font-weight': 'bold' }, input.yLabel),
    text('text', { x: place.right, y: place.foot + 42, 'text-anchor': 'end', 'font-weight': 'bold' }, input.xLabel),
  ]
  return [...across, ...below, ...names]
}

/** Every label, or every second, third … so that none touch; always with the first. */
function spaced(places: LineChartInput['x'], place: Place): LineChartInput['x'] {
  const room = Math.max(...places.map(at => widthOf(at.label))) + 12
  const everyNth = (step: number) => places.filter((_, index) => index % step === 0)
  const fits = (chosen: LineChartInput['x']) =>
    chosen.every((at, index) => index === 0 || place.x(at.value) - place.x(chosen[index - 1]?.value ?? 0) >= room)
  for (let step = 1; step < places.length; step++) if (fits(everyNth(step))) return everyNth(step)
  return places.slice(0, 1)
}

function drawLine(input: LineChartInput, values: readonly (number | null)[], index: number, place: Place): Markup[] {
  const paint = LINES[index % LINES.length]
  let path = ''
  let isOpen = false
  input.x.forEach((at, row) => {
    const value = values[row] ?? null
    if (value === null) {
      isOpen = false
      return
    }
    const [x, y] = [coordinate(place.x(at.value)), coordinate(place.y(value))]
    if (!isOpen) path += `M${x} ${y}`
    else path += input.shape === 'straight' ? `L${x} ${y}` : `H${x}V${y}`
    isOpen = true
  })
  return [
    element('path', { d: path, fill: 'none', stroke: paint?.colour, 'stroke-width': 3, 'stroke-dasharray': paint?.dash, 'stroke-linejoin': 'round' }),
  ]
}

/** The name of each line beside its last known point, moved apart where they would touch. */
function endLabels(input: LineChartInput, place: Place): Markup[] {
  const ends = input.series.map((line, index) => {
    const row = line.values.findLastIndex(value => value !== null)
    return { label: line.label, index, x: place.x(input.x[row]?.value ?? 0), y: place.y(line.values[row] ?? 0), isDrawn: row >= 0 }
  })
  let lowest = -Infinity
  return ends
    .filter(end => end.isDrawn)
    .toSorted((one, other) => one.y - other.y)
    .flatMap(end => {
      const y = Math.max(end.y + 5, lowest + 17)
      lowest = y
      const colour = LINES[end.index % LINES.length]?.colour
      return [
        element('circle', { cx: end.x, cy: end.y, r: 4, fill: colour }),
        text('text', { x: place.right + 10, y, fill: colour, 'font-weight': 'bold' }, end.label),
      ]
    })
}

function describe(input: LineChartInput): string {
  const from = input.x[0]?.label ?? ''
  return input.series
    .map(line => {
      const row = line.values.findLastIndex(value => value !== null)
      const value = line.values[row]
      return value === undefined || value === null
        ? `${line.label}: not known`
        : `${line.label}: ${thousands(value)} at ${input.x[row]?.label ?? ''}, from ${from} on`
    })
    .join('. ')
}
