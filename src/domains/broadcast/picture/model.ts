import type { Chart } from '../../../charts/chart.ts'
import type { Tone } from '../../../charts/palette.ts'
import { stackedBars } from '../../../charts/stacked-bars.ts'
import type { Instant } from '../../../kernel/instant.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import type { DeliveryCounts } from '../deliveries/model.ts'
import type { ResponseState } from '../responses/model.ts'
import { TIME_DIMENSIONS, TIME_EVENTS, TIME_LABELS, timesChart, timeWords, type TimeEvent, type Times } from './times.ts'

/** The stages of the funnel, in order. Each organisation that reached one is counted in it and in those before that it passed. */
export const STAGES = ['sent', 'delivered', 'acknowledged', 'decided', 'done'] as const
/** Counted apart: neither is an answer, and silence is not non-compliance. */
export const APART = ['silent', 'unreachable'] as const
export type Stage = (typeof STAGES)[number] | (typeof APART)[number]

export const STAGE_LABELS: Readonly<Record<Stage, string>> = {
  sent: 'Can be reached',
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

/** The answers of those who have nothing to finish: it does not concern them, or they choose not to act. */
export const DECLINED = ['not-applicable', 'not-acting'] as const satisfies readonly ResponseState[]

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

/** Those who cannot be reached were never asked: they leave the count at the release, and stand apart. */
export function reachedIn({ audience, unreachable }: { readonly audience: number; readonly unreachable: number }): number {
  return audience - unreachable
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

/** The same for the rows of a group, whose names begin with its own. */
export function liveGroupFigures(dimension: Dimension, groups: readonly Group[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    groups.flatMap(group =>
      Object.entries(liveFigures(group)).map(([name, value]): [string, number] => [`${liveName(dimension, group.code)}.${name}`, value]),
    ),
  )
}

function liveName(dimension: Dimension, code: string | null): string {
  return `${dimension}:${code ?? 'none'}`
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

/** Everything that the funnel of a bulletin's page shows. `readPicture` of queries.ts reads it, `pictureView` makes the model of the partial. */
export interface Picture {
  readonly number: number
  readonly dimension: Dimension
  readonly counts: Counts
  readonly groups: readonly Group[]
  readonly times: Times
  /** How long it has been out. */
  readonly hours: number
  readonly asOf: Instant
  readonly deliveries: DeliveryCounts
}

/** The model of `picture/views/funnel.njk`, as `picture`. The ledger of messages is offered to those who may read it. */
export function pictureView(picture: Picture, { showsDeliveries, mayRing }: { readonly showsDeliveries: boolean; readonly mayRing: boolean }) {
  const { number, dimension, counts, groups, times, hours, deliveries } = picture
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
    asOf: picture.asOf,
    address: `${address}?by=${dimension}#picture`,
    live: `/api/v1${address}/progress?by=${dimension}`,
    events: `/api/v1${address}/events?by=${dimension}`,
    telephone:
      mayRing && counts.silent + counts.unreachable > 0 ? [{ label: 'Work the telephone list', href: `${address}/telephone`, key: 't' }] : [],
    chaseHref: `${address}/chase`,
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
    mayOverlap: dimension === 'partner',
    groupsChart: {
      src: `${address}/chart/groups.svg?by=${dimension}`,
      caption: `Answers by ${DIMENSION_WORDS[dimension]}`,
      table: groupsChart(number, dimension, groups).table,
    },
    timeRows: TIME_EVENTS.map(event => timeRow(event, times, counts, linkTo)),
    timesChart: { src: `${address}/chart/times.svg`, caption: 'How soon organisations answer', table: timesChart(number, times, hours).table },
    // Who may read the ledger of messages works at the centre, as does who may see every report.
    map: { src: `${address}/chart/map.svg`, href: `${address}/map` },
    more: moreAbout(address, dimension, showsDeliveries),
  }
}

function groupRow(group: Group, dimension: Dimension, page: string) {
  const query = `${dimension}=${encodeURIComponent(group.code ?? 'none')}`
  const live = liveName(dimension, group.code)
  const figure = (count: number, stage: Stage) => ({
    number: count,
    name: `${live}.${stage}`,
    ...(count === 0 ? {} : { href: `${page}?${query}&stage=${stage}` }),
  })
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
    { text: '', bar: segments(group).map(part => ({ ...part, name: `${live}.${part.name}` })) },
  ]
}

/** Half and nine in ten of everyone reached. The count is of those who stand there today, and opens them. */
function timeRow(event: TimeEvent, times: Times, counts: Counts, linkTo: (query: string) => string) {
  const curve = times.curves[event]
  return [
    TIME_LABELS[event],
    { number: counts[event], href: linkTo(`stage=${event}`) },
    { number: times.reached },
    timeWords(0.5, curve),
    timeWords(0.9, curve),
  ]
}

function moreAbout(address: string, dimension: Dimension, showsImpact: boolean) {
  const by = TIME_DIMENSIONS.find(one => one === dimension) ?? 'type'
  return [
    { text: `Times by ${DIMENSION_WORDS[by]}, beside earlier bulletins`, href: `${address}/times?by=${by}` },
    ...(showsImpact ? [{ text: 'Incidents before and after', href: `${address}/impact` }] : []),
  ]
}
