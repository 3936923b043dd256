import { emptyChart, widthOf } from './chart.ts'
import type { Chart } from './chart.ts'
import { LINES } from './palette.ts'
import { coordinate, element, picture, QUIET, SECONDARY, text } from './svg.ts'
import type { Markup } from './svg.ts'

export interface SharePoint {
  readonly x: number
  /** From 0 to 1. The curve keeps it until the next point. */
  readonly share: number
  /** The interval around it, drawn lightly. */
  readonly low: number
  readonly high: number
}

export interface ShareCurvesInput {
  readonly title: string
  readonly xLabel: string
  /** Of whom the shares are: "Share of everyone reached". */
  readonly yLabel: string
  /** The marks along the foot, ascending; also the rows of the table. The last is where the curves end. */
  readonly marks: readonly { readonly value: number; readonly label: string }[]
  /** One curve each; it starts at 0 before its first point. */
  readonly series: readonly { readonly label: string; readonly points: readonly SharePoint[] }[]
  readonly width?: number
  readonly height?: number
}

const FOOT = 48
const TOP = 30
const LEFT = 56
/** Half and nine in ten, which people ask for, stand out from the other lines across. */
const ACROSS = [0, 0.25, 0.5, 0.75, 0.9, 1] as const
const ASKED_FOR: readonly number[] = [0.5, 0.9]

/** Curves of a share that grows by steps over time, from 0 to all, each with its interval. */
export function shareCurves(input: ShareCurvesInput): Chart {
  const width = input.width ?? 760
  const height = input.height ?? 320
  const head = [input.xLabel, ...input.series.map(({ label }) => label)]
  const last = input.marks.at(-1)?.value
  if (last === undefined || last <= 0 || input.series.length === 0) return emptyChart(input.title, width, head)

  const right = width - Math.max(...input.series.map(({ label }) => widthOf(label))) - 20
  const place: Place = {
    right,
    foot: height - FOOT,
    last,
    x: value => LEFT + (Math.min(value, last) / last) * (right - LEFT),
    y: share => TOP + (1 - share) * (height - FOOT - TOP),
  }
  // Many bands over each other would make a fog.
  const opacity = input.series.length > 3 ? '0.05' : '0.12'
  const bands = input.series.map(({ points }, index) => drawBand(points, index, place, opacity))
  const lines = input.series.map(({ points }, index) => drawLine(points, index, place))
  return {
    svg: picture({ title: input.title, description: describe(input, last), width, height }, [
      ...drawAxes(input, place),
      ...bands,
      ...lines,
      ...drawNames(input, place),
    ]),
    table: { head, rows: input.marks.map(({ value, label }) => [label, ...input.series.map(({ points }) => wordsAt(points, value))]) },
  }
}

interface Place {
  readonly right: number
  readonly foot: number
  readonly last: number
  x(value: number): number
  y(share: number): number
}

function drawAxes(input: ShareCurvesInput, place: Place): Markup[] {
  const across = ACROSS.flatMap(share => {
    const y = coordinate(place.y(share))
    const isAskedFor = ASKED_FOR.includes(share)
    return [
      element('path', {
        d: `M${LEFT} ${y}H${coordinate(place.right)}`,
        stroke: isAskedFor ? SECONDARY : QUIET,
        'stroke-width': share === 0 ? 2 : 1,
        'stroke-dasharray': isAskedFor ? '2 4' : undefined,
      }),
      text('text', { x: LEFT - 8, y: place.y(share) + 5, 'text-anchor': 'end', fill: SECONDARY }, percent(share)),
    ]
  })
  // A label that would touch the one before it is left out; the table has them all.
  let free = -Infinity
  const below = input.marks.flatMap(({ value, label }) => {
    const middle = Math.min(place.x(value), place.right - widthOf(label) / 4)
    if (middle - widthOf(label) / 2 < free) return []
    free = middle + widthOf(label) / 2 + 6
    return [text('text', { x: middle, y: place.foot + 20, 'text-anchor': 'middle', fill: SECONDARY }, label)]
  })
  return [
    ...across,
    ...below,
    text('text', { x: 0, y: 14, 'font-weight': 'bold' }, input.yLabel),
    text('text', { x: place.right, y: place.foot + 42, 'text-anchor': 'end', 'font-weight': 'bold' }, input.xLabel),
  ]
}

function drawLine(points: readonly SharePoint[], index: number, place: Place): Markup {
  const paint = LINES[index % LINES.length]
  return element('path', {
    d: `M${LEFT} ${coordinate(place.y(0))}${stair(points, place, point => point.share)}H${coordinate(place.x(place.last))}`,
    fill: 'none',
    stroke: paint?.colour,
    'stroke-width': 3,
    'stroke-dasharray': paint?.dash,
    'stroke-linejoin': 'round',
  })
}

/** There and back: along the upper limits, then along the lower ones. */
function drawBand(points: readonly SharePoint[], index: number, place: Place, opacity: string): Markup {
  const [first] = points
  if (first === undefined) return element('g', {})
  const there = `M${coordinate(place.x(first.x))} ${coordinate(place.y(first.high))}${stair(points.slice(1), place, point => point.high)}H${coordinate(place.x(place.last))}`
  const back = points
    .toReversed()
    .map(point => `V${coordinate(place.y(point.low))}H${coordinate(place.x(point.x))}`)
    .join('')
  return element('path', { d: `${there}${back}Z`, fill: LINES[index % LINES.length]?.colour, 'fill-opacity': opacity })
}

function stair(points: readonly SharePoint[], place: Place, of: (point: SharePoint) => number): string {
  return points.map(point => `H${coordinate(place.x(point.x))}V${coordinate(place.y(of(point)))}`).join('')
}

/** The name of each curve beside its end, moved apart where they would touch. */
function drawNames(input: ShareCurvesInput, place: Place): Markup[] {
  let lowest = -Infinity
  return input.series
    .map(({ label, points }, index) => ({ label, index, y: place.y(points.at(-1)?.share ?? 0) }))
    .toSorted((a, b) => a.y - b.y)
    .map(({ label, index, y }) => {
      lowest = Math.max(y + 5, lowest + 17)
      return text('text', { x: place.right + 10, y: lowest, fill: LINES[index % LINES.length]?.colour, 'font-weight': 'bold' }, label)
    })
}

function wordsAt(points: readonly SharePoint[], x: number): string {
  const point = points.findLast(one => one.x <= x)
  return point === undefined ? percent(0) : `${percent(point.share)} (${percent(point.low)} to ${percent(point.high)})`
}

function describe(input: ShareCurvesInput, last: number): string {
  const when = input.marks.at(-1)?.label ?? ''
  return input.series.map(({ label, points }) => `${label}: ${wordsAt(points, last)} by ${when}`).join('. ')
}

/** Whole percents; a share that is not nothing is never said to be nothing, nor one that is not all to be all. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return '< 1%'
  if (share < 1 && share > 0.99) return '> 99%'
  return `${Math.round(share * 100)}%`
}
