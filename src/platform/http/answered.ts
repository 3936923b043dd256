import { Bug, Conflict, Invalid } from '../../kernel/errors.ts'
import { addHours, type Instant } from '../../kernel/instant.ts'
import { digest } from '../audit/record.ts'
import type { Signer } from '../auth/signer.ts'
import type { Actor } from '../work/actor.ts'
import type { Reader } from '../work/read.ts'
import type { Work } from '../work/work.ts'

/** What programs were answered, so that one which sends the same again, because it never got the answer, does nothing twice. */
export interface AnsweredTables {
  platform_answered: {
    actor_id: string
    acting: string
    key_hash: string
    request_hash: string
    answer: string | null
    at: Instant
  }
}

/** One request under an idempotency key. */
export interface KeyedRequest {
  readonly actorId: string
  readonly acting: string
  readonly keyHash: string
  readonly requestHash: string
}

/** What was found under the key: nothing, so it is to be done; or what was answered, `null` when that is not known. */
export type Found = { readonly isNew: true } | { readonly isNew: false; readonly answer: { readonly value: unknown } | null }

const HOURS_KEPT = 24
const LONGEST_KEY = 200
const PURPOSE = 'answered'

/** The request as it is kept. Throws `Invalid` for a key that is too long. */
export function keyedRequest(
  actor: Actor,
  key: string,
  request: { readonly method: string; readonly address: string; readonly body: unknown },
): KeyedRequest {
  if (key.length > LONGEST_KEY) throw new Invalid('platform.http.key-length', `An idempotency key may have ${LONGEST_KEY} characters at most.`)
  return {
    actorId: actor.id,
    acting: `${actor.role ?? ''} ${actor.organisationId ?? ''}`,
    keyHash: digest(key),
    requestHash: digest(`${request.method} ${request.address}\n${JSON.stringify(request.body)}`),
  }
}

/**
 * Takes the key, as the first thing in the unit of work that does what is asked: the two are in one commit. Of two at the same time the second waits
 * here for the first. Throws `Conflict` when another request came under the same key within a day.
 */
export async function takeKey(work: Work<AnsweredTables>, signer: Signer, asked: KeyedRequest): Promise<Found> {
  const row = { request_hash: asked.requestHash, answer: null, at: work.now }
  const taken = await work.db
    .insertInto('platform_answered')
    .values({ ...rowOf(asked), ...row })
    .onConflict(clash =>
      clash.columns(['actor_id', 'acting', 'key_hash']).doUpdateSet(row).where('platform_answered.at', '<', addHours(work.now, -HOURS_KEPT)),
    )
    .returning('key_hash')
    .executeTakeFirst()
  if (taken !== undefined) return { isNew: true }
  const found = await answeredBefore(work.db, signer, asked, work.now)
  if (found.isNew) throw new Bug('platform.http.key-vanished', 'A key that is taken cannot be found.')
  return found
}

/**
 * Whether this is the first time that the form is sent: `press` is what the form was shown with, new each time, and empty where it was not. A form whose answer
 * shows something once is sent again by whoever loads the page anew, and must make nothing twice. As `takeKey`, the first thing in its unit of work.
 */
export async function isFirstPress(work: Work<AnsweredTables>, signer: Signer, press: string): Promise<boolean> {
  if (press === '') return true
  const asked = keyedRequest(work.actor, press, { method: 'POST', address: 'form', body: null })
  return (await takeKey(work, signer, asked)).isNew
}

/** What was answered under the key, without taking it. Throws `Conflict` when another request came under it within a day. */
export async function answeredBefore(
  db: Pick<Reader<AnsweredTables>, 'selectFrom'>,
  signer: Signer,
  asked: KeyedRequest,
  now: Instant,
): Promise<Found> {
  const before = await db
    .selectFrom('platform_answered')
    .select(['request_hash', 'answer'])
    .where(eb => eb.and(rowOf(asked)))
    .where('at', '>=', addHours(now, -HOURS_KEPT))
    .executeTakeFirst()
  if (before === undefined) return { isNew: true }
  if (before.request_hash !== asked.requestHash)
    throw new Conflict('platform.http.key-reused', 'This idempotency key came with another request before. Use a new key for each thing to be done.')
  const answer = before.answer === null ? null : { value: JSON.parse(signer.open(PURPOSE, before.answer, sealedFor(asked))) as unknown }
  return { isNew: false, answer }
}

/** Keeps what is answered under the key. It is sealed: it may hold what is shown once. */
export async function keepAnswer(work: Work<AnsweredTables>, signer: Signer, asked: KeyedRequest, value: unknown): Promise<void> {
  const answer = signer.seal(PURPOSE, JSON.stringify(value ?? null), sealedFor(asked))
  await work.db
    .updateTable('platform_answered')
    .set({ answer })
    .where(eb => eb.and(rowOf(asked)))
    .execute()
}

/** Forgets what is older than a day. */
export async function forgetAnswers(work: Work<AnsweredTables>): Promise<void> {
  await work.db.deleteFrom('platform_answered').where('at', '<', addHours(work.now, -HOURS_KEPT)).execute()
}

function rowOf({ actorId, acting, keyHash }: KeyedRequest) {
  return { actor_id: actorId, acting, key_hash: keyHash }
}

function sealedFor({ actorId, acting, keyHash }: KeyedRequest): string {
  return `${actorId} ${acting} ${keyHash}`
}
