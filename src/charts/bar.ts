import { element } from './svg.ts'

/** A part of the whole that a bar shows. */
export interface BarPart {
  readonly label: string
  readonly count: number
  /** A word that the style sheet has a colour for, such as `silent`. */
  readonly tone: string
  /** What live figures call this part. */
  readonly name?: string | undefined
}

const HEIGHT = 14

/**
 * A bar of parts of a whole that stands in a page, as wide as its place; its colours come from the page's style sheet.
 * Named parts are drawn even when empty, so that they can grow. The label says every figure in words.
 */
export function inlineBar(parts: readonly BarPart[]): string {
  const total = parts.reduce((sum, part) => sum + part.count, 0)
  let start = 0
  const drawn = parts
    .filter(part => part.count > 0 || part.name !== undefined)
    .map(part => {
      const x = start
      start += part.count
      return element('rect', {
        class: `app-bar__part app-bar__part--${part.tone}`,
        'data-part': part.name,
        'data-label': part.name === undefined ? undefined : part.label,
        x: `${share(x, total)}%`,
        width: `${share(part.count, total)}%`,
        height: HEIGHT,
      })
    })
  const label = parts.map(part => `${part.label}: ${part.count.toLocaleString('en-GB')}`).join(', ')
  return element(
    'svg',
    { class: 'app-bar', xmlns: 'http://www.w3.org/2000/svg', width: '100%', height: HEIGHT, role: 'img', 'aria-label': label },
    drawn,
  ).svg
}

function share(count: number, total: number): string {
  return total === 0 ? '0' : String(Math.round((count * 100_000) / total) / 1000)
}
