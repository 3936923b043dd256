import { sql } from 'kysely'
import { addDays, parseLocalDate, type Instant } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { isSeverity, type BulletinSeverity } from '../bulletins/model.ts'
import { owesAnswer } from '../scope.ts'
import type { Visible } from '../tables.ts'
import type { ChasePolicy, StepKind } from './model.ts'

export async function chasePolicies(db: Reader<Visible>): Promise<readonly ChasePolicy[]> {
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
  /** From when the hours of a policy are counted: the release, or when everybody was last asked to answer again. */
  readonly askedAt: Instant
}

/** After so many days silence is a matter for people, not for a clock. */
const CHASED_DAYS = 60

/** Live bulletins that are no exercise, released in the last weeks. */
export async function chasedBulletins(db: Reader<Visible>, now: Instant): Promise<readonly Chased[]> {
  const rows = await db
    .selectFrom('broadcast_bulletin as bulletin')
    .innerJoin('broadcast_release as release', 'release.bulletin_id', 'bulletin.id')
    .where('bulletin.state', '=', 'released')
    .where('bulletin.is_exercise', '=', false)
    .where('release.is_chased', '=', true)
    .where(eb => eb(eb.fn.coalesce('bulletin.answer_again_at', 'bulletin.released_at'), '>', addDays(now, -CHASED_DAYS)))
    .orderBy('bulletin.number')
    .select(['bulletin.id', 'bulletin.number', 'bulletin.severity', 'bulletin.released_at as releasedAt', 'bulletin.answer_again_at as askedAgainAt'])
    .execute()
  return rows.flatMap(({ releasedAt, askedAgainAt, severity, ...row }) =>
    releasedAt === null || !isSeverity(severity) ? [] : [{ ...row, severity, releasedAt, askedAt: askedAgainAt ?? releasedAt }],
  )
}

export interface SilentOrganisation {
  readonly id: string
  /** Its region's code, as who looks after it today. */
  readonly lookedAfterBy: string | null
}

/**
 * Those whom a step of that kind and number is due to and has not reached since they were asked: who owe an answer, of that type (`null`: of a type not among
 * `otherTypes`). Reminders need somebody to mail.
 */
export async function silentFor(
  db: Reader<Visible>,
  bulletin: { readonly id: string; readonly askedAt: Instant },
  step: { readonly kind: StepKind; readonly nth: number },
  type: string | null,
  otherTypes: readonly string[],
): Promise<readonly SilentOrganisation[]> {
  const ofType = type === null ? sql`(recipient.type is null or recipient.type <> all(${otherTypes}::text[]))` : sql`recipient.type = ${type}`
  const { rows } = await sql<SilentOrganisation>`
    select recipient.organisation_id as id, recipient.looked_after_by as "lookedAfterBy" from broadcast_recipient as recipient
    join broadcast_bulletin as bulletin on bulletin.id = recipient.bulletin_id
    where recipient.bulletin_id = ${bulletin.id} and ${owesAnswer('recipient', 'bulletin')} and ${ofType} ${step.kind === 'reminder' ? sql`and recipient.is_reachable` : sql``}
      and not exists (
        select from broadcast_chase_step as step where step.bulletin_id = recipient.bulletin_id and step.organisation_id = recipient.organisation_id
          and step.kind = ${step.kind} and step.nth >= ${step.nth} and step.at >= ${bulletin.askedAt}
      )
    order by recipient.organisation_id`.execute(db)
  return rows
}

/** The contacts at those organisations who are told of their silence: by their purpose, in lower case, or by their role on the board. */
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
