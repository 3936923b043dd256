import { element } from './svg.ts'
import type { Markup } from './svg.ts'

/** Where a group stands, in the colours of the page's bars. Each has a pattern too, for those who do not see the colour, and for print. */
export type Tone = 'done' | 'busy' | 'seen' | 'declined' | 'silent' | 'unreachable'

interface Paint {
  readonly colour: string
  /** The colour of a figure written on it: at least 4.5 : 1 against it. */
  readonly ink: string
  readonly pattern: 'plain' | 'rising' | 'falling' | 'dots' | 'upright'
}

export const PAINTS: Readonly<Record<Tone, Paint>> = {
  // Much darker than the red: who sees no colour, and grey print, must not take done for silent.
  done: { colour: '#00401e', ink: '#ffffff', pattern: 'plain' },
  busy: { colour: '#ffb81c', ink: '#212b32', pattern: 'rising' },
  seen: { colour: '#41b6e6', ink: '#212b32', pattern: 'dots' },
  declined: { colour: '#4c6272', ink: '#ffffff', pattern: 'upright' },
  silent: { colour: '#d5281b', ink: '#ffffff', pattern: 'plain' },
  unreachable: { colour: '#330072', ink: '#ffffff', pattern: 'falling' },
}

const PATHS: Readonly<Record<Exclude<Paint['pattern'], 'plain'>, string>> = {
  rising: 'M-2 2L2 -2M0 8L8 0M6 10L10 6',
  falling: 'M-2 6L2 10M0 0L8 8M6 -2L10 2',
  dots: 'M2 2h1v1h-1zM6 6h1v1h-1z',
  upright: 'M2 0V8',
}

/** The patterns, to be put before anything that uses them. */
export function patterns(): Markup {
  const drawn = Object.entries(PATHS).map(([name, path]) =>
    element('pattern', { id: `pattern-${name}`, width: 8, height: 8, patternUnits: 'userSpaceOnUse' }, [
      element('path', { d: path, stroke: '#ffffff', 'stroke-width': 1, 'stroke-opacity': '0.55', fill: 'none' }),
    ]),
  )
  return element('defs', {}, drawn)
}

/** A filled rectangle in a tone, with its pattern over it. */
export function paintedBox(tone: Tone, box: { x: number; y: number; width: number; height: number }): Markup[] {
  const { colour, pattern } = PAINTS[tone]
  const filled = element('rect', { ...box, fill: colour, stroke: '#ffffff', 'stroke-width': 1 })
  return pattern === 'plain' ? [filled] : [filled, element('rect', { ...box, fill: `url(#pattern-${pattern})` })]
}

/** Lines are told apart by colour, dash and the mark at each end. */
export const LINES: readonly { readonly colour: string; readonly dash: string | undefined }[] = [
  { colour: '#005eb8', dash: undefined },
  { colour: '#d5281b', dash: '8 4' },
  { colour: '#007f3b', dash: '2 3' },
  { colour: '#330072', dash: '10 3 2 3' },
  { colour: '#ae2573', dash: '4 4' },
  { colour: '#4c6272', dash: '12 4' },
]
