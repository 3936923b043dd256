import { londonDate, type Instant } from '../../kernel/instant.ts'
import type { Page } from '../../kernel/page.ts'
import { may, type Actor } from '../../platform/work/actor.ts'
import type { Reader } from '../../platform/work/read.ts'
import type { Work } from '../../platform/work/work.ts'
import { parseNotificationNumber } from './notifications/model.ts'
import { listNotifications, TAKEN, type NotificationRow } from './notifications/queries/list.ts'
import {
  reportingOrganisations as readReportingOrganisations,
  reportsOfKind as readReportsOfKind,
  reportsToJudge as readReportsToJudge,
  type IncidentReport,
  type ReportingOrganisation,
  type ReportsAsked,
  type Window,
} from './notifications/queries/reports.ts'
import { notificationByNumber } from './notifications/queries/show.ts'
import { recordSightings } from './sightings/commands.ts'
import type { Sighting } from './sightings/model.ts'
import { isSightingWriter } from './sightings/queries.ts'
import { healthOf } from './sources/model.ts'
import { sourceStandings } from './sources/queries.ts'
import type { Visible, WatchShared } from './tables.ts'
import { threatForBulletin as readThreatForBulletin, type ThreatForBulletin } from './threats/queries/bulletin.ts'
import { threatDossier as readThreatDossier, threatIdsAfter as readThreatIds, type ThreatDossier } from './threats/queries/dossier.ts'
import { countThreats, listThreats, NO_FILTER, type ThreatRow } from './threats/queries/list.ts'
import { publicFacts, type PublicFacts } from './threats/queries/public-facts.ts'
import { matchedLines as readMatchedLines, type MatchedLine } from './threats/queries/reach.ts'
import { takeUpForDraft } from './threats/triage/commands.ts'

/**
 * What the domains above may use of watch. Its tables are the centre's own: row-level security gives an organisation's
 * reader nothing of them.
 */

/** The tables of watch that the domains above may join in their queries. They never write them. */
export type WatchVisible = WatchShared

export type { ThreatForBulletin } from './threats/queries/bulletin.ts'
export type { ThreatRow as ThreatSummary } from './threats/queries/list.ts'

export type { NotificationRow as NotificationSummary } from './notifications/queries/list.ts'

export { gather } from './gather.ts'
export type { ThreatDossier } from './threats/queries/dossier.ts'
export type { Sighting } from './sightings/model.ts'
export { addSource } from './sources/commands.ts'

/** `recountAll` is the job that counts anew how many organisations run what each threat is about: ask for it when what they run has changed. */
export { isHeld, recountAll } from './threats/model.ts'

/** A threat as a bulletin's draft needs it, or `undefined` when there is none of that id. */
export function threatForBulletin<T extends object>(db: Reader<T>, id: string): Promise<ThreatForBulletin | undefined> {
  return readThreatForBulletin(asWatch(db), id)
}

/** All that is held of a threat, for the centre's own; `undefined` when there is none of that id. */
export function threatDossier<T extends object>(db: Reader<T>, id: string, now: Instant): Promise<ThreatDossier | undefined> {
  return readThreatDossier(asWatch(db), id, now)
}

/** So many ids of threats after that one, in the order of ids. */
export function threatIdsAfter<T extends object>(db: Reader<T>, after: string, limit: number): Promise<readonly string[]> {
  return readThreatIds(asWatch(db), after, limit)
}

/** The first open threats of the queue, for the page that says what needs whom. */
export async function threatSummaries<T extends object>(db: Reader<T>, limit: number, now: Instant): Promise<readonly ThreatRow[]> {
  return (await listThreats(asWatch(db), NO_FILTER, 'pressing', { limit, cursor: null }, londonDate(now))).rows
}

/** How many threats have come since then, whatever became of them: those that `/threats?state=all&since=` lists. */
export function threatsSince<T extends object>(db: Reader<T>, since: Instant): Promise<number> {
  return countThreats(asWatch(db), { ...NO_FILTER, state: 'all', since })
}

/** What makes an organisation one that runs what a threat is about, or may: products in a version told, or in whatever version. As of the latest recount. */
export function matchedLines<T extends object>(db: Reader<T>, threatId: string): Promise<readonly MatchedLine[]> {
  return readMatchedLines(asWatch(db), threatId)
}

export type { PublicFacts } from './threats/queries/public-facts.ts'

/** Weaknesses and scores of these vulnerabilities as the public registers (CVE, NVD) tell them: what may stand in a document for everybody. */
export function publicFactsOf<T extends object>(db: Reader<T>, cves: readonly string[]): Promise<readonly PublicFacts[]> {
  return publicFacts(asWatch(db), cves)
}

/** Whether the actor may tell sightings: the permission, for an organisation that the centre takes them from. */
export async function mayTellSightings<T extends object>(db: Reader<T>, actor: Actor): Promise<boolean> {
  const { organisationId } = actor
  return may(actor, 'watch.sighting.write') && organisationId !== null && (await isSightingWriter(asWatch(db), organisationId))
}

/** Keeps what the actor's organisation saw; told again, the later `modified` counts. Gives which said anything new. Throws `Forbidden` where none are taken of it. */
export function tellSightings<T extends object>(work: Work<T>, sightings: readonly Sighting[]): Promise<readonly boolean[]> {
  return recordSightings(work as unknown as Work<Visible>, sightings)
}

/** A bulletin is drafted from a threat: whoever drafts it has it in hand, unless somebody has it or has decided about it before. */
export function takeUpThreat<T extends object>(work: Work<T>, id: string): Promise<void> {
  return takeUpForDraft(work as unknown as Work<Visible>, id)
}

/** What was reported and nobody has rung about yet, the most pressing first, with how many there are. */
export async function unrungNotifications<T extends object>(db: Reader<T>, limit: number): Promise<Page<NotificationRow>> {
  return listNotifications(asWatch(db), { ...TAKEN, rung: false }, 'pressing', { limit, cursor: null })
}

/** The address of the incident notification of that number, as people write it; `null` when it is none that the reader may see. */
export async function notificationAddress<T extends object>(db: Reader<T>, text: string): Promise<string | null> {
  const number = parseNotificationNumber(text)
  const found = number === undefined ? undefined : await notificationByNumber(asWatch(db), number)
  return found === undefined ? null : `/incident-notifications/${found.number}`
}

export type { IncidentReport, ReportsAsked, Window as ReportsWindow } from './notifications/queries/reports.ts'

/** The internal id of the incident notification of that number, as people write it; `null` when it is none that the reader may see. */
export async function notificationIdOf<T extends object>(
  db: Reader<T>,
  text: string,
): Promise<{ readonly id: string; readonly number: string } | null> {
  const number = parseNotificationNumber(text)
  const found = number === undefined ? undefined : await notificationByNumber(asWatch(db), number)
  return found === undefined ? null : { id: found.id, number: found.number }
}

/** What was reported of a kind by recognised organisations, the newest first. */
export function reportsOfKind<T extends object>(
  db: Reader<T>,
  asked: ReportsAsked,
  window: Window,
  limit: number,
): Promise<{ readonly rows: readonly IncidentReport[]; readonly total: number }> {
  return readReportsOfKind(asWatch(db), asked, window, limit)
}

/** What was reported and may be of that kind: for a person to judge. */
export function reportsToJudge<T extends object>(
  db: Reader<T>,
  asked: ReportsAsked,
  window: Window,
  limit: number,
): Promise<readonly IncidentReport[]> {
  return readReportsToJudge(asWatch(db), asked, window, limit)
}

/** Which organisations reported something of that kind, and how often in each window. */
export function reportingOrganisations<T extends object>(
  db: Reader<T>,
  asked: ReportsAsked,
  windows: readonly Window[],
): Promise<readonly ReportingOrganisation[]> {
  return readReportingOrganisations(asWatch(db), asked, windows)
}

export interface FailingSource {
  readonly code: string
  readonly name: string
  readonly health: 'failing' | 'stale'
  /** Since when: the first failure, or the last success of a stale one. */
  readonly since: Instant
  /** The words of the latest failure. */
  readonly failure: string | null
}

/** The sources that fail, or from which nothing has come for too long. */
export async function failingSources<T extends object>(db: Reader<T>, now: Instant): Promise<readonly FailingSource[]> {
  const sources = await sourceStandings(asWatch(db))
  return sources.flatMap(source => {
    const health = healthOf(source, now)
    const since = health === 'failing' ? source.failingSince : source.lastSuccessAt
    if ((health !== 'failing' && health !== 'stale') || since === null) return []
    return [{ code: source.code, name: source.name, health, since, failure: source.failure }]
  })
}

/** The caller's reader narrows to its own tables; the connection behind it is the same, and row-level security holds whatever is asked. */
function asWatch<T extends object>(db: Reader<T>): Reader<Visible> {
  return db as unknown as Reader<Visible>
}
