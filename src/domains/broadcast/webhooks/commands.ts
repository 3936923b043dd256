import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { addHours, type Instant } from '../../../kernel/instant.ts'
import type { Signer } from '../../../platform/auth/signer.ts'
import { assertMayAsk } from '../../../platform/fetch/addresses.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { BulletinSeverity } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { INSIDE, OVERLAP_HOURS, SEND_WEBHOOKS, TEST_TYPE, type EventType, type WebhookKind, type WebhookState } from './model.ts'
import { newSecret, type NewSecret } from './signing.ts'

/** What its owner chooses of an endpoint, and may change. */
export interface WebhookChoices {
  readonly name: string
  readonly events: readonly EventType[]
  readonly leastSeverity: BulletinSeverity
  readonly takesExercises: boolean
}

/** What the address and the secrets of an endpoint are sealed for. */
export const ADDRESS_SEAL = 'webhook-address'
export const SECRET_SEAL = 'webhook-secret'

const MOST_OF_ONE_ORGANISATION = 20
/** The least time between two tests of one endpoint. */
const TEST_PAUSE_SECONDS = 10
const LONGEST_ADDRESS = 2_000
/** How many old secrets sign beside a new one. */
const MOST_OLD_SECRETS = 3

/**
 * Adds an endpoint of an organisation: the actor's own. Gives its secret, which nobody is shown again; `null` for Teams, which checks none.
 * `allowPrivate` are the hosts inside private networks that the operator opened to webhooks. Throws `Invalid` for an address that is not
 * HTTPS, holds a password, or leads inside; what a name leads to is judged again at every try.
 */
export async function addWebhook(
  work: Work<Visible>,
  signer: Signer,
  allowPrivate: readonly string[],
  input: WebhookChoices & { readonly organisationId: Id<'organisation'>; readonly kind: WebhookKind; readonly address: string },
): Promise<{ readonly id: string; readonly secret: NewSecret | null }> {
  assertMay(work.actor, 'broadcast.webhook.change')
  // The operator's, who acts for no organisation, are the centre's: row-level security lets through no other.
  if (work.actor.kind === 'person' && work.actor.organisationId !== input.organisationId)
    throw new NotFound('broadcast.webhook.not-yours', 'That organisation manages its own webhooks.')
  const url = addressFrom(input.address, allowPrivate)
  const { count } = await work.db
    .selectFrom('broadcast_webhook')
    .where('organisation_id', '=', input.organisationId)
    .where('state', '!=', 'removed')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (count >= MOST_OF_ONE_ORGANISATION)
    throw new Conflict('broadcast.webhook.too-many', `There are ${MOST_OF_ONE_ORGANISATION} webhooks. Remove one that is not used.`)
  const id = work.newId('webhook')
  const secret = input.kind === 'teams' ? null : newSecret(input.kind)
  await work.db
    .insertInto('broadcast_webhook')
    .values({
      id,
      organisation_id: input.organisationId,
      kind: input.kind,
      host: url.host,
      address_sealed: signer.seal(ADDRESS_SEAL, url.href, id),
      secret_sealed: secret === null ? null : signer.seal(SECRET_SEAL, secret.secret, id),
      public_key: secret?.publicKey ?? null,
      ...columnsOf(input),
      state: 'active',
      state_at: work.now,
      created_by: work.actor.id,
      created_at: work.now,
    })
    .execute()
  work.record({
    verb: 'broadcast.webhook.added',
    subject: { kind: 'webhook', id },
    organisationId: input.organisationId,
    change: { kind: input.kind, host: url.host, events: input.events, leastSeverity: input.leastSeverity },
  })
  return { id, secret }
}

/** Changes what an endpoint is told. What waits for it already is sent. */
export async function changeWebhook(work: Work<Visible>, id: string, choices: WebhookChoices): Promise<void> {
  const webhook = await lockWebhook(work, id)
  await work.db.updateTable('broadcast_webhook').where('id', '=', id).set(columnsOf(choices)).execute()
  record(work, webhook, 'changed', { events: choices.events, leastSeverity: choices.leastSeverity, exercises: choices.takesExercises })
}

/**
 * Gives an endpoint a new secret. The old one signs beside it for a day, so that the receiver can change over without losing a message; so do the
 * last few before it whose day is not over, for whoever lost the new one and made another.
 */
export async function rotateSecret(work: Work<Visible>, signer: Signer, id: string): Promise<NewSecret> {
  const webhook = await lockWebhook(work, id)
  if (webhook.kind === 'teams')
    throw new Conflict('broadcast.webhook.no-secret', 'Teams checks no secret: make a new workflow there, and add its address.')
  const secret = newSecret(webhook.kind)
  const before = webhook.previous_until !== null && webhook.previous_until > work.now ? (webhook.previous_secret_sealed?.split(' ') ?? []) : []
  await work.db
    .updateTable('broadcast_webhook')
    .where('id', '=', id)
    .set({
      secret_sealed: signer.seal(SECRET_SEAL, secret.secret, id),
      public_key: secret.publicKey,
      previous_secret_sealed: [webhook.secret_sealed, ...before].slice(0, MOST_OLD_SECRETS).join(' '),
      previous_until: addHours(work.now, OVERLAP_HOURS),
    })
    .execute()
  record(work, webhook, 'rotated', { overlapHours: OVERLAP_HOURS })
  return secret
}

/** Stops sending for a while. What happens meanwhile waits, and is sent when it is started again. */
export function pauseWebhook(work: Work<Visible>, id: string): Promise<void> {
  return moveTo(work, id, 'paused', 'paused')
}

/** Sends again, also after it was switched off: what waits goes at once. */
export async function startWebhook(work: Work<Visible>, id: string): Promise<void> {
  await moveTo(work, id, 'active', 'started')
  work.enqueue(SEND_WEBHOOKS, {})
}

/** Removes an endpoint. Nothing more is sent there; its log is kept. */
export function removeWebhook(work: Work<Visible>, id: string): Promise<void> {
  return moveTo(work, id, 'removed', 'removed')
}

async function moveTo(work: Work<Visible>, id: string, state: WebhookState, verb: string): Promise<void> {
  const webhook = await lockWebhook(work, id)
  const changes = state === 'active' ? { failing_since: null, throttled_until: null } : {}
  const erased = state === 'removed' ? { secret_sealed: webhook.kind === 'teams' ? null : '', previous_secret_sealed: null, address_sealed: '' } : {}
  await work.db
    .updateTable('broadcast_webhook')
    .where('id', '=', id)
    .set({ state, state_at: work.now, state_reason: null, ...changes, ...erased })
    .execute()
  record(work, webhook, verb, { before: webhook.state })
}

/** Sends a message that says that it is a test. Throws `Conflict` within ten seconds of the last, and for an endpoint that is off. */
export async function testWebhook(work: Work<Visible>, id: string): Promise<void> {
  const webhook = await lockWebhook(work, id)
  if (webhook.state !== 'active') throw new Conflict('broadcast.webhook.off', 'This webhook is off. Start it, then test it.')
  const last = await work.db
    .selectFrom('broadcast_webhook_message')
    .where('webhook_id', '=', id)
    .where('type', '=', TEST_TYPE)
    .orderBy('queued_at', 'desc')
    .select('queued_at')
    .limit(1)
    .executeTakeFirst()
  if (last !== undefined && work.now.getTime() - last.queued_at.getTime() < TEST_PAUSE_SECONDS * 1_000)
    throw new Conflict('broadcast.webhook.test-too-soon', 'A test was sent a moment ago. Look at the log, or wait ten seconds.')
  await work.db
    .insertInto('broadcast_announcement')
    .values({
      id: work.newId('announcement'),
      type: TEST_TYPE,
      at: work.now,
      bulletin_id: null,
      only_organisations: null,
      webhook_id: id,
      facts: JSON.stringify({ tlp: 'CLEAR' }),
    })
    .execute()
  record(work, webhook, 'tested', {})
  work.enqueue(SEND_WEBHOOKS, {})
}

/** Which messages are sent again: one, those of a time that were given up, or all of a time. */
export type Replay = { readonly messageId: string } | { readonly from: Instant; readonly until: Instant; readonly which: 'given-up' | 'all' }

/** Sends messages again, each under its own id, so that a receiver that has one acts once. Gives how many. */
export async function replayMessages(work: Work<Visible>, id: string, replay: Replay): Promise<number> {
  const webhook = await lockWebhook(work, id)
  const replayed = await work.db
    .updateTable('broadcast_webhook_message')
    .where('webhook_id', '=', id)
    // What is on the wire or waits is sent anyway.
    .where('state', 'in', 'messageId' in replay || replay.which === 'all' ? ['accepted', 'given-up'] : ['given-up'])
    .$if('messageId' in replay, query => query.where('id', '=', 'messageId' in replay ? replay.messageId : ''))
    .$if('from' in replay, query => ('from' in replay ? query.where('queued_at', '>=', replay.from).where('queued_at', '<', replay.until) : query))
    .set({ state: 'waiting', attempts: 0, due_at: null })
    .returning('id')
    .execute()
  record(work, webhook, 'replayed', { messages: replayed.length })
  if (replayed.length > 0) work.enqueue(SEND_WEBHOOKS, {})
  return replayed.length
}

type LockedWebhook = Awaited<ReturnType<typeof lockWebhook>>

async function lockWebhook(work: Work<Visible>, id: string) {
  assertMay(work.actor, 'broadcast.webhook.change')
  const webhook = await work.db
    .selectFrom('broadcast_webhook')
    .where('id', '=', id)
    .where('state', '!=', 'removed')
    .select(['id', 'organisation_id', 'kind', 'state', 'secret_sealed', 'previous_secret_sealed', 'previous_until'])
    .forUpdate()
    .executeTakeFirst()
  if (webhook === undefined) throw new NotFound('broadcast.webhook.unknown', 'There is no such webhook. It may have been removed: look at the list.')
  return webhook
}

function columnsOf({ name, events, leastSeverity, takesExercises }: WebhookChoices) {
  return { name, events: [...events], least_severity: leastSeverity, takes_exercises: takesExercises }
}

function record(work: Work<Visible>, webhook: LockedWebhook, verb: string, change: Readonly<Record<string, unknown>>): void {
  work.record({ verb: `broadcast.webhook.${verb}`, subject: { kind: 'webhook', id: webhook.id }, organisationId: webhook.organisation_id, change })
}

function addressFrom(text: string, allowPrivate: readonly string[]): URL {
  const url = text.length > LONGEST_ADDRESS ? null : URL.parse(text.trim())
  const mayBePrivate = url !== null && allowPrivate.includes(url.host)
  if (url === null || (url.protocol !== 'https:' && !(mayBePrivate && url.protocol === 'http:')))
    throw new Invalid('broadcast.webhook.address', 'Enter a whole address that begins with https://')
  try {
    assertMayAsk(url, undefined, mayBePrivate)
  } catch (error) {
    // The guard speaks to those who configure sources.
    if (error instanceof Invalid && error.code === 'platform.fetch.private') throw new Invalid(error.code, INSIDE)
    throw error
  }
  return url
}
