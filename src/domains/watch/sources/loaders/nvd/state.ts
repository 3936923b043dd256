import { z } from 'zod'
import { NVD_WALK_START, type NvdWalk } from '../../../../../codecs/nvd/walk.ts'
import { addDays, addHours, parseInstant, type Instant } from '../../../../../kernel/instant.ts'
import type { Json } from '../../../../../kernel/json.ts'

/** What a person may choose for the NVD. */
export interface NvdSettings {
  /** Load every vulnerability there is. Else those changed since `since`, or in the last 120 days. */
  readonly all: boolean
  /** A day, such as `2024-01-01`. */
  readonly since: Instant | null
}

const settings = z.object({ all: z.boolean().catch(false).default(false), since: z.string().catch('').default('') })

export function readSettings(chosen: Readonly<Record<string, Json>>): NvdSettings {
  const { all, since } = settings.parse(chosen)
  return { all, since: parseInstant(`${since}T00:00:00Z`) ?? null }
}

/** What the NVD source remembers from run to run. */
export interface NvdState {
  /** What a person had chosen: another choice begins anew. */
  readonly basis: string
  /** All that changed before has been gathered; `null` before the first end. */
  until: Instant | null
  /** The question whose pages are being read; `null` between two. */
  asking: Asking | null
}

/** One question to the API, whose answer has many pages. */
export interface Asking {
  /** Changed between these two; `null` for all there are. */
  readonly window: Window | null
  /** When it was asked first, by the NVD's own clock where it tells the time: what changes after that is another question's. */
  readonly at: Instant | null
  readonly walk: NvdWalk
}

export interface Window {
  readonly from: Instant
  readonly to: Instant
}

/** The API takes no longer window (https://nvd.nist.gov/developers/vulnerabilities, "lastModStartDate"). */
const LONGEST_WINDOW_DAYS = 120
/** What is written while a question is answered may carry a time from before it. */
const OVERLAP_HOURS = 5 / 60

const instant = z.nullable(
  z
    .string()
    .refine(text => parseInstant(text) !== undefined)
    .transform(text => new Date(text)),
)
const stored = z.object({
  version: z.literal(1),
  basis: z.string(),
  until: instant,
  asking: z.nullable(
    z.object({
      from: instant,
      to: instant,
      at: instant,
      walk: z.object({ next: z.nullable(z.number()), total: z.nullable(z.number()), returns: z.number() }),
    }),
  ),
})

/** The state that a cursor holds; a new one where it holds none, or where a person has chosen otherwise since. */
export function restore(cursor: Json, chosen: NvdSettings): NvdState {
  const basis = chosen.all ? 'all' : (chosen.since?.toISOString() ?? '')
  const read = stored.safeParse(cursor)
  if (!read.success || read.data.basis !== basis) return { basis, until: null, asking: null }
  const { until, asking } = read.data
  if (asking === null) return { basis, until, asking: null }
  const { from, to, at, walk } = asking
  return { basis, until, asking: { window: from === null || to === null ? null : { from, to }, at, walk } }
}

export function snapshot({ basis, until, asking }: NvdState): Json {
  const iso = (at: Instant | null | undefined) => at?.toISOString() ?? null
  return {
    version: 1,
    basis,
    until: iso(until),
    asking: asking === null ? null : { from: iso(asking.window?.from), to: iso(asking.window?.to), at: iso(asking.at), walk: { ...asking.walk } },
  }
}

/** The question to ask next, or `null` when there is none before `now`. */
export function nextAsking({ until }: NvdState, chosen: NvdSettings, now: Instant): Asking | null {
  if (until === null && chosen.all) return { window: null, at: null, walk: NVD_WALK_START }
  const first = chosen.since ?? addDays(now, -LONGEST_WINDOW_DAYS)
  const from = until === null ? first : addHours(until, -OVERLAP_HOURS)
  if (from >= now) return null
  const latest = addDays(from, LONGEST_WINDOW_DAYS)
  return { window: { from, to: latest < now ? latest : now }, at: null, walk: NVD_WALK_START }
}
