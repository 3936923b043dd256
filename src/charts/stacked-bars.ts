import { emptyChart, shorten, thousands, widthOf } from './chart.ts'
import type { Chart } from './chart.ts'
import { PAINTS, paintedBox, patterns } from './palette.ts'
import type { Tone } from './palette.ts'
import { element, picture, SECONDARY, text } from './svg.ts'
import type { Markup } from './svg.ts'

export interface StackedBarsInput {
  readonly title: string
  /** What the rows are: "Type", "Region". */
  readonly groupLabel: string
  /** The parts, in the order in which they are stacked. */
  readonly parts: readonly { readonly label: string; readonly tone: Tone }[]
  /** One row a group; `counts` are in the order of `parts`. */
  readonly groups: readonly { readonly label: string; readonly counts: readonly number[] }[]
  /** `share`: every bar is full length. `count`: lengths compare. */
  readonly scale: 'share' | 'count'
  /** In pixels; 760 unless given. */
  readonly width?: number
}

const ROW = 34
const BAR = 24
const LABELS = 220
const TOTALS = 64

/** The funnel by group: one bar a group, its parts stacked, the figures written on them where they fit. */
export function stackedBars(input: StackedBarsInput): Chart {
  const width = input.width ?? 760
  const head = [input.groupLabel, ...input.parts.map(part => part.label), 'All']
  if (input.groups.length === 0) return emptyChart(input.title, width, head)

  const totals = input.groups.map(group => group.counts.reduce((sum, count) => sum + count, 0))
  const largest = Math.max(...totals, 1)
  const legend = drawLegend(input.parts, width)
  const rows = input.groups.flatMap((group, index) => {
    const whole = totals[index] ?? 0
    const scale = (width - LABELS - TOTALS) / (input.scale === 'share' ? Math.max(whole, 1) : largest)
    return drawRow(group.label, group.counts, input.parts, { top: legend.height + index * ROW, scale, whole, width })
  })
  const description = input.groups
    .map((group, index) => `${group.label}: ${inWords(group.counts, input.parts)} of ${thousands(totals[index] ?? 0)}`)
    .join('. ')
  return {
    svg: picture({ title: input.title, description, width, height: legend.height + input.groups.length * ROW }, [
      patterns(),
      ...legend.drawn,
      ...rows,
    ]),
    table: { head, rows: input.groups.map((group, index) => [group.label, ...group.counts, totals[index] ?? 0]) },
  }
}

type Parts = StackedBarsInput['parts']

function drawRow(
  label: string,
  counts: readonly number[],
  parts: Parts,
  place: { top: number; scale: number; whole: number; width: number },
): Markup[] {
  const middle = place.top + BAR / 2 + 5
  const drawn = [text('text', { x: 0, y: middle }, shorten(label, LABELS - 8))]
  let x = LABELS
  parts.forEach((part, index) => {
    const count = counts[index] ?? 0
    const length = count * place.scale
    if (count > 0) drawn.push(...paintedBox(part.tone, { x, y: place.top, width: length, height: BAR }))
    const words = thousands(count)
    if (count > 0 && widthOf(words) + 12 <= length) drawn.push(...figureOn(part.tone, words, x + length / 2, place.top))
    x += length
  })
  drawn.push(text('text', { x: place.width, y: middle, 'text-anchor': 'end', 'font-weight': 'bold' }, thousands(place.whole)))
  return drawn
}

/** The figure on a plain patch of the bar's colour, so that the pattern does not run through it. */
function figureOn(tone: Tone, words: string, centre: number, top: number): Markup[] {
  const room = widthOf(words) + 6
  return [
    element('rect', { x: centre - room / 2, y: top + 3, width: room, height: BAR - 6, fill: PAINTS[tone].colour }),
    text('text', { x: centre, y: top + BAR / 2 + 5, 'text-anchor': 'middle', fill: PAINTS[tone].ink }, words),
  ]
}

function drawLegend(parts: Parts, width: number): { drawn: Markup[]; height: number } {
  let x = 0
  let y = 0
  const drawn = parts.flatMap(part => {
    const room = 20 + widthOf(part.label) + 12
    if (x > 0 && x + room > width) {
      x = 0
      y += 22
    }
    const left = x
    x += room
    return [...paintedBox(part.tone, { x: left, y, width: 14, height: 14 }), text('text', { x: left + 20, y: y + 12, fill: SECONDARY }, part.label)]
  })
  return { drawn, height: y + 34 }
}

function inWords(counts: readonly number[], parts: Parts): string {
  return parts.map((part, index) => `${part.label} ${thousands(counts[index] ?? 0)}`).join(', ')
}
