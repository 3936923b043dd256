import { sql } from 'kysely'
import { addHours, type Instant } from '../../../kernel/instant.ts'
import type { Actor, Scope } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { isInScope } from '../../directory/contract.ts'
import { threatsSince } from '../../watch/contract.ts'
import { speaksOf } from '../bulletins/queries/list.ts'
import { DEAD_STATES } from '../deliveries/model.ts'
import { answeredIn, NOBODY } from '../picture/model.ts'
import { funnels } from '../picture/queries.ts'
import type { ResponseState } from '../responses/model.ts'
import { countAnswers, NO_ANSWERS_FILTER } from '../responses/queries/list.ts'
import { isOwnRecipient, owesAnswer } from '../scope.ts'
import type { Visible } from '../tables.ts'

/** How many live bulletins the first page shows; the rest are one link away. */
const LIVE_SHOWN = 8

/** A live bulletin in one line. */
export interface LiveBulletin {
  readonly id: string
  readonly number: number
  readonly title: string
  readonly severity: string
  readonly tlp: string
  readonly isExercise: boolean
  readonly respondBy: Instant | null
  readonly organisations: number
  readonly answered: number
  readonly silent: number
  readonly unreachable: number
  readonly givenUp: number
}

/** Released and not withdrawn, those whose answers are due soonest first; of the reader's own part of the sector. */
export async function liveBulletins(db: Reader<Visible>, scope: Scope, now: Instant): Promise<readonly LiveBulletin[]> {
  const live = await db
    .selectFrom('broadcast_bulletin as bulletin')
    .innerJoin('broadcast_release as release', 'release.bulletin_id', 'bulletin.id')
    .where('bulletin.state', '=', 'released')
    // An exercise never stands before what is real.
    .orderBy('bulletin.is_exercise')
    // Those due soon or overdue for less than a month come before those that nobody waits for any more.
    .orderBy(sql`case when bulletin.respond_by > ${addHours(now, -30 * 24)}::timestamptz then 0 else 1 end`)
    .orderBy('bulletin.respond_by', order => order.asc().nullsLast())
    .orderBy('bulletin.number', 'desc')
    .limit(LIVE_SHOWN)
    .select(({ selectFrom }) => [
      'bulletin.id',
      'bulletin.number',
      'bulletin.title',
      'bulletin.severity',
      'bulletin.tlp',
      'bulletin.is_exercise as isExercise',
      'bulletin.respond_by as respondBy',
      selectFrom('broadcast_delivery as delivery')
        .innerJoin('broadcast_mailing as mailing', 'mailing.id', 'delivery.mailing_id')
        .whereRef('mailing.release_id', '=', 'release.id')
        .where('delivery.state', 'in', DEAD_STATES)
        // What was not tried was not wanted any more: nobody need see to it.
        .where('delivery.attempts', '>', 0)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('givenUp'),
    ])
    .execute()
  const figures = await funnels(
    db,
    scope,
    live.map(({ id }) => id),
  )
  return live.map(row => {
    const counts = figures.get(row.id) ?? NOBODY
    return {
      ...row,
      givenUp: row.givenUp ?? 0,
      organisations: counts.audience,
      answered: answeredIn(counts),
      silent: counts.silent,
      unreachable: counts.unreachable,
    }
  })
}

/** A bulletin that waits for somebody at the centre. */
export interface WaitingBulletin {
  readonly number: number
  readonly title: string
  readonly severity: string
  readonly since: Instant
}

/** What this actor may approve: in review, and none of its versions by the actor. */
export function reviewsFor(db: Reader<Visible>, actor: Actor): Promise<readonly WaitingBulletin[]> {
  return db
    .selectFrom('broadcast_bulletin as bulletin')
    .where('bulletin.state', '=', 'in-review')
    .where('bulletin.author_id', '!=', actor.id)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('broadcast_version as version')
            .whereRef('version.bulletin_id', '=', 'bulletin.id')
            .where('version.saved_by', '=', actor.id)
            .select('version.version'),
        ),
      ),
    )
    .orderBy('bulletin.updated_at')
    .limit(20)
    .select(['bulletin.number', 'bulletin.title', 'bulletin.severity', 'bulletin.updated_at as since'])
    .execute()
}

/** What may go out: approved in its newest version, and not yet released. The longest waiting first. */
export function approvedBulletins(db: Reader<Visible>): Promise<readonly WaitingBulletin[]> {
  return (
    db
      .selectFrom('broadcast_bulletin')
      .where('state', '=', 'approved')
      .whereRef('approved_version', '=', 'version')
      // What waits for its time needs nobody until then.
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('broadcast_schedule')
              .whereRef('bulletin_id', '=', 'broadcast_bulletin.id')
              .where('broadcast_schedule.state', '=', 'waiting')
              .select('id'),
          ),
        ),
      )
      .orderBy('updated_at')
      .limit(20)
      .select(['number', 'title', 'severity', 'updated_at as since'])
      .execute()
  )
}

/** What happened since a time, counted. */
export interface Changes {
  readonly released: number
  readonly withdrawn: number
  readonly answers: number
  readonly threats: number
}

/** Counted as the lists count that they lead to. What happens in an exercise is not among it. */
export async function changesSince(db: Reader<Visible>, scope: Scope, since: Instant): Promise<Changes> {
  const bulletins = await db
    .selectFrom('broadcast_bulletin')
    .where('is_exercise', '=', false)
    .where(eb => eb.or([eb('released_at', '>', since), eb('withdrawn_at', '>', since)]))
    .select([
      sql<number>`count(*) filter (where released_at > ${since}::timestamptz)`.as('released'),
      sql<number>`count(*) filter (where withdrawn_at > ${since}::timestamptz and released_at is not null)`.as('withdrawn'),
    ])
    .executeTakeFirstOrThrow()
  const answers = await countAnswers(db, scope, { ...NO_ANSWERS_FILTER, since, exercise: 'no' })
  return { ...bulletins, answers, threats: await threatsSince(db, since) }
}

/** One bulletin as one organisation's home shows it. */
export interface OwnBulletin {
  readonly id: string
  readonly number: number
  readonly title: string
  readonly severity: string
  readonly tlp: string
  readonly isExercise: boolean
  readonly respondBy: Instant | null
  readonly response: ResponseState | null
  readonly responseAt: Instant | null
  readonly nextDate: string | null
  /** When a decision not to act is looked at again. */
  readonly reviewOn: string | null
  /** Whether it gave its newest answer before everybody was asked to answer again. */
  readonly isAskedAgain: boolean
}

const OWN_SHOWN = 20

/** What the organisation has not decided yet, or is asked to answer again, most urgent first: by when, then how severe, then the newest. */
export async function toAnswer(
  db: Reader<Visible>,
  organisationId: string,
): Promise<{ readonly rows: readonly OwnBulletin[]; readonly total: number }> {
  const open = own(db, organisationId).where(eb => eb.or([eb('recipient.decided_at', 'is', null), owesAnswer('recipient', 'bulletin')]))
  const { count } = await open
    .clearSelect()
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  const rows = await open
    .orderBy('bulletin.respond_by', order => order.asc().nullsLast())
    .orderBy(sql`array_position(array['high', 'medium', 'low', 'information'], bulletin.severity)`)
    .orderBy('bulletin.number', 'desc')
    .limit(OWN_SHOWN)
    .execute()
  return { rows: rows.map(ownBulletin), total: count }
}

/** What the organisation said that it would do, or look at again, by the date that it gave. */
export async function promised(db: Reader<Visible>, organisationId: string): Promise<readonly OwnBulletin[]> {
  const rows = await own(db, organisationId)
    .where(eb =>
      eb.or([
        eb('recipient.response', '=', 'in-progress'),
        eb.and([eb('recipient.response', '=', 'not-acting'), eb('recipient.review_on', 'is not', null)]),
      ]),
    )
    .orderBy(
      eb => eb.fn.coalesce('recipient.next_date', 'recipient.review_on'),
      order => order.asc().nullsLast(),
    )
    .orderBy('bulletin.number', 'desc')
    .limit(OWN_SHOWN)
    .execute()
  return rows.map(ownBulletin)
}

function own(db: Reader<Visible>, organisationId: string) {
  return db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'recipient.bulletin_id')
    .where('recipient.organisation_id', '=', organisationId)
    .where('bulletin.state', '=', 'released')
    .select([
      'bulletin.id',
      'bulletin.number',
      'bulletin.title',
      'bulletin.severity',
      'bulletin.tlp',
      'bulletin.is_exercise as isExercise',
      'bulletin.respond_by as respondBy',
      'recipient.response',
      'recipient.response_at as responseAt',
      'recipient.next_date as nextDate',
      'recipient.review_on as reviewOn',
    ])
    .select(owesAnswer('recipient', 'bulletin').as('owes'))
}

type OwnRow = Awaited<ReturnType<ReturnType<typeof own>['executeTakeFirstOrThrow']>>

function ownBulletin({ owes, ...row }: OwnRow): OwnBulletin {
  // Written by `respond` alone, from the type that is asserted here.
  return { ...row, response: row.response as ResponseState | null, isAskedAgain: row.response !== null && Boolean(owes) }
}

/** What the centre says stays safe to use, from the live bulletins that went to the organisation. */
export interface SafeToUse {
  readonly number: number
  readonly title: string
  readonly text: string
  readonly since: Instant | null
}

export async function safeToUse(db: Reader<Visible>, organisationId: string): Promise<readonly SafeToUse[]> {
  return db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'recipient.bulletin_id')
    .innerJoin('broadcast_version as version', join =>
      join.onRef('version.bulletin_id', '=', 'bulletin.id').onRef('version.version', '=', 'bulletin.version'),
    )
    .where('recipient.organisation_id', '=', organisationId)
    .where('bulletin.state', '=', 'released')
    .where('bulletin.is_exercise', '=', false)
    .where(sql<boolean>`coalesce(version.content ->> 'safeToUse', '') <> ''`)
    .orderBy('bulletin.number', 'desc')
    .limit(5)
    .select(['bulletin.number', 'bulletin.title', sql<string>`version.content ->> 'safeToUse'`.as('text'), 'bulletin.released_at as since'])
    .execute()
}

/** How much a partner still has to answer, by bulletin: what is not decided, and what it is asked to answer again. */
export interface PartnerLine {
  readonly number: number
  readonly title: string
  readonly severity: string
  readonly tlp: string
  readonly respondBy: Instant | null
  readonly undecided: number
  readonly organisations: number
}

export function partnerLines(db: Reader<Visible>, scope: Scope): Promise<readonly PartnerLine[]> {
  const waiting = sql<number>`count(*) filter (where recipient.decided_at is null or ${owesAnswer('recipient', 'bulletin')})`
  return db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'recipient.bulletin_id')
    .where('bulletin.state', '=', 'released')
    .where(isOwnRecipient(scope, 'recipient'))
    .groupBy(['bulletin.number', 'bulletin.title', 'bulletin.severity', 'bulletin.tlp', 'bulletin.respond_by'])
    .having(waiting, '>', 0)
    .orderBy('bulletin.respond_by', order => order.asc().nullsLast())
    .orderBy('bulletin.number', 'desc')
    .limit(OWN_SHOWN)
    .select(({ fn }) => [
      'bulletin.number',
      'bulletin.title',
      'bulletin.severity',
      'bulletin.tlp',
      'bulletin.respond_by as respondBy',
      waiting.as('undecided'),
      fn.countAll<number>().as('organisations'),
    ])
    .execute()
}

/** Whether the reader may see a bulletin of that number. */
export async function bulletinExists(db: Reader<Visible>, number: number): Promise<boolean> {
  return (await db.selectFrom('broadcast_bulletin').where('number', '=', number).select('id').executeTakeFirst()) !== undefined
}

const FOUND_SHOWN = 10

/** What a search found, each kind cut to ten. Threats come to the centre alone: nobody else's scope has any. */
export interface Found {
  readonly bulletins: readonly {
    readonly number: number
    readonly title: string
    readonly severity: string
    readonly tlp: string
    readonly state: string
  }[]
  readonly threats: readonly { readonly id: string; readonly title: string; readonly reason: string }[]
  readonly organisations: readonly { readonly code: string; readonly name: string; readonly type: string; readonly status: string }[]
}

export async function search(db: Reader<Visible>, actor: Actor, words: string): Promise<Found> {
  const pattern = `%${words.replace(/[\\%_]/g, match => `\\${match}`)}%`
  return {
    bulletins: await db
      .selectFrom('broadcast_bulletin as bulletin')
      .where(speaksOf(words))
      .orderBy('number', 'desc')
      .limit(FOUND_SHOWN)
      .select(['number', 'title', 'severity', 'tlp', 'state'])
      .execute(),
    threats: await db
      .selectFrom('watch_threat')
      .where('merged_into', 'is', null)
      .where('search', 'like', pattern.toLowerCase())
      .orderBy('priority')
      .orderBy('id')
      .limit(FOUND_SHOWN)
      .select(['id', 'title', 'reason'])
      .execute(),
    organisations: await db
      .selectFrom('directory_organisation as organisation')
      .where('organisation.name', 'ilike', pattern)
      .where(isInScope(actor.scope, 'organisation.id'))
      .orderBy('organisation.name_key')
      .orderBy('organisation.id')
      .limit(FOUND_SHOWN)
      .select(['organisation.code', 'organisation.name', 'organisation.type', 'organisation.status'])
      .execute(),
  }
}
