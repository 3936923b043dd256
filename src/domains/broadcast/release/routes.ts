import { z } from 'zod'
import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { bulletinNumber, parseBulletinNumber } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { releaseAlone, releaseBulletin, type Released } from './commands.ts'
import { ReleaseAgreement } from './model.ts'
import { readReleaseFacts, type ReleaseFacts } from './queries/check.ts'
import { releaseCheckView } from './views.ts'

const Params = z.object({ number: z.string().max(20) })

/** The check and its press: for what another person approved, and for what one person lets go out. */
function pages(action: 'release' | 'release-alone'): readonly Route[] {
  const access = { permission: `broadcast.bulletin.${action}` }
  const isAlone = action === 'release-alone'
  return [
    route({
      method: 'GET',
      path: `/bulletins/:number/${action}`,
      access,
      params: Params,
      handle: request => checkPage(request, request.params, [], isAlone ? '' : null),
    }),
    route({
      method: 'POST',
      path: `/bulletins/:number/${action}`,
      access,
      params: Params,
      async handle(request) {
        const { body } = request
        const number = numberOf(request.params)
        const reason = typeof body['reason'] === 'string' ? body['reason'].trim() : ''
        const agreed = ReleaseAgreement.safeParse({ version: body['version'], audienceHash: body['audienceHash'] })
        if (!agreed.success)
          throw new Invalid('broadcast.release.agreement', 'The form was not complete. Open the page again and look before you release.')
        const missing = isAlone ? missingAlone(reason, body['confirm'] === 'yes') : []
        if (missing.length > 0) return checkPage(request, request.params, missing, reason)
        try {
          const input = { number, ...agreed.data, baseUrl: request.platform.config.baseUrl }
          const released = await request.work<Visible, Released>(work =>
            isAlone ? releaseAlone(work, { ...input, reason }) : releaseBulletin(work, input),
          )
          const after = isAlone ? ' Somebody else must review it now.' : ''
          return redirect(`/bulletins/${bulletinNumber(number)}`, {
            notice: `Released to ${count(released.organisations, 'organisation')}. ${count(released.contacts, 'message')} ${released.contacts === 1 ? 'is' : 'are'} on the way.${after}`,
          })
        } catch (error) {
          // Nothing was released. The page is shown anew with what holds now, so that the next press is a fresh decision.
          if (error instanceof Conflict || error instanceof Invalid)
            return checkPage(
              request,
              request.params,
              [{ rule: error.code, pointer: '', severity: 'error', message: error.message }],
              isAlone ? reason : null,
            )
          throw error
        }
      },
    }),
  ]
}

function missingAlone(reason: string, isConfirmed: boolean): readonly Problem[] {
  const wrong = (pointer: string, message: string): Problem => ({ rule: 'form.field', pointer, severity: 'error', message })
  return [
    ...(reason === '' ? [wrong('reason', 'Say why it cannot wait for another person')] : []),
    ...(isConfirmed ? [] : [wrong('confirm', 'Tick that you release it alone')]),
  ]
}

export const releaseRoutes: readonly Route[] = [...pages('release'), ...pages('release-alone')]

async function checkPage(
  request: Pick<RouteRequest, 'read' | 'actor' | 'now' | 'platform'>,
  params: { readonly number: string },
  problems: readonly Problem[],
  /** Of a release by one person: the reason as typed. */
  reason: string | null,
): Promise<Reply> {
  const number = numberOf(params)
  const facts = await request.read<Visible, ReleaseFacts>(db => readReleaseFacts(db, number))
  if (facts.bulletin.releasedAt !== null && problems.length === 0) return redirect(`/bulletins/${bulletinNumber(number)}`)
  const errors = Object.fromEntries(problems.map(({ pointer, message }) => [pointer, message]))
  const model = releaseCheckView(facts, {
    actor: request.actor,
    now: request.now,
    isMailReady: request.platform.mail.isConfigured,
    areTextsReady: request.platform.texts.isConfigured,
    alone: reason === null ? null : { reason, errors },
  })
  return page('broadcast/release/views/release.njk', `Release ${bulletinNumber(number)}`, model, {
    problems,
    isExercise: facts.bulletin.isExercise,
    ...(problems.length > 0 ? { status: 409 } : {}),
  })
}

function numberOf(params: { readonly number: string }): number {
  const number = parseBulletinNumber(params.number)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
  return number
}

function count(number: number, one: string): string {
  return `${number.toLocaleString('en-GB')} ${one}${number === 1 ? '' : 's'}`
}
