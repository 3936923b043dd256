import type { Instant } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Tag } from '../../../ui/labels.ts'
import { withQuery } from '../../../ui/links.ts'
import type { Action, Cell, TableModel } from '../../../ui/models.ts'
import { replayFields } from './fields.ts'
import {
  EVENT_WORDS,
  isMessageType,
  MESSAGE_STATES,
  payloadOf,
  SEVERITY_CHOICES,
  type MessageState,
  type Telling,
  type WebhookKind,
} from './model.ts'
import type { AttemptRow, LogRow, Webhook } from './queries.ts'
import { teamsMessage } from './teams.ts'

const KIND_WORDS: Readonly<Record<WebhookKind, string>> = {
  hmac: 'A program, signed with a shared secret',
  ed25519: 'A program, signed with a key pair (ed25519)',
  teams: 'A channel of Microsoft Teams',
}

const MESSAGE_TAGS: Readonly<Record<MessageState, Tag>> = {
  waiting: { text: 'Waiting', colour: 'grey' },
  sending: { text: 'Sending', colour: 'blue' },
  accepted: { text: 'Accepted', colour: 'green' },
  failed: { text: 'Failed, will be tried again', colour: 'orange' },
  'given-up': { text: 'Given up', colour: 'red' },
}

/** How an endpoint does, in a word and in a sentence that says what to do. */
function healthOf(webhook: Webhook, now: Instant): { readonly tag: Tag; readonly words: string } {
  const waits = webhook.waiting === 0 ? '' : ` ${webhook.waiting === 1 ? 'One message waits' : `${webhook.waiting} messages wait`}.`
  if (webhook.state === 'disabled')
    return { tag: { text: 'Switched off', colour: 'red' }, words: `${webhook.stateReason ?? ''} Mend it, then start it again.${waits}` }
  if (webhook.state === 'paused') return { tag: { text: 'Paused', colour: 'grey' }, words: `Nothing is sent until you start it.${waits}` }
  if (webhook.failingSince !== null)
    return { tag: { text: 'Failing', colour: 'red' }, words: `${webhook.lastWords ?? ''} It is tried again by itself.${waits}` }
  if (webhook.throttledUntil !== null && webhook.throttledUntil > now)
    return { tag: { text: 'Slowed down', colour: 'orange' }, words: `The receiver asked for a pause.${waits}` }
  if (webhook.lastAcceptedAt === null) return { tag: { text: 'Not used yet', colour: 'grey' }, words: 'Send a test to see that it works.' }
  return { tag: { text: 'Working', colour: 'green' }, words: `What was sent last was accepted.${waits}` }
}

const pathOf = (id: string) => `/webhooks/${id}`

export function listModel(webhooks: readonly Webhook[], now: Instant) {
  return { total: webhooks.length, table: webhooksTable(webhooks, now) }
}

function webhooksTable(webhooks: readonly Webhook[], now: Instant): TableModel {
  return {
    caption: 'Webhooks',
    captionHidden: true,
    head: [
      { text: 'Webhook' },
      { text: 'Health' },
      { text: 'Last accepted' },
      { text: 'Waiting', format: 'numeric' },
      { text: 'Given up', format: 'numeric' },
    ],
    rows: webhooks.map(webhook => {
      const { tag, words } = healthOf(webhook, now)
      return [
        { text: webhook.name, href: pathOf(webhook.id), hint: webhook.host },
        { text: '', tags: [tag], hint: tag.text === 'Working' ? undefined : words },
        webhook.lastAcceptedAt === null ? null : { at: webhook.lastAcceptedAt },
        webhook.waiting,
        webhook.givenUp === 0 ? 0 : { number: webhook.givenUp, href: withQuery(pathOf(webhook.id), { state: 'given-up' }) },
      ]
    }),
  }
}

/** The page of one endpoint: how it does, what may be done, its log. */
export function webhookModel(webhook: Webhook, log: Page<LogRow>, state: MessageState | null, cursor: string | null, now: Instant) {
  const path = pathOf(webhook.id)
  const { tag, words } = healthOf(webhook, now)
  const query = { state }
  return {
    webhook,
    path,
    summaryRows: {
      rows: [
        { key: 'Health', value: { text: '', tags: [tag], hint: words } },
        ...(webhook.failingSince === null ? [] : [{ key: 'Failing since', value: { at: webhook.failingSince } }]),
        { key: 'Last accepted', value: webhook.lastAcceptedAt === null ? { text: 'Nothing yet' } : { at: webhook.lastAcceptedAt } },
        { key: 'Sent to', value: { text: webhook.host, hint: KIND_WORDS[webhook.kind] } },
        { key: 'Told when', value: { text: webhook.events.map(type => EVENT_WORDS[type]).join('. ') } },
        { key: 'Of bulletins', value: { text: `${SEVERITY_CHOICES[webhook.leastSeverity]}${webhook.takesExercises ? ', exercises too' : ''}` } },
        ...(webhook.publicKey === null ? [] : [{ key: 'Public key', value: { text: webhook.publicKey } }]),
        ...(webhook.previousUntil === null || webhook.previousUntil <= now
          ? []
          : [{ key: 'Old secret signs until', value: { at: webhook.previousUntil } }]),
        { key: 'Added', value: { at: webhook.createdAt } },
      ],
    },
    offered: actionsOf(webhook, path),
    filters: {
      action: path,
      selects: [
        {
          name: 'state',
          label: 'Messages',
          value: state ?? '',
          options: [{ value: '', text: 'All' }, ...MESSAGE_STATES.map(one => ({ value: one, text: MESSAGE_TAGS[one].text }))],
        },
      ],
      clearHref: state === null ? undefined : path,
    },
    total: log.total,
    isFiltered: state !== null,
    log: logTable(log.rows, path),
    replay: webhook.state === 'removed' ? null : { action: `${path}/replay`, fields: replayFields(), submit: 'Send again', autosave: false },
    firstHref: cursor === null ? undefined : withQuery(path, query),
    nextHref: log.next === null ? undefined : withQuery(path, query, { cursor: log.next }),
    csvHref: withQuery(`${path}/log.csv`, query),
  }
}

function actionsOf(webhook: Webhook, path: string): readonly Action[] {
  const post = (label: string, word: string, variant?: Action['variant']): Action => ({ label, href: `${path}/${word}`, method: 'post', variant })
  return [
    ...(webhook.state === 'active' ? [post('Send a test', 'test')] : [post('Start it again', 'start')]),
    { label: 'Change', href: `${path}/change`, variant: 'secondary' },
    ...(webhook.kind === 'teams' ? [] : [post('Make a new secret', 'rotate', 'secondary')]),
    ...(webhook.state === 'active' ? [post('Pause', 'pause', 'secondary')] : []),
    { label: 'Remove', href: `${path}/remove`, variant: 'warning' },
  ]
}

export const LOG_HEAD = ['Message', 'Type', 'Bulletin', 'State', 'Tries', 'HTTP status', 'Last answer', 'Happened', 'Tried', 'Next try']

export function logLine(row: LogRow) {
  const time = (at: Instant | null) => at?.toISOString() ?? null
  return [row.id, row.type, row.number, row.state, row.attempts, row.status, row.words, time(row.queuedAt), time(row.attemptedAt), time(row.dueAt)]
}

function typeWords(type: string): string {
  return isMessageType(type) ? EVENT_WORDS[type] : type
}

function logTable(rows: readonly LogRow[], path: string): TableModel {
  return {
    caption: 'Messages',
    captionHidden: true,
    head: [{ text: 'Message' }, { text: 'State' }, { text: 'Tries', format: 'numeric' }, { text: 'Happened' }, { text: 'Next try' }],
    rows: rows.map((row): readonly Cell[] => [
      { text: row.number ?? 'Test', href: `${path}/messages/${row.id}`, hint: typeWords(row.type) },
      { text: '', tags: [MESSAGE_TAGS[row.state]], hint: row.state === 'accepted' ? undefined : (row.words ?? undefined) },
      row.attempts,
      { at: row.queuedAt },
      row.state === 'failed' && row.dueAt !== null ? { at: row.dueAt } : null,
    ]),
  }
}

/** The page of one message: what was sent, and how each try ended. */
export function messageModel(webhook: Webhook, row: LogRow, telling: Telling, attempts: readonly AttemptRow[], url: string) {
  const path = pathOf(webhook.id)
  const body = webhook.kind === 'teams' ? teamsMessage(telling, url) : payloadOf(telling, url)
  const mayReplay = row.state === 'accepted' || row.state === 'given-up'
  return {
    webhook,
    backHref: path,
    title: `${row.number ?? 'Test'}: ${typeWords(row.type)}`,
    summaryRows: {
      rows: [
        { key: 'State', value: { text: '', tags: [MESSAGE_TAGS[row.state]], hint: row.words ?? undefined } },
        { key: 'Id', value: { text: row.id, hint: 'The header webhook-id, the same on every try' } },
        { key: 'Happened', value: { at: row.queuedAt } },
      ],
    },
    offered: mayReplay ? [{ label: 'Send it again', href: `${path}/messages/${row.id}/replay`, method: 'post' as const }] : [],
    body: JSON.stringify(body, null, 2),
    attempts: {
      caption: 'Tries, newest first',
      head: [
        { text: 'When' },
        { text: 'Answer' },
        { text: 'HTTP status', format: 'numeric' as const },
        { text: 'Milliseconds', format: 'numeric' as const },
      ],
      rows: attempts.map((attempt): readonly Cell[] => [
        { at: attempt.at, hint: `Try ${attempt.attempt}` },
        attempt.words,
        attempt.status,
        attempt.milliseconds,
      ]),
    },
  }
}

/** An endpoint for machines. */
export function webhookJson(webhook: Webhook, now: Instant) {
  const { id, name, kind, host, events, leastSeverity, takesExercises, state, waiting, givenUp, publicKey } = webhook
  return {
    id,
    name,
    kind,
    host,
    events,
    leastSeverity,
    exercises: takesExercises,
    state,
    health: healthOf(webhook, now).tag.text,
    waiting,
    givenUp,
    publicKey,
    lastAcceptedAt: webhook.lastAcceptedAt?.toISOString() ?? null,
  }
}
