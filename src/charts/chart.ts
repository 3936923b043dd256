import { picture, SECONDARY, text } from './svg.ts'

/** A picture and the very figures it was drawn from, so that nobody has to see it to read it. */
export interface Chart {
  readonly svg: string
  readonly table: ChartTable
}

export interface ChartTable {
  readonly head: readonly string[]
  /** The first of a row is its label. A figure that is not known is "Not known", never zero. */
  readonly rows: readonly (readonly (string | number)[])[]
}

export const NOT_KNOWN = 'Not known'

/** What stands where there is nothing to draw. */
export function emptyChart(title: string, width: number, head: readonly string[]): Chart {
  const words = 'No figures yet'
  return {
    svg: picture({ title, description: words, width, height: 60 }, [text('text', { x: 0, y: 34, fill: SECONDARY }, words)]),
    table: { head, rows: [] },
  }
}

/** The average width of a character in parts of the font size: wide enough for the fonts that stand in for Arial, and for bold. */
const CHARACTER = 0.64
const FONT_SIZE = 14

/** Cuts a label to a width; the table has it whole. */
export function shorten(label: string, width: number): string {
  const room = Math.floor(width / (FONT_SIZE * CHARACTER))
  return label.length <= room ? label : `${label.slice(0, Math.max(room - 1, 1)).trimEnd()}…`
}

/** About how wide a text is when drawn. */
export function widthOf(words: string): number {
  return words.length * FONT_SIZE * CHARACTER
}

/** Round steps from 0 that cover `most` in at most `count` steps; whole numbers only, for these charts count things. */
export function ticksUpTo(most: number, count = 5): number[] {
  if (most <= 0) return [0, 1]
  const rough = Math.max(most / count, 1)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find(nice => nice * power >= rough) ?? 10) * power
  const ticks = Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step)
  return ticks.length === 1 ? [0, step] : ticks
}

export function thousands(value: number): string {
  return value.toLocaleString('en-GB')
}
