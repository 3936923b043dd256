import { sql, type RawBuilder, type SqlBool } from 'kysely'
import type { Id } from '../../../kernel/id.ts'
import { parseInstant, type Instant } from '../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { BulletinSeverity } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { Facts, isMessageType, TEST_TYPE, type EventType, type MessageState, type Telling, type WebhookKind, type WebhookState } from './model.ts'

/** Whether anybody listens for that: asked first, so that what nobody listens for writes nothing. */
export async function hasListeners(
  db: Pick<Reader<Visible>, 'selectNoFrom'>,
  type: EventType,
  bulletinId: string,
  organisationIds: readonly string[] | null,
): Promise<boolean> {
  const organisations = organisationIds === null ? null : [...organisationIds]
  const row = await db
    .selectNoFrom(
      sql<boolean>`case when broadcast_is_heard(${type}) then exists (select broadcast_webhook_listeners(${type}, ${bulletinId}, ${organisations}::text[])) else false end`.as(
        'yes',
      ),
    )
    .executeTakeFirstOrThrow()
  return row.yes
}

/** One endpoint as its owner sees it: no address beyond its host, and no secret. */
export interface Webhook {
  readonly id: string
  readonly organisationId: string
  readonly organisationName: string
  readonly kind: WebhookKind
  readonly name: string
  readonly host: string
  readonly publicKey: string | null
  readonly events: readonly EventType[]
  readonly leastSeverity: BulletinSeverity
  readonly takesExercises: boolean
  readonly state: WebhookState
  readonly stateAt: Instant
  readonly stateReason: string | null
  readonly createdAt: Instant
  readonly previousUntil: Instant | null
  readonly lastAcceptedAt: Instant | null
  readonly failingSince: Instant | null
  readonly lastWords: string | null
  readonly throttledUntil: Instant | null
  /** Messages that are to be sent still. */
  readonly waiting: number
  readonly givenUp: number
}

function endpoints(db: Reader<Visible>) {
  return db
    .selectFrom('broadcast_webhook as webhook')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'webhook.organisation_id')
    .where('webhook.state', '!=', 'removed')
    .select(({ selectFrom, fn }) => {
      const count = (states: readonly MessageState[]) =>
        selectFrom('broadcast_webhook_message as message')
          .whereRef('message.webhook_id', '=', 'webhook.id')
          .where('message.state', 'in', states)
          .select(fn.countAll<number>().as('count'))
      return [
        'webhook.id',
        'webhook.organisation_id as organisationId',
        'organisation.name as organisationName',
        'webhook.kind',
        'webhook.name',
        'webhook.host',
        'webhook.public_key as publicKey',
        'webhook.events',
        'webhook.least_severity as leastSeverity',
        'webhook.takes_exercises as takesExercises',
        'webhook.state',
        'webhook.state_at as stateAt',
        'webhook.state_reason as stateReason',
        'webhook.created_at as createdAt',
        'webhook.previous_until as previousUntil',
        'webhook.last_accepted_at as lastAcceptedAt',
        'webhook.failing_since as failingSince',
        'webhook.last_words as lastWords',
        'webhook.throttled_until as throttledUntil',
        count(['waiting', 'sending', 'failed']).as('waiting'),
        count(['given-up']).as('givenUp'),
      ]
    })
}

/** Those of the reader's own organisation, those that need somebody first. */
export async function listWebhooks(db: Reader<Visible>): Promise<readonly Webhook[]> {
  const rows = await endpoints(db)
    .orderBy(sql`case when webhook.state = 'disabled' then 0 when webhook.failing_since is not null then 1 else 2 end`)
    .orderBy('webhook.name')
    .orderBy('webhook.id')
    .limit(200)
    .execute()
  return rows.map(webhookFrom)
}

/** The organisation that is the cyber centre, or `undefined` while the directory has none. */
export async function centreOrganisation(db: Reader<Visible>): Promise<Id<'organisation'> | undefined> {
  const row = await db
    .selectFrom('directory_organisation')
    .where('type', '=', 'centre')
    .where('status', '=', 'open')
    .orderBy('code')
    .select('id')
    .executeTakeFirst()
  // Our own id, read back.
  return row?.id as Id<'organisation'> | undefined
}

/** One of them, or `undefined`: also for one that is another's. */
export async function webhookById(db: Reader<Visible>, id: string): Promise<Webhook | undefined> {
  const row = await endpoints(db).where('webhook.id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : webhookFrom(row)
}

type WebhookRow = Awaited<ReturnType<ReturnType<typeof endpoints>['executeTakeFirstOrThrow']>>

function webhookFrom(row: WebhookRow): Webhook {
  return {
    ...row,
    // Checked by the schema of the form when they were saved.
    events: row.events as EventType[],
    leastSeverity: row.leastSeverity as BulletinSeverity,
    waiting: row.waiting ?? 0,
    givenUp: row.givenUp ?? 0,
  }
}

/** One line of an endpoint's log. */
export interface LogRow {
  readonly id: string
  readonly type: string
  readonly number: string | null
  readonly state: MessageState
  readonly attempts: number
  readonly status: number | null
  readonly words: string | null
  readonly queuedAt: Instant
  readonly attemptedAt: Instant | null
  readonly dueAt: Instant | null
}

/** The messages of an endpoint, newest first; with `state`, those alone. */
export async function webhookLog(db: Reader<Visible>, webhookId: string, state: MessageState | null, request: PageRequest): Promise<Page<LogRow>> {
  const [at, id] = decodeCursor(request.cursor, 2) ?? []
  const cursor = typeof at === 'string' && typeof id === 'string' && parseInstant(at) !== undefined ? ([at, id] as const) : null
  const { rows } = await sql<LogRow>`
    select message.id, message.type, announcement.facts ->> 'number' as number, message.state, message.attempts, message.status, message.words,
      message.queued_at as "queuedAt", message.attempted_at as "attemptedAt", message.due_at as "dueAt"
    from broadcast_webhook_message message join broadcast_announcement announcement on announcement.id = message.announcement_id
    where ${isOf(webhookId, state)}
      and ${cursor === null ? sql`true` : sql`(message.queued_at, message.id) < (${cursor[0]}::timestamptz, ${cursor[1]}::text)`}
    order by message.queued_at desc, message.id desc limit ${request.limit + 1}`.execute(db)
  const total = await sql<{
    count: number
  }>`select count(*)::int as count from broadcast_webhook_message message where ${isOf(webhookId, state)}`.execute(db)
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown,
    total: total.rows[0]?.count ?? 0,
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.queuedAt.toISOString(), last.id]) : null,
  }
}

function isOf(webhookId: string, state: MessageState | null): RawBuilder<SqlBool> {
  return sql<SqlBool>`message.webhook_id = ${webhookId} ${state === null ? sql`` : sql`and message.state = ${state}`}`
}

/** One try of a message. */
export interface AttemptRow {
  readonly attempt: number
  readonly at: Instant
  readonly milliseconds: number
  readonly status: number | null
  readonly words: string
}

export function attemptsOf(db: Reader<Visible>, messageId: string): Promise<readonly AttemptRow[]> {
  return db
    .selectFrom('broadcast_webhook_attempt')
    .where('message_id', '=', messageId)
    .orderBy('id', 'desc')
    .limit(100)
    .select(['attempt', 'at', 'milliseconds', 'status', 'words'])
    .execute()
}

/** A message of the endpoint with what it tells, or `undefined`. */
export async function messageOf(
  db: Reader<Visible>,
  webhookId: string,
  id: string,
): Promise<{ readonly row: LogRow; readonly telling: Telling } | undefined> {
  const found = await db
    .selectFrom('broadcast_webhook_message as message')
    .innerJoin('broadcast_announcement as announcement', 'announcement.id', 'message.announcement_id')
    .where('message.webhook_id', '=', webhookId)
    .where('message.id', '=', id)
    .select(['message.id', 'message.type', 'message.state', 'message.attempts', 'message.status', 'message.words', 'message.queued_at as queuedAt'])
    .select(['message.attempted_at as attemptedAt', 'message.due_at as dueAt', 'announcement.facts', 'announcement.at'])
    .executeTakeFirst()
  if (found === undefined) return undefined
  const { facts, at, ...row } = found
  const telling = tellingFrom({ type: row.type, at, facts })
  return { row: { ...row, number: telling.facts.number ?? null }, telling }
}

function tellingFrom({ type, at, facts }: { readonly type: string; readonly at: Instant; readonly facts: unknown }): Telling {
  return { type: isMessageType(type) ? type : TEST_TYPE, at, facts: Facts.parse(facts) }
}

/** A message that a worker has claimed, with all that it needs to send it. */
export interface ClaimedMessage {
  readonly id: string
  readonly attempts: number
  readonly telling: Telling
  readonly bulletinId: string | null
  readonly webhookId: string
  readonly organisationId: string
  readonly kind: WebhookKind
  readonly addressSealed: string
  readonly secretsSealed: readonly string[]
}

const MOST_OF_ONE_ENDPOINT = 4

/**
 * What is due at endpoints that are active and not left alone, a few of each: one slow receiver holds up no other. As a condition on
 * `message`, a table or alias of that name.
 */
export function isDue(now: Instant, limit: number): RawBuilder<SqlBool> {
  return sql<SqlBool>`message.id in (
    select due.id from (
      select waiting.id, waiting.due_at, row_number() over (partition by waiting.webhook_id order by waiting.due_at nulls first, waiting.id) as place
      from broadcast_webhook_message waiting join broadcast_webhook webhook on webhook.id = waiting.webhook_id
      where waiting.state in ('waiting', 'sending', 'failed') and (waiting.due_at is null or waiting.due_at <= ${now})
        and webhook.state = 'active' and (webhook.throttled_until is null or webhook.throttled_until <= ${now})
    ) as due
    where due.place <= ${MOST_OF_ONE_ENDPOINT} order by due.due_at nulls first, due.id limit ${limit})`
}

export async function claimedMessages(db: Reader<Visible>, ids: readonly string[], now: Instant): Promise<readonly ClaimedMessage[]> {
  const rows = await db
    .selectFrom('broadcast_webhook_message as message')
    .innerJoin('broadcast_webhook as webhook', 'webhook.id', 'message.webhook_id')
    .innerJoin('broadcast_announcement as announcement', 'announcement.id', 'message.announcement_id')
    .where('message.id', 'in', [...ids])
    .orderBy('message.id')
    .select(['message.id', 'message.attempts', 'announcement.type', 'announcement.at', 'announcement.facts', 'announcement.bulletin_id'])
    .select(['webhook.id as webhookId', 'webhook.organisation_id', 'webhook.kind', 'webhook.address_sealed', 'webhook.secret_sealed'])
    .select(['webhook.previous_secret_sealed', 'webhook.previous_until'])
    .execute()
  return rows.map(row => {
    const isOverlap = row.previous_until !== null && row.previous_until > now
    const secrets = [row.secret_sealed, ...(isOverlap ? (row.previous_secret_sealed?.split(' ') ?? []) : [])]
    return {
      id: row.id,
      attempts: row.attempts,
      telling: tellingFrom(row),
      bulletinId: row.bulletin_id,
      webhookId: row.webhookId,
      organisationId: row.organisation_id,
      kind: row.kind,
      addressSealed: row.address_sealed,
      secretsSealed: secrets.filter(secret => secret !== null),
    }
  })
}

const MOST_OWNERS = 5

/**
 * Whom to tell that an endpoint was switched off: those who look after it at its organisation, five at most; where all of them have left, the
 * contacts to whom bulletins go.
 */
export async function ownersOf(db: Reader<Visible>, webhookId: string): Promise<readonly { readonly name: string; readonly email: string }[]> {
  const keepers = await db
    .selectFrom('broadcast_webhook as webhook')
    .innerJoin('directory_assignment as assignment', 'assignment.organisation_id', 'webhook.organisation_id')
    .innerJoin('directory_person as person', 'person.id', 'assignment.person_id')
    .where('webhook.id', '=', webhookId)
    .where('assignment.until', 'is', null)
    .where('person.left_at', 'is', null)
    .where('assignment.role', 'in', ['cyber-lead', 'partner-responder', 'administrator'])
    .orderBy(sql`person.id = webhook.created_by`, 'desc')
    .orderBy('person.id')
    .limit(MOST_OWNERS)
    .select(['person.name', 'person.email'])
    .execute()
  if (keepers.length > 0) return keepers
  const contacts = await db
    .selectFrom('broadcast_webhook as webhook')
    .innerJoin('directory_contact as contact', 'contact.organisation_id', 'webhook.organisation_id')
    .where('webhook.id', '=', webhookId)
    .where('contact.ended_at', 'is', null)
    .where('contact.receives_bulletins', '=', true)
    .orderBy('contact.id')
    .limit(MOST_OWNERS)
    .select(['contact.name', 'contact.email'])
    .execute()
  return contacts.flatMap(({ name, email }) => (email === null ? [] : [{ name, email }]))
}
