import { SYSTEM, type Actor } from '../work/actor.ts'

/**
 * The same actor with the sight that the tables of sign-in need. Permissions stay as they are, and the audit names them:
 * only what row-level security shows widens. Decide what the actor may do before, in their own scope.
 */
export function withSystemSight(actor: Actor): Actor {
  return { ...actor, scope: SYSTEM.scope }
}

/** Somebody who is signing in or changing how they do: the audit names the person, who holds no permission by it. */
export function personSigningIn(personId: string): Actor {
  return { ...SYSTEM, kind: 'person', id: personId, name: '' }
}
