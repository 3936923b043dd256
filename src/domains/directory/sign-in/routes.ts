import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { passwordHashOf } from '../../../platform/auth/accounts.ts'
import { personSigningIn } from '../../../platform/auth/actors.ts'
import { attemptKey, countTry, forgiveTries, networkOf, type AttemptKey, type TryVerdict } from '../../../platform/auth/attempts.ts'
import { openChallenge, readChallenge, takeChallenge } from '../../../platform/auth/challenges.ts'
import { finishOutside, OUTSIDE, OUTSIDE_RETURN_PATH, startOutside, type OutsideSignIn } from '../../../platform/auth/oidc.ts'
import { passkeyOwner, passkeySignInOptions, relyingParty } from '../../../platform/auth/passkeys.ts'
import { verifyPassword } from '../../../platform/auth/password.ts'
import { COOKIE_SECONDS, endSession } from '../../../platform/auth/sessions.ts'
import type { AuthTables, SignInMethod } from '../../../platform/auth/tables.ts'
import { readForm } from '../../../platform/forms/form.ts'
import { json, page, redirect, type CookieChange, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import type { SignInTables } from '../tables.ts'
import { personOutside, recordLock, signIn, takeSecondFactor } from './commands.ts'
import { codeForm, passkeyForm, signInForm, signInQuery } from './fields.ts'
import { emailKey, localAddress, readSlot, SAMPLE_PURPOSE, SECOND_FACTOR, TELL_SIGN_IN_CHANGED, withSlot } from './model.ts'
import { interruptedForm, personByEmail, personById, sampleSignInLinks, type PersonFound } from './queries.ts'
import { codeModel, retryWords, signInModel } from './views.ts'

const STEP_COOKIE_SECONDS = 3_600
const TRIES_PER_MINUTE = 60
const COMING_IN = 'Nobody is known before they sign in.'

/** The visitor is nobody yet, so sign-in runs as the system, which alone sees the tables of sign-in. */
function asSystem<R>(request: RouteRequest, body: (work: Work<SignInTables>) => Promise<R>): Promise<R> {
  return runWork(request.platform, SYSTEM, body, request.requestId)
}

function stepCookie(request: RouteRequest, token: string | null): CookieChange {
  return { name: 'challenge', value: withSlot(request.challengeCookie, 'step', token), maxAgeSeconds: STEP_COOKIE_SECONDS }
}

async function signInPage(
  request: RouteRequest,
  typed: { email?: string; to: string; again?: boolean },
  problems: readonly Problem[] = [],
  status?: number,
): Promise<Reply> {
  const { platform } = request
  const isHere = isLoopback(request.remoteAddress)
  const model = signInModel({
    ...typed,
    problems,
    hasPasskeys: relyingParty(platform.config.baseUrl) !== null,
    outsideName: platform.secrets.oidc?.name ?? null,
    samples: isHere ? await sampleSignInLinks(platform) : [],
  })
  return page('directory/sign-in/views/sign-in.njk', 'Sign in', model, { problems, ...(status === undefined ? {} : { status }) })
}

/** Ends a sign-in: a fresh session, and on to where they wanted to go. */
async function comeIn(request: RouteRequest, personId: string, how: SignInMethod, to: string): Promise<Reply> {
  const replaces = request.session?.idHash ?? null
  const token = await runWork<SignInTables, string | null>(
    request.platform,
    personSigningIn(personId),
    work => signIn(work, personId, how, replaces),
    request.requestId,
  )
  if (token === null)
    return signInPage(
      request,
      { to },
      [refusal('You hold no role here at present, so there is nothing to sign in to. Ask the person who manages people at your organisation.')],
      403,
    )
  return redirect(localAddress(to), { cookies: [{ name: 'session', value: token, maxAgeSeconds: COOKIE_SECONDS }, stepCookie(request, null)] })
}

function refusal(message: string, pointer = ''): Problem {
  return { rule: 'directory.sign-in', pointer, severity: 'error', message }
}

const WRONG = 'That e-mail address and password do not belong together. Check both, or get a new password.'
const CODE_WRONG = 'That code is not right, or was used before. Wait for the next one, or use a recovery code.'

const showSignIn = route({
  method: 'GET',
  path: '/sign-in',
  access: { public: COMING_IN },
  query: signInQuery,
  async handle(request) {
    const to = localAddress(request.query.to)
    if (request.session !== null && request.query.again === undefined) return redirect(to)
    return signInPage(request, { to, again: request.session !== null })
  },
})

const takePassword = route({
  method: 'POST',
  path: '/sign-in',
  access: { public: COMING_IN },
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const form = readForm(signInForm, request.body)
    const to = localAddress(typeof request.body['to'] === 'string' ? request.body['to'] : null)
    const typedEmail = typeof request.body['email'] === 'string' ? request.body['email'] : ''
    if (!form.ok) return signInPage(request, { email: typedEmail, to }, form.problems)

    const { signer } = request.platform
    const [email, network] = [emailKey(form.value.email), networkOf(request.remoteAddress)]
    const keys = [attemptKey(signer, 'account-here', email, network), attemptKey(signer, 'account', email), attemptKey(signer, 'network', network)]
    const verdict = await tryOnce(request, keys)
    if (!verdict.allowed) return signInPage(request, { email: typedEmail, to }, [refusal(retryWords(verdict.retryAt, request.now))], 429)

    const { personId, hash } = await readAs<SignInTables, { personId: string | null; hash: string | null }>(request.platform, SYSTEM, async db => {
      const person = await personByEmail(db, email)
      return { personId: person?.id ?? null, hash: await passwordHashOf(db, person?.id ?? null) }
    })
    // For an account that does not exist the same work is done, and the same is said.
    const isRight = await verifyPassword(hash, form.value.password)
    if (!isRight || personId === null) {
      if (verdict.locks) await asSystem(request, async work => recordLock(work, personId, keys))
      return signInPage(request, { email: typedEmail, to }, [refusal(WRONG, 'email')], 422)
    }
    const step = await asSystem(request, async work => {
      // The account's own counter is forgiven when the second factor is shown, not before.
      await forgiveTries(
        work.lend<AuthTables>(),
        keys.filter(key => key.kind === 'network'),
      )
      return openChallenge(work.lend<AuthTables>(), SECOND_FACTOR, { personId, data: { to } })
    })
    return redirect('/sign-in/code', { cookies: [stepCookie(request, step)] })
  },
})

const showCode = route({
  method: 'GET',
  path: '/sign-in/code',
  access: { public: COMING_IN },
  async handle(request) {
    const begun = await secondFactorBegun(request)
    return begun === null ? redirect('/sign-in') : page('directory/sign-in/views/code.njk', 'Enter the code', codeModel())
  },
})

const takeCode = route({
  method: 'POST',
  path: '/sign-in/code',
  access: { public: COMING_IN },
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const begun = await secondFactorBegun(request)
    if (begun === null) return redirect('/sign-in', { notice: 'That took too long. Enter your password again.' })
    const { personId, to } = begun
    const again = (problems: readonly Problem[], status: number) =>
      page('directory/sign-in/views/code.njk', 'Enter the code', codeModel(problems), { problems, status })
    const form = readForm(codeForm, request.body)
    if (!form.ok) return again(form.problems, 422)

    const { signer } = request.platform
    const key = attemptKey(signer, 'second-factor', personId)
    const verdict = await tryOnce(request, [key])
    if (!verdict.allowed) return again([refusal(`${retryWords(verdict.retryAt, request.now)} A passkey works meanwhile.`, 'code')], 429)

    const person = await readAs<SignInTables, PersonFound | null>(request.platform, SYSTEM, db => personById(db, personId))
    const email = emailKey(person?.email ?? '')
    const forgiven = [key, attemptKey(signer, 'account-here', email, networkOf(request.remoteAddress)), attemptKey(signer, 'account', email)]
    const step = readSlot(request.challengeCookie, 'step')
    const how = await runWork<SignInTables, SignInMethod | null>(
      request.platform,
      personSigningIn(personId),
      work => takeSecondFactor(work, signer, { personId, step, code: form.value.code, forgiven }),
      request.requestId,
    )
    if (how !== null) return comeIn(request, personId, how, to)
    if (verdict.locks) {
      await asSystem(request, async work => {
        recordLock(work, personId, [key])
        work.enqueue(TELL_SIGN_IN_CHANGED, { personId, change: 'guessing' })
      })
    }
    return again([refusal(CODE_WRONG, 'code')], 422)
  },
})

const offerPasskey = route({
  method: 'POST',
  path: '/sign-in/passkey/options',
  access: { public: COMING_IN },
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const party = relyingParty(request.platform.config.baseUrl)
    if (party === null)
      throw new NotFound('directory.sign-in.no-passkeys', 'Passkeys do not work at this address. Sign in with a password and a code.')
    return json(await asSystem(request, work => passkeySignInOptions(work.lend<AuthTables>(), party)))
  },
})

const takePasskey = route({
  method: 'POST',
  path: '/sign-in/passkey',
  access: { public: COMING_IN },
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const form = readForm(passkeyForm, request.body)
    const party = relyingParty(request.platform.config.baseUrl)
    const to = localAddress(typeof request.body['to'] === 'string' ? request.body['to'] : null)
    const key = attemptKey(request.platform.signer, 'network', networkOf(request.remoteAddress))
    const verdict = await tryOnce(request, [key])
    if (!verdict.allowed) return signInPage(request, { to }, [refusal(retryWords(verdict.retryAt, request.now))], 429)
    const personId =
      !form.ok || party === null
        ? null
        : await asSystem(request, async work => {
            const owner = await passkeyOwner(work.lend<AuthTables>(), party, form.value.credential)
            if (owner !== null) await forgiveTries(work.lend<AuthTables>(), [key])
            return owner
          })
    if (personId === null)
      return signInPage(
        request,
        { to },
        [refusal('That passkey is not known here, or the page was open for too long. Try again, or sign in another way.')],
        422,
      )
    return comeIn(request, personId, 'passkey', to)
  },
})

const goOutside = route({
  method: 'GET',
  path: '/sign-in/outside',
  access: { public: COMING_IN },
  query: signInQuery,
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const { secrets, config } = request.platform
    if (secrets.oidc === null) throw new NotFound('directory.sign-in.no-outside', 'No outside sign-in is set up here.')
    const { address, keep } = await startOutside(secrets.oidc, config.baseUrl, localAddress(request.query.to), request.now)
    const step = await asSystem(request, work => openChallenge(work.lend<AuthTables>(), OUTSIDE, { personId: null, data: keep }))
    return redirect(address, { cookies: [stepCookie(request, step)] })
  },
})

const comeFromOutside = route({
  method: 'GET',
  path: OUTSIDE_RETURN_PATH,
  access: { public: COMING_IN },
  perMinute: TRIES_PER_MINUTE,
  async handle(request) {
    const { secrets, config } = request.platform
    const { oidc } = secrets
    if (oidc === null) throw new NotFound('directory.sign-in.no-outside', 'No outside sign-in is set up here.')
    const kept = await asSystem(request, work =>
      takeChallenge<OutsideSignIn>(work.lend<AuthTables>(), OUTSIDE, readSlot(request.challengeCookie, 'step')),
    )
    if (kept === null)
      return signInPage(request, { to: '/' }, [refusal('That sign-in was begun in another browser, or too long ago. Begin again.')], 422)
    const identity = await finishOutside(oidc, config.baseUrl, request.address, kept.data, request.now)
    if (identity === null)
      return signInPage(request, { to: kept.data.to }, [refusal(`${oidc.name} did not sign you in. Try again, or sign in another way.`)], 422)
    const personId = await asSystem(request, work => personOutside(work, identity))
    if (personId === null)
      return signInPage(
        request,
        { to: kept.data.to },
        [
          refusal(
            'Nobody here is known by that account. Ask the person who manages people at your organisation to invite you, at the same e-mail address.',
          ),
        ],
        403,
      )
    return comeIn(request, personId, 'outside', kept.data.to)
  },
})

const useSample = route({
  method: 'GET',
  path: '/sign-in/sample/:token',
  access: { public: 'One-click links of the invented sample; they work from this machine only.' },
  params: z.object({ token: z.string().max(200) }),
  async handle(request) {
    const [id = '', signature = ''] = request.params.token.split('.')
    const isOurs = request.platform.sample && isLoopback(request.remoteAddress) && request.platform.signer.verify(SAMPLE_PURPOSE, id, signature)
    if (!isOurs) throw new NotFound('platform.http.no-page', 'There is no page at this address.')
    return comeIn(request, id, 'sample', '/')
  },
})

const leave = route({
  method: 'POST',
  path: '/sign-out',
  access: { public: 'Whoever was signed out already may press the button too.' },
  async handle(request) {
    const { session } = request
    if (session !== null)
      await runWork<AuthTables, void>(
        request.platform,
        personSigningIn(session.personId),
        work => endSession(work, session.idHash),
        request.requestId,
      )
    const cleared = (name: CookieChange['name']): CookieChange => ({ name, value: null, maxAgeSeconds: 0 })
    return redirect('/sign-in', { notice: 'You are signed out.', cookies: [cleared('session'), cleared('challenge')] })
  },
})

const showInterrupted = route({
  method: 'GET',
  path: '/interrupted',
  access: { signedIn: 'It shows only what the same person typed in the same browser.' },
  async handle(request) {
    const { session } = request
    const kept =
      session === null
        ? null
        : await readAs<SignInTables, Awaited<ReturnType<typeof interruptedForm>>>(request.platform, SYSTEM, db =>
            interruptedForm(db, request.challengeCookie, session.personId, request.now),
          )
    if (kept === null) return redirect('/')
    return page('directory/sign-in/views/interrupted.njk', 'Send what you typed?', kept)
  },
})

/** Counts the try in a transaction of its own, so that what follows, which may take long or fail, cannot undo it. */
function tryOnce(request: RouteRequest, keys: readonly AttemptKey[]): Promise<TryVerdict> {
  return asSystem(request, work => countTry(work.lend<AuthTables>(), keys))
}

async function secondFactorBegun(request: RouteRequest): Promise<{ personId: string; to: string } | null> {
  const begun = await readAs<SignInTables, { personId: string | null; data: { to: string } } | null>(request.platform, SYSTEM, db =>
    readChallenge(db, SECOND_FACTOR, readSlot(request.challengeCookie, 'step'), request.now),
  )
  return begun === null || begun.personId === null ? null : { personId: begun.personId, to: begun.data.to }
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}

export const SIGN_IN_ROUTES: readonly Route[] = [
  showSignIn,
  takePassword,
  showCode,
  takeCode,
  offerPasskey,
  takePasskey,
  goOutside,
  comeFromOutside,
  useSample,
  leave,
  showInterrupted,
]
