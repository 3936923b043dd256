import { Tokens } from '@fastify/csrf'
import type { FastifyRequest } from 'fastify'
import { Forbidden } from '../../kernel/errors.ts'
import type { FormBody, SessionView } from './route.ts'

const tokens = new Tokens({ userInfo: false })

/** A token for the forms of this session; empty without one. */
export function csrfTokenOf(session: SessionView | null): string {
  return session === null ? '' : tokens.create(session.csrfSecret)
}

/** A form can only come from our own pages: browsers say where from (Fetch Metadata, and Origin before it). Throws `Forbidden`. */
export function assertSameOrigin(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'none') return
  const origin = request.headers.origin
  if (site === undefined && (origin === undefined || URL.parse(origin)?.host === request.host)) return
  throw new Forbidden('platform.http.cross-site', 'This was sent from another site, so it was not taken. Open the page here and send it again.')
}

/** The form, or the header `x-csrf-token`, carries a token of this session. Throws `Forbidden`. */
export function assertCsrfToken(request: FastifyRequest, session: SessionView): void {
  const token = (request.body as FormBody | null | undefined)?.['_csrf'] ?? request.headers['x-csrf-token']
  if (typeof token === 'string' && tokens.verify(session.csrfSecret, token)) return
  throw new Forbidden(
    'platform.http.csrf',
    'This page was open for too long, or was opened before you signed in. Go back, reload it and send it again.',
  )
}
