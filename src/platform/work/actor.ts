import { Forbidden } from '../../kernel/errors.ts'
import type { Id } from '../../kernel/id.ts'

/**
 * What part of the sector an actor sees. The database enforces it by row-level security (see migration 0001); queries
 * narrow further by what they are asked.
 */
export type Scope =
  /** Our own background work, and sign-in before anybody is known. */
  | { readonly kind: 'system' }
  /** The cyber centre: the whole sector, save what organisations keep to themselves. */
  | { readonly kind: 'centre' }
  /** A regional cyber lead: the organisations of that region. */
  | { readonly kind: 'region'; readonly organisationId: Id<'organisation'> }
  /** An IT delivery partner: itself and the organisations it answers for. */
  | { readonly kind: 'partner'; readonly organisationId: Id<'organisation'> }
  | { readonly kind: 'organisation'; readonly organisationId: Id<'organisation'> }
  | { readonly kind: 'none' }

/** Who does it: every read is scoped by an actor and every write is recorded under one. */
export interface Actor {
  readonly kind: 'person' | 'contact' | 'operator' | 'system' | 'anonymous'
  /** An id of the kind's own (`per_…`, `con_…`), or `operator`, `system`, `anonymous`. Never a name or address. */
  readonly id: string
  /** For display. Never logged or put in the audit. */
  readonly name: string
  /** The role in which they act, such as `duty-manager`. `null` for the system and the anonymous. */
  readonly role: string | null
  /** For whom they act. `null` for the system and the anonymous. */
  readonly organisationId: Id<'organisation'> | null
  readonly scope: Scope
  /** What they may do: all that the role holds, and nothing else. */
  readonly permissions: ReadonlySet<string>
  /** By what somebody acts as this person: the operator of the machine, by `--as`, or a program, by a token. The audit says so. */
  readonly through?: 'command-line' | `token:${string}`
}

/** Background work: sees everything, may do only what our own code makes it do. */
export const SYSTEM: Actor = {
  kind: 'system',
  id: 'system',
  name: 'CareCERT',
  role: null,
  organisationId: null,
  scope: { kind: 'system' },
  permissions: new Set(),
}

export const ANONYMOUS: Actor = {
  kind: 'anonymous',
  id: 'anonymous',
  name: 'Nobody',
  role: null,
  organisationId: null,
  scope: { kind: 'none' },
  permissions: new Set(),
}

export function may(actor: Actor, permission: string): boolean {
  return actor.permissions.has(permission)
}

/** Throws `Forbidden` unless the actor holds the permission. Commands call it too: a route is not the only way in. */
export function assertMay(actor: Actor, permission: string): void {
  if (actor.kind === 'system' || may(actor, permission)) return
  if (actor.through?.startsWith('token:') === true) {
    throw new Forbidden(
      'platform.token.scope',
      `This token may not do this: it needs ${permission}. Make a token whose scopes include it, if your role does.`,
      `${actor.through} lacks ${permission}`,
    )
  }
  throw new Forbidden(
    'platform.permission.missing',
    'Your role does not include this. Ask the person who manages people at your organisation, or at the centre.',
    `${actor.role ?? actor.kind} lacks ${permission}`,
  )
}
