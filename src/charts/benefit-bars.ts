import { emptyChart, shorten, widthOf } from './chart.ts'
import type { Chart } from './chart.ts'
import { shortPounds } from './money-axis.ts'
import { LINES } from './palette.ts'
import { element, picture, text } from './svg.ts'

export interface BenefitBarsInput {
  readonly title: string
  /** In the order in which they are to be read. Pounds a year: what each would save were it alone, and what it saves given the rest. */
  readonly items: readonly { readonly label: string; readonly alone: number; readonly given: number }[]
  readonly width?: number
}

const ROW = 54
const BAR = 20
const LABELS = 240
const TOP = 26
const HEAD = ['Improvement', 'On its own', 'Given the rest']

/** Two bars an item, for two questions: neither adds up over the items, so no total stands anywhere. */
export function benefitBars(input: BenefitBarsInput): Chart {
  const width = input.width ?? 760
  if (input.items.length === 0) return emptyChart(input.title, width, HEAD)
  const largest = Math.max(...input.items.map(({ alone, given }) => Math.max(alone, given)), 1)
  const room = width - LABELS - widthOf(shortPounds(largest)) - 12
  const [aloneColour, givenColour] = ['#768692', LINES[0]?.colour ?? '#005eb8']
  const bar = (value: number, y: number, fill: string) => {
    const length = (Math.max(value, 0) / largest) * room
    return [
      element('rect', { x: LABELS, y, width: length, height: BAR, fill }),
      text('text', { x: LABELS + length + 8, y: y + 15, 'font-weight': 'bold' }, shortPounds(value)),
    ]
  }
  const drawn = input.items.flatMap(({ label, alone, given }, index) => {
    const y = TOP + index * ROW
    return [text('text', { x: 0, y: y + 26 }, shorten(label, LABELS - 8)), ...bar(alone, y, aloneColour), ...bar(given, y + BAR + 2, givenColour)]
  })
  const legend = [
    element('rect', { x: LABELS, y: 2, width: 14, height: 14, fill: aloneColour }),
    text('text', { x: LABELS + 20, y: 14 }, 'On its own'),
    element('rect', { x: LABELS + 130, y: 2, width: 14, height: 14, fill: givenColour }),
    text('text', { x: LABELS + 150, y: 14 }, 'Given the rest'),
  ]
  const description = input.items
    .map(({ label, alone, given }) => `${label}: ${shortPounds(alone)} on its own, ${shortPounds(given)} given the rest`)
    .join('. ')
  return {
    svg: picture({ title: input.title, description, width, height: TOP + input.items.length * ROW }, [...legend, ...drawn]),
    table: { head: HEAD, rows: input.items.map(({ label, alone, given }) => [label, shortPounds(alone), shortPounds(given)]) },
  }
}
