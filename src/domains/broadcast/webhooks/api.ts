import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { readByForm } from '../api.ts'
import { SEVERITIES } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { addWebhook, changeWebhook, pauseWebhook, removeWebhook, replayMessages, rotateSecret, startWebhook, testWebhook } from './commands.ts'
import { addWebhookForm, changeWebhookForm } from './fields.ts'
import { EVENT_TYPES, EVENT_WORDS, isMessageType, MESSAGE_STATES, schemaOf, WEBHOOK_KINDS } from './model.ts'
import { attemptsOf, listWebhooks, messageOf, webhookById, webhookLog } from './queries.ts'
import { logQuery, ofMessage, ofWebhook, replayOf, unknownWebhook } from './routes.ts'
import { webhookJson } from './views.ts'

const view = { permission: 'broadcast.webhook.view' }
const change = { permission: 'broadcast.webhook.change' }
const path = '/api/v1/webhooks'

const Webhook = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(WEBHOOK_KINDS),
  host: z.string().describe('Its address is kept sealed: no more of it is shown'),
  events: z.array(z.enum(EVENT_TYPES)),
  leastSeverity: z.enum(SEVERITIES),
  exercises: z.boolean(),
  state: z.enum(['active', 'paused', 'disabled', 'removed']),
  health: z.string(),
  waiting: z.int(),
  givenUp: z.int(),
  publicKey: z.string().nullable(),
  lastAcceptedAt: z.string().nullable(),
})

async function answer(db: Reader<Visible>, id: string, now: Date): Promise<z.input<typeof Webhook>> {
  const webhook = await webhookById(db, id)
  if (webhook === undefined) throw unknownWebhook()
  const { events, ...shown } = webhookJson(webhook, now)
  return { ...shown, events: [...events] }
}

const list = operation({
  id: 'listWebhooks',
  summary: 'List the webhooks of the organisation that you act for',
  method: 'GET',
  path,
  page: 'GET /webhooks',
  access: view,
  answer: z.object({ webhooks: z.array(Webhook) }),
  async read(db: Reader<Visible>, { now }) {
    const webhooks = (await listWebhooks(db)).map(webhook => webhookJson(webhook, now))
    return { webhooks: webhooks.map(({ events, ...shown }) => ({ ...shown, events: [...events] })) }
  },
})

const show = operation({
  id: 'getWebhook',
  summary: 'Read one webhook, and how it does',
  method: 'GET',
  path: `${path}/:id`,
  page: 'GET /webhooks/:id',
  access: view,
  params: ofWebhook,
  answer: Webhook,
  read: (db: Reader<Visible>, { params: { id }, now }) => answer(db, id, now),
})

/** What an owner chooses, as the reader of the form takes it. */
const choices = {
  name: z.string().max(1_000),
  events: z.array(z.enum(EVENT_TYPES)),
  leastSeverity: z.enum(SEVERITIES).default('information'),
  exercises: z.boolean().default(false),
}

function typed<T extends { readonly exercises: boolean }>({ exercises, ...body }: T) {
  return { ...body, takesExercises: exercises ? 'yes' : '' }
}

const shownOnce = z.string().nullable().describe('Shown this once. The secret that signs, or the public key to check with; null for Teams')

const add = operation({
  id: 'addWebhook',
  summary: 'Add a webhook of the organisation that you act for',
  method: 'POST',
  path,
  page: 'POST /webhooks/add',
  access: change,
  status: 201,
  body: z.object({ ...choices, kind: z.enum(WEBHOOK_KINDS), address: z.string().max(2_000) }),
  answer: z.object({ webhook: Webhook, secret: shownOnce }),
  async write(work: Work<Visible>, { body, actor, platform, now }) {
    const { organisationId } = actor
    if (organisationId === null) throw new NotFound('broadcast.webhook.nobody', 'You act for no organisation. Choose one first.')
    const form = readByForm(addWebhookForm, typed(body))
    const { id, secret } = await addWebhook(work, platform.signer, platform.config.webhookAllowPrivate, { ...form, organisationId })
    return { webhook: await answer(work.db, id, now), secret: secret === null ? null : (secret.publicKey ?? secret.secret) }
  },
})

const save = operation({
  id: 'changeWebhook',
  summary: 'Change what a webhook is told; what waits for it already is sent',
  method: 'POST',
  path: `${path}/:id/change`,
  page: 'POST /webhooks/:id/change',
  access: change,
  params: ofWebhook,
  body: z.object(choices),
  answer: Webhook,
  async write(work: Work<Visible>, { params: { id }, body, now }) {
    await changeWebhook(work, id, readByForm(changeWebhookForm, typed(body)))
    return answer(work.db, id, now)
  },
})

const rotate = operation({
  id: 'rotateWebhookSecret',
  summary: 'Give a webhook a new secret; the old one signs beside it for a day',
  method: 'POST',
  path: `${path}/:id/rotate`,
  page: 'POST /webhooks/:id/rotate',
  access: change,
  params: ofWebhook,
  answer: z.object({ webhook: Webhook, secret: shownOnce }),
  async write(work: Work<Visible>, { params: { id }, platform, now }) {
    const { secret, publicKey } = await rotateSecret(work, platform.signer, id)
    return { webhook: await answer(work.db, id, now), secret: publicKey ?? secret }
  },
})

/** What is one press on the page. */
function press(id: string, summary: string, verb: string, run: (work: Work<Visible>, id: string) => Promise<void>): Route {
  return operation({
    id,
    summary,
    method: 'POST',
    path: `${path}/:id/${verb}`,
    page: `POST /webhooks/:id/${verb}`,
    access: change,
    params: ofWebhook,
    answer: null,
    write: (work: Work<Visible>, { params }) => run(work, params.id),
  })
}

const Replayed = z.object({ replayed: z.int() })

const replay = operation({
  id: 'replayWebhook',
  summary: 'Send the messages of a time again, each under its own id',
  method: 'POST',
  path: `${path}/:id/replay`,
  page: 'POST /webhooks/:id/replay',
  access: change,
  params: ofWebhook,
  body: z.object({ hours: z.literal([1, 24, 72, 168, 720]).describe('Those of the last hours'), which: z.enum(['given-up', 'all']) }),
  answer: Replayed,
  write: async (work: Work<Visible>, { params: { id }, body, now }) => ({ replayed: await replayMessages(work, id, replayOf(body, now)) }),
})

const replayOne = operation({
  id: 'replayWebhookMessage',
  summary: 'Send one message again, under its own id',
  method: 'POST',
  path: `${path}/:id/messages/:message/replay`,
  page: 'POST /webhooks/:id/messages/:message/replay',
  access: change,
  params: ofMessage,
  answer: Replayed,
  write: async (work: Work<Visible>, { params: { id, message } }) => ({ replayed: await replayMessages(work, id, { messageId: message }) }),
})

const line = {
  id: z.string(),
  type: z.string(),
  number: z.string().nullable(),
  state: z.enum(MESSAGE_STATES),
  attempts: z.int(),
  status: z.int().nullable(),
  words: z.string().nullable(),
  queuedAt: instant,
  attemptedAt: instant.nullable(),
  dueAt: instant.nullable(),
}

const log = listOperation({
  id: 'listWebhookMessages',
  summary: 'List the messages of a webhook, newest first, and how each ended',
  path: `${path}/:id/messages`,
  page: 'GET /webhooks/:id/log.csv',
  access: view,
  params: ofWebhook,
  query: filtersOf(logQuery),
  item: z.object(line),
  async list(db: Reader<Visible>, page, { params: { id }, query }) {
    if ((await webhookById(db, id)) === undefined) throw unknownWebhook()
    return webhookLog(db, id, query.state, page)
  },
})

const message = operation({
  id: 'getWebhookMessage',
  summary: 'Read one message of a webhook and its tries, the newest first',
  method: 'GET',
  path: `${path}/:id/messages/:message`,
  page: 'GET /webhooks/:id/messages/:message',
  access: view,
  params: ofMessage,
  answer: z.object({
    ...line,
    tries: z.array(z.object({ attempt: z.int(), at: instant, milliseconds: z.int(), status: z.int().nullable(), words: z.string() })),
  }),
  async read(db: Reader<Visible>, { params }) {
    const webhook = await webhookById(db, params.id)
    const sent = webhook === undefined ? undefined : await messageOf(db, webhook.id, params.message)
    if (sent === undefined) throw unknownWebhook()
    return { ...sent.row, tries: [...(await attemptsOf(db, params.message))] }
  },
})

const ANYBODY = { public: 'The shape of our messages is for everybody who writes a receiver.' }
const NO_PAGE = { none: 'The shapes are for programs; the page of a message shows one.' }

const schemas = operation({
  id: 'listWebhookSchemas',
  summary: 'List the types of messages that webhooks get',
  method: 'GET',
  path: '/api/v1/webhook-schemas',
  page: NO_PAGE,
  access: ANYBODY,
  answer: z.object({ types: z.array(z.object({ type: z.string(), title: z.string(), schema: z.string() })) }),
  handle: async ({ platform }) => ({
    types: Object.entries(EVENT_WORDS).map(([type, title]) => ({
      type,
      title,
      schema: `${platform.config.baseUrl}/api/v1/webhook-schemas/${type}`,
    })),
  }),
})

const schema = operation({
  id: 'getWebhookSchema',
  summary: 'Read the JSON Schema of one type of message',
  method: 'GET',
  path: '/api/v1/webhook-schemas/:type',
  page: NO_PAGE,
  access: ANYBODY,
  params: z.object({ type: z.string().max(60) }),
  answer: z.looseObject({}),
  async handle({ params: { type } }) {
    if (!isMessageType(type)) throw new NotFound('broadcast.webhook.no-type', 'There is no such type of message. /api/v1/webhook-schemas names them.')
    return { ...schemaOf(type) }
  },
})

export const webhookOperations: readonly Route[] = [
  list,
  show,
  add,
  save,
  rotate,
  press('testWebhook', 'Send a message that says that it is a test', 'test', testWebhook),
  press('pauseWebhook', 'Stop sending for a while; what happens meanwhile waits', 'pause', pauseWebhook),
  press('startWebhook', 'Send again; what waits goes at once', 'start', startWebhook),
  press('removeWebhook', 'Remove a webhook; its log is kept', 'remove', removeWebhook),
  replay,
  replayOne,
  log,
  message,
  schemas,
  schema,
]
