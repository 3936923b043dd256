import { sql } from 'kysely'
import { NotFound } from '../../../kernel/errors.ts'
import { addDays, type Instant } from '../../../kernel/instant.ts'
import type { Scope } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import {
  reportingOrganisations,
  reportsOfKind,
  reportsToJudge,
  type IncidentReport,
  type ReportsAsked,
  type ReportsWindow,
} from '../../watch/contract.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import { bulletinOf, versionOf, type Bulletin } from '../bulletins/queries.ts'
import { reachedIn } from '../picture/model.ts'
import { funnel } from '../picture/queries.ts'
import type { Visible } from '../tables.ts'
import { impactOf, windowsOf, type Impact, type ImpactGroup, type Reporter, type Windows } from './model.ts'

/** What the page of a bulletin's impact shows. `impact` is `null` while nothing lies after the landmark. */
export interface ShownImpact {
  readonly bulletin: Bulletin
  readonly landmarkDays: number
  readonly windows: Windows | null
  readonly impact: Impact | null
  readonly reports: { readonly rows: readonly IncidentReport[]; readonly total: number }
  readonly toJudge: readonly IncidentReport[]
}

const MOST_SHOWN = 50
const MOST_TO_JUDGE = 20
/** What is shown for judging before there is anything to compare. */
const LOOK_BACK_DAYS = 30

/** Reads the impact of a bulletin that was released at `releasedAt`. For the centre, which alone sees every report. */
async function readImpact(
  db: Reader<Visible>,
  scope: Scope,
  bulletin: Bulletin,
  releasedAt: Instant,
  landmarkDays: number,
  now: Instant,
): Promise<ShownImpact> {
  const asked = await askedOf(db, bulletin)
  const windows = windowsOf(releasedAt, landmarkDays, now)
  const shown: ReportsWindow = windows === null ? lookBack(releasedAt, now) : { from: windows.before.from, until: windows.after.until }
  return {
    bulletin,
    landmarkDays,
    windows,
    impact: windows === null ? null : await countImpact(db, scope, bulletin.id, asked, windows),
    reports: await reportsOfKind(db, asked, shown, MOST_SHOWN),
    toJudge: await reportsToJudge(db, asked, shown, MOST_TO_JUDGE),
  }
}

/** The same of the bulletin of that number. Throws `NotFound` before its release. */
export async function readImpactOf(db: Reader<Visible>, scope: Scope, number: number, landmarkDays: number, now: Instant): Promise<ShownImpact> {
  const bulletin = await bulletinOf(db, number)
  if (bulletin.releasedAt === null)
    throw new NotFound('broadcast.impact.not-released', 'This bulletin has not been released, so it has had no effect yet.')
  return readImpact(db, scope, bulletin, bulletin.releasedAt, landmarkDays, now)
}

function lookBack(releasedAt: Instant, now: Instant): ReportsWindow {
  return { from: addDays(releasedAt, -LOOK_BACK_DAYS), until: now }
}

/** By what a report is of the kind: it names the bulletin or a CVE of it, or a person said so. A person's word goes first. */
async function askedOf(db: Reader<Visible>, bulletin: Bulletin): Promise<ReportsAsked> {
  const { content } = await versionOf(db, bulletin.id, bulletin.version)
  const judged = await db
    .selectFrom('broadcast_impact_report')
    .where('bulletin_id', '=', bulletin.id)
    .select(['notification_id', 'is_of_kind'])
    .execute()
  const said = (isOfKind: boolean) => judged.filter(row => row.is_of_kind === isOfKind).map(row => row.notification_id)
  return { names: [bulletinNumber(bulletin.number), ...content.cves], of: said(true), notOf: said(false) }
}

async function countImpact(db: Reader<Visible>, scope: Scope, bulletinId: string, asked: ReportsAsked, windows: Windows): Promise<Impact> {
  const { before, between, after } = windows
  const landmark = between.until
  const reporting = await reportingOrganisations(db, asked, [before, between, after])
  const groups = await groupsOf(
    db,
    bulletinId,
    reporting.map(({ organisationId }) => organisationId),
    landmark,
  )
  const reporters = reporting.map(({ organisationId, counts: [before = 0, between = 0, after = 0] }): Reporter => ({
    group: groups.get(organisationId) ?? null,
    before,
    between,
    after,
  }))
  return impactOf(await sizesOf(db, scope, bulletinId, landmark), reporters)
}

/** The answers of those who act: they have said that they do, or that it is done. */
const ACTING = sql.join(['in-progress', 'done'])

/**
 * What each had said last by the landmark. What it says later moves it to no other group: whoever acts because they were hit did not act before.
 * By the latest time of each answer, for to sort a hundred thousand answers takes twice as long.
 */
function saidBy(db: Reader<Visible>, bulletinId: string, landmark: Instant, organisationIds: readonly string[] | null = null) {
  return db
    .selectFrom('broadcast_response')
    .where('bulletin_id', '=', bulletinId)
    .where('at', '<=', landmark)
    .$if(organisationIds !== null, query => query.where(sql<boolean>`organisation_id = any(${[...(organisationIds ?? [])]}::text[])`))
    .groupBy('organisation_id')
    .select([
      'organisation_id',
      sql<boolean>`coalesce(max(at) filter (where state in (${ACTING})) = max(at), false)`.as('acts'),
      sql<boolean>`coalesce(max(at) filter (where state = 'not-applicable') = max(at), false)`.as('is_unconcerned'),
    ])
    .as('said')
}

/** As many as had said by the landmark that they act, and all others who had been told by then and whom it concerns. */
async function sizesOf(db: Reader<Visible>, scope: Scope, bulletinId: string, landmark: Instant): Promise<Readonly<Record<ImpactGroup, number>>> {
  const reached = reachedIn(await funnel(db, scope, bulletinId))
  const { acted, unconcerned } = await db
    .selectFrom(saidBy(db, bulletinId, landmark))
    .select([
      sql<number>`(count(*) filter (where said.acts))::integer`.as('acted'),
      sql<number>`(count(*) filter (where said.is_unconcerned and not said.acts))::integer`.as('unconcerned'),
    ])
    .executeTakeFirstOrThrow()
  const { toldLater } = await db
    .selectFrom('broadcast_recipient as recipient')
    .where('recipient.bulletin_id', '=', bulletinId)
    .where('recipient.joined_at', '>', landmark)
    .where(IS_REACHED)
    .select(({ fn }) => fn.countAll<number>().as('toldLater'))
    .executeTakeFirstOrThrow()
  return { acted, notActed: reached - toldLater - unconcerned - acted }
}

const IS_REACHED = sql<boolean>`(recipient.is_reachable or recipient.response is not null)`

/** The groups of those organisations, counted as `sizesOf` counts. One that is in neither is left out. */
async function groupsOf(
  db: Reader<Visible>,
  bulletinId: string,
  organisationIds: readonly string[],
  landmark: Instant,
): Promise<ReadonlyMap<string, ImpactGroup>> {
  if (organisationIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('broadcast_recipient as recipient')
    .leftJoin(saidBy(db, bulletinId, landmark, organisationIds), join => join.onRef('said.organisation_id', '=', 'recipient.organisation_id'))
    .where('recipient.bulletin_id', '=', bulletinId)
    .where(sql<boolean>`recipient.organisation_id = any(${[...organisationIds]}::text[])`)
    .where(IS_REACHED)
    .where(eb => eb.or([eb('recipient.joined_at', 'is', null), eb('recipient.joined_at', '<=', landmark)]))
    .where(sql<boolean>`not coalesce(said.is_unconcerned and not said.acts, false)`)
    .select(['recipient.organisation_id as id', sql<boolean>`coalesce(said.acts, false)`.as('acted')])
    .execute()
  return new Map(rows.map(({ id, acted }) => [id, acted ? 'acted' : 'notActed']))
}
