import type { Chart } from '../../../charts/chart.ts'
import { shareCurves } from '../../../charts/share-curves.ts'
import type { Instant } from '../../../kernel/instant.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import { kaplanMeier, timeTo, type SurvivalPoint, type TimeStep } from './survival.ts'

/**
 * What organisations are timed in, from being told until they first did it. "Acknowledged" is any answer; "decided" says what they will do, the
 * question of the 48-hour duty; "done" is the fix.
 */
export const TIME_EVENTS = ['acknowledged', 'decided', 'done'] as const
export type TimeEvent = (typeof TIME_EVENTS)[number]

export const TIME_LABELS: Readonly<Record<TimeEvent, string>> = { acknowledged: 'To acknowledge', decided: 'To decide', done: 'To fix' }
/** The same at the end of a curve. */
const CURVE_LABELS: Readonly<Record<TimeEvent, string>> = { acknowledged: 'Acknowledged', decided: 'Decided', done: 'Done' }

/** The dimensions by which times are kept. */
export const TIME_DIMENSIONS = ['type', 'region'] as const
export type TimeDimension = (typeof TIME_DIMENSIONS)[number]

/** When those of one group did what, as the sums say it. */
export interface TimeSum {
  /** `null` for those that belong to none, and when nothing is grouped. */
  readonly code: string | null
  readonly event: TimeEvent
  /** Of those who decided: whether it does not concern them, or they choose not to act. They have nothing to finish. */
  readonly isDeclined: boolean
  readonly minutes: number
  readonly count: number
}

/** Those of one group who were caught up after the release and have not done something: they were watched for less long than the others. */
export interface LateJoiners {
  readonly code: string | null
  readonly minutes: number
  readonly notAcknowledged: number
  readonly notDecided: number
  /** And who have not declined either. */
  readonly notDone: number
}

export interface Times {
  readonly code: string | null
  readonly name: string
  /** Everyone reached: those who could be told, and those who answered all the same. */
  readonly reached: number
  readonly curves: Readonly<Record<TimeEvent, readonly SurvivalPoint[]>>
}

/** The curves of one group from its sums. */
export function timesFrom(
  group: { readonly code: string | null; readonly name: string; readonly reached: number },
  sums: readonly TimeSum[],
  late: readonly LateJoiners[],
): Times {
  const curve = (event: TimeEvent) => kaplanMeier(group.reached, stepsOf(event, sums, late))
  return { ...group, curves: { acknowledged: curve('acknowledged'), decided: curve('decided'), done: curve('done') } }
}

/** As they were known at that age. Who did it later was counted as not having done it, so a curve cut short is the curve of then. */
export function timesUntil(hours: number, times: Times): Times {
  const until = (curve: readonly SurvivalPoint[]) => curve.filter(point => point.hours <= hours)
  const { acknowledged, decided, done } = times.curves
  return { ...times, curves: { acknowledged: until(acknowledged), decided: until(decided), done: until(done) } }
}

/**
 * What happened when. The silent of the release are watched to the end, so they need no step. Whoever declined is counted among those who have
 * not fixed it until they said so: then there is nothing left for them to fix.
 */
function stepsOf(event: TimeEvent, sums: readonly TimeSum[], late: readonly LateJoiners[]): readonly TimeStep[] {
  const steps = new Map<number, { did: number; left: number }>()
  const add = (minutes: number, did: number, left: number) => {
    const step = steps.get(minutes) ?? { did: 0, left: 0 }
    steps.set(minutes, { did: step.did + did, left: step.left + left })
  }
  for (const sum of sums) {
    if (sum.event === event) add(sum.minutes, sum.count, 0)
    else if (event === 'done' && sum.event === 'decided' && sum.isDeclined) add(sum.minutes, 0, sum.count)
  }
  for (const group of late) {
    const left = { acknowledged: group.notAcknowledged, decided: group.notDecided, done: group.notDone }[event]
    add(group.minutes, 0, left)
  }
  return [...steps]
    .map(([minutes, { did, left }]) => ({ hours: minutes / 60, did, left }))
    .filter(({ did, left }) => did !== 0 || left !== 0)
    .toSorted((a, b) => a.hours - b.hours)
}

/** "Within 3 h", or that it has not come to that. */
export function timeWords(share: number, curve: readonly SurvivalPoint[]): string {
  const hours = timeTo(share, curve)
  return hours === null ? 'Not reached' : `Within ${hoursWords(hours)}`
}

/** The three curves of everyone reached. `hours` is how long they have been watched. */
export function timesChart(number: number, times: Times, hours: number): Chart {
  return shareCurves({
    title: `${bulletinNumber(number)}: how soon organisations answer`,
    xLabel: 'Since they were told',
    yLabel: 'Share of everyone reached',
    marks: timeMarks(hours),
    series: TIME_EVENTS.map(event => ({ label: CURVE_LABELS[event], points: pointsOf(times.curves[event]) })),
  })
}

const MOST_CURVES = 6

/** One curve a group, for the largest groups; the table beside it has all. */
export function groupTimesChart(number: number, by: string, event: TimeEvent, groups: readonly Times[], hours: number): Chart {
  return shareCurves({
    title: `${bulletinNumber(number)}: ${CURVE_LABELS[event].toLowerCase()}, by ${by}`,
    xLabel: 'Since they were told',
    yLabel: 'Share of everyone reached',
    marks: timeMarks(hours),
    series: groups
      .toSorted((a, b) => b.reached - a.reached)
      .slice(0, MOST_CURVES)
      .map(group => ({ label: group.name, points: pointsOf(group.curves[event]) })),
  })
}

function pointsOf(curve: readonly SurvivalPoint[]) {
  return curve.map(({ hours, share, low, high }) => ({ x: hours, share, low, high }))
}

const MARK_STEPS = [1 / 12, 0.25, 0.5, 1, 2, 4, 6, 12, 24, 48, 96, 168, 336, 720, 1_440, 4_320] as const
const MOST_MARKS = 8

/** Round times from nothing to now, and now itself: at most eight and one. */
function timeMarks(hours: number): readonly { readonly value: number; readonly label: string }[] {
  if (hours <= 0) return []
  const step = MARK_STEPS.find(one => hours / one <= MOST_MARKS) ?? hours / MOST_MARKS
  const marks = Array.from({ length: Math.floor(hours / step) + 1 }, (_, index) => index * step)
  if (hours - (marks.at(-1) ?? 0) > step / 100) marks.push(hours)
  return marks.map(value => ({ value, label: value === 0 ? '0' : hoursWords(value) }))
}

export function hoursBetween(from: Instant, to: Instant): number {
  return Math.max(to.getTime() - from.getTime(), 0) / 3_600_000
}

/** A length of time to the nearest that people say: minutes, hours, days. The number keeps its unit beside it at the end of a line. */
export function hoursWords(hours: number): string {
  if (hours < 1) return `${Math.round(hours * 60)}\u00A0min`
  if (hours < 48) return `${Number(hours.toFixed(1))}\u00A0h`
  return `${Number((hours / 24).toFixed(1))}\u00A0days`
}
