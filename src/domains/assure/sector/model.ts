import { z } from 'zod'
import { londonDate, type Instant } from '../../../kernel/instant.ts'

/**
 * What the sector needs, for the centre, from what nobody can undo.
 *
 * 1. The page shows published figures of the benchmark, pooled needs, and good practice that its owner offered. Nothing else of any organisation reaches it.
 * 2. An organisation's needs are pooled by its own choice alone, and leave with the next freeze when it takes that back.
 * 3. What is pooled is, for each improvement of the shared catalogue, whether it stands in the plan without money, and in which band of amount: no name, word or date.
 * 4. What is released is decided by solvers/disclosure over all freezes of a year; nobody at the centre reads what went in.
 * 5. The ledgers of two years know nothing of each other. So the first count of a year is `SETTLED_DAYS` after the last of the year before: by then plans have changed
 *    in many places, and the difference is nobody's.
 */
export const NEED_FREEZE = { name: 'assure.need-freeze', payload: z.object({ freezeId: z.string() }) }

/** Days between the last count of a year and the first of the next. */
export const SETTLED_DAYS = 90

/** The bands of amount, once and for a year together. The first stands for what is not needed, or has its money. */
export const BANDS = [
  { code: 'none', label: 'Not needed, or has its money', least: 0 },
  { code: 'small', label: 'Up to £10,000', least: 0 },
  { code: 'middle', label: '£10,000 to £100,000', least: 10_000_00 },
  { code: 'large', label: '£100,000 and more', least: 100_000_00 },
] as const

/** The place of an amount among the bands, in pence. */
export function bandOf(pence: number): number {
  return BANDS.findLastIndex(({ least }) => pence >= least)
}

/** The financial year of a day, from April, as `2026-27`. */
export function yearOf(now: Instant): string {
  const [year = 0, month = 0] = londonDate(now).split('-').map(Number)
  const first = month >= 4 ? year : year - 1
  return `${first}-${String((first + 1) % 100).padStart(2, '0')}`
}
