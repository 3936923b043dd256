import { z } from 'zod'
import { NotFound, SignInNeeded } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { passwordHashOf, signInMeans, type SignInMeans } from '../../../platform/auth/accounts.ts'
import { withSystemSight } from '../../../platform/auth/actors.ts'
import { attemptKey, countTry, forgiveTries, type TryVerdict } from '../../../platform/auth/attempts.ts'
import { passkeyRegistrationOptions, relyingParty } from '../../../platform/auth/passkeys.ts'
import { passwordFault } from '../../../platform/auth/password-policy.ts'
import { hashPassword, verifyPassword } from '../../../platform/auth/password.ts'
import { COOKIE_SECONDS, isFresh, signedInAt } from '../../../platform/auth/sessions.ts'
import type { AuthTables } from '../../../platform/auth/tables.ts'
import { totpSetUp } from '../../../platform/auth/totp.ts'
import { readForm } from '../../../platform/forms/form.ts'
import { json, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { emailKey } from '../sign-in/model.ts'
import { personById } from '../sign-in/queries.ts'
import type { SignInTables } from '../tables.ts'
import {
  actAs,
  addOwnPasskey,
  authenticatorSecret,
  changeAuthenticator,
  changePassword,
  endOwnSessions,
  makeRecoveryCodes,
  removeOwnPasskey,
  type Self,
} from './commands.ts'
import { actAsForm, codeForm, passkeyForm, passwordForm } from './fields.ts'
import { ownAccount } from './queries.ts'
import { accountModel, codeFields, passwordFields, signInAgain } from './views.ts'

const OWN = 'Everyone looks after their own sign-in.'
const TRIES_PER_MINUTE = 30

/** Reads and writes here are about the visitor alone: each names their own id. The tables of sign-in are the system's to see. */
function ask<R>(request: RouteRequest, body: (db: Reader<SignInTables>) => Promise<R>): Promise<R> {
  return readAs(request.platform, withSystemSight(request.actor), body)
}

function change<R>(request: RouteRequest, body: (work: Work<SignInTables>) => Promise<R>): Promise<R> {
  return runWork(request.platform, withSystemSight(request.actor), body, request.requestId)
}

function selfOf(request: RouteRequest): Self {
  if (request.session === null) throw new SignInNeeded('directory.account.sign-in-needed', 'Sign in to go on.')
  return { personId: request.session.personId, idHash: request.session.idHash }
}

/** Where to go first when the person did not sign in lately; `null` when they did (OWASP ASVS 5, 7.5.1). */
async function signInFirst(request: RouteRequest, backTo: string): Promise<Reply | null> {
  const at = await ask(request, db => signedInAt(db, selfOf(request).idHash))
  return at !== null && isFresh(at, request.now) ? null : redirect(signInAgain(backTo))
}

function fault(pointer: string, message: string): Problem {
  return { rule: 'directory.account', pointer, severity: 'error', message }
}

async function accountPage(request: RouteRequest, problems: readonly Problem[] = []): Promise<Reply> {
  const self = selfOf(request)
  const account = await ask(request, db => ownAccount(db, self.personId, self.idHash, request.now))
  const model = accountModel(account, { idHash: self.idHash, hasPasskeys: relyingParty(request.platform.config.baseUrl) !== null })
  return page('directory/account/views/account.njk', 'Your account', model, { problems })
}

const showAccount = route({ method: 'GET', path: '/account', access: { signedIn: OWN }, handle: request => accountPage(request) })

const switchRole = route({
  method: 'POST',
  path: '/account/act-as',
  access: { signedIn: 'Anyone may switch between the roles that they hold.' },
  async handle(request) {
    const form = readForm(actAsForm, request.body)
    if (!form.ok) return accountPage(request, form.problems)
    const cookie = await change(request, work => actAs(work, selfOf(request), form.value.assignment))
    return redirect('/', { cookies: [{ name: 'session', value: cookie, maxAgeSeconds: COOKIE_SECONDS }] })
  },
})

const offerPasskey = route({
  method: 'POST',
  path: '/account/passkeys/options',
  access: { signedIn: OWN },
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const self = selfOf(request)
    const party = relyingParty(request.platform.config.baseUrl)
    const at = await ask(request, db => signedInAt(db, self.idHash))
    if (party === null || at === null || !isFresh(at, request.now))
      throw new NotFound('directory.account.no-passkeys', 'Sign in again, then add the passkey.')
    const person = await ask(request, db => personById(db, self.personId))
    if (person === null) throw new NotFound('directory.account.gone', 'This account is closed.')
    return json(await change(request, work => passkeyRegistrationOptions(work.lend<AuthTables>(), party, person)))
  },
})

const addPasskey = route({
  method: 'POST',
  path: '/account/passkeys',
  access: { signedIn: OWN },
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const first = await signInFirst(request, '/account')
    if (first !== null) return first
    const party = relyingParty(request.platform.config.baseUrl)
    const form = readForm(passkeyForm, request.body)
    const refused = [fault('', 'The passkey could not be added. Try again.')]
    if (party === null || !form.ok) return accountPage(request, refused)
    const name = form.value.name === undefined || form.value.name === '' ? 'Passkey' : form.value.name
    const isAdded = await change(request, work => addOwnPasskey(work, party, selfOf(request), { name, credential: form.value.credential }))
    return isAdded ? redirect('/account', { notice: 'The passkey was added.' }) : accountPage(request, refused)
  },
})

const removePasskey = route({
  method: 'POST',
  path: '/account/passkeys/:id/remove',
  access: { signedIn: OWN },
  params: z.object({ id: z.string().max(60) }),
  async handle(request) {
    const first = await signInFirst(request, '/account')
    if (first !== null) return first
    await change(request, work => removeOwnPasskey(work, selfOf(request), request.params.id))
    return redirect('/account', { notice: 'The passkey was removed.' })
  },
})

/** What changing the password asks for. Without an authenticator app, one is set up with it: a password alone is never enough. */
function asksOf(means: SignInMeans): { currentPassword: boolean; code: boolean } {
  return { currentPassword: means.password, code: !means.authenticator }
}

async function passwordPage(request: RouteRequest, problems: readonly Problem[] = [], status?: number): Promise<Reply> {
  const self = selfOf(request)
  const { person, means } = await ask(request, async db => ({
    person: await personById(db, self.personId),
    means: await signInMeans(db, self.personId),
  }))
  const asks = asksOf(means)
  const app = asks.code ? await totpSetUp(await change(request, work => authenticatorSecret(work, self)), person?.email ?? '') : null
  return page(
    'directory/account/views/password.njk',
    'Change your password',
    { app, fields: passwordFields(asks, problems) },
    { problems, ...(status === undefined ? {} : { status }) },
  )
}

const showPassword = route({
  method: 'GET',
  path: '/account/password',
  access: { signedIn: OWN },
  handle: async request => (await signInFirst(request, '/account/password')) ?? passwordPage(request),
})

const takePassword = route({
  method: 'POST',
  path: '/account/password',
  access: { signedIn: OWN },
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const first = await signInFirst(request, '/account/password')
    if (first !== null) return first
    const self = selfOf(request)
    const { signer } = request.platform
    const { account, means, hash } = await ask(request, async db => ({
      account: await ownAccount(db, self.personId, self.idHash, request.now),
      means: await signInMeans(db, self.personId),
      hash: await passwordHashOf(db, self.personId),
    }))
    const about = [account.name, account.email, ...account.roles.map(role => role.organisation)]
    const form = readForm(
      passwordForm(password => passwordFault(password, about), asksOf(means)),
      request.body,
    )
    if (!form.ok) return passwordPage(request, form.problems)
    if (hash !== null) {
      const key = attemptKey(signer, 'account', emailKey(account.email))
      const verdict = await change<TryVerdict>(request, work => countTry(work.lend<AuthTables>(), [key]))
      if (!verdict.allowed)
        return passwordPage(request, [fault('currentPassword', 'There were too many wrong tries. Wait a quarter of an hour, then try again.')], 429)
      if (!(await verifyPassword(hash, form.value.currentPassword ?? '')))
        return passwordPage(request, [fault('currentPassword', 'That is not your password as it is now.')])
      await change(request, work => forgiveTries(work.lend<AuthTables>(), [key]))
    }
    const input = { passwordHash: await hashPassword(form.value.newPassword), code: form.value.code ?? null }
    if (!(await change(request, work => changePassword(work, signer, self, input))))
      return passwordPage(request, [fault('code', 'That code is not right. Enter the one that the app shows now.')])
    return redirect('/account', { notice: 'Your password was changed. You were signed out everywhere else.' })
  },
})

async function authenticatorPage(request: RouteRequest, problems: readonly Problem[] = []): Promise<Reply> {
  const self = selfOf(request)
  const person = await ask(request, db => personById(db, self.personId))
  const app = await totpSetUp(await change(request, work => authenticatorSecret(work, self)), person?.email ?? '')
  return page('directory/account/views/authenticator.njk', 'Change your authenticator app', { app, fields: codeFields(problems) }, { problems })
}

/** Only somebody with a password has an app; the page for the password sets up both. */
async function hasPassword(request: RouteRequest): Promise<boolean> {
  return ask(request, async db => (await signInMeans(db, selfOf(request).personId)).password)
}

const showAuthenticator = route({
  method: 'GET',
  path: '/account/authenticator',
  access: { signedIn: OWN },
  async handle(request) {
    const first = await signInFirst(request, '/account/authenticator')
    if (first !== null) return first
    return (await hasPassword(request)) ? authenticatorPage(request) : redirect('/account/password')
  },
})

const takeAuthenticator = route({
  method: 'POST',
  path: '/account/authenticator',
  access: { signedIn: OWN },
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const first = await signInFirst(request, '/account/authenticator')
    if (first !== null) return first
    if (!(await hasPassword(request))) return redirect('/account/password')
    const form = readForm(codeForm, request.body)
    if (!form.ok) return authenticatorPage(request, form.problems)
    const isChanged = await change(request, work => changeAuthenticator(work, request.platform.signer, selfOf(request), form.value.code))
    return isChanged
      ? redirect('/account', { notice: 'Your authenticator app was changed.' })
      : authenticatorPage(request, [fault('code', 'That code is not right. Enter the one that the app shows now.')])
  },
})

const showRecoveryCodes = route({
  method: 'GET',
  path: '/account/recovery-codes',
  access: { signedIn: OWN },
  async handle(request) {
    const first = await signInFirst(request, '/account/recovery-codes')
    if (first !== null) return first
    const self = selfOf(request)
    const { codesLeft } = await ask(request, db => ownAccount(db, self.personId, self.idHash, request.now))
    return page('directory/account/views/recovery-codes.njk', 'Recovery codes', { codesLeft, codes: [] })
  },
})

const takeRecoveryCodes = route({
  method: 'POST',
  path: '/account/recovery-codes',
  access: { signedIn: OWN },
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const first = await signInFirst(request, '/account/recovery-codes')
    if (first !== null) return first
    const codes = await change(request, work => makeRecoveryCodes(work, selfOf(request)))
    return page('directory/account/views/recovery-codes.njk', 'Your recovery codes', { codesLeft: codes.length, codes })
  },
})

const endSessions = route({
  method: 'POST',
  path: '/account/sessions/end',
  access: { signedIn: OWN },
  async handle(request) {
    const { session } = request.body
    await change(request, work => endOwnSessions(work, selfOf(request), typeof session === 'string' && session !== '' ? session : null))
    return redirect('/account', { notice: 'You were signed out there.' })
  },
})

export const ACCOUNT_ROUTES: readonly Route[] = [
  showAccount,
  switchRole,
  offerPasskey,
  addPasskey,
  removePasskey,
  showPassword,
  takePassword,
  showAuthenticator,
  takeAuthenticator,
  showRecoveryCodes,
  takeRecoveryCodes,
  endSessions,
]
