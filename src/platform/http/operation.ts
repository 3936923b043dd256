import { z, type ZodType } from 'zod'
import { Bug, Invalid, InvalidParts } from '../../kernel/errors.ts'
import { pointerTo } from '../../kernel/json.ts'
import type { Problem } from '../../kernel/problem.ts'
import type { Reader } from '../work/read.ts'
import type { Work } from '../work/work.ts'
import { json, type FileReply } from './reply.ts'
import { route, type Operation, type OperationPage, type Route, type RouteAccess, type RouteRequest } from './route.ts'

/** A request whose body has been read by the operation's schema. */
export type OperationRequest<P, Q, B> = Omit<RouteRequest<P, Q>, 'body'> & { readonly body: B }

interface Definition<P extends ZodType, Q extends ZodType, B extends ZodType> {
  readonly id: string
  readonly summary: string
  readonly description?: string
  readonly page: OperationPage
  readonly method: 'GET' | 'POST'
  /** The page's own path behind `/api/v1`, as far as it makes sense: verbs are POST, as on pages. */
  readonly path: `/api/v1/${string}`
  readonly access: RouteAccess
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly perMinute?: number
}

/** What the operation does. The answer is what the schema `answer` takes in: whatever that does not declare is left out of what is sent. */
interface Answering<T, P extends ZodType, Q extends ZodType, B extends ZodType, A extends ZodType> {
  readonly answer: A | null
  /** 200 unless it says otherwise; 201 for what makes something. */
  readonly status?: 200 | 201 | 202
  /** Answers from one consistent picture, as the actor. */
  read?(db: Reader<T>, request: OperationRequest<z.infer<P>, z.infer<Q>, z.infer<B>>): Promise<z.input<A>>
  /** Does it in one unit of work, as the actor, and answers from the same: an idempotency key is stored in the same commit. */
  write?(work: Work<T>, request: OperationRequest<z.infer<P>, z.infer<Q>, z.infer<B>>): Promise<z.input<A>>
  /** For what is neither: it opens its own reads and units of work by `request.read` and `request.work`. */
  handle?(request: OperationRequest<z.infer<P>, z.infer<Q>, z.infer<B>>): Promise<z.input<A>>
}

/**
 * Declares an operation of the JSON API: a route whose body and answer are checked by the schemas that OpenAPI is made from. Give one of `read`, `write` and `handle`.
 * A body that does not fit is refused (422, problem details with a JSON Pointer for each fault), unknown members included: nothing that is sent is ignored.
 * What the answer's schema does not declare never leaves.
 */
export function operation<T, P extends ZodType, Q extends ZodType, B extends ZodType, A extends ZodType>(
  definition: Definition<P, Q, B> & Answering<T, P, Q, B, A>,
): Route {
  const { id, answer, read, write, handle } = definition
  const status = answer === null ? 204 : (definition.status ?? 200)
  return declare(definition, { answer, status }, async request => {
    const given: unknown = await act(request)
    return answer === null ? json(null, 204) : json(checkedAnswer(id, answer, given), status)
  })

  function act(request: OperationRequest<z.infer<P>, z.infer<Q>, z.infer<B>>): Promise<unknown> {
    if (write !== undefined) return request.work<T, unknown>(work => write(work, request))
    if (read !== undefined) return request.read<T, unknown>(db => read(db, request))
    if (handle !== undefined) return handle(request)
    throw new Bug('platform.http.operation', `${id} does nothing: give it read, write or handle.`)
  }
}

/** The same for an operation that answers a file, such as a document or a CSV: `type` is its media type. */
export function fileOperation<P extends ZodType, Q extends ZodType>(
  definition: Omit<Definition<P, Q, never>, 'body'> & {
    readonly type: string
    handle(request: RouteRequest<z.infer<P>, z.infer<Q>>): Promise<FileReply>
  },
): Route {
  return declare<P, Q, never>(definition, { answer: { file: definition.type }, status: 200 }, definition.handle)
}

function declare<P extends ZodType, Q extends ZodType, B extends ZodType>(
  { id, summary, description, page, method, path, access, params, query, body, perMinute }: Definition<P, Q, B>,
  { answer, status }: Pick<Operation, 'answer' | 'status'>,
  handle: (request: OperationRequest<z.infer<P>, z.infer<Q>, z.infer<B>>) => ReturnType<Route['handle']>,
): Route {
  const strictBody = body === undefined ? null : strict(body)
  const strictQuery = query === undefined ? NO_QUERY : strict(query)
  return route({
    method,
    path,
    access,
    query: strictQuery,
    ...(params === undefined ? {} : { params }),
    ...(perMinute === undefined ? {} : { perMinute }),
    operation: { id, summary, description: description ?? null, page, body: strictBody, answer, status },
    // `strict` takes less and gives the same, so what it gives is what the definition says.
    handle: request =>
      handle({ ...request, body: bodyOf(request, strictBody) as z.infer<B> } as OperationRequest<z.infer<P>, z.infer<Q>, z.infer<B>>),
  })
}

const NO_QUERY = z.strictObject({})

/** Refuses unknown members, for nobody should believe that what they misspelt was done. */
function strict(schema: ZodType): ZodType {
  return schema instanceof z.ZodObject ? schema.strict() : schema
}

/** The body as the schema reads it. Throws `InvalidParts`, and `Invalid` where a body is sent that nobody asked for. */
function bodyOf(request: RouteRequest, schema: ZodType | null): unknown {
  // A page's own script may send the token of its form among the fields, as forms do.
  const { _csrf: _, ...given } = request.body
  const value = Array.isArray(request.body) ? request.body : given
  if (schema === null) {
    if (Object.keys(value).length === 0) return undefined
    throw new Invalid('platform.http.no-body', 'This takes no body. Send it without one.')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new InvalidParts('platform.http.body', parsed.error.issues.flatMap(problemsOf))
}

function problemsOf(issue: z.core.$ZodIssue): readonly Problem[] {
  const problem = (pointer: string, message: string): Problem => ({ rule: 'platform.http.body', pointer, severity: 'error', message })
  const path = issue.path.map(step => (typeof step === 'number' ? step : String(step)))
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => problem(pointerTo(...path, key), `Nothing of the name ${key} is taken here`))
  return [problem(pointerTo(...path), issue.message)]
}

/** What may leave: no more than the schema declares. Throws `Bug` when the answer is not what the schema says. */
function checkedAnswer(id: string, schema: ZodType, given: unknown): unknown {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  throw new Bug(
    'platform.http.answer',
    `${id} answered what its schema does not allow: ${parsed.error.issues.map(({ path, code }) => `${path.join('.')} ${code}`).join(', ')}`,
  )
}
