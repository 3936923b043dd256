import { addDays, londonDate, londonInstant, parseLocalDate, type LocalDate } from '../../../kernel/instant.ts'

/** How a plan keeps its dates: days late, met on time, and what the organisation's own record says of what is still to be done. Pure. */

/** Days from one calendar date to another; below nought when the other comes first. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000)
}

export function daysAfter(date: LocalDate, days: number): LocalDate {
  // From noon, so that no change of the clock makes it another day.
  return londonDate(addDays(londonInstant(date, 12, 0), days))
}

export interface Dated {
  readonly state: string
  readonly originalDate: string | null
  readonly doneOn: string | null
  /** The day on which it was cancelled. */
  readonly cancelledOn: string | null
}

const FINISHED: readonly string[] = ['done', 're-tested']
const TO_DO: readonly string[] = ['planned', 'in-progress']

export interface OnTime {
  readonly met: number
  /** Of so many whose original date is over, or that were done before it. */
  readonly of: number
}

/**
 * How many were done by their original date, of those whose date has come or that are done. A slip makes nothing timely, nor does cancelling what is late. What was
 * cancelled before its date, what had no date, and what waits under an accepted risk is in neither figure.
 */
export function metOnTime(actions: readonly Dated[], today: LocalDate): OnTime {
  const judged = actions.filter(
    ({ state, originalDate, cancelledOn }) =>
      originalDate !== null &&
      (FINISHED.includes(state) ||
        (TO_DO.includes(state) && originalDate < today) ||
        (state === 'cancelled' && cancelledOn !== null && cancelledOn > originalDate)),
  )
  const met = judged.filter(({ originalDate, doneOn }) => originalDate !== null && doneOn !== null && doneOn <= originalDate)
  return { met: met.length, of: judged.length }
}

/** Fewer finished actions than this say too little of those to come. */
const ENOUGH_HISTORY = 8

export type Forecast =
  | { readonly known: false; readonly finished: number; readonly needed: number }
  /** Half were done within `usualDays` of the original date, four in five within `mostDays`; below nought is before it. */
  | { readonly known: true; readonly finished: number; readonly usualDays: number; readonly mostDays: number }

/** What the record of delivery says: how long after its original date an action of this organisation was done. */
export function deliveryRecord(actions: readonly Dated[]): Forecast {
  const late = actions
    .flatMap(({ state, originalDate, doneOn }) =>
      FINISHED.includes(state) && originalDate !== null && doneOn !== null ? [daysBetween(originalDate, doneOn)] : [],
    )
    .toSorted((a, b) => a - b)
  if (late.length < ENOUGH_HISTORY) return { known: false, finished: late.length, needed: ENOUGH_HISTORY }
  return { known: true, finished: late.length, usualDays: nearestRank(late, 0.5), mostDays: nearestRank(late, 0.8) }
}

/** When an action is likely done by that record: counted from its original date, and never in the past. `undefined` when there is no date or too little record. */
export function forecastOf(
  originalDate: string | null,
  record: Forecast,
  today: LocalDate,
): { readonly usual: LocalDate; readonly most: LocalDate } | undefined {
  const from = originalDate === null ? undefined : parseLocalDate(originalDate)
  if (from === undefined || !record.known) return undefined
  const atLeastToday = (date: LocalDate) => (date < today ? today : date)
  return { usual: atLeastToday(daysAfter(from, record.usualDays)), most: atLeastToday(daysAfter(from, record.mostDays)) }
}

/** The smallest value that at least this share of them does not exceed. */
function nearestRank(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}
