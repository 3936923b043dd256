import { sql, type RawBuilder } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { INCIDENT_KINDS, type IncidentKind } from '../model.ts'

/** Which notifications are of a kind that somebody counts: those whose words name it, and those of which a person said so. */
export interface ReportsAsked {
  /** Numbers and names without blanks, such as `CC-5001` or a CVE. */
  readonly names: readonly string[]
  readonly of: readonly string[]
  /** Whatever their words. */
  readonly notOf: readonly string[]
}

export interface IncidentReport {
  readonly id: string
  readonly number: string
  /** Since when, as far as that could be read; otherwise when it was received. */
  readonly at: Instant
  readonly kind: string
  readonly organisationId: string
  readonly organisationCode: string
  readonly organisationName: string
  /** Whether it is certain that it comes from that organisation. */
  readonly isConfirmed: boolean
}

/** How many notifications an organisation sent of incidents that began in each of the windows, in their order. */
export interface ReportingOrganisation {
  readonly organisationId: string
  readonly counts: readonly number[]
}

export interface Window {
  readonly from: Instant
  /** Not in it any more. */
  readonly until: Instant
}

const BEGAN = sql<Instant>`least(coalesce(notification.since_at, notification.received_at), notification.received_at)`

/** The notifications taken, of recognised organisations, that are of the kind asked for and began in the window; the newest first, with how many there are. */
export async function reportsOfKind(
  db: Reader<Visible>,
  asked: ReportsAsked,
  window: Window,
  limit: number,
): Promise<{ readonly rows: readonly IncidentReport[]; readonly total: number }> {
  const { total } = await taken(db, window)
    .where(isOfKind(asked))
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  return { rows: await rowsOf(db, window, isOfKind(asked), limit), total }
}

/** The newest notifications in the window that nobody has said anything of, and whose words do not name the kind: for a person to judge. */
export function reportsToJudge(db: Reader<Visible>, asked: ReportsAsked, window: Window, limit: number): Promise<readonly IncidentReport[]> {
  const judged = [...asked.of, ...asked.notOf]
  const isOpen = judged.length === 0 ? sql<boolean>`true` : sql<boolean>`notification.id not in (${sql.join(judged)})`
  return rowsOf(db, window, sql<boolean>`(${isOpen} and not ${namesOne(asked.names)})`, limit)
}

/** The organisations that reported something of the kind in any of the windows. */
export async function reportingOrganisations(
  db: Reader<Visible>,
  asked: ReportsAsked,
  windows: readonly Window[],
): Promise<readonly ReportingOrganisation[]> {
  const [first, ...later] = windows
  if (first === undefined) return []
  const whole = later.reduce((so, { from, until }) => ({ from: from < so.from ? from : so.from, until: until > so.until ? until : so.until }), first)
  const counts = windows.map(
    ({ from, until }) => sql`(count(*) filter (where ${BEGAN} >= ${from}::timestamptz and ${BEGAN} < ${until}::timestamptz))::integer`,
  )
  return taken(db, whole)
    .where(isOfKind(asked))
    .groupBy('notification.organisation_id')
    .select([sql<string>`notification.organisation_id`.as('organisationId'), sql<number[]>`array[${sql.join(counts)}]`.as('counts')])
    .execute()
}

function taken(db: Reader<Visible>, { from, until }: Window) {
  return db
    .selectFrom('watch_notification as notification')
    .where('notification.standing', '=', 'taken')
    .where('notification.organisation_id', 'is not', null)
    .where('notification.received_at', '>=', from)
    .where(sql<boolean>`${BEGAN} >= ${from}::timestamptz and ${BEGAN} < ${until}::timestamptz`)
}

async function rowsOf(db: Reader<Visible>, window: Window, condition: RawBuilder<boolean>, limit: number): Promise<readonly IncidentReport[]> {
  const rows = await taken(db, window)
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'notification.organisation_id')
    .where(condition)
    .orderBy(BEGAN, 'desc')
    .orderBy('notification.id', 'desc')
    .limit(limit)
    .select([
      'notification.id',
      'notification.number',
      BEGAN.as('at'),
      'notification.kind',
      'notification.is_confirmed as isConfirmed',
      'organisation.id as organisationId',
      'organisation.code as organisationCode',
      'organisation.name as organisationName',
    ])
    .execute()
  return rows.map(({ kind, ...row }) => ({ ...row, kind: INCIDENT_KINDS[kind satisfies IncidentKind] }))
}

function isOfKind({ names, of, notOf }: ReportsAsked): RawBuilder<boolean> {
  const chosen = of.length === 0 ? sql`false` : sql`notification.id in (${sql.join(of)})`
  const refused = notOf.length === 0 ? sql`false` : sql`notification.id in (${sql.join(notOf)})`
  return sql<boolean>`(not ${refused} and (${chosen} or ${namesOne(names)}))`
}

/** Whether its words name one of them, as a whole: CC-500 is not named by CC-5001. */
function namesOne(names: readonly string[]): RawBuilder<boolean> {
  const whole = names.filter(name => /^[\w-]+$/.test(name)).map(name => name.toLowerCase())
  return whole.length === 0 ? sql<boolean>`false` : sql<boolean>`notification.search ~ ${`(^|[^a-z0-9-])(${whole.join('|')})($|[^a-z0-9-])`}`
}
