import type { Chart } from '../../../charts/chart.ts'
import { lineChart } from '../../../charts/line-chart.ts'
import type { Tone } from '../../../charts/palette.ts'
import { stackedBars } from '../../../charts/stacked-bars.ts'
import type { Instant } from '../../../kernel/instant.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import type { DeliveryCounts } from '../deliveries/model.ts'
import type { ResponseState } from '../responses/model.ts'

/** The stages of the funnel, in order. Each organisation that reached one is counted in it and in those before that it passed. */
export const STAGES = ['sent', 'delivered', 'acknowledged', 'decided', 'done'] as const
/** Counted apart: neither is an answer, and silence is not non-compliance. */
export const APART = ['silent', 'unreachable'] as const
export type Stage = (typeof STAGES)[number] | (typeof APART)[number]

export const STAGE_LABELS: Readonly<Record<Stage, string>> = {
  sent: 'Sent to',
  delivered: 'Delivered',
  acknowledged: 'Acknowledged',
  decided: 'Decided',
  done: 'Done',
  silent: 'Silent',
  unreachable: 'Cannot be reached',
}

export const DIMENSIONS = ['type', 'region', 'board', 'partner'] as const
export type Dimension = (typeof DIMENSIONS)[number]

const DIMENSION_LABELS: Readonly<Record<Dimension, string>> = { type: 'Type', region: 'Region', board: 'Board', partner: 'IT delivery partner' }
/** The same inside a sentence. */
const DIMENSION_WORDS: Readonly<Record<Dimension, string>> = { type: 'type', region: 'region', board: 'board', partner: 'IT delivery partner' }

/** How many organisations stand where. */
export interface Counts {
  /** In the frozen audience. */
  readonly audience: number
  readonly sent: number
  readonly delivered: number
  readonly acknowledged: number
  readonly decided: number
  readonly done: number
  readonly silent: number
  readonly unreachable: number
  /** By newest answer. */
  readonly answers: Readonly<Record<ResponseState, number>>
}

/** The figures of an audience without anybody in it. */
export const NOBODY: Counts = {
  audience: 0,
  sent: 0,
  delivered: 0,
  acknowledged: 0,
  decided: 0,
  done: 0,
  silent: 0,
  unreachable: 0,
  answers: { acknowledged: 0, assessing: 0, 'not-applicable': 0, 'in-progress': 0, done: 0, 'not-acting': 0 },
}

export interface Group extends Counts {
  /** `null` for those that belong to none. */
  readonly code: string | null
  readonly name: string
}

/** One point of the curves: how many had by then. */
export interface CurvePoint {
  readonly hours: number
  readonly acknowledged: number
  readonly decided: number
  readonly done: number
}

export function answeredIn(counts: Counts): number {
  return Object.values(counts.answers).reduce((sum, count) => sum + count, 0)
}

/** The parts of the one bar: they add up to the audience. */
export function segments(counts: Counts, linkTo?: (query: string) => string) {
  const { answers } = counts
  const part = (name: string, label: string, tone: Tone, count: number, query: string) => ({
    name,
    label,
    tone,
    count,
    ...(linkTo === undefined ? {} : { href: linkTo(query) }),
  })
  return [
    part('segmentDone', 'done', 'done', answers.done, 'answer=done'),
    part('segmentBusy', 'in progress', 'busy', answers['in-progress'], 'answer=in-progress'),
    part('segmentSeen', 'acknowledged or assessing', 'seen', answers.acknowledged + answers.assessing, 'answer=seen'),
    part('segmentDeclined', 'not applicable, or chose not to act', 'declined', answers['not-applicable'] + answers['not-acting'], 'answer=declined'),
    part('segmentSilent', 'silent', 'silent', counts.silent, 'stage=silent'),
    part('segmentUnreachable', 'cannot be reached', 'unreachable', counts.unreachable, 'stage=unreachable'),
  ]
}

/** The figures that a live page asks for again, by the names under which it shows them. */
export function liveFigures(counts: Counts): Readonly<Record<string, number>> {
  const { audience, sent, delivered, acknowledged, decided, done, silent, unreachable } = counts
  const bar = Object.fromEntries(segments(counts).map(({ name, count }) => [name, count]))
  return { audience, sent, delivered, acknowledged, decided, done, silent, unreachable, ...bar }
}

export function recipientsAddress(number: number): string {
  return `/bulletins/${bulletinNumber(number)}/recipients`
}

const PARTS: readonly { readonly label: string; readonly tone: Tone }[] = segments(NOBODY).map(({ label, tone }) => ({ label, tone }))

const MOST_BARS = 15

/** Where the organisations of each group stand. The largest groups are drawn; the table beside it has all. */
export function groupsChart(number: number, dimension: Dimension, groups: readonly Group[]): Chart {
  const drawn = groups.toSorted((a, b) => b.audience - a.audience).slice(0, MOST_BARS)
  return stackedBars({
    title: `${bulletinNumber(number)}: answers by ${DIMENSION_WORDS[dimension]}`,
    groupLabel: DIMENSION_LABELS[dimension],
    parts: PARTS,
    groups: drawn.map(group => ({ label: group.name, counts: segments(group).map(({ count }) => count) })),
    scale: 'share',
  })
}

/** How answers came in, cumulative, since the release. */
export function answersChart(number: number, points: readonly CurvePoint[]): Chart {
  return lineChart({
    title: `${bulletinNumber(number)}: answers over time`,
    xLabel: 'Since release',
    yLabel: 'Organisations',
    x: points.map(({ hours }) => ({ value: hours, label: hoursWords(hours) })),
    series: [
      { label: 'Acknowledged', values: points.map(({ acknowledged }) => acknowledged) },
      { label: 'Decided', values: points.map(({ decided }) => decided) },
      { label: 'Done', values: points.map(({ done }) => done) },
    ],
    shape: 'step',
  })
}

function hoursWords(hours: number): string {
  if (hours < 1) return `${Math.round(hours * 60)} min`
  if (hours < 48) return `${Number(hours.toFixed(1))} h`
  return `${Number((hours / 24).toFixed(1))} days`
}

const MOST_POINTS = 30
const HOUR_MILLIS = 3_600_000

/** The width of a step of the curves in milliseconds, so that they have at most thirty: round, and never under a minute. */
export function curveStep(releasedAt: Instant, now: Instant): number {
  const span = Math.max(now.getTime() - releasedAt.getTime(), 0)
  const steps = [1, 2, 5, 10, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 10_080, 43_200].map(minutes => minutes * 60_000)
  return steps.find(step => span / step <= MOST_POINTS) ?? Math.ceil(span / MOST_POINTS)
}

/** Adds up what happened in each step to curves. `steps` maps the number of a step to how many then first did each. */
export function curvesFrom(
  steps: ReadonlyMap<number, { readonly acknowledged: number; readonly decided: number; readonly done: number }>,
  stepMillis: number,
  releasedAt: Instant,
  now: Instant,
): readonly CurvePoint[] {
  const last = Math.max(0, Math.floor((now.getTime() - releasedAt.getTime()) / stepMillis), ...steps.keys())
  const points: CurvePoint[] = [{ hours: 0, acknowledged: 0, decided: 0, done: 0 }]
  for (let step = 0; step <= last; step += 1) {
    const before = points.at(-1) ?? { acknowledged: 0, decided: 0, done: 0 }
    const added = steps.get(step) ?? { acknowledged: 0, decided: 0, done: 0 }
    points.push({
      hours: ((step + 1) * stepMillis) / HOUR_MILLIS,
      acknowledged: before.acknowledged + added.acknowledged,
      decided: before.decided + added.decided,
      done: before.done + added.done,
    })
  }
  return points
}

/** Everything that the funnel of a bulletin's page shows. `readPicture` of queries.ts reads it, `pictureView` makes the model of the partial. */
export interface Picture {
  readonly number: number
  readonly dimension: Dimension
  readonly counts: Counts
  readonly groups: readonly Group[]
  readonly curves: readonly CurvePoint[]
  readonly deliveries: DeliveryCounts
}

/** The model of `picture/views/funnel.njk`, as `picture`. The ledger of messages is offered to those who may read it. */
export function pictureView({ number, dimension, counts, groups, curves, deliveries }: Picture, showsDeliveries: boolean) {
  const page = recipientsAddress(number)
  const address = `/bulletins/${bulletinNumber(number)}`
  const linkTo = (query: string) => `${page}?${query}`
  const stage = (name: Stage, tone?: 'bad') => ({
    number: counts[name],
    label: STAGE_LABELS[name],
    name,
    href: linkTo(`stage=${name}`),
    ...(tone === undefined || counts[name] === 0 ? {} : { tone }),
  })
  return {
    live: `/api/v1${address}/progress`,
    apart: APART.map(name => stage(name, 'bad')),
    stages: STAGES.map(name => stage(name)),
    label: `${counts.audience.toLocaleString('en-GB')} ${counts.audience === 1 ? 'organisation' : 'organisations'} in the audience`,
    segments: segments(counts, linkTo),
    sending: {
      value: deliveries.sent + deliveries.givenUp,
      max: deliveries.total,
      isRunning: deliveries.queued + deliveries.failed > 0,
      failed: deliveries.failed,
      givenUp: deliveries.givenUp,
      href: showsDeliveries ? `${address}/deliveries` : null,
    },
    dimensions: DIMENSIONS.map(name => ({ text: DIMENSION_WORDS[name], href: `${address}?by=${name}#by`, isCurrent: name === dimension })),
    dimension: DIMENSION_LABELS[dimension],
    dimensionWords: DIMENSION_WORDS[dimension],
    rows: groups.map(group => groupRow(group, dimension, page)),
    groupsChart: {
      src: `${address}/chart/groups.svg?by=${dimension}`,
      caption: `Answers by ${DIMENSION_WORDS[dimension]}`,
      table: groupsChart(number, dimension, groups).table,
    },
    answersChart: { src: `${address}/chart/answers.svg`, caption: 'Answers over time', table: answersChart(number, curves).table },
  }
}

function groupRow(group: Group, dimension: Dimension, page: string) {
  const query = `${dimension}=${encodeURIComponent(group.code ?? 'none')}`
  const figure = (count: number, stage: Stage) => ({ number: count, ...(count === 0 ? {} : { href: `${page}?${query}&stage=${stage}` }) })
  return [
    group.name,
    { number: group.audience, href: `${page}?${query}` },
    figure(group.silent, 'silent'),
    figure(group.unreachable, 'unreachable'),
    figure(group.sent, 'sent'),
    figure(group.delivered, 'delivered'),
    figure(group.acknowledged, 'acknowledged'),
    figure(group.decided, 'decided'),
    figure(group.done, 'done'),
    { text: '', bar: segments(group) },
  ]
}
