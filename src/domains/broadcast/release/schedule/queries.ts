import { addDays, londonDate, londonInstant, type Instant } from '../../../../kernel/instant.ts'
import { isRole } from '../../../../kernel/role.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { PERMISSIONS } from '../../policy.ts'
import type { Visible } from '../../tables.ts'
import { CALENDAR_WEEKS, type CalendarEntry } from './model.ts'

/** The time for which a bulletin waits, or the newest that came to nothing. */
export interface Schedule {
  readonly id: number
  readonly releaseAt: Instant
  readonly version: number
  readonly organisations: number
  readonly state: 'waiting' | 'released' | 'cancelled' | 'failed'
  readonly scheduledAt: Instant
  readonly by: string | null
  readonly words: string | null
}

/** The newest schedule of a bulletin; `undefined` when it never had one. */
export function scheduleOf(db: Reader<Visible>, bulletinId: string): Promise<Schedule | undefined> {
  return db
    .selectFrom('broadcast_schedule as schedule')
    .leftJoin('directory_person as person', 'person.id', 'schedule.scheduled_by')
    .where('schedule.bulletin_id', '=', bulletinId)
    .orderBy('schedule.id', 'desc')
    .select([
      'schedule.id',
      'schedule.release_at as releaseAt',
      'schedule.version',
      'schedule.organisations',
      'schedule.state',
      'schedule.scheduled_at as scheduledAt',
      'person.name as by',
      'schedule.words',
    ])
    .executeTakeFirst()
}

/** A release whose time has come. */
export interface DueRelease {
  readonly id: number
  readonly number: number
  readonly version: number
  readonly organisations: number
  readonly releaseAt: Instant
  readonly scheduledBy: string
  readonly ruleHash: string
  readonly approvalId: number
}

export function dueReleases(db: Reader<Visible>, now: Instant): Promise<readonly DueRelease[]> {
  return db
    .selectFrom('broadcast_schedule as schedule')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'schedule.bulletin_id')
    .where('schedule.state', '=', 'waiting')
    .where('schedule.release_at', '<=', now)
    .orderBy('schedule.release_at')
    .orderBy('schedule.id')
    .limit(20)
    .select([
      'schedule.id',
      'bulletin.number',
      'schedule.version',
      'schedule.organisations',
      'schedule.release_at as releaseAt',
      'schedule.scheduled_by as scheduledBy',
      'schedule.rule_hash as ruleHash',
      'schedule.approval_id as approvalId',
    ])
    .execute()
}

/** The approval that stands for that version; `undefined` without one. */
export async function approvalOf(db: Reader<Visible>, bulletinId: string, version: number): Promise<number | undefined> {
  const row = await db
    .selectFrom('broadcast_review')
    .where('bulletin_id', '=', bulletinId)
    .where('version', '=', version)
    .where('decision', '=', 'approved')
    .orderBy('id', 'desc')
    .select('id')
    .executeTakeFirst()
  return row?.id
}

/** The role and organisation in which that person may release bulletins today; `undefined` when they no longer may. */
export async function releaserStanding(
  db: Reader<Visible>,
  personId: string,
): Promise<{ readonly role: string; readonly organisationId: string } | undefined> {
  const rows = await db
    .selectFrom('directory_assignment as assignment')
    .innerJoin('directory_person as person', 'person.id', 'assignment.person_id')
    .where('assignment.person_id', '=', personId)
    .where('assignment.until', 'is', null)
    .where('person.left_at', 'is', null)
    .orderBy('assignment.since')
    .select(['assignment.role', 'assignment.organisation_id as organisationId'])
    .execute()
  const releasers = PERMISSIONS['broadcast.bulletin.release'] ?? []
  return rows.find(({ role }) => isRole(role) && releasers.includes(role))
}

/** How many other bulletins wait for a time in that span. */
async function othersBetween(db: Reader<Visible>, from: Instant, to: Instant, exceptBulletinId: string): Promise<number> {
  const { count } = await db
    .selectFrom('broadcast_schedule')
    .where('state', '=', 'waiting')
    .where('release_at', '>=', from)
    .where('release_at', '<', to)
    .where('bulletin_id', '!=', exceptBulletinId)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** How many other bulletins wait for a time on that day in London. */
export function othersThatDay(db: Reader<Visible>, at: Instant, bulletinId: string): Promise<number> {
  const midnight = londonInstant(londonDate(at), 0, 0)
  return othersBetween(db, midnight, londonInstant(londonDate(addDays(midnight, 1.5)), 0, 0), bulletinId)
}

/** What the calendar holds that begins this week, with a week before and after to spare. */
export function entriesAround(db: Reader<Visible>, now: Instant): Promise<readonly CalendarEntry[]> {
  return calendarEntries(db, addDays(now, -8), addDays(now, CALENDAR_WEEKS * 7 + 1))
}

const MOST_ENTRIES = 500

/** What stands in the calendar in that span: releases that wait or came to nothing, and the times by which answers are asked for. */
async function calendarEntries(db: Reader<Visible>, from: Instant, to: Instant): Promise<readonly CalendarEntry[]> {
  const scheduled = await db
    .selectFrom('broadcast_schedule as schedule')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'schedule.bulletin_id')
    .where('schedule.state', 'in', ['waiting', 'failed'])
    .where('schedule.release_at', '>=', from)
    .where('schedule.release_at', '<', to)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('broadcast_schedule as later')
            .whereRef('later.bulletin_id', '=', 'schedule.bulletin_id')
            .whereRef('later.id', '>', 'schedule.id')
            .select('later.id'),
        ),
      ),
    )
    .select([
      'schedule.release_at as at',
      'schedule.state',
      'bulletin.number',
      'bulletin.title',
      'bulletin.severity',
      'bulletin.tlp',
      'bulletin.is_exercise as isExercise',
      'bulletin.released_at as releasedAt',
    ])
    .limit(MOST_ENTRIES)
    .execute()
  const asked = await db
    .selectFrom('broadcast_bulletin')
    .where('state', '=', 'released')
    .where('respond_by', '>=', from)
    .where('respond_by', '<', to)
    .orderBy('respond_by')
    .select(['respond_by as at', 'number', 'title', 'severity', 'tlp', 'is_exercise as isExercise'])
    .limit(MOST_ENTRIES)
    .execute()
  return [
    ...scheduled
      .filter(({ releasedAt }) => releasedAt === null)
      .map(({ state, releasedAt, ...entry }) => ({ ...entry, kind: state === 'waiting' ? ('release' as const) : ('missed' as const) })),
    ...asked.flatMap(({ at, ...entry }) => (at === null ? [] : [{ ...entry, at, kind: 'answers' as const }])),
  ]
}

export interface MissedRelease {
  readonly number: number
  readonly title: string
  /** Why it did not go out. */
  readonly words: string | null
}

/** Scheduled releases that came to nothing and about which nobody has decided since. */
export function missedReleases(db: Reader<Visible>): Promise<readonly MissedRelease[]> {
  return db
    .selectFrom('broadcast_schedule as schedule')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'schedule.bulletin_id')
    .where('schedule.state', '=', 'failed')
    .where('bulletin.released_at', 'is', null)
    .where('bulletin.withdrawn_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('broadcast_schedule as later')
            .whereRef('later.bulletin_id', '=', 'schedule.bulletin_id')
            .whereRef('later.id', '>', 'schedule.id')
            .select('later.id'),
        ),
      ),
    )
    .orderBy('schedule.id')
    .limit(20)
    .select(['bulletin.number', 'bulletin.title', 'schedule.words'])
    .execute()
}
