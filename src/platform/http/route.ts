import type { z, ZodType } from 'zod'
import type { Instant } from '../../kernel/instant.ts'
import type { Platform } from '../platform.ts'
import type { Actor } from '../work/actor.ts'
import type { Reader } from '../work/read.ts'
import type { Work } from '../work/work.ts'
import type { Failure } from './failure.ts'
import type { FileReply, Reply } from './reply.ts'

/** What somebody needs to come in. There is no default: a route without one does not compile. */
export type RouteAccess =
  /** A permission, such as `broadcast.bulletin.release`. */
  | { readonly permission: string }
  /** Anyone signed in, whatever their role; the reason stands in the generated table. */
  | { readonly signedIn: string }
  /** Anyone at all; the reason stands in the generated table. */
  | { readonly public: string }

/** The visitor's session, as far as pages need it. */
export interface SessionView {
  readonly personId: string
  /** The key in the store; never the cookie's value. */
  readonly idHash: string
  readonly csrfSecret: string
  readonly previousVisitAt: Instant | null
  /** For whom they act, by name. */
  readonly actingFor: string
  /** Whether there is another role or organisation to switch to. */
  readonly canSwitch: boolean
}

export type FormBody = Readonly<Record<string, string | readonly string[] | undefined>>

/** A file that came with a form. What it is called and claims to be proves nothing: look at its bytes. */
export interface UploadedFile {
  readonly name: string
  readonly bytes: Buffer
}

export interface RouteRequest<P = unknown, Q = unknown> {
  readonly actor: Actor
  readonly session: SessionView | null
  readonly params: P
  readonly query: Q
  /** A form's fields as they came; read them with `readForm`. Empty for GET. */
  readonly body: FormBody
  /** The files that came with the form, by the names of their fields. Empty unless the route says `largestFile`. */
  readonly files: ReadonlyMap<string, UploadedFile>
  /** The path and query asked for, for links back. */
  readonly address: string
  /** The caller's network address, as far as trusted proxies tell it; `behind …` when a proxy that nobody trusts stands between. For rate limits; never logged. */
  readonly remoteAddress: string
  readonly requestId: string
  /** The header `Idempotency-Key`, by which a machine says that it sends the same again; `null` without one. */
  readonly idempotencyKey: string | null
  /** The token of the header `Authorization: Bearer …` (RFC 6750 §2.1), by which a machine says who it is; `null` without one. Never logged. */
  readonly bearerToken: string | null
  /** A header by its name in lower case, such as `accept` or `if-none-match`; `null` without one. Never the credentials: `authorization` and `cookie` are not told. */
  header(name: string): string | null
  readonly now: Instant
  readonly challengeCookie: string | null
  readonly platform: Platform
  /** Reads as this actor: one consistent picture, in the actor's scope. */
  read<T, R>(body: (db: Reader<T>) => Promise<R>): Promise<R>
  /** One unit of work as this actor. */
  work<T, R>(body: (work: Work<T>) => Promise<R>): Promise<R>
  /** The same, seeing what the actor does not (`withSystemSight`): for commands that name whom it is about and check the policy themselves. */
  workWithSystemSight<T, R>(body: (work: Work<T>) => Promise<R>): Promise<R>
}

export interface Route {
  readonly method: 'GET' | 'POST'
  /** With `:names` for parameters, such as `/bulletins/:number`. */
  readonly path: string
  readonly access: RouteAccess
  readonly params: ZodType | null
  readonly query: ZodType | null
  /** Requests a minute from one address; `null` for the general limit. */
  readonly perMinute: number | null
  /** Why a POST may come from elsewhere than our own pages, when its address alone proves the right to it; `null` for never. */
  readonly crossSite: string | null
  /** How many bytes the file of a form may have; `null` where none is taken. */
  readonly largestFile: number | null
  /**
   * Whether programs ask here. A token says who they are, by `Authorization`; whoever has none is asked for it (401) and not sent to sign in; errors are
   * `application/problem+json` (RFC 9457) or as `failure` says. Everywhere else a token means nothing: pages are for people.
   */
  readonly isMachine: boolean
  /** Why a token is refused here although programs ask: it touches how people sign in. `null` for never. */
  readonly personOnly: string | null
  /** Whether programs in browsers may read its answers on whatever page they run (`cross-origin.ts`): for what is everybody's alone. */
  readonly isForAnyOrigin: boolean
  /** How the names of hosts begin at whose root it is served too, without a redirect; `null` for none. */
  readonly rootOf: string | null
  /** How errors look here, where a standard wants them otherwise than as problem details. */
  readonly failure: FailureForm | null
  /** What it is in the description of the JSON API; `null` for what is no part of that. */
  readonly operation: Operation | null
  handle(request: RouteRequest): Promise<Reply>
}

/** What an operation of the JSON API is, beside its route: what OpenAPI says of it, and what checks the body and the answer. */
export interface Operation {
  /** In camelCase, unique: the name that generated clients use. */
  readonly id: string
  /** What it does, as an order: "Release a bulletin". */
  readonly summary: string
  /** What else its caller should know, in Markdown. */
  readonly description: string | null
  /** The page whose work it does, as `POST /bulletins/:number/release`: it needs the same permission. */
  readonly page: OperationPage
  readonly body: ZodType | null
  /** `null` answers nothing (204); `file` names the type of a file. */
  readonly answer: ZodType | { readonly file: string } | null
  /** The status of success. */
  readonly status: number
  /** The status of an answer that was given before under the same idempotency key, where it is another. */
  readonly repeatStatus?: number
}

export type OperationPage = string | { readonly none: string }

/** Makes the body of an error in a standard's own form. The status is the failure's. */
export type FailureForm = (failure: Failure, requestId: string) => Pick<FileReply, 'contentType'> & { readonly body: string }

interface RouteDefinition<P extends ZodType, Q extends ZodType> {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly access: RouteAccess
  readonly params?: P
  readonly query?: Q
  readonly perMinute?: number
  readonly crossSite?: string
  readonly largestFile?: number
  /** Where the path does not tell: see `MACHINE_PATHS`. */
  readonly isMachine?: boolean
  readonly personOnly?: string
  readonly isForAnyOrigin?: boolean
  readonly rootOf?: string
  readonly failure?: FailureForm
  readonly operation?: Operation
  handle(request: RouteRequest<z.infer<P>, z.infer<Q>>): Promise<Reply>
}

/** Declares a route: a value that the permission table, the tests and the server all read. An operation of the JSON API is declared by `operation` (operation.ts). */
export function route<P extends ZodType, Q extends ZodType>(definition: RouteDefinition<P, Q>): Route {
  return {
    method: definition.method,
    path: definition.path,
    access: definition.access,
    params: definition.params ?? null,
    query: definition.query ?? null,
    perMinute: definition.perMinute ?? null,
    crossSite: definition.crossSite ?? null,
    largestFile: definition.largestFile ?? null,
    isMachine: definition.isMachine ?? isMachinePath(definition.path),
    personOnly: definition.personOnly ?? null,
    isForAnyOrigin: definition.isForAnyOrigin ?? false,
    rootOf: definition.rootOf ?? null,
    failure: definition.failure ?? null,
    operation: definition.operation ?? null,
    // The server hands over what `params` and `query` have parsed, so the narrower request is safe behind the wider type.
    handle: definition.handle,
  }
}

/** What lies under these is asked by programs. */
const MACHINE_PATHS = ['/api/', '/taxii2/', '/csaf/', '/.well-known/csaf/', '/feeds/']

export function isMachinePath(path: string): boolean {
  return MACHINE_PATHS.some(prefix => `${path}/`.startsWith(prefix))
}
