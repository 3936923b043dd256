import { InvalidParts } from '../../kernel/errors.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Problem } from '../../kernel/problem.ts'
import { failureOf } from './failure.ts'
import { problemDetails } from './problem-details.ts'

/** What a route answers. Data, so that a test can read it and only `server.ts` speaks HTTP. */
export type Reply = PageReply | RedirectReply | JsonReply | FileReply | EventsReply

export interface PageReply {
  readonly kind: 'page'
  readonly template: string
  /** The tab's title and the page's own; the product's name is added by the layout. */
  readonly title: string
  readonly model: object
  readonly status: number
  /** What is wrong with what was sent: shown as the error summary on top. */
  readonly problems: readonly Problem[]
  /** Whether something shown is an exercise: the banner in a colour of its own. */
  readonly isExercise: boolean
}

export interface RedirectReply {
  readonly kind: 'redirect'
  readonly to: string
  /** Shown once, on the page that it leads to. */
  readonly notice: string | null
  readonly cookies: readonly CookieChange[]
}

export interface JsonReply {
  readonly kind: 'json'
  readonly body: unknown
  readonly status: number
  /** Whether the body is problem details (RFC 9457). */
  readonly isProblem: boolean
  readonly headers?: Readonly<Record<string, string>>
}

export interface FileReply {
  readonly kind: 'file'
  readonly contentType: string
  /** Offered for download under this name; `null` to show it in place. */
  readonly filename: string | null
  readonly body: string | Buffer | AsyncIterable<string | Uint8Array>
  /** 200 unless it says otherwise. */
  readonly status?: number
  /** Headers beside the type: `etag`, `last-modified`, `cache-control`, `vary` and the like. Without `cache-control` nobody keeps it. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Where a route puts what its watcher is to be told. */
export interface EventSink {
  /** One message, as JSON. Does nothing once the watcher has gone. */
  send(data: object): void
  /** There is nothing more to tell. */
  end(): void
}

/** Server-sent events: the connection stays open. The server ends it when the session ends and when it closes. */
export interface EventsReply {
  readonly kind: 'events'
  /** Called once, when it is open. Gives what to do when the watcher has gone. */
  start(sink: EventSink): () => void
}

/** `value: null` clears it. Every cookie is HttpOnly, SameSite=Lax, for the whole site, and Secure behind TLS. */
export interface CookieChange {
  readonly name: 'session' | 'challenge'
  readonly value: string | null
  readonly maxAgeSeconds: number
}

export function page(
  template: string,
  title: string,
  model: object,
  options: { status?: number; problems?: readonly Problem[]; isExercise?: boolean } = {},
): PageReply {
  const problems = options.problems ?? []
  return {
    kind: 'page',
    template,
    title,
    model,
    problems,
    status: options.status ?? (problems.length > 0 ? 422 : 200),
    isExercise: options.isExercise ?? false,
  }
}

/** After a form was taken: see the result (303), so that a reload does not send it again. */
export function redirect(to: string, options: { notice?: string; cookies?: readonly CookieChange[] } = {}): RedirectReply {
  return { kind: 'redirect', to, notice: options.notice ?? null, cookies: options.cookies ?? [] }
}

export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): JsonReply {
  return { kind: 'json', body, status, isProblem: false, headers }
}

/** What is wrong with the fields that a machine sent: problem details (RFC 9457) with `errors`, each with a JSON Pointer, as in its §3. */
export function fieldProblems(code: string, problems: readonly Problem[], requestId: string): JsonReply {
  const failure = failureOf(new InvalidParts(code, problems))
  return { kind: 'json', body: problemDetails(failure, requestId), status: failure.status, isProblem: true }
}

export function csv(filename: string, body: AsyncIterable<string> | string): FileReply {
  return { kind: 'file', contentType: 'text/csv; charset=utf-8', filename, body }
}

/** A file of unknown kind, only ever to be saved. */
export function download(filename: string, body: Buffer | AsyncIterable<Uint8Array>): FileReply {
  return { kind: 'file', contentType: 'application/octet-stream', filename, body }
}

/**
 * A document for programs that ask again and again. `etag` is a strong one, of exactly these bytes, without its quotes; who holds them already
 * is answered 304, without a body (RFC 9110 §13).
 */
export function freshFile(
  contentType: string,
  body: string | Buffer,
  freshness: { readonly etag: string; readonly lastModified: Instant | null; readonly cacheControl: string },
  headers: Readonly<Record<string, string>> = {},
): FileReply {
  const { etag, lastModified, cacheControl } = freshness
  const modified = lastModified === null ? {} : { 'last-modified': lastModified.toUTCString() }
  return {
    kind: 'file',
    contentType,
    filename: null,
    body,
    headers: { etag: `"${etag}"`, 'cache-control': cacheControl, ...modified, ...headers },
  }
}

export function svg(body: string): FileReply {
  return { kind: 'file', contentType: 'image/svg+xml; charset=utf-8', filename: null, body }
}

export function events(start: EventsReply['start']): EventsReply {
  return { kind: 'events', start }
}
