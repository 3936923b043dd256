import { z } from 'zod'
import { CareCertError, Invalid, NotFound, TooMany } from '../../../../kernel/errors.ts'
import { instantFromMillis } from '../../../../kernel/instant.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { asText } from '../../../../kernel/text.ts'
import { withSystemSight } from '../../../../platform/auth/actors.ts'
import { networkOf } from '../../../../platform/auth/attempts.ts'
import { readForm } from '../../../../platform/forms/form.ts'
import { fieldProblems, json, page, redirect, type FileReply, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { may, SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork, type Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { receiveNotification, type Arrival, type ReceivedNotification } from '../commands.ts'
import { parseNotificationNumber, type Report } from '../model.ts'
import { centrePhone, notificationByNumber, ownDetails } from '../queries/show.ts'
import { PROOF, reportForm, TRAP } from './fields.ts'
import { formModel, isOrganisationsOwn } from './views.ts'

const ANYBODY = { public: 'Anyone may report an incident, with or without an account. It shows nothing but the form, and stores what was typed.' }
const SHOWN = '/report-incident'
/** Beside the limits that count what was stored (model.ts): a burst from one address is turned away before it costs anything. */
const PER_MINUTE = 60
const LONGEST_KEY = 200

const PURPOSES = { opened: 'incident-form-opened', sent: 'incident-sent', network: 'incident-network', email: 'incident-email', key: 'incident-key' }

interface Around {
  readonly phone: string | null
  readonly own: Awaited<ReturnType<typeof ownDetails>>
}

/** The centre's number, and of whoever is signed in what need not be typed. Strangers see nothing of the directory, so the system asks. */
function around({ platform, session, actor }: RouteRequest): Promise<Around> {
  return readAs<Visible, Around>(platform, SYSTEM, async db => ({
    phone: await centrePhone(db),
    own: session === null ? undefined : await ownDetails(db, session.personId, actor.organisationId),
  }))
}

async function formPage(
  request: RouteRequest,
  typed: Readonly<Record<string, unknown>> | null,
  problems: readonly Problem[] = [],
  status?: number,
): Promise<Reply> {
  const { phone, own } = await around(request)
  const opened = String(request.now.getTime())
  const model = formModel({
    typed: typed ?? { name: own?.name, phone: own?.phone, email: own?.email },
    problems,
    own: isOrganisationsOwn(request.actor, own) ? { name: own.organisationName, code: own.organisationCode } : null,
    phone,
    // What was typed slowly and came back with a fault need not be typed slowly again.
    proof: asText(typed?.[PROOF]) || `${opened}.${request.platform.signer.sign(PURPOSES.opened, opened)}`,
  })
  return page('watch/notifications/report/views/form.njk', 'Report an incident', model, { problems, ...(status === undefined ? {} : { status }) })
}

const show = route({ method: 'GET', path: SHOWN, access: ANYBODY, handle: request => formPage(request, null) })

const send = route({
  method: 'POST',
  path: SHOWN,
  access: ANYBODY,
  perMinute: PER_MINUTE,
  async handle(request) {
    const read = readForm(reportForm, request.body)
    if (!read.ok) return formPage(request, request.body, read.problems)
    try {
      const { number } = await receive(request, read.value, request.body[PROOF] ?? '')
      return redirect(sentAddress(request, number))
    } catch (error) {
      if (!(error instanceof CareCertError) || !(error instanceof TooMany)) throw error
      return formPage(request, request.body, [{ rule: error.code, pointer: '', severity: 'error', message: error.message }], 429)
    }
  },
})

/** Shown to whoever has the signed address, and says no more than the number: a number that was guessed shows nothing. */
const sent = route({
  method: 'GET',
  path: `${SHOWN}/sent/:token`,
  access: ANYBODY,
  params: z.object({ token: z.string().max(200) }),
  async handle(request) {
    const [number = '', signature = ''] = request.params.token.split('.')
    if (parseNotificationNumber(number) !== number || !request.platform.signer.verify(PURPOSES.sent, number, signature))
      throw new NotFound('platform.http.no-page', 'There is no page at this address.')
    const { phone } = await around(request)
    const maySee =
      may(request.actor, 'watch.notification.view') &&
      (await request.read<Visible, boolean>(async db => (await notificationByNumber(db, number)) !== undefined))
    const model = { number, phone, seeHref: maySee ? `/incident-notifications/${number}` : null, saved: true }
    return page('watch/notifications/report/views/sent.njk', `We have your report ${number}`, model)
  },
})

const api = route({
  method: 'POST',
  path: '/api/v1/incident-notifications',
  access: ANYBODY,
  perMinute: PER_MINUTE,
  operation: {
    id: 'reportIncident',
    summary: 'Report an incident',
    description: 'The same again, or another under the same `Idempotency-Key`, answers the number of the first (200).',
    page: `POST ${SHOWN}`,
    body: reportForm,
    answer: z.object({ number: z.string(), telephone: z.string().nullable(), href: z.string() }),
    status: 201,
    repeatStatus: 200,
  },
  async handle(request) {
    const read = readForm(reportForm, request.body)
    if (!read.ok) return fieldProblems('watch.notification.fields', read.problems, request.requestId)
    const received = await receive(request, read.value, request.body[PROOF])
    const { phone } = await around(request)
    const body = { number: received.number, telephone: phone, href: sentAddress(request, received.number) }
    return json(body, received.isRepeat ? 200 : 201)
  },
})

/** Keeps the form's page at hand without a network. It lies at the root because a worker sees only what lies beside or below it. */
const worker = route({
  method: 'GET',
  path: '/report-incident-worker.js',
  access: { public: 'A script of ours, without which the form would need a network.' },
  async handle({ platform }): Promise<FileReply> {
    const body = platform.views.render('watch/notifications/report/views/worker.txt.njk', {})
    return { kind: 'file', contentType: 'text/javascript; charset=utf-8', filename: null, body }
  },
})

function receive(request: RouteRequest, report: Report, proof: unknown): Promise<ReceivedNotification> {
  const arrival = arrivalOf(request, report, proof)
  // Whoever it is sees nothing themselves of where it goes, so the unit of work sees for them.
  return runWork(
    request.platform,
    withSystemSight(request.actor),
    (work: Work<Visible>) => receiveNotification(work, report, arrival),
    request.requestId,
  )
}

function arrivalOf({ platform: { signer }, body, remoteAddress, idempotencyKey, now }: RouteRequest, report: Report, proof: unknown): Arrival {
  if (idempotencyKey !== null && idempotencyKey.length > LONGEST_KEY)
    throw new Invalid('watch.notification.key-length', `The idempotency key may have ${LONGEST_KEY} characters at most.`)
  return {
    via: proof === undefined ? 'api' : 'form',
    networkHash: signer.sign(PURPOSES.network, networkOf(remoteAddress)),
    emailHash: report.email === null ? null : signer.sign(PURPOSES.email, report.email.toLowerCase()),
    requestHash: idempotencyKey === null || idempotencyKey === '' ? null : signer.sign(PURPOSES.key, idempotencyKey),
    isTrapSprung: asText(body[TRAP]) !== '',
    openMillis: proof === undefined ? undefined : openMillis(asText(proof)),
  }

  function openMillis(token: string): number | null {
    const [opened = '', signature = ''] = token.split('.')
    const at = /^\d{1,15}$/.test(opened) && signer.verify(PURPOSES.opened, opened, signature) ? instantFromMillis(Number(opened)) : undefined
    return at === undefined ? null : now.getTime() - at.getTime()
  }
}

function sentAddress({ platform }: RouteRequest, number: string): string {
  return `${SHOWN}/sent/${number}.${platform.signer.sign(PURPOSES.sent, number)}`
}

export const reportRoutes: readonly Route[] = [show, send, sent, api, worker]
