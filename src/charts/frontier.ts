import { emptyChart } from './chart.ts'
import type { Chart } from './chart.ts'
import { moneyAxes, moneyPlace, shortPounds } from './money-axis.ts'
import { LINES } from './palette.ts'
import { coordinate, element, picture, SECONDARY, text } from './svg.ts'
import type { Markup } from './svg.ts'

export interface SpendPoint {
  /** Pounds a year. */
  readonly cost: number
  /** Pounds a year that are still expected to be lost. */
  readonly loss: number
}

export interface FrontierInput {
  readonly title: string
  /** The best that each amount can do, from the least to the most. */
  readonly points: readonly SpendPoint[]
  /** Marks on it, such as "You are here" and "Your budget". */
  readonly marks: readonly (SpendPoint & { readonly label: string })[]
  /** Index of the point after which a pound saves less than a pound; `null` where it is not known. */
  readonly worthUntil: number | null
  readonly width?: number
  readonly height?: number
}

const HEAD = ['Spent a year', 'Expected to be lost a year', '']

/** What each amount of money can do at best: a stair that falls, with where one stands, what one can pay, and where it stops being worth it. */
export function frontierChart(input: FrontierInput): Chart {
  const size = { width: input.width ?? 760, height: input.height ?? 380 }
  const [first] = input.points
  if (first === undefined) return emptyChart(input.title, size.width, HEAD)
  const all = [...input.points, ...input.marks]
  const most = { x: Math.max(...all.map(({ cost }) => cost)), y: Math.max(...all.map(({ loss }) => loss)) }
  const place = moneyPlace(most, size, shortPounds)
  const turn = input.worthUntil === null ? undefined : input.points[input.worthUntil]
  const notes = input.points.map((_, index) => (index === input.worthUntil ? 'After this, a pound saves less than a pound' : ''))
  const described = [
    ...input.marks.map(({ label, cost, loss }) => `${label}: ${shortPounds(cost)} a year spent, ${shortPounds(loss)} expected to be lost`),
    ...(turn === undefined ? [] : [`After ${shortPounds(turn.cost)} a year, a pound saves less than a pound`]),
  ].join('. ')
  return {
    svg: picture({ title: input.title, description: described === '' ? 'What each amount can do' : described, ...size }, [
      ...moneyAxes(place, { x: 'Spent a year', y: 'Expected to be lost a year', yTick: shortPounds }),
      ...(turn === undefined ? [] : turnLine(turn, place)),
      element('path', { d: stair(input.points, place), fill: 'none', stroke: LINES[0]?.colour, 'stroke-width': 3 }),
      ...input.points.map(({ cost, loss }) => element('circle', { cx: place.x(cost), cy: place.y(loss), r: 3, fill: LINES[0]?.colour })),
      ...input.marks.flatMap((mark, index) => drawMark(mark, index, place)),
    ]),
    table: {
      head: HEAD,
      rows: [
        ...input.marks.map(({ label, cost, loss }) => [shortPounds(cost), shortPounds(loss), label]),
        ...input.points.map(({ cost, loss }, index) => [shortPounds(cost), shortPounds(loss), notes[index] ?? '']),
      ],
    },
  }
}

type Place = ReturnType<typeof moneyPlace>

function stair(points: readonly SpendPoint[], place: Place): string {
  return points
    .map(({ cost, loss }, index) => {
      const [x, y] = [coordinate(place.x(cost)), coordinate(place.y(loss))]
      return index === 0 ? `M${x} ${y}` : `H${x}V${y}`
    })
    .join('')
}

function turnLine({ cost }: SpendPoint, place: Place): Markup[] {
  const x = place.x(cost)
  const isRight = x > (place.left + place.right) / 2
  return [
    element('path', { d: `M${coordinate(x)} ${coordinate(place.top)}V${coordinate(place.foot)}`, stroke: SECONDARY, 'stroke-dasharray': '4 4' }),
    text(
      'text',
      { x: x + (isRight ? -6 : 6), y: place.top - 8, 'text-anchor': isRight ? 'end' : 'start', fill: SECONDARY },
      'After this, a pound saves less than a pound',
    ),
  ]
}

/** A diamond and its words, which keep within the picture. */
function drawMark(mark: SpendPoint & { readonly label: string }, index: number, place: Place): Markup[] {
  const [x, y] = [place.x(mark.cost), place.y(mark.loss)]
  const colour = LINES[index + 1]?.colour ?? SECONDARY
  const isRight = x > (place.left + place.right) / 2
  return [
    element('path', { d: `M${coordinate(x)} ${coordinate(y - 9)}l9 9l-9 9l-9 -9Z`, fill: colour, stroke: '#ffffff', 'stroke-width': 2 }),
    text(
      'text',
      { x: x + (isRight ? -14 : 14), y: y - 8, 'text-anchor': isRight ? 'end' : 'start', fill: colour, 'font-weight': 'bold' },
      mark.label,
    ),
  ]
}
