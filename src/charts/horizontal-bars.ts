import { emptyChart, NOT_KNOWN, shorten, thousands, widthOf } from './chart.ts'
import type { Chart } from './chart.ts'
import { element, picture, SECONDARY, text } from './svg.ts'

export interface HorizontalBarsInput {
  readonly title: string
  /** What the bars are: "Product". */
  readonly itemLabel: string
  /** What is counted: "Organisations". */
  readonly valueLabel: string
  /** In the order in which they are to be read; `null` is not known. */
  readonly items: readonly { readonly label: string; readonly value: number | null }[]
  readonly width?: number
}

const ROW = 32
const BAR = 22
const LABELS = 220

/** One bar an item, its figure at its end: for comparing amounts. */
export function horizontalBars(input: HorizontalBarsInput): Chart {
  const width = input.width ?? 760
  const head = [input.itemLabel, input.valueLabel]
  if (input.items.length === 0) return emptyChart(input.title, width, head)

  const largest = Math.max(...input.items.map(item => item.value ?? 0), 1)
  const room = width - LABELS - widthOf(thousands(largest)) - 12
  const drawn = input.items.flatMap((item, index) => {
    const top = index * ROW
    const middle = top + BAR / 2 + 5
    const label = text('text', { x: 0, y: middle }, shorten(item.label, LABELS - 8))
    if (item.value === null) return [label, text('text', { x: LABELS, y: middle, fill: SECONDARY, 'font-style': 'italic' }, NOT_KNOWN)]
    const length = (item.value / largest) * room
    const bar = element('rect', { x: LABELS, y: top, width: length, height: BAR, fill: '#005eb8' })
    return [label, bar, text('text', { x: LABELS + length + 8, y: middle, 'font-weight': 'bold' }, thousands(item.value))]
  })
  const description = input.items.map(item => `${item.label}: ${item.value === null ? 'not known' : thousands(item.value)}`).join('. ')
  return {
    svg: picture({ title: input.title, description, width, height: input.items.length * ROW }, drawn),
    table: { head, rows: input.items.map(item => [item.label, item.value ?? NOT_KNOWN]) },
  }
}
