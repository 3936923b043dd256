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

/** Cuts a label to a width, by the average width of a character of Arial; the table has it whole. */
export function shorten(label: string, width: number, fontSize = 14): string {
  const room = Math.floor(width / (fontSize * 0.55))
  return label.length <= room ? label : `${label.slice(0, Math.max(room - 1, 1)).trimEnd()}…`
}

/** About how wide a text is when drawn. */
export function widthOf(words: string, fontSize = 14): number {
  return words.length * fontSize * 0.55
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
