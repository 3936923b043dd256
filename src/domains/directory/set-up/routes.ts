import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { personSigningIn } from '../../../platform/auth/actors.ts'
import { attemptKey, countTry, forgiveTries, networkOf, type TryVerdict } from '../../../platform/auth/attempts.ts'
import { passkeyRegistrationOptions, relyingParty } from '../../../platform/auth/passkeys.ts'
import { passwordFault } from '../../../platform/auth/password-policy.ts'
import { hashPassword } from '../../../platform/auth/password.ts'
import { COOKIE_SECONDS } from '../../../platform/auth/sessions.ts'
import type { AuthTables } from '../../../platform/auth/tables.ts'
import { totpSetUp } from '../../../platform/auth/totp.ts'
import { readForm } from '../../../platform/forms/form.ts'
import { json, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { emailKey } from '../sign-in/model.ts'
import { personByEmail, type PersonFound } from '../sign-in/queries.ts'
import type { SignInTables } from '../tables.ts'
import {
  authenticatorSecretFor,
  nameFirstAdministrator,
  PasskeyRefused,
  proveRecovery,
  setUpPasskey,
  setUpPassword,
  type SetUpOutcome,
} from './commands.ts'
import { firstAdministratorForm, passkeySetUpForm, passwordSetUpForm, recoverForm, recoveryCodeForm } from './fields.ts'
import { FIRST_ADMINISTRATOR_EMAIL, SEND_RECOVERY_LINK } from './model.ts'
import { invited, type Invited } from './queries.ts'
import { firstAdministratorFields, passwordSetUpFields, recoverFields, recoveryCodeFields } from './views.ts'

const TRIES_PER_MINUTE = 30
const BY_LINK = 'Whoever holds the link is the one it was made for.'
const params = z.object({ token: z.string().max(100) })

type LinkRequest = RouteRequest<{ token: string }>

function asSystem<R>(request: RouteRequest, body: (work: Work<SignInTables>) => Promise<R>): Promise<R> {
  return runWork(request.platform, SYSTEM, body, request.requestId)
}

function whose(request: LinkRequest): Promise<Invited | null> {
  return readAs<SignInTables, Invited | null>(request.platform, SYSTEM, db => invited(db, request.params.token, request.now))
}

function linkSpent(): Reply {
  return page('directory/set-up/views/link-spent.njk', 'This link no longer works', {}, { status: 404 })
}

function fault(pointer: string, message: string): Problem {
  return { rule: 'directory.set-up', pointer, severity: 'error', message }
}

/** A link that leads to setting up sign-in. A recovery link does not, until the second factor was shown. */
async function setUpLink(request: LinkRequest): Promise<Invited | null> {
  const person = await whose(request)
  return person === null || person.purpose === 'recovery' || needsName(person) ? null : person
}

function needsName(person: Invited): boolean {
  return person.purpose === 'first-administrator' && person.email === FIRST_ADMINISTRATOR_EMAIL
}

const showInvitation = route({
  method: 'GET',
  path: '/invitation/:token',
  access: { public: BY_LINK },
  params,
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const person = await whose(request)
    if (person === null || person.purpose === 'recovery') return linkSpent()
    const { token } = request.params
    if (needsName(person))
      return page('directory/set-up/views/first-administrator.njk', 'Set up CareCERT', { token, fields: firstAdministratorFields({}, []) })
    return page('directory/set-up/views/invitation.njk', 'Set up how you sign in', {
      token,
      person,
      hasPasskeys: relyingParty(request.platform.config.baseUrl) !== null,
    })
  },
})

const nameAdministrator = route({
  method: 'POST',
  path: '/invitation/:token/person',
  access: { public: BY_LINK },
  params,
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const person = await whose(request)
    if (person === null || !needsName(person)) return linkSpent()
    const form = readForm(firstAdministratorForm, request.body)
    const { token } = request.params
    if (!form.ok) {
      return page(
        'directory/set-up/views/first-administrator.njk',
        'Set up CareCERT',
        { token, fields: firstAdministratorFields(form.typed, form.problems) },
        { problems: form.problems },
      )
    }
    await runWork<SignInTables, void>(
      request.platform,
      personSigningIn(person.personId),
      work => nameFirstAdministrator(work, person.personId, form.value),
      request.requestId,
    )
    return redirect(`/invitation/${token}`)
  },
})

async function passwordPage(request: LinkRequest, person: Invited, problems: readonly Problem[] = []): Promise<Reply> {
  const secret = await asSystem(request, work => authenticatorSecretFor(work, request.params.token))
  const app = await totpSetUp(secret, person.email)
  const model = { token: request.params.token, email: person.email, app, fields: passwordSetUpFields(problems) }
  return page('directory/set-up/views/password.njk', 'Set up a password and an app', model, { problems })
}

const showPassword = route({
  method: 'GET',
  path: '/invitation/:token/password',
  access: { public: BY_LINK },
  params,
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const person = await setUpLink(request)
    return person === null ? linkSpent() : passwordPage(request, person)
  },
})

const takePassword = route({
  method: 'POST',
  path: '/invitation/:token/password',
  access: { public: BY_LINK },
  params,
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const person = await setUpLink(request)
    if (person === null) return linkSpent()
    const form = readForm(
      passwordSetUpForm(password => passwordFault(password, person.about)),
      request.body,
    )
    if (!form.ok) return passwordPage(request, person, form.problems)
    const passwordHash = await hashPassword(form.value.password)
    const input = { token: request.params.token, passwordHash, code: form.value.code, replaces: request.session?.idHash ?? null }
    const outcome = await runWork<SignInTables, SetUpOutcome>(
      request.platform,
      personSigningIn(person.personId),
      work => setUpPassword(work, request.platform.signer, input),
      request.requestId,
    )
    if (outcome.kind === 'code-wrong')
      return passwordPage(request, person, [
        fault('code', 'That code is not right. Enter the one that the app shows now, and enter the password again.'),
      ])
    return outcome.kind === 'signed-in' ? welcome(outcome.cookie) : linkSpent()
  },
})

const offerPasskey = route({
  method: 'POST',
  path: '/invitation/:token/passkey/options',
  access: { public: BY_LINK },
  params,
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const person = await setUpLink(request)
    const party = relyingParty(request.platform.config.baseUrl)
    if (person === null || party === null)
      throw new NotFound('directory.set-up.link-spent', 'This link no longer works, or passkeys do not work at this address.')
    return json(await asSystem(request, work => passkeyRegistrationOptions(work.lend<AuthTables>(), party, { ...person, id: person.personId })))
  },
})

const takePasskey = route({
  method: 'POST',
  path: '/invitation/:token/passkey',
  access: { public: BY_LINK },
  params,
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const person = await setUpLink(request)
    const party = relyingParty(request.platform.config.baseUrl)
    if (person === null || party === null) return linkSpent()
    const form = readForm(passkeySetUpForm, request.body)
    const input = {
      token: request.params.token,
      credential: form.ok ? form.value.credential : '',
      name: 'First passkey',
      replaces: request.session?.idHash ?? null,
    }
    try {
      const outcome = await runWork<SignInTables, SetUpOutcome>(
        request.platform,
        personSigningIn(person.personId),
        work => setUpPasskey(work, party, input),
        request.requestId,
      )
      return outcome.kind === 'signed-in' ? welcome(outcome.cookie) : linkSpent()
    } catch (error) {
      if (!(error instanceof PasskeyRefused)) throw error
      const problems = [fault('', error.message)]
      return page(
        'directory/set-up/views/invitation.njk',
        'Set up how you sign in',
        { token: request.params.token, person, hasPasskeys: true },
        { problems },
      )
    }
  },
})

function welcome(cookie: string): Reply {
  return redirect('/account/recovery-codes', {
    notice: 'You are set up and signed in.',
    cookies: [{ name: 'session', value: cookie, maxAgeSeconds: COOKIE_SECONDS }],
  })
}

const showRecover = route({
  method: 'GET',
  path: '/recover',
  access: { public: 'For those who cannot sign in.' },
  handle: async () => page('directory/set-up/views/recover.njk', 'When you cannot sign in', { fields: recoverFields({}, []) }),
})

/** What is said is the same whether or not there is such an account; so is what is done, a job that looks further. */
const ASKED = 'If that address has an account here, a link is on its way to it. It works for one hour.'

const askRecovery = route({
  method: 'POST',
  path: '/recover',
  access: { public: 'For those who cannot sign in.' },
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const form = readForm(recoverForm, request.body)
    if (!form.ok)
      return page(
        'directory/set-up/views/recover.njk',
        'When you cannot sign in',
        { fields: recoverFields(form.typed, form.problems) },
        { problems: form.problems },
      )
    const { signer } = request.platform
    const email = emailKey(form.value.email)
    const verdict = await asSystem<TryVerdict>(request, work =>
      countTry(work.lend<AuthTables>(), [
        attemptKey(signer, 'recovery-mail', email),
        attemptKey(signer, 'network', networkOf(request.remoteAddress)),
      ]),
    )
    // Too many asked for one address: no more mails to it, and the same words.
    if (verdict.allowed) {
      const person = await readAs<SignInTables, PersonFound | null>(request.platform, SYSTEM, db => personByEmail(db, email))
      await asSystem(request, async work => work.enqueue(SEND_RECOVERY_LINK, { personId: person?.id ?? null }))
    }
    return redirect('/sign-in', { notice: ASKED })
  },
})

function codePage(request: LinkRequest, problems: readonly Problem[] = [], status?: number): Reply {
  const model = { token: request.params.token, fields: recoveryCodeFields(problems) }
  return page('directory/set-up/views/recovery.njk', 'Show that it is you', model, { problems, ...(status === undefined ? {} : { status }) })
}

const showRecovery = route({
  method: 'GET',
  path: '/recovery/:token',
  access: { public: BY_LINK },
  params,
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const person = await whose(request)
    return person?.purpose === 'recovery' ? codePage(request) : linkSpent()
  },
})

const takeRecovery = route({
  method: 'POST',
  path: '/recovery/:token',
  access: { public: BY_LINK },
  params,
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const person = await whose(request)
    if (person === null || person.purpose !== 'recovery') return linkSpent()
    const form = readForm(recoveryCodeForm, request.body)
    if (!form.ok) return codePage(request, form.problems)
    const { signer } = request.platform
    const key = attemptKey(signer, 'second-factor', person.personId)
    const verdict = await asSystem<TryVerdict>(request, work => countTry(work.lend<AuthTables>(), [key]))
    if (!verdict.allowed) return codePage(request, [fault('code', 'There were too many wrong tries. Wait, or ask an administrator for a link.')], 429)
    const next = await runWork<SignInTables, string | null>(
      request.platform,
      personSigningIn(person.personId),
      async work => {
        const token = await proveRecovery(work, signer, request.params.token, person.personId, form.value.code)
        if (token !== null) await forgiveTries(work.lend<AuthTables>(), [key])
        return token
      },
      request.requestId,
    )
    return next === null ? codePage(request, [fault('code', 'That code is not right, or was used before.')]) : redirect(`/invitation/${next}`)
  },
})

export const SET_UP_ROUTES: readonly Route[] = [
  showInvitation,
  nameAdministrator,
  showPassword,
  takePassword,
  offerPasskey,
  takePasskey,
  showRecover,
  askRecovery,
  showRecovery,
  takeRecovery,
]
