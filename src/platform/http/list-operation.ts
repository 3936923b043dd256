import { z, type ZodType } from 'zod'
import type { Page, PageRequest } from '../../kernel/page.ts'
import type { Reader } from '../work/read.ts'
import { listAnswer, listOf, listQuery } from './api-schemas.ts'
import { operation, type OperationRequest } from './operation.ts'
import type { OperationPage, Route, RouteAccess } from './route.ts'

type Paged<Q extends z.ZodRawShape> = z.ZodObject<Omit<Q, 'cursor'> & typeof listQuery>

interface ListDefinition<T, P extends ZodType, Q extends z.ZodRawShape, I extends ZodType> {
  readonly id: string
  readonly summary: string
  readonly description?: string
  readonly page: OperationPage
  readonly path: `/api/v1/${string}`
  readonly access: RouteAccess
  readonly params?: P
  /** The filters: those of the page by `filtersOf`. */
  readonly query: z.ZodObject<Q>
  /** One row of the answer. What it does not declare is left out. */
  readonly item: I
  list(db: Reader<T>, page: PageRequest, request: OperationRequest<z.infer<P>, z.infer<Paged<Q>>, unknown>): Promise<Page<z.input<I>>>
}

/** Declares an operation that answers a page of a list: `limit` and `cursor` beside its filters, and `items`, `next` and `total` in the answer. */
export function listOperation<T, P extends ZodType, Q extends z.ZodRawShape, I extends ZodType>(definition: ListDefinition<T, P, Q, I>): Route {
  const { query, item, list, ...rest } = definition
  // A query is an object whatever its members: what it gives is the filters, the limit and the cursor.
  const paged = z.object({ ...query.shape, ...listQuery }) as unknown as Paged<Q>
  return operation({
    ...rest,
    method: 'GET',
    query: paged,
    answer: listOf(item),
    read: async (db: Reader<T>, request) => {
      // Whatever the filters are, the two of every list stand beside them.
      const { limit, cursor } = request.query as z.infer<typeof PAGE>
      return listAnswer(await list(db, { limit, cursor }, request), row => row)
    },
  })
}

const PAGE = z.object(listQuery)

/**
 * The filters of a list's page, as an operation takes them. The page shows something for an old or mangled link; a machine that misspells a
 * filter must not take the whole for the part, so what the page leaves out (`catch`) is refused here, and what it falls back to is the default.
 */
export function filtersOf<Q extends z.ZodRawShape>(query: z.ZodObject<Q>): z.ZodObject<Omit<Q, 'cursor'>> {
  const filters = Object.entries(query.shape)
    .filter(([name]) => name !== 'cursor')
    .map(([name, schema]) => [name, withoutCatch(schema)])
  // Each gives what it gave before; only what it takes is less.
  return z.object(Object.fromEntries(filters)) as unknown as z.ZodObject<Omit<Q, 'cursor'>>
}

function withoutCatch(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault) return withoutCatch(schema.unwrap())
  if (!(schema instanceof z.ZodCatch)) return schema
  const fallback = schema.def.catchValue({ value: undefined, error: new z.ZodError([]), input: undefined, issues: [] })
  return (schema.unwrap() as ZodType).default(fallback)
}
