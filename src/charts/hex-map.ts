import type { Chart } from './chart.ts'
import { emptyChart } from './chart.ts'
import { percent } from './share-curves.ts'
import { coordinate, element, picture, QUIET, SECONDARY, text } from './svg.ts'
import type { Markup } from './svg.ts'

export interface HexCell {
  /** In axial coordinates. */
  readonly q: number
  readonly r: number
  /** Written on the hexagon: a code of a few letters. */
  readonly short: string
  /** The whole name, for who points at it or hears it, and in the table. */
  readonly label: string
  /** From 0 to 1; `null` where there is nobody. */
  readonly share: number | null
  /** "31 of 40 answered". */
  readonly words: string
  readonly href?: string | undefined
}

export interface HexMapInput {
  readonly title: string
  /** Of what the shares are: "answered". */
  readonly shareLabel: string
  readonly itemLabel: string
  readonly cells: readonly HexCell[]
}

export interface HexMap extends Chart {
  /** The same picture to stand in a page, each hexagon with `href` a link. */
  readonly linked: string
}

/** From light to dark, each with the ink that is read on it (4.5 : 1) and hatching that thins out: dark and plain is answered, light and hatched is not. */
const BANDS = [
  { from: 0, colour: '#ffffff', ink: '#212b32', hatch: 5 },
  { from: 0.2, colour: '#d2e3f5', ink: '#212b32', hatch: 8 },
  { from: 0.4, colour: '#9fc4ea', ink: '#212b32', hatch: 12 },
  { from: 0.6, colour: '#3b7dc4', ink: '#ffffff', hatch: null },
  { from: 0.8, colour: '#003087', ink: '#ffffff', hatch: null },
] as const
type Band = (typeof BANDS)[number]

/** From the centre to a corner of its place; it is drawn a little smaller, so that what marks the one in focus is not covered by those beside it. */
const RADIUS = 40
const GAP = 3
const WIDE = RADIUS * Math.sqrt(3)
const LEGEND = 64

/** One hexagon of the same size an area, so that a small one is seen as well as a large one: shaded and labelled by a share. */
export function hexMap(input: HexMapInput): HexMap {
  const head = [input.itemLabel, `Share ${input.shareLabel}`, 'In figures']
  if (input.cells.length === 0) {
    const empty = emptyChart(input.title, 400, head)
    return { ...empty, linked: empty.svg }
  }
  const centres = input.cells.map(({ q, r }) => ({ x: WIDE * (q + r / 2), y: RADIUS * 1.5 * r }))
  const left = Math.min(...centres.map(({ x }) => x)) - WIDE / 2 - 2
  const top = Math.min(...centres.map(({ y }) => y)) - RADIUS - 2 - LEGEND
  const width = Math.max(...centres.map(({ x }) => x)) + WIDE / 2 + 2 - left
  const height = Math.max(...centres.map(({ y }) => y)) + RADIUS + 2 - top
  const size = { width: Math.max(width, 420), height }
  const draw = (isLinked: boolean): Markup[] => [
    hatches(),
    ...drawLegend(input.shareLabel),
    ...input.cells.map((cell, index) => drawCell(cell, { x: (centres[index]?.x ?? 0) - left, y: (centres[index]?.y ?? 0) - top }, isLinked)),
  ]
  const description = input.cells.map(({ label, words }) => `${label}: ${words}`).join('. ')
  return {
    svg: picture({ title: input.title, description, ...size }, draw(false)),
    linked: inPage(input.title, size, draw(true)),
    table: { head, rows: input.cells.map(({ label, share, words }) => [label, share === null ? 'Nobody' : percent(share), words]) },
  }
}

function drawCell(cell: HexCell, centre: { readonly x: number; readonly y: number }, isLinked: boolean): Markup {
  const band = cell.share === null ? null : bandOf(cell.share)
  const ink = band?.ink ?? SECONDARY
  const d = hexagon(centre.x, centre.y)
  const parts = [
    element('path', {
      d,
      fill: band?.colour ?? '#ffffff',
      stroke: band === null ? QUIET : '#212b32',
      'stroke-dasharray': band === null ? '4 4' : undefined,
    }),
    ...(band === null || band.hatch === null ? [] : [element('path', { d, fill: `url(#hatch-${band.hatch})` })]),
    ...(band === null || band.hatch === null
      ? []
      : [element('rect', { x: centre.x - 26, y: centre.y - 20, width: 52, height: 40, rx: 4, fill: band.colour, 'fill-opacity': '0.9' })]),
    text('text', { x: centre.x, y: centre.y - 3, 'text-anchor': 'middle', fill: ink, 'font-weight': 'bold' }, cell.short),
    text('text', { x: centre.x, y: centre.y + 15, 'text-anchor': 'middle', fill: ink }, cell.share === null ? 'nobody' : percent(cell.share)),
    text('title', {}, `${cell.label}: ${cell.words}`),
  ]
  if (isLinked && cell.href !== undefined) return element('a', { href: cell.href, 'aria-label': `${cell.label}: ${cell.words}` }, parts)
  return element('g', {}, parts)
}

function hexagon(x: number, y: number): string {
  const corners = [-90, -30, 30, 90, 150, 210].map(degrees => {
    const angle = (degrees * Math.PI) / 180
    return `${coordinate(x + (RADIUS - GAP) * Math.cos(angle))} ${coordinate(y + (RADIUS - GAP) * Math.sin(angle))}`
  })
  return `M${corners.join('L')}Z`
}

function bandOf(share: number): Band {
  return BANDS.findLast(({ from }) => share >= from) ?? BANDS[0]
}

function hatches(): Markup {
  const drawn = BANDS.flatMap(({ hatch }) =>
    hatch === null
      ? []
      : [
          element('pattern', { id: `hatch-${hatch}`, width: hatch, height: hatch, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' }, [
            element('path', { d: `M0 0V${hatch}`, stroke: SECONDARY, 'stroke-width': 1 }),
          ]),
        ],
  )
  return element('defs', {}, drawn)
}

function drawLegend(shareLabel: string): Markup[] {
  const boxes = BANDS.flatMap(({ from, colour, hatch }, index) => {
    const box = { x: 1 + index * 82, y: 22, width: 78, height: 14 }
    return [
      element('rect', { ...box, fill: colour, stroke: '#212b32' }),
      ...(hatch === null ? [] : [element('rect', { ...box, fill: `url(#hatch-${hatch})` })]),
      text('text', { x: box.x, y: 52, fill: SECONDARY }, index === BANDS.length - 1 ? '80% on' : `${Math.round(from * 100)}% on`),
    ]
  })
  return [text('text', { x: 0, y: 14, 'font-weight': 'bold' }, `Share ${shareLabel}`), ...boxes]
}

/** As wide as its place. Not an image to a screen reader, for its links would be lost: a group of them, with a name. */
function inPage(title: string, size: { readonly width: number; readonly height: number }, children: readonly Markup[]): string {
  const { width, height } = size
  return element(
    'svg',
    {
      class: 'app-hex-map',
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${coordinate(width)} ${coordinate(height)}`,
      role: 'group',
      'aria-label': title,
      'font-family': 'Arial, Helvetica, sans-serif',
      'font-size': 14,
    },
    children,
  ).svg
}
