import { z } from 'zod'
import { parseInstant, type Instant } from '../../../../../kernel/instant.ts'
import type { Json } from '../../../../../kernel/json.ts'
import type { Validators } from '../../../../../platform/fetch/fetch.ts'

/** What a source of NHS cyber alerts remembers from run to run. */
export interface AlertsState {
  /** The mark of each alert as it was given last, by its id: another mark is a change. */
  readonly known: Map<string, string>
  /** How many alerts there are, as the last look said. */
  total: number | null
  /** When the last look at all pages began. */
  wholeAt: Instant | null
  /** The first page as it was when it was looked at last. */
  first: FirstPage | null
  /** The look that is under way; `null` between two. */
  look: Look | null
}

export interface FirstPage extends Validators {
  readonly hash: string
}

/** A look at the pages from the first on: at all of them, or until nothing is new. */
export interface Look {
  readonly isWhole: boolean
  readonly begunAt: Instant
  /** The page to ask for next. */
  page: number
  /** As the last page said. */
  total: number | null
  /** How many alerts were new or changed. */
  found: number
  /** How many pages in a row had nothing new. */
  quiet: number
  /** How often it went back. */
  returns: number
}

const instant = z
  .string()
  .refine(text => parseInstant(text) !== undefined)
  .transform(text => new Date(text))

const stored = z.object({
  version: z.literal(1),
  known: z.record(z.string(), z.string()),
  total: z.nullable(z.number()),
  wholeAt: z.nullable(instant),
  first: z.nullable(z.object({ etag: z.nullable(z.string()), lastModified: z.nullable(z.string()), hash: z.string() })),
  look: z.nullable(
    z.object({
      isWhole: z.boolean(),
      begunAt: instant,
      page: z.number(),
      total: z.nullable(z.number()),
      found: z.number(),
      quiet: z.number(),
      returns: z.number(),
    }),
  ),
})

export function restore(cursor: Json): AlertsState {
  const read = stored.safeParse(cursor)
  if (!read.success) return { known: new Map(), total: null, wholeAt: null, first: null, look: null }
  return { ...read.data, known: new Map(Object.entries(read.data.known)) }
}

export function snapshot({ known, total, wholeAt, first, look }: AlertsState): Json {
  return {
    version: 1,
    known: Object.fromEntries(known),
    total,
    wholeAt: wholeAt?.toISOString() ?? null,
    first: first === null ? null : { ...first },
    look: look === null ? null : { ...look, begunAt: look.begunAt.toISOString() },
  }
}
