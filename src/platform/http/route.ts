import type { z, ZodType } from 'zod'
import type { Instant } from '../../kernel/instant.ts'
import type { Platform } from '../platform.ts'
import type { Actor } from '../work/actor.ts'
import type { Reader } from '../work/read.ts'
import type { Work } from '../work/work.ts'
import type { Reply } from './reply.ts'

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

export interface RouteRequest<P = unknown, Q = unknown> {
  readonly actor: Actor
  readonly session: SessionView | null
  readonly params: P
  readonly query: Q
  /** A form's fields as they came; read them with `readForm`. Empty for GET. */
  readonly body: FormBody
  /** The path and query asked for, for links back. */
  readonly address: string
  /** The caller's network address, as far as trusted proxies tell it; `behind …` when a proxy that nobody trusts stands between. For rate limits; never logged. */
  readonly remoteAddress: string
  readonly requestId: string
  /** The header `Idempotency-Key`, by which a machine says that it sends the same again; `null` without one. */
  readonly idempotencyKey: string | null
  /** The token of the header `Authorization: Bearer …` (RFC 6750 §2.1), by which a machine says who it is; `null` without one. Never logged. */
  readonly bearerToken: string | null
  readonly now: Instant
  readonly challengeCookie: string | null
  readonly platform: Platform
  /** Reads as this actor: one consistent picture, in the actor's scope. */
  read<T, R>(body: (db: Reader<T>) => Promise<R>): Promise<R>
  /** One unit of work as this actor. */
  work<T, R>(body: (work: Work<T>) => Promise<R>): Promise<R>
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
  /** Whether answers are machine-readable, so that errors are `application/problem+json` (RFC 9457). */
  readonly isApi: boolean
  handle(request: RouteRequest): Promise<Reply>
}

interface RouteDefinition<P extends ZodType, Q extends ZodType> {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly access: RouteAccess
  readonly params?: P
  readonly query?: Q
  readonly perMinute?: number
  readonly crossSite?: string
  handle(request: RouteRequest<z.infer<P>, z.infer<Q>>): Promise<Reply>
}

/** Declares a route: a value that the permission table, the tests and the server all read. */
export function route<P extends ZodType, Q extends ZodType>(definition: RouteDefinition<P, Q>): Route {
  return {
    method: definition.method,
    path: definition.path,
    access: definition.access,
    params: definition.params ?? null,
    query: definition.query ?? null,
    perMinute: definition.perMinute ?? null,
    crossSite: definition.crossSite ?? null,
    isApi: definition.path.startsWith('/api/'),
    // The server hands over what `params` and `query` have parsed, so the narrower request is safe behind the wider type.
    handle: definition.handle,
  }
}
