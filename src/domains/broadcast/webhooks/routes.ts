import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { addHours, type Instant } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { pressOf, readForm, refusalOf } from '../../../platform/forms/form.ts'
import { isFirstPress, type AnsweredTables } from '../../../platform/http/answered.ts'
import { cursorText } from '../../../platform/http/list-address.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import {
  addWebhook,
  changeWebhook,
  pauseWebhook,
  removeWebhook,
  replayMessages,
  rotateSecret,
  startWebhook,
  testWebhook,
  type Replay,
} from './commands.ts'
import { addFields, addWebhookForm, changeFields, changeWebhookForm, replayForm } from './fields.ts'
import { MESSAGE_STATES } from './model.ts'
import { attemptsOf, listWebhooks, messageOf, webhookById, webhookLog, type AttemptRow, type LogRow, type Webhook } from './queries.ts'
import type { NewSecret } from './signing.ts'
import { listModel, LOG_HEAD, logLine, messageModel, webhookModel } from './views.ts'

const VIEWS = 'broadcast/webhooks/views'
const view = { permission: 'broadcast.webhook.view' }
const change = { permission: 'broadcast.webhook.change' }
export const ofWebhook = z.object({ id: z.string().max(60) })
export const ofMessage = z.object({ id: z.string().max(60), message: z.string().max(60) })
export const logQuery = z.object({ state: z.enum(MESSAGE_STATES).nullable().catch(null), cursor: cursorText })
const PAGE_ROWS = 50
const CSV_ROWS = 500

type OfWebhook = RouteRequest<z.infer<typeof ofWebhook>>
type Typed = Readonly<Record<string, unknown>>

const list = route({
  method: 'GET',
  path: '/webhooks',
  access: view,
  async handle({ read, now }) {
    const webhooks = await read<Visible, readonly Webhook[]>(db => listWebhooks(db))
    return page(`${VIEWS}/list.njk`, 'Webhooks', listModel(webhooks, now))
  },
})

function addPage(typed: Typed, problems: readonly Problem[] = []): Reply {
  return page(`${VIEWS}/add.njk`, 'Add a webhook', { fields: addFields(typed, problems), press: pressOf(typed) || randomUUID() }, { problems })
}

const addForm = route({
  method: 'GET',
  path: '/webhooks/add',
  access: change,
  handle: async () =>
    addPage({ kind: 'hmac', events: ['bulletin.released', 'bulletin.updated', 'bulletin.withdrawn'], leastSeverity: 'information' }),
})

const add = route({
  method: 'POST',
  path: '/webhooks/add',
  access: change,
  async handle({ body, actor, work, platform }) {
    const form = readForm(addWebhookForm, body)
    if (!form.ok) return addPage(form.typed, form.problems)
    const { organisationId } = actor
    if (organisationId === null) throw new NotFound('broadcast.webhook.nobody', 'You act for no organisation. Choose one first.')
    try {
      const added = await work<Visible, Awaited<ReturnType<typeof addWebhook>> | null>(async unit =>
        (await isFirstPress(unit.lend<AnsweredTables>(), platform.signer, pressOf(body)))
          ? addWebhook(unit, platform.signer, platform.config.webhookAllowPrivate, { ...form.value, organisationId })
          : null,
      )
      if (added === null)
        return redirect('/webhooks', {
          notice: 'That webhook was added before, and its secret is shown once. If you did not copy it, make a new one on its page.',
        })
      if (added.secret !== null) return secretPage(form.value.name, added.id, added.secret, false)
      return redirect(`/webhooks/${added.id}`, { notice: `${form.value.name} is added. Send a test to see it in the channel.` })
    } catch (error) {
      return addPage(body, [refusalOf(error, 'address')])
    }
  },
})

/** Answers the form itself: a page that is gone when it is left, so that the secret stands in no address, cookie or log. */
function secretPage(name: string, id: string, { secret, publicKey }: NewSecret, isRotated: boolean): Reply {
  const shown = publicKey ?? secret
  return page(`${VIEWS}/secret.njk`, 'Copy this now', { name, id, shown, isPublic: publicKey !== null, isRotated, saved: true })
}

async function known({ read, params }: OfWebhook): Promise<Webhook> {
  const webhook = await read<Visible, Webhook | undefined>(db => webhookById(db, params.id))
  if (webhook === undefined) throw unknownWebhook()
  return webhook
}

/** From outside, a webhook of another looks like one that is not there. */
export function unknownWebhook(): NotFound {
  return new NotFound('broadcast.webhook.unknown', 'There is no such webhook. It may have been removed: look at the list.')
}

const show = route({
  method: 'GET',
  path: '/webhooks/:id',
  access: view,
  params: ofWebhook,
  query: logQuery,
  async handle({ read, params: { id }, query: { state, cursor }, now }) {
    const found = await read<Visible, { webhook: Webhook; log: Page<LogRow> } | undefined>(async db => {
      const webhook = await webhookById(db, id)
      return webhook === undefined ? undefined : { webhook, log: await webhookLog(db, id, state, { limit: PAGE_ROWS, cursor }) }
    })
    if (found === undefined) throw unknownWebhook()
    return page(`${VIEWS}/show.njk`, found.webhook.name, webhookModel(found.webhook, found.log, state, cursor, now))
  },
})

const logCsv = route({
  method: 'GET',
  path: '/webhooks/:id/log.csv',
  access: view,
  params: ofWebhook,
  query: logQuery,
  async handle({ read, params: { id }, query: { state } }) {
    const part = (cursor: string | null) => read<Visible, Page<LogRow>>(db => webhookLog(db, id, state, { limit: CSV_ROWS, cursor }))
    return csv('webhook-log.csv', csvPages(LOG_HEAD, logLine, part))
  },
})

const message = route({
  method: 'GET',
  path: '/webhooks/:id/messages/:message',
  access: view,
  params: ofMessage,
  async handle({ read, params, platform }) {
    type Found = { webhook: Webhook; sent: NonNullable<Awaited<ReturnType<typeof messageOf>>>; attempts: readonly AttemptRow[] }
    const found = await read<Visible, Found | undefined>(async db => {
      const webhook = await webhookById(db, params.id)
      const sent = webhook === undefined ? undefined : await messageOf(db, webhook.id, params.message)
      return webhook === undefined || sent === undefined ? undefined : { webhook, sent, attempts: await attemptsOf(db, params.message) }
    })
    if (found === undefined) throw unknownWebhook()
    const { row, telling } = found.sent
    const url = `${platform.config.baseUrl}${row.number === null ? '/webhooks' : `/bulletins/${row.number}`}`
    const model = messageModel(found.webhook, row, telling, found.attempts, url)
    return page(`${VIEWS}/message.njk`, model.title, model)
  },
})

function changePage(webhook: Webhook, typed: Typed, problems: readonly Problem[] = []): Reply {
  return page(`${VIEWS}/change.njk`, `Change ${webhook.name}`, { webhook, fields: changeFields(typed, problems) }, { problems })
}

const changeForm = route({
  method: 'GET',
  path: '/webhooks/:id/change',
  access: change,
  params: ofWebhook,
  async handle(request) {
    const webhook = await known(request)
    return changePage(webhook, { ...webhook })
  },
})

const saveChange = route({
  method: 'POST',
  path: '/webhooks/:id/change',
  access: change,
  params: ofWebhook,
  async handle(request) {
    const form = readForm(changeWebhookForm, request.body)
    if (!form.ok) return changePage(await known(request), form.typed, form.problems)
    await request.work<Visible, void>(unit => changeWebhook(unit, request.params.id, form.value))
    return redirect(`/webhooks/${request.params.id}`, { notice: `${form.value.name} is saved.` })
  },
})

const rotate = route({
  method: 'POST',
  path: '/webhooks/:id/rotate',
  access: change,
  params: ofWebhook,
  async handle(request) {
    const webhook = await known(request)
    const secret = await request.work<Visible, NewSecret>(unit => rotateSecret(unit, request.platform.signer, webhook.id))
    return secretPage(webhook.name, webhook.id, secret, true)
  },
})

const removeForm = route({
  method: 'GET',
  path: '/webhooks/:id/remove',
  access: change,
  params: ofWebhook,
  handle: async request => page(`${VIEWS}/remove.njk`, 'Remove a webhook', { webhook: await known(request) }),
})

function act(word: string, command: (work: Work<Visible>, id: string) => Promise<void>, notice: string, home?: string): Route {
  return route({
    method: 'POST',
    path: `/webhooks/:id/${word}`,
    access: change,
    params: ofWebhook,
    async handle({ work, params: { id } }) {
      await work<Visible, void>(unit => command(unit, id))
      return redirect(home ?? `/webhooks/${id}`, { notice })
    },
  })
}

async function replayed({ work, params: { id } }: Pick<OfWebhook, 'work' | 'params'>, replay: Replay): Promise<Reply> {
  const count = await work<Visible, number>(unit => replayMessages(unit, id, replay))
  const notice = count === 0 ? 'There was nothing to send again.' : `${count === 1 ? 'One message goes' : `${count} messages go`} out again.`
  return redirect(`/webhooks/${id}`, { notice })
}

const replayRange = route({
  method: 'POST',
  path: '/webhooks/:id/replay',
  access: change,
  params: ofWebhook,
  async handle(request) {
    const form = readForm(replayForm, request.body)
    if (!form.ok) return redirect(`/webhooks/${request.params.id}`, { notice: 'Choose how far back, and which messages.' })
    return replayed(request, replayOf(form.value, request.now))
  },
})

/** The messages of the last hours, those of this very second too. */
export function replayOf({ hours, which }: z.infer<typeof replayForm>, now: Instant): Replay {
  return { from: addHours(now, -hours), until: addHours(now, 1), which }
}

const replayOne = route({
  method: 'POST',
  path: '/webhooks/:id/messages/:message/replay',
  access: change,
  params: ofMessage,
  handle: request => replayed(request, { messageId: request.params.message }),
})

export const webhookRoutes: readonly Route[] = [
  list,
  addForm,
  add,
  show,
  logCsv,
  message,
  changeForm,
  saveChange,
  rotate,
  removeForm,
  act('test', testWebhook, 'A test is on its way. Its line in the log says what the receiver answered.'),
  act('pause', pauseWebhook, 'Paused. What happens meanwhile waits.'),
  act('start', startWebhook, 'Started. What waited goes out now.'),
  act('remove', removeWebhook, 'Removed. Nothing more is sent there.', '/webhooks'),
  replayRange,
  replayOne,
]
