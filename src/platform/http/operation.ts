import { z, type ZodType } from 'zod'
import { Bug, Invalid, InvalidParts } from '../../kernel/errors.ts'
import { isRecord, pointerTo } from '../../kernel/json.ts'
import type { Problem } from '../../kernel/problem.ts'
import { shorten } from '../../kernel/text.ts'
import { withSystemSight } from '../auth/actors.ts'
import { readAs, type Reader } from '../work/read.ts'
import { runWork, type Work } from '../work/work.ts'
import type { AnsweredTables } from './answered.ts'
import { onceFor, type Acted, type Once } from './once.ts'
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
  /** How many bytes the body may have, where a file comes in it as base64; otherwise what every body may. */
  readonly largestBody?: number
  /** Why no token may do it, only somebody who is signed in: it touches how people sign in. */
  readonly personOnly?: string
}

/** What the operation does. The answer is what the schema `answer` takes in: whatever that does not declare is left out of what is sent. */
interface Answering<T, P extends ZodType, Q extends ZodType, B extends ZodType, A extends ZodType> {
  readonly answer: A | null
  /** 200 unless it says otherwise; 201 for what makes something. */
  readonly status?: 200 | 201 | 202
  /** With `system`, `read` and `write` see what the actor does not, as `withSystemSight`: they name whom it is about, and check the policy themselves. */
  readonly sight?: 'system'
  /** Answers from one consistent picture, as the actor. */
  read?(db: Reader<T>, request: OperationRequest<z.infer<P>, z.infer<Q>, z.infer<B>>): Promise<z.input<A>>
  /** Does it in one unit of work, as the actor, and answers from the same: an idempotency key is stored in the same commit. */
  write?(work: Work<T>, request: OperationRequest<z.infer<P>, z.infer<Q>, z.infer<B>>): Promise<z.input<A>>
  /**
   * For what is neither: it opens its own reads and units of work by `request.read` and `request.work`. An idempotency key is stored with the first of those units;
   * should we fall over between that and the answer, the same again is refused and not done twice.
   */
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
  const { id, method, answer, sight, read, write, handle } = definition
  const status = answer === null ? 204 : (definition.status ?? 200)
  const checked = (given: unknown) => (answer === null ? null : checkedAnswer(id, answer, given))
  return declare(definition, { answer, status }, async request => {
    const once = onceFor(method, request)
    const { value, isRepeat } = await act(request, once)
    return json(value, status, isRepeat ? { 'idempotency-replayed': 'true' } : {})
  })

  async function act(request: OperationRequest<z.infer<P>, z.infer<Q>, z.infer<B>>, once: Once): Promise<Acted> {
    const actor = sight === 'system' ? withSystemSight(request.actor) : request.actor
    const { platform, requestId } = request
    if (write !== undefined)
      return runWork<T, Acted>(
        platform,
        actor,
        work => once.whole(work.lend<AnsweredTables>(), async () => checked(await write(work, request))),
        requestId,
      )
    if (read !== undefined) return { value: checked(await readAs<T, unknown>(platform, actor, db => read(db, request))), isRepeat: false }
    if (handle !== undefined) return once.parts(async units => checked(await handle({ ...request, ...units })))
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
  { id, summary, description, page, method, path, access, params, query, body, perMinute, largestBody, personOnly }: Definition<P, Q, B>,
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
    ...(largestBody === undefined ? {} : { largestFile: largestBody }),
    ...(personOnly === undefined ? {} : { personOnly }),
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
  const value = withoutToken(request.body)
  if (schema === null) {
    if (isRecord(value) && Object.keys(value).length === 0) return undefined
    throw new Invalid('platform.http.no-body', 'This takes no body. Send it without one.')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new InvalidParts('platform.http.body', parsed.error.issues.flatMap(problemsOf))
}

/** A page's own script may send the token of its form among the fields, as forms do. What is no object is left for the schema to refuse. */
function withoutToken(body: unknown): unknown {
  if (!isRecord(body)) return body
  const { _csrf: _, ...given } = body
  return given
}

function problemsOf(issue: z.core.$ZodIssue): readonly Problem[] {
  const problem = (pointer: string, message: string): Problem => ({ rule: 'platform.http.body', pointer, severity: 'error', message })
  const path = issue.path.map(step => (typeof step === 'number' ? step : String(step)))
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => problem(pointerTo(...path, key), `Nothing of the name ${shorten(key, 60)} is taken here`))
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
