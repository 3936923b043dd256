import { z } from 'zod'
import { taxiiMicros } from '../../codecs/taxii/time.ts'
import { parseInstant } from '../../kernel/instant.ts'
import { LARGEST_LIMIT, placeOf, USUAL_LIMIT } from './model.ts'

/** Which rows of a collection are asked for (TAXII 2.1 §3.4 and §3.5). Commas are "or", different filters are "and". */
export interface Filter {
  /** Only rows with a greater number. */
  readonly after: number
  readonly limit: number
  readonly ids: readonly string[] | null
  readonly types: readonly string[] | null
  readonly versions: readonly string[]
  /** Whether STIX 2.1, the only one there is, is among what is asked for. */
  readonly isOurs: boolean
}

/** Words, of which `what` says to who asks what they are. */
const words = (pattern: RegExp, what: string) => {
  const message = `${what}, separated by commas, 200 at most`
  return z
    .string(message)
    .max(20_000, message)
    .transform(text => text.split(',').map(word => word.trim()))
    .pipe(z.array(z.string().regex(pattern, message)).min(1).max(200, message))
}

const addedAfter = z.string().transform((text, context) => {
  const micros = taxiiMicros(text)
  if (micros !== undefined) return Number(micros)
  context.addIssue({ code: 'custom', message: 'A time in UTC such as 2026-01-31T09:00:00.000000Z' })
  return z.NEVER
})

const next = z.string().transform((text, context) => {
  const place = placeOf(text)
  if (place !== undefined) return place
  context.addIssue({ code: 'custom', message: 'A token that a page before has given' })
  return z.NEVER
})

const VERSIONS = 'first, last, all or times'
const isVersion = (word: string) => ['first', 'last', 'all'].includes(word) || parseInstant(word) !== undefined

const paging = {
  added_after: addedAfter.optional(),
  // More than the server gives at once is no fault (§3.5): less is given.
  limit: z
    .string('A whole number, 1 or more')
    .regex(/^0*[1-9]\d*$/, 'A whole number, 1 or more')
    .transform(limit => Math.min(Number(limit), LARGEST_LIMIT))
    .default(USUAL_LIMIT),
  next: next.optional(),
  'match[spec_version]': words(/^\d\.\d{1,2}$/, 'Versions of STIX such as 2.1').optional(),
}
const versions = {
  'match[version]': words(/^[\w:.+-]+$/, VERSIONS)
    .refine(all => all.every(isVersion), `${VERSIONS}, separated by commas`)
    .optional(),
}

/** What may be asked of each endpoint: which filters apply differs (§5.3 to §5.8). A filter that does not apply is passed over. */
export const ListQuery = z.object({
  ...paging,
  ...versions,
  'match[id]': words(/^[a-z][a-z0-9-]{1,250}--[0-9a-f-]{36}$/, 'Ids of objects').optional(),
  'match[type]': words(/^[a-z][a-z0-9-]{1,250}$/, 'Types of objects such as indicator').optional(),
})
export const ObjectQuery = z.object({ ...paging, ...versions })
export const VersionsQuery = z.object(paging)

/** The filter of a query; `objectId` is the object in the address. */
export function filterOf(query: z.infer<typeof VersionsQuery> & Partial<z.infer<typeof ListQuery>>, objectId: string | null = null): Filter {
  return {
    after: Math.max(query.added_after ?? 0, query.next ?? 0),
    limit: query.limit,
    ids: objectId === null ? (query['match[id]'] ?? null) : [objectId],
    types: query['match[type]'] ?? null,
    versions: query['match[version]'] ?? ['last'],
    isOurs: query['match[spec_version]']?.includes('2.1') ?? true,
  }
}
