import { z, type ZodType } from 'zod'
import { parseLocalDate } from '../../kernel/instant.ts'
import { isCursor, type Page } from '../../kernel/page.ts'

/** An instant in an answer: handed over as it is, sent as RFC 3339 in UTC. */
export const instant = z
  .date()
  .transform(at => at.toISOString())
  .pipe(z.iso.datetime())

/** An instant in a request: RFC 3339, with its offset. */
export const instantText = z.iso
  .datetime({ offset: true, error: 'Give a time such as 2027-03-27T09:00:00Z; in an address write + as %2B' })
  .transform(text => new Date(text))

const A_DAY = 'Give a day such as 2027-03-27'

/** A day in a request. */
export const dayText = z.iso.date(A_DAY).transform((text, context) => {
  const day = parseLocalDate(text)
  if (day === undefined) context.addIssue({ code: 'custom', message: A_DAY })
  return day ?? z.NEVER
})

/** What the address of every list takes: spread it into the schema of the query. */
export const listQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(100),
  // A cursor that cannot be read is refused: as if it were not there, it would begin again from the first page, for ever.
  // Some hold the longest names that sort their list.
  cursor: z.string().max(6_000).refine(isCursor, 'This is no cursor: send the `next` of the page before').nullable().default(null),
}

/**
 * The same for lists that can be asked what is new: only what changed at that instant or later. Spread it beside `listQuery`. A change bears the time at
 * which its unit of work began, and is seen when that ends: at most two minutes later (`WORK_TIMEOUT_MILLIS`).
 */
export const changedSinceQuery = {
  changedSince: instantText
    .nullable()
    .default(null)
    .describe(
      'Only what changed then or later. A change is stored up to two minutes after the time that it bears: ask from two minutes before you last asked, and nothing is missed',
    ),
}

/** The schema of one page of a list: `next` is the cursor of the page after, `null` on the last; `total` counts all of them. */
export function listOf<T extends ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().nullable(), total: z.number().int() })
}

/** One page of a list as its answer, each row turned into what the schema of the items takes in. */
export function listAnswer<R, I>({ rows, next, total }: Page<R>, itemOf: (row: R) => I): { items: I[]; next: string | null; total: number } {
  return { items: rows.map(itemOf), next, total }
}
