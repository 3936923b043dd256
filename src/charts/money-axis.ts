import { ticksUpTo, widthOf } from './chart.ts'
import { coordinate, element, QUIET, SECONDARY, text } from './svg.ts'
import type { Markup } from './svg.ts'

/** Axes of charts about money. */

/** An amount in pounds, short enough for an axis, to the two figures that a model deserves: £250k, £1.5m. */
export function shortPounds(pounds: number): string {
  if (Math.abs(pounds) >= 1_000_000) return `£${trimmed(pounds / 1_000_000)}m`
  return Math.abs(pounds) >= 1_000 ? `£${trimmed(pounds / 1_000)}k` : `£${trimmed(pounds)}`
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(2)))
}

interface MoneyPlace {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly foot: number
  x(value: number): number
  y(value: number): number
}

const TOP = 40
const FOOT = 48

/** Where values stand in a picture of that size, both axes from nothing to a round value above the most. */
export function moneyPlace(
  most: { readonly x: number; readonly y: number },
  size: { readonly width: number; readonly height: number },
  yWords: (value: number) => string,
): MoneyPlace & { readonly xTicks: readonly number[]; readonly yTicks: readonly number[] } {
  const xTicks = ticksUpTo(Math.max(most.x, 1), 6)
  const yTicks = ticksUpTo(Math.max(most.y, 1))
  const [lastX, lastY] = [xTicks.at(-1) ?? 1, yTicks.at(-1) ?? 1]
  const left = Math.max(...yTicks.map(tick => widthOf(yWords(tick)))) + 12
  const [right, foot] = [size.width - 30, size.height - FOOT]
  return {
    left,
    right,
    top: TOP,
    foot,
    xTicks,
    yTicks,
    x: value => left + (Math.min(Math.max(value, 0), lastX) / lastX) * (right - left),
    y: value => TOP + (1 - Math.min(Math.max(value, 0), lastY) / lastY) * (foot - TOP),
  }
}

/** Lines across at each tick, and what both axes are. */
export function moneyAxes(
  place: ReturnType<typeof moneyPlace>,
  words: { readonly x: string; readonly y: string; yTick(value: number): string },
): Markup[] {
  const across = place.yTicks.flatMap(tick => [
    element('path', {
      d: `M${coordinate(place.left)} ${coordinate(place.y(tick))}H${coordinate(place.right)}`,
      stroke: QUIET,
      'stroke-width': tick === 0 ? 2 : 1,
    }),
    text('text', { x: place.left - 8, y: place.y(tick) + 5, 'text-anchor': 'end', fill: SECONDARY }, words.yTick(tick)),
  ])
  const below = place.xTicks.map(tick =>
    text('text', { x: place.x(tick), y: place.foot + 20, 'text-anchor': 'middle', fill: SECONDARY }, shortPounds(tick)),
  )
  return [
    ...across,
    ...below,
    text('text', { x: 0, y: 14, 'font-weight': 'bold' }, words.y),
    text('text', { x: place.right, y: place.foot + 42, 'text-anchor': 'end', 'font-weight': 'bold' }, words.x),
  ]
}
