import { Conflict } from '../../../kernel/errors.ts'
import { nameKey } from '../../../kernel/name-key.ts'
import type { Role } from '../../../kernel/role.ts'
import { setAuthenticator, setPassword, takeTotpCode } from '../../../platform/auth/accounts.ts'
import { revokeTokensOf } from '../../../platform/auth/api-tokens.ts'
import { openChallenge, readChallenge } from '../../../platform/auth/challenges.ts'
import { makeLink, takeLink } from '../../../platform/auth/links.ts'
import { addPasskey, type RelyingParty } from '../../../platform/auth/passkeys.ts'
import { takeRecoveryCode } from '../../../platform/auth/recovery-codes.ts'
import { endSessions, startSession } from '../../../platform/auth/sessions.ts'
import type { Signer } from '../../../platform/auth/signer.ts'
import type { AuthTables } from '../../../platform/auth/tables.ts'
import { looksLikeTotpCode, newTotpSecret, totpStep } from '../../../platform/auth/totp.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { TELL_SIGN_IN_CHANGED } from '../sign-in/model.ts'
import { assignmentToActUnder, personByEmail } from '../sign-in/queries.ts'
import type { SignInTables } from '../tables.ts'
import { AUTHENTICATOR_BEGUN, FIRST_ADMINISTRATOR_EMAIL, PROVED_HOURS } from './model.ts'
import { somebodyCanSignIn } from './queries.ts'

/** The secret for the authenticator app that is set up from this link: the same each time the page is opened. */
export async function authenticatorSecretFor(work: Work<SignInTables>, token: string): Promise<string> {
  const auth = work.lend<AuthTables>()
  const begun = await readChallenge(auth.db, AUTHENTICATOR_BEGUN, token, work.now)
  if (begun !== null) return begun.data.secret
  const secret = newTotpSecret()
  await openChallenge(auth, AUTHENTICATOR_BEGUN, { personId: null, data: { secret } }, token)
  return secret
}

/** What came of setting up from a link: signed in, or why not. */
export type SetUpOutcome = { readonly kind: 'signed-in'; readonly cookie: string } | { readonly kind: 'code-wrong' } | { readonly kind: 'link-spent' }

/**
 * Sets up a password with an authenticator app from a one-time link, and signs in. The link, the code and the secret are
 * used up together or not at all. What the person had before of these two is replaced, and all their sessions end.
 */
export async function setUpPassword(
  work: Work<SignInTables>,
  signer: Signer,
  input: { token: string; passwordHash: string; code: string; replaces: string | null },
): Promise<SetUpOutcome> {
  const auth = work.lend<AuthTables>()
  const begun = await readChallenge(auth.db, AUTHENTICATOR_BEGUN, input.token, work.now)
  if (begun === null) return { kind: 'link-spent' }
  const step = await totpStep(begun.data.secret, input.code, null, work.now)
  if (step === null) return { kind: 'code-wrong' }
  const link = await takeLink(auth, input.token)
  if (link === null) return { kind: 'link-spent' }
  await setPassword(auth, link.personId, input.passwordHash)
  await setAuthenticator(auth, signer, link.personId, begun.data.secret, step)
  return { kind: 'signed-in', cookie: await comeIn(work, link.personId, input.replaces) }
}

/** Adds a passkey from a one-time link, and signs in. All the person's sessions end, and their programs' tokens. */
export async function setUpPasskey(
  work: Work<SignInTables>,
  party: RelyingParty,
  input: { token: string; credential: string; name: string; replaces: string | null },
): Promise<SetUpOutcome> {
  const auth = work.lend<AuthTables>()
  const link = await takeLink(auth, input.token)
  if (link === null) return { kind: 'link-spent' }
  if (!(await addPasskey(auth, party, link.personId, input.name, input.credential))) throw new PasskeyRefused()
  return { kind: 'signed-in', cookie: await comeIn(work, link.personId, input.replaces) }
}

/** Undoes the unit of work in which the link was used up: a passkey that failed costs nobody their link. */
export class PasskeyRefused extends Conflict {
  constructor() {
    super('directory.set-up.passkey-refused', 'The passkey could not be made. Try again, or set up a password.')
  }
}

async function comeIn(work: Work<SignInTables>, personId: string, replaces: string | null): Promise<string> {
  const auth = work.lend<AuthTables>()
  await endSessions(auth, personId)
  await revokeTokensOf(auth, personId)
  const assignmentId = await assignmentToActUnder(work.db, personId)
  if (assignmentId === null) throw new Conflict('directory.set-up.no-role', 'You hold no role here at present. Ask the person who invited you.')
  work.enqueue(TELL_SIGN_IN_CHANGED, { personId, change: 'set-up' })
  return startSession(auth, { personId, assignmentId, how: 'link', replaces })
}

/**
 * A recovery link from a mail proves the mailbox, which is not enough: the second factor is asked for too. When it is
 * right, the link is used up and another is given with which sign-in is set up anew. `null` when it is wrong.
 */
export async function proveRecovery(work: Work<SignInTables>, signer: Signer, token: string, personId: string, code: string): Promise<string | null> {
  const auth = work.lend<AuthTables>()
  const isRight = looksLikeTotpCode(code) ? await takeTotpCode(auth, signer, personId, code) : await takeRecoveryCode(auth, personId, code)
  if (!isRight) return null
  const link = await takeLink(auth, token)
  return link === null || link.personId !== personId ? null : makeLink(auth, personId, 'invitation', PROVED_HOURS)
}

/** Gives the first administrator their own name and address, in the place of the ones that the product gave. */
export async function nameFirstAdministrator(work: Work<SignInTables>, personId: string, who: { name: string; email: string }): Promise<void> {
  const holder = await personByEmail(work.db, who.email)
  if (holder !== null && holder.id !== personId)
    throw new Conflict('directory.person.email-taken', 'Somebody else here has that e-mail address. Enter another.')
  await work.db.updateTable('directory_person').set({ name: who.name, email: who.email }).where('id', '=', personId).execute()
  work.record({ verb: 'directory.person.corrected', subject: { kind: 'person', id: personId } })
}

export interface FirstCentre {
  readonly code: string
  readonly name: string
}

/**
 * On an installation where nobody can sign in: the address at which the first administrator sets up their sign-in, once,
 * within a day. Makes the centre and the person where they are missing; a new start makes a new address. `null` when
 * somebody can sign in.
 */
export async function makeFirstAdministrator(
  platform: Platform,
  centre: FirstCentre = { code: 'CENTRE', name: 'Cyber centre' },
): Promise<string | null> {
  const token = await runWork<SignInTables, string | null>(platform, SYSTEM, work => firstAdministratorLink(work, centre))
  return token === null ? null : `${platform.config.baseUrl}/invitation/${token}`
}

async function firstAdministratorLink(work: Work<SignInTables>, centre: FirstCentre): Promise<string | null> {
  if (await somebodyCanSignIn(work.db)) return null
  const personId = (await placeholder(work)) ?? (await addPlaceholder(work, await centreId(work, centre)))
  return makeLink(work.lend<AuthTables>(), personId, 'first-administrator')
}

async function placeholder(work: Work<SignInTables>): Promise<string | null> {
  const row = await work.db
    .selectFrom('directory_assignment as assignment')
    .innerJoin('directory_person as person', 'person.id', 'assignment.person_id')
    .select('person.id')
    .where('assignment.role', '=', 'administrator')
    .where('assignment.until', 'is', null)
    .where('person.left_at', 'is', null)
    .orderBy('assignment.since')
    .executeTakeFirst()
  return row?.id ?? null
}

async function centreId(work: Work<SignInTables>, centre: FirstCentre): Promise<string> {
  const known = await work.db
    .selectFrom('directory_organisation')
    .select('id')
    .where('type', '=', 'centre')
    .where('status', '=', 'open')
    .orderBy('created_at')
    .executeTakeFirst()
  if (known !== undefined) return known.id
  const id = work.newId('organisation')
  await work.db
    .insertInto('directory_organisation')
    .values({
      id,
      code: centre.code,
      name: centre.name,
      name_key: nameKey(centre.name),
      type: 'centre',
      country: 'England',
      region_code: null,
      board_code: null,
      parent_code: null,
      address: '[]',
      postcode: null,
      phone: null,
      opened_on: null,
      closed_on: null,
      status: 'open',
      size: null,
      source: 'first start',
      created_at: work.now,
      updated_at: work.now,
    })
    .execute()
  work.record({ verb: 'directory.organisation.added', subject: { kind: 'organisation', id }, organisationId: id })
  return id
}

async function addPlaceholder(work: Work<SignInTables>, organisationId: string): Promise<string> {
  const id = work.newId('person')
  await work.db
    .insertInto('directory_person')
    .values({
      id,
      name: 'First administrator',
      email: FIRST_ADMINISTRATOR_EMAIL,
      phone: null,
      out_of_hours_phone: null,
      created_at: work.now,
      left_at: null,
    })
    .execute()
  const assignmentId = work.newId('assignment')
  await work.db
    .insertInto('directory_assignment')
    .values({ id: assignmentId, person_id: id, organisation_id: organisationId, role: 'administrator' satisfies Role, since: work.now, until: null })
    .execute()
  work.record({ verb: 'directory.person.added', subject: { kind: 'person', id }, organisationId })
  return id
}
