import { emptyChart, NOT_KNOWN, shorten } from './chart.ts'
import type { Chart } from './chart.ts'
import { paintedBox, patterns, type Tone } from './palette.ts'
import { element, picture, SECONDARY, text } from './svg.ts'
import type { Markup } from './svg.ts'

export interface LevelBarsInput {
  readonly title: string
  /** What the rows are: "Objective". */
  readonly groupLabel: string
  /** What can come out, the best first. */
  readonly levels: readonly { readonly label: string; readonly tone: Tone }[]
  readonly groups: readonly {
    readonly label: string
    /** One for each outcome: its level's place among `levels`, and whether it is below what is asked. */
    readonly outcomes: readonly { readonly level: number; readonly isBelow: boolean }[]
    /** Percent of outcomes at the best level in a cohort; `null` where it is not known. */
    readonly cohort?: number | null
  }[]
  /** Whom the diamond is of, where a group has one: "Trusts, middle". */
  readonly cohortLabel?: string | undefined
  /** In pixels; 760 unless given. */
  readonly width?: number
}

const ROW = 34
const BAR = 24
const LABELS = 230
const WIDEST_CELL = 44

/** A bar for each group, made of one cell for each outcome, the best first. A dark wedge marks those below what is asked. */
export function levelBars(input: LevelBarsInput): Chart {
  const width = input.width ?? 760
  const hasCohort = input.groups.some(({ cohort }) => cohort !== null && cohort !== undefined)
  const cohortHead = hasCohort ? [`${input.cohortLabel ?? 'Cohort'}, % at ${input.levels[0]?.label ?? 'best'}`] : []
  const head = [input.groupLabel, ...input.levels.map(({ label }) => label), 'Below what is asked', ...cohortHead]
  if (input.groups.length === 0) return emptyChart(input.title, width, head)

  const most = Math.max(...input.groups.map(({ outcomes }) => outcomes.length), 1)
  const cell = Math.min((width - LABELS) / most, WIDEST_CELL)
  const legend = drawLegend(input, width)
  const rows = input.groups.flatMap((group, index) => drawGroup(group, input, { top: legend.height + index * ROW, cell }))
  const counts = input.groups.map(({ outcomes }) => input.levels.map((_, level) => outcomes.filter(one => one.level === level).length))
  const below = input.groups.map(({ outcomes }) => outcomes.filter(({ isBelow }) => isBelow).length)
  const description = input.groups
    .map(({ label }, index) => {
      const words = input.levels.map((level, at) => `${level.label} ${counts[index]?.[at] ?? 0}`).join(', ')
      return `${label}: ${words}; below what is asked ${below[index] ?? 0}`
    })
    .join('. ')
  return {
    svg: picture({ title: input.title, description, width, height: legend.height + input.groups.length * ROW }, [
      patterns(),
      ...legend.drawn,
      ...rows,
    ]),
    table: {
      head,
      rows: input.groups.map(({ label, cohort }, index) => [
        label,
        ...(counts[index] ?? []),
        below[index] ?? 0,
        ...(hasCohort ? [cohort ?? NOT_KNOWN] : []),
      ]),
    },
  }
}

type Group = LevelBarsInput['groups'][number]

function drawGroup(group: Group, { levels }: LevelBarsInput, { top, cell }: { top: number; cell: number }): Markup[] {
  const sorted = group.outcomes.toSorted((one, other) => one.level - other.level || Number(one.isBelow) - Number(other.isBelow))
  const cells = sorted.flatMap(({ level, isBelow }, index) => {
    const x = LABELS + index * cell
    const box = paintedBox(levels[level]?.tone ?? 'declined', { x, y: top, width: cell, height: BAR })
    const half = Math.min(cell / 3, 8)
    const wedge = element('path', {
      d: `M${x + cell / 2 - half} ${top}h${half * 2}l${-half} ${half * 1.5}z`,
      fill: '#212b32',
      stroke: '#ffffff',
      'stroke-width': 1,
    })
    return isBelow ? [...box, wedge] : box
  })
  const whole = sorted.length * cell
  const { cohort } = group
  const diamond = cohort === null || cohort === undefined ? [] : [diamondAt(LABELS + (cohort / 100) * whole, top + BAR / 2)]
  return [text('text', { x: 0, y: top + BAR / 2 + 5 }, shorten(group.label, LABELS - 8)), ...cells, ...diamond]
}

function diamondAt(x: number, y: number): Markup {
  return element('path', { d: `M${x} ${y - 9}l7 9l-7 9l-7 -9z`, fill: '#ffffff', stroke: '#212b32', 'stroke-width': 2 })
}

function drawLegend({ levels, groups, cohortLabel }: LevelBarsInput, width: number): { drawn: Markup[]; height: number } {
  let x = 0
  let y = 0
  /** The left edge of the next entry, on the next line where it has no room. */
  const place = (words: string): number => {
    const room = 24 + words.length * 8
    if (x > 0 && x + room > width) {
      x = 0
      y += 22
    }
    const left = x
    x += room
    return left
  }
  const drawn = levels.flatMap(({ label, tone }) => {
    const left = place(label)
    return [...paintedBox(tone, { x: left, y, width: 14, height: 14 }), text('text', { x: left + 20, y: y + 12, fill: SECONDARY }, label)]
  })
  if (groups.some(({ outcomes }) => outcomes.some(({ isBelow }) => isBelow))) {
    const left = place('Below what is asked')
    drawn.push(element('path', { d: `M${left} ${y + 2}h14l-7 11z`, fill: '#212b32' }))
    drawn.push(text('text', { x: left + 20, y: y + 12, fill: SECONDARY }, 'Below what is asked'))
  }
  if (cohortLabel !== undefined && groups.some(({ cohort }) => cohort !== null && cohort !== undefined)) {
    const left = place(cohortLabel)
    drawn.push(diamondAt(left + 7, y + 8), text('text', { x: left + 20, y: y + 12, fill: SECONDARY }, cohortLabel))
  }
  return { drawn, height: y + 34 }
}
