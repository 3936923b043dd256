import { sql, type SqlBool } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, integerIn, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { Care, IncidentKind, RecognisedBy, Standing, Suspicion } from '../model.ts'

export interface NotificationFilter {
  /** Words, each of which must occur in the number, the organisation, the kind or what is happening. */
  readonly search: string
  readonly standing: Standing | 'all'
  readonly care: Care | null
  readonly kind: IncidentKind | null
  /** Whether the organisation is recognised; `null` for both. */
  readonly recognised: boolean | null
  /** Whether they were rung; `null` for both. */
  readonly rung: boolean | null
}

export const TAKEN: NotificationFilter = { search: '', standing: 'taken', care: null, kind: null, recognised: null, rung: null }

/** `pressing`: not rung yet before rung, care affected first, then the newest. */
export const NOTIFICATION_SORTS = ['pressing', 'newest', 'oldest'] as const
export type NotificationSort = (typeof NOTIFICATION_SORTS)[number]

export interface NotificationRow {
  readonly number: string
  readonly receivedAt: Instant
  readonly kind: IncidentKind
  readonly what: string
  readonly since: string
  readonly sinceAt: Instant | null
  readonly care: Care
  readonly peopleAffected: number | null
  readonly organisationGiven: string
  readonly organisationCode: string | null
  readonly organisationName: string | null
  readonly recognisedBy: RecognisedBy | null
  readonly isConfirmed: boolean
  readonly mayCall: boolean
  readonly rungAt: Instant | null
  readonly standing: Standing
  readonly suspicions: readonly Suspicion[]
}

/** A page of the notifications that the reader may see, with the true count. */
export async function listNotifications(
  db: Reader<Visible>,
  filter: NotificationFilter,
  sort: NotificationSort,
  request: PageRequest,
): Promise<Page<NotificationRow>> {
  const { total } = await filtered(db, filter)
    .select(eb => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const { rows, next } = await notificationsAfter(db, filter, sort, request)
  return { rows, next, total }
}

/** The notifications after a cursor, without a count: for a download, part by part. */
export async function notificationsAfter(
  db: Reader<Visible>,
  filter: NotificationFilter,
  sort: NotificationSort,
  request: PageRequest,
): Promise<Omit<Page<NotificationRow>, 'total'>> {
  const [urgency, year, sequence] = decodeCursor(request.cursor, 3)?.map(integerIn) ?? []
  const way = sort === 'oldest' ? 'asc' : 'desc'
  let query = filtered(db, filter)
  if (typeof urgency === 'number' && typeof year === 'number' && typeof sequence === 'number') {
    const isLater = sql<SqlBool>`(notification.year, notification.sequence) ${sql.raw(way === 'asc' ? '>' : '<')} (${year}::integer, ${sequence}::integer)`
    query = query.where(
      sort === 'pressing'
        ? sql<SqlBool>`notification.urgency >= ${urgency}::integer and (notification.urgency > ${urgency}::integer or ${isLater})`
        : isLater,
    )
  }
  if (sort === 'pressing') query = query.orderBy('notification.urgency')
  const rows = await query
    .leftJoin('directory_organisation as organisation', 'organisation.id', 'notification.organisation_id')
    .select([
      'notification.number',
      'notification.received_at as receivedAt',
      'notification.kind',
      'notification.what',
      'notification.since_words as since',
      'notification.since_at as sinceAt',
      'notification.care',
      'notification.people_affected as peopleAffected',
      'notification.organisation_given as organisationGiven',
      'organisation.code as organisationCode',
      'organisation.name as organisationName',
      'notification.recognised_by as recognisedBy',
      'notification.is_confirmed as isConfirmed',
      'notification.may_call as mayCall',
      'notification.rung_at as rungAt',
      'notification.standing',
      'notification.suspicions',
      'notification.urgency',
      'notification.year',
      'notification.sequence',
    ])
    .orderBy('notification.year', way)
    .orderBy('notification.sequence', way)
    .limit(request.limit + 1)
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown,
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.urgency, last.year, last.sequence]) : null,
  }
}

function filtered(db: Reader<Visible>, filter: NotificationFilter) {
  let query = db.selectFrom('watch_notification as notification')
  if (filter.standing !== 'all') query = query.where('notification.standing', '=', filter.standing)
  if (filter.care !== null) query = query.where('notification.care', '=', filter.care)
  if (filter.kind !== null) query = query.where('notification.kind', '=', filter.kind)
  if (filter.recognised !== null) query = query.where('notification.organisation_id', filter.recognised ? 'is not' : 'is', null)
  if (filter.rung !== null) query = query.where('notification.rung_at', filter.rung ? 'is not' : 'is', null)
  for (const word of filter.search.toLowerCase().split(/\s+/).slice(0, 10))
    if (word !== '') query = query.where('notification.search', 'like', `%${word.replace(/[\\%_]/g, '\\$&')}%`)
  return query
}

/** How many lie apart as suspected spam, for the centre to look through. */
export async function suspectedCount(db: Reader<Visible>): Promise<number> {
  const row = await db
    .selectFrom('watch_notification')
    .select(eb => eb.fn.countAll<number>().as('count'))
    .where('standing', '=', 'suspected')
    .executeTakeFirst()
  return row?.count ?? 0
}
