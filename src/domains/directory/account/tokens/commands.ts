import { Conflict, Forbidden, Invalid, NotFound } from '../../../../kernel/errors.ts'
import { addDays, type Instant } from '../../../../kernel/instant.ts'
import { newApiToken } from '../../../../platform/auth/api-tokens.ts'
import { hashToken } from '../../../../platform/auth/tokens.ts'
import { may } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { TELL_SIGN_IN_CHANGED } from '../../sign-in/model.ts'
import type { SignInTables } from '../../tables.ts'
import { assignmentOf, listTokens, tokenOwner, tokenPolicy } from './queries.ts'

/** As many as a person may have at work at a time: beyond that, nobody knows which program holds which. */
const MOST_TOKENS = 50

export interface NewToken {
  readonly name: string
  readonly scopes: readonly string[]
  readonly days: number
}

/** A token, to be shown this once. */
export interface MadeToken {
  readonly id: string
  readonly token: string
  readonly expiresAt: Instant
}

/**
 * Makes a token for the actor, in the role and organisation in which they act. Only its hash is stored. Throws `Invalid` for a scope that the role does not
 * hold, for none, and for a longer time than the policy allows; `Forbidden` when a token asks; `Conflict` when there are too many.
 */
export async function makeToken(work: Work<SignInTables>, input: NewToken): Promise<MadeToken> {
  const { actor } = work
  if (actor.kind !== 'person' || actor.organisationId === null || actor.role === null || actor.through?.startsWith('token:') === true)
    throw new Forbidden('directory.token.person', 'A token is made by a person who is signed in, for themselves.')
  const policy = await tokenPolicy(work.db, work.now)
  if (input.days < 1 || input.days > policy.longestDays)
    throw new Invalid('directory.token.days', `A token works for ${policy.longestDays} days at most.`)
  if (input.scopes.length === 0) throw new Invalid('directory.token.scopes', 'Choose at least one thing that it may do.')
  const beyond = input.scopes.find(scope => !may(actor, scope))
  if (beyond !== undefined) throw new Invalid('directory.token.beyond', `Your role does not include ${beyond}, so a token of yours cannot.`)
  const assignmentId = await assignmentOf(work.db, actor.id, actor.organisationId, actor.role)
  if (assignmentId === undefined) throw new NotFound('directory.assignment.unknown', 'You do not hold that role any more. Choose another.')
  const { total } = await listTokens(work.db, { personId: actor.id, search: '', only: 'working' }, { limit: 1, cursor: null }, work.now)
  if (total >= MOST_TOKENS) throw new Conflict('directory.token.many', `You have ${MOST_TOKENS} tokens at work. Revoke those that nothing needs.`)
  const token = newApiToken()
  const id = work.newId('token')
  const expiresAt = addDays(work.now, input.days)
  await work.db
    .insertInto('auth_token')
    .values({
      id,
      token_hash: hashToken(token),
      person_id: actor.id,
      assignment_id: assignmentId,
      name: input.name,
      scopes: JSON.stringify([...new Set(input.scopes)].toSorted()),
      made_at: work.now,
      expires_at: expiresAt,
      last_used_at: null,
      revoked_at: null,
      revoked_by: null,
    })
    .execute()
  work.record({
    verb: 'auth.token.made',
    subject: { kind: 'token', id },
    organisationId: actor.organisationId,
    change: { person: actor.id, role: actor.role, scopes: input.scopes, until: expiresAt.toISOString() },
  })
  work.enqueue(TELL_SIGN_IN_CHANGED, { personId: actor.id, change: 'token-made' })
  return { id, token, expiresAt }
}

/** Revokes a token: it does nothing from this moment. Its owner may, and whoever looks after people everywhere. Throws `NotFound`. */
export async function revokeToken(work: Work<SignInTables>, id: string): Promise<void> {
  const found = await tokenOwner(work.db, id)
  const isKeeper = may(work.actor, 'directory.token.manage')
  if (found === undefined || (found.person_id !== work.actor.id && !isKeeper))
    throw new NotFound('directory.token.unknown', 'There is no such token. It may have been revoked: look at the list.')
  if (found.revoked_at !== null) return
  await work.db.updateTable('auth_token').set({ revoked_at: work.now, revoked_by: work.actor.id }).where('id', '=', id).execute()
  work.record({ verb: 'auth.token.revoked', subject: { kind: 'token', id }, change: { person: found.person_id } })
}
