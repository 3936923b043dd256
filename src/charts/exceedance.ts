import { emptyChart } from './chart.ts'
import type { Chart } from './chart.ts'
import { moneyAxes, moneyPlace, shortPounds } from './money-axis.ts'
import { LINES } from './palette.ts'
import { percent } from './share-curves.ts'
import { coordinate, element, picture, text } from './svg.ts'
import type { Markup } from './svg.ts'

export interface ExceedanceCurve {
  readonly label: string
  /** By rising loss, in pounds: the probability that a year loses more. */
  readonly points: readonly { readonly loss: number; readonly probability: number }[]
  /** Pounds: the average year, and the year that 1 in 20 is worse than. */
  readonly expected: number
  readonly oneInTwenty: number
}

export interface ExceedanceInput {
  readonly title: string
  readonly curves: readonly ExceedanceCurve[]
  readonly width?: number
  readonly height?: number
}

const HEAD = ['', 'Average year', '1-in-20 year']

/** How likely a year is to lose more than an amount. The 1-in-20 year is marked on each curve, for an average hides the bad years. */
export function exceedanceChart(input: ExceedanceInput): Chart {
  const size = { width: input.width ?? 760, height: input.height ?? 340 }
  const curves = input.curves.filter(({ points }) => points.length > 0)
  if (curves.length === 0) return emptyChart(input.title, size.width, HEAD)
  const most = Math.max(...curves.map(({ points, oneInTwenty }) => Math.max(oneInTwenty, points.at(-1)?.loss ?? 0)))
  const place = moneyPlace({ x: most, y: 100 }, size, value => `${value}%`)
  const description = curves
    .map(
      ({ label, expected, oneInTwenty }) => `${label}: ${shortPounds(expected)} in an average year, more than ${shortPounds(oneInTwenty)} in 1 of 20`,
    )
    .join('. ')
  return {
    svg: picture({ title: input.title, description, ...size }, [
      ...moneyAxes(place, { x: 'Lost in a year', y: 'How likely it is to be more', yTick: value => `${value}%` }),
      ...curves.flatMap((curve, index) => drawCurve(curve, index, place)),
    ]),
    table: {
      head: HEAD,
      rows: [
        ...curves.map(({ label, expected, oneInTwenty }) => [label, shortPounds(expected), shortPounds(oneInTwenty)]),
        ...curves.flatMap(({ label, points }) =>
          points.map(({ loss, probability }) => [`${label}: more than ${shortPounds(loss)}`, percent(probability), '']),
        ),
      ],
    },
  }
}

function drawCurve({ label, points, oneInTwenty }: ExceedanceCurve, index: number, place: ReturnType<typeof moneyPlace>): Markup[] {
  const paint = LINES[index % LINES.length]
  const path = points.map(({ loss, probability }, at) => {
    const [x, y] = [coordinate(place.x(loss)), coordinate(place.y(probability * 100))]
    return `${at === 0 ? 'M' : 'L'}${x} ${y}`
  })
  const x = place.x(oneInTwenty)
  const y = place.y(5)
  return [
    element('path', { d: path.join(''), fill: 'none', stroke: paint?.colour, 'stroke-width': 3, 'stroke-dasharray': paint?.dash }),
    element('circle', { cx: x, cy: y, r: 5, fill: paint?.colour, stroke: '#ffffff', 'stroke-width': 2 }),
    text('text', { x: place.right, y: place.top + 16 + index * 20, 'text-anchor': 'end', fill: paint?.colour, 'font-weight': 'bold' }, label),
  ]
}
