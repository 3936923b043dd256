import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { SignInNeeded } from '../../../../kernel/errors.ts'
import type { Page } from '../../../../kernel/page.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { withSystemSight } from '../../../../platform/auth/actors.ts'
import { isFresh, signedInAt } from '../../../../platform/auth/sessions.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { pressOf, readForm, refusalOf } from '../../../../platform/forms/form.ts'
import { isFirstPress, type AnsweredTables } from '../../../../platform/http/answered.ts'
import { csv, page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { readAs, type Reader } from '../../../../platform/work/read.ts'
import { runWork, type Work } from '../../../../platform/work/work.ts'
import type { SignInTables } from '../../tables.ts'
import { signInAgain } from '../views.ts'
import { makeToken, revokeToken, type MadeToken } from './commands.ts'
import { tokenFields, tokenForm, tokensQuery } from './fields.ts'
import { scopesOf, type TokenRow } from './model.ts'
import { listTokens, tokenPolicy } from './queries.ts'
import { everybodyModel, ownModel, TOKEN_HEAD, tokenLine } from './views.ts'

const VIEWS = 'directory/account/tokens/views'
const OWN = { signedIn: 'Everyone looks after the tokens of their own programs.' }
const MANAGE = { permission: 'directory.token.manage' }
const OWN_PATH = '/account/tokens'
const ALL_PATH = '/tokens'
const OWN_ROWS = 200
const PAGE_ROWS = 50
const CSV_ROWS = 500
const ofToken = z.object({ id: z.string().max(60) })

/** Tokens are the system's to see. Each read and write here names whose they are, or needs the permission for everybody's. */
function ask<R>(request: RouteRequest, body: (db: Reader<SignInTables>) => Promise<R>): Promise<R> {
  return readAs(request.platform, withSystemSight(request.actor), body)
}

function change<R>(request: RouteRequest, body: (work: Work<SignInTables>) => Promise<R>): Promise<R> {
  return runWork(request.platform, withSystemSight(request.actor), body, request.requestId)
}

/** A token is worth a session, so making one asks for a fresh sign-in, as changing how one signs in does (OWASP ASVS 5, 7.5.1). */
async function signInFirst(request: RouteRequest): Promise<Reply | null> {
  const { session } = request
  if (session === null) throw new SignInNeeded('directory.account.sign-in-needed', 'Sign in to go on.')
  const at = await ask(request, db => signedInAt(db, session.idHash))
  return at !== null && isFresh(at, request.now) ? null : redirect(signInAgain(`${OWN_PATH}/new`))
}

const own = route({
  method: 'GET',
  path: OWN_PATH,
  access: OWN,
  async handle(request) {
    const { actor, session, now } = request
    const found = await ask(request, db => listTokens(db, { personId: actor.id, search: '', only: 'all' }, { limit: OWN_ROWS, cursor: null }, now))
    return page(`${VIEWS}/own.njk`, 'Tokens for your programs', ownModel(found, session?.actingFor ?? '', now))
  },
})

async function newPage(request: RouteRequest, typed: Readonly<Record<string, unknown>> = {}, problems: readonly Problem[] = []): Promise<Reply> {
  const policy = await ask(request, db => tokenPolicy(db, request.now))
  const fields = tokenFields(request.actor.permissions, policy, typed, problems)
  const model = { fields, press: pressOf(typed) || randomUUID(), acting: request.session?.actingFor ?? '', policy }
  return page(`${VIEWS}/new.njk`, 'Make a token', model, { problems })
}

const showNew = route({
  method: 'GET',
  path: `${OWN_PATH}/new`,
  access: OWN,
  handle: async request => (await signInFirst(request)) ?? newPage(request),
})

const takeNew = route({
  method: 'POST',
  path: `${OWN_PATH}/new`,
  access: OWN,
  perMinute: 30,
  async handle(request) {
    const first = await signInFirst(request)
    if (first !== null) return first
    const form = readForm(tokenForm, request.body)
    if (!form.ok) return newPage(request, form.typed, form.problems)
    const { name, bundle, scopes, days } = form.value
    try {
      const made = await change<MadeToken | null>(request, async work =>
        (await isFirstPress(work.lend<AnsweredTables>(), request.platform.signer, pressOf(request.body)))
          ? makeToken(work, { name, days, scopes: scopesOf(bundle, scopes, request.actor.permissions) })
          : null,
      )
      if (made === null)
        return redirect(OWN_PATH, { notice: 'That token was made before, and is shown once. If you did not copy it, revoke it and make another.' })
      // Answers the form itself: a page that is gone when it is left, so the token stands in no address, cookie or log.
      return page(`${VIEWS}/made.njk`, 'Copy your token', { ...made, name, saved: true, baseUrl: request.platform.config.baseUrl })
    } catch (error) {
      return newPage(request, request.body, [refusalOf(error, 'bundle')])
    }
  },
})

const revokeOwn = route({
  method: 'POST',
  path: `${OWN_PATH}/:id/revoke`,
  access: OWN,
  params: ofToken,
  async handle(request) {
    await change(request, work => revokeToken(work, request.params.id))
    return redirect(OWN_PATH, { notice: 'The token was revoked. Whatever holds it is turned away from now on.' })
  },
})

const everybody = route({
  method: 'GET',
  path: ALL_PATH,
  access: MANAGE,
  query: tokensQuery,
  async handle(request) {
    const { query, now } = request
    const filter = { personId: null, search: query.q, only: query.only }
    const found = await ask(request, db => listTokens(db, filter, { limit: PAGE_ROWS, cursor: query.cursor }, now))
    return page(`${VIEWS}/everybody.njk`, 'Tokens of programs', everybodyModel(found, query, now))
  },
})

const everybodyAsCsv = route({
  method: 'GET',
  path: `${ALL_PATH}.csv`,
  access: MANAGE,
  query: tokensQuery,
  async handle(request) {
    const filter = { personId: null, search: request.query.q, only: request.query.only }
    const rowsAfter = (cursor: string | null) => ask<Page<TokenRow>>(request, db => listTokens(db, filter, { limit: CSV_ROWS, cursor }, request.now))
    return csv('tokens.csv', csvPages(TOKEN_HEAD, tokenLine, rowsAfter))
  },
})

const revokeAny = route({
  method: 'POST',
  path: `${ALL_PATH}/:id/revoke`,
  access: MANAGE,
  params: ofToken,
  async handle(request) {
    await change(request, work => revokeToken(work, request.params.id))
    return redirect(ALL_PATH, { notice: 'The token was revoked. Whatever holds it is turned away from now on.' })
  },
})

export const TOKEN_ROUTES: readonly Route[] = [own, showNew, takeNew, revokeOwn, everybody, everybodyAsCsv, revokeAny]
