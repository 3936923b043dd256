import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { addDays, parseLocalDate, type Instant } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { isSeverity, type BulletinSeverity } from '../bulletins/model.ts'
import { owesAnswer } from '../scope.ts'
import type { Visible } from '../tables.ts'
import { closedDays } from './closed-days/queries.ts'
import { ownTypesIn, policiesFor, stepsOf, type ChasePolicy, type StepKind } from './model.ts'

export async function chasePolicies(db: Reader<Visible>): Promise<readonly ChasePolicy[]> {
  const closed = new Set((await closedDays(db)).map(({ day }) => day))
  const rows = await db.selectFrom('broadcast_chase_policy').selectAll().orderBy('severity').orderBy('effective_from', 'desc').orderBy('id').execute()
  return rows.flatMap(row => {
    const effectiveFrom = parseLocalDate(row.effective_from)
    if (effectiveFrom === undefined || !isSeverity(row.severity)) return []
    return [
      {
        id: row.id,
        severity: row.severity,
        organisationType: row.organisation_type,
        effectiveFrom,
        acknowledgeHours: row.acknowledge_hours,
        actHours: row.act_hours,
        remindHours: row.remind_hours,
        telephoneHours: row.telephone_hours,
        escalateHours: row.escalate_hours,
        escalateTo: row.escalate_to,
        regionHours: row.region_hours,
        isWorkingHours: row.working_hours,
        closedDays: closed,
        source: row.source,
      },
    ]
  })
}

/** A live bulletin that may have somebody to chase. */
export interface Chased {
  readonly id: string
  readonly number: number
  readonly severity: BulletinSeverity
  readonly releasedAt: Instant
  /** From when the hours of a policy are counted for everybody: the newest of the release, the last asking to answer again, and the last change of severity. */
  readonly askedAt: Instant
}

/** After so many days silence is a matter for people, not for a clock. */
const CHASED_DAYS = 60

/** Whoever was asked before is chased no more. */
export function chasedSince(now: Instant): Instant {
  return addDays(now, -CHASED_DAYS)
}

/** `Chased.askedAt` of the bulletin in a table of that name. To the millisecond, as everything that is compared with it. */
const ASKED_AT = sql<Instant>`date_trunc('milliseconds', greatest(bulletin.released_at, bulletin.answer_again_at,
  (select max(changed.at) from broadcast_severity as changed where changed.bulletin_id = bulletin.id)))`

/** Whether what asks for an answer is held back by somebody: then silence says nothing. */
const IS_HELD = sql<boolean>`exists (
  select from broadcast_mailing as mailing where mailing.bulletin_id = bulletin.id and mailing.kind in ('release', 'update') and mailing.paused_at is not null)`

/** Live bulletins that are no exercise, with somebody who was asked in the last weeks; without those whose mailing is paused. */
export async function chasedBulletins(db: Reader<Visible>, now: Instant): Promise<readonly Chased[]> {
  const since = chasedSince(now)
  const rows = await db
    .selectFrom('broadcast_bulletin as bulletin')
    .innerJoin('broadcast_release as release', 'release.bulletin_id', 'bulletin.id')
    .where('bulletin.state', '=', 'released')
    .where('bulletin.is_exercise', '=', false)
    .where('release.is_chased', '=', true)
    .where(sql<boolean>`not ${IS_HELD}`)
    .where(
      sql<boolean>`(${ASKED_AT} > ${since} or exists (select from broadcast_recipient as late where late.bulletin_id = bulletin.id and late.joined_at > ${since}))`,
    )
    .orderBy('bulletin.number')
    .select(['bulletin.id', 'bulletin.number', 'bulletin.severity', 'bulletin.released_at as releasedAt', ASKED_AT.as('askedAt')])
    .execute()
  return rows.flatMap(({ releasedAt, severity, ...row }) => (releasedAt === null || !isSeverity(severity) ? [] : [{ ...row, severity, releasedAt }]))
}

/** How silence on one bulletin stands: from when the hours are counted, whether somebody holds its mailing back, and whether a clock looks after it. */
export async function chaseStanding(
  db: Reader<Visible>,
  bulletinId: string,
): Promise<{ readonly askedAt: Instant; readonly isHeld: boolean; readonly isChased: boolean } | undefined> {
  return db
    .selectFrom('broadcast_bulletin as bulletin')
    .innerJoin('broadcast_release as release', 'release.bulletin_id', 'bulletin.id')
    .where('bulletin.id', '=', bulletinId)
    .select([ASKED_AT.as('askedAt'), IS_HELD.as('isHeld'), 'release.is_chased as isChased'])
    .executeTakeFirst()
}

interface Asking {
  readonly id: string
  readonly askedAt: Instant
}

/** From when a recipient's hours are counted: whoever was caught up after everybody was asked, from then. */
function startOf({ askedAt }: Asking): RawBuilder<Instant> {
  return sql<Instant>`date_trunc('milliseconds', greatest(recipient.joined_at, ${askedAt}::timestamptz))`
}

/** The starts of all recipients, each once: a few, however many recipients there are. */
export async function startsOf(db: Reader<Visible>, bulletin: Asking): Promise<readonly Instant[]> {
  const { rows } = await sql<{ at: Instant }>`
    select distinct date_trunc('milliseconds', recipient.joined_at) as at from broadcast_recipient as recipient
    where recipient.bulletin_id = ${bulletin.id} and recipient.joined_at > ${bulletin.askedAt}`.execute(db)
  return [bulletin.askedAt, ...rows.map(({ at }) => at)]
}

/** Whether a recipient is of that type (`null`: of a type not among `ownTypes`), with one of those starts. */
function isOfGroup(bulletin: Asking, type: string | null, ownTypes: readonly string[], starts: readonly Instant[]): RawBuilder<SqlBool> {
  const ofType = type === null ? sql`(recipient.type is null or recipient.type <> all(${ownTypes}::text[]))` : sql`recipient.type = ${type}`
  return sql<SqlBool>`(${ofType} and ${startOf(bulletin)} = any(${starts.map(at => at.toISOString())}::text[]::timestamptz[]))`
}

export interface SilentOrganisation {
  readonly id: string
  /** Its region's code, as who looks after it today. */
  readonly lookedAfterBy: string | null
}

/**
 * Those whom a step of that kind and number is due to and has not reached since they were asked: who owe an answer, of that type (`null`: of a type not among
 * `ownTypes`), with one of those starts. Only who was told is silent; a region hears also of those whom nothing can reach,
 * and nothing of a bulletin for a sharing group: it is not of the group for looking after its members.
 */
export async function silentFor(
  db: Reader<Visible>,
  bulletin: Asking,
  step: { readonly kind: StepKind; readonly nth: number },
  group: { readonly type: string | null; readonly ownTypes: readonly string[]; readonly starts: readonly Instant[] },
): Promise<readonly SilentOrganisation[]> {
  const isTold =
    step.kind === 'region'
      ? sql`((recipient.delivered_at is not null or not recipient.is_reachable) and bulletin.sharing_group_id is null)`
      : sql`recipient.delivered_at is not null`
  const { rows } = await sql<SilentOrganisation>`
    select recipient.organisation_id as id, recipient.looked_after_by as "lookedAfterBy" from broadcast_recipient as recipient
    join broadcast_bulletin as bulletin on bulletin.id = recipient.bulletin_id
    where recipient.bulletin_id = ${bulletin.id} and ${owesAnswer('recipient', 'bulletin')} and ${isOfGroup(bulletin, group.type, group.ownTypes, group.starts)}
      and ${isTold} ${step.kind === 'reminder' ? sql`and recipient.is_reachable` : sql``}
      and not exists (
        select from broadcast_chase_step as step where step.bulletin_id = recipient.bulletin_id and step.organisation_id = recipient.organisation_id
          and step.kind = ${step.kind} and step.nth >= ${step.nth} and step.at >= ${startOf(bulletin)}
      )
    order by recipient.organisation_id`.execute(db)
  return rows
}

/**
 * Whether a recipient, in a table named `recipient`, stands on the telephone list by now: from the hour of its policy on; whom nothing can reach, at
 * once. Where no policy says anything, or no clock looks after the bulletin, it is for people to say: everybody does.
 */
export async function isDueToRing(
  db: Reader<Visible>,
  bulletin: { readonly id: string; readonly severity: BulletinSeverity; readonly releasedAt: Instant | null },
  now: Instant,
): Promise<RawBuilder<SqlBool>> {
  const standing = await chaseStanding(db, bulletin.id)
  const inForce = policiesFor(await chasePolicies(db), bulletin.severity, bulletin.releasedAt ?? now)
  if (standing === undefined || !standing.isChased || inForce.size === 0) return sql<SqlBool>`true`
  const asking = { id: bulletin.id, askedAt: standing.askedAt }
  const starts = await startsOf(db, asking)
  const ownTypes = ownTypesIn(inForce)
  const groups = [...inForce].map(([type, policy]) => {
    const due = starts.filter(start => stepsOf(policy, start).some(step => step.kind === 'telephone' && step.at <= now))
    return isOfGroup(asking, type, ownTypes, due)
  })
  const unsaid = inForce.has(null) ? [] : [sql`(recipient.type is null or recipient.type <> all(${ownTypes}::text[]))`]
  return sql<SqlBool>`(not recipient.is_reachable or ${sql.join([...groups, ...unsaid], sql` or `)})`
}

/**
 * The contacts at those organisations who are told of their silence: by their purpose, in lower case, or by their role on the board. Whoever stopped our
 * messages, or reported one as unwanted, is left alone.
 */
export async function seniorContacts(
  db: Reader<Visible>,
  organisationIds: readonly string[],
  purposes: readonly string[],
): Promise<readonly { readonly id: string; readonly organisationId: string }[]> {
  const { rows } = await sql<{ id: string; organisationId: string }>`
    select contact.id, contact.organisation_id as "organisationId" from directory_contact as contact
    where contact.organisation_id = any(${organisationIds}::text[]) and contact.ended_at is null and contact.email is not null
      and (lower(contact.purpose) = any(${purposes}::text[]) or exists (
        select from directory_assignment as assignment where assignment.person_id = contact.person_id and assignment.organisation_id = contact.organisation_id
          and assignment.role = 'board-member' and assignment.until is null))
      and (contact.receives_bulletins or not exists (
        select from directory_contact_repair as repair
        where repair.contact_id = contact.id and repair.reason in ('unsubscribed', 'complained') and repair.outcome is distinct from 'undone'))
    order by contact.id`.execute(db)
  return rows
}

/** The contacts of regions, by code, who are told which of their organisations stay silent. */
export async function regionContacts(
  db: Reader<Visible>,
  codes: readonly string[],
): Promise<readonly { readonly id: string; readonly region: string }[]> {
  const { rows } = await sql<{ id: string; region: string }>`
    select contact.id, region.code as region from directory_organisation as region join directory_contact as contact on contact.organisation_id = region.id
    where region.code = any(${codes}::text[]) and region.type = 'region' and contact.ended_at is null and contact.email is not null and contact.receives_bulletins
    order by contact.id`.execute(db)
  return rows
}

export interface StepCount {
  readonly kind: 'reminder' | 'escalation' | 'region'
  readonly nth: number
  readonly organisations: number
  readonly mailed: number
  readonly firstAt: Instant
  readonly lastAt: Instant
}

/** What was done about the silent on a bulletin, by step. */
export async function stepCounts(db: Reader<Visible>, bulletinId: string): Promise<readonly StepCount[]> {
  const { rows } = await sql<StepCount>`
    select kind, nth, count(*)::int as organisations, count(mailing_id)::int as mailed, min(at) as "firstAt", max(at) as "lastAt"
    from broadcast_chase_step where bulletin_id = ${bulletinId} group by kind, nth order by min(at), kind, nth`.execute(db)
  return rows
}
