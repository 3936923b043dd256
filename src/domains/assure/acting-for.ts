import { SignInNeeded } from '../../kernel/errors.ts'
import type { Id } from '../../kernel/id.ts'
import type { Actor } from '../../platform/work/actor.ts'

/** The organisation that the actor acts for. Throws `SignInNeeded` for those who act for none. */
export function ownOrganisation(actor: Pick<Actor, 'organisationId'>): Id<'organisation'> {
  if (actor.organisationId === null) throw new SignInNeeded('assure.plans.for-whom', 'Sign in, and choose for whom you act.')
  return actor.organisationId
}
