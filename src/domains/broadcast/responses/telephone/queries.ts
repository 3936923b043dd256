import { sql, type RawBuilder } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Scope } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { matchesOf } from '../../audience/queries.ts'
import type { Bulletin } from '../../bulletins/queries.ts'
import { isDueToRing } from '../../chase/queries.ts'
import { releaseOf } from '../../release/queries.ts'
import { isOwnRecipient, owesAnswer } from '../../scope.ts'
import type { Visible } from '../../tables.ts'

/** One organisation that waits for a call. */
export interface ToRing {
  readonly organisationId: string
  readonly code: string
  readonly name: string
  readonly type: string
  readonly isReachable: boolean
  /** Whether it is known to run what the threat is about. */
  readonly runs: boolean
  readonly calls: number
  readonly lastOutcome: string | null
  readonly lastAt: Instant | null
  readonly callAgainAt: Instant | null
  readonly heldById: string | null
  readonly heldBy: string | null
}

interface Asked {
  readonly bulletin: Pick<Bulletin, 'id' | 'severity' | 'releasedAt'>
  readonly scope: Scope
  readonly now: Instant
}

/** When everybody was last asked to answer again. A value and no join, so that who has answered is left out before anything is joined (`owesAnswer`). */
function askedAgain(bulletinId: string): RawBuilder<Instant | null> {
  return sql`(select bulletin.answer_again_at from broadcast_bulletin as bulletin where bulletin.id = ${bulletinId})`
}

/** Whoever does not want to be rung is rung no more, until everybody is asked again. */
function isWilling(bulletinId: string): RawBuilder<boolean> {
  return sql`(last.outcome is distinct from 'declined' or last.at < ${askedAgain(bulletinId)}) is true`
}

/** Who owes an answer, with the last call, who holds the next one, and whether they want to be rung, stand on the list by now, and are due. */
async function unanswered(db: Reader<Visible>, { bulletin, scope, now }: Asked): Promise<RawBuilder<unknown>> {
  const isOnList = await isDueToRing(db, bulletin, now)
  return sql`
    select recipient.organisation_id, recipient.is_reachable, last.calls, last.outcome, last.at, last.call_again_at, hold.held_by,
      ${isWilling(bulletin.id)} as is_willing, ${isOnList} as is_on_list, last.call_again_at is null or last.call_again_at <= ${now} as is_due
    from broadcast_recipient as recipient
    left join (
      select distinct on (call.organisation_id) call.organisation_id, call.outcome, call.at, call.call_again_at,
        count(*) over (partition by call.organisation_id)::int as calls
      from broadcast_call as call where call.bulletin_id = ${bulletin.id} order by call.organisation_id, call.at desc, call.id desc
    ) as last on last.organisation_id = recipient.organisation_id
    left join broadcast_call_hold as hold on hold.bulletin_id = recipient.bulletin_id and hold.organisation_id = recipient.organisation_id and hold.held_until > ${now}
    where recipient.bulletin_id = ${bulletin.id} and (recipient.response is null or recipient.response_at < ${askedAgain(bulletin.id)})
      and ${isOwnRecipient(scope, 'recipient')}`
}

/** Who runs what the bulletin's threat is about, as far as it is shared: the most at risk. */
function holders(bulletinId: string): RawBuilder<unknown> {
  return sql`
    select distinct technology.organisation_id from broadcast_bulletin as bulletin
    join watch_threat_product as affected on affected.threat_id = bulletin.threat_id
    join directory_product as product on product.product_key = affected.product_key and (affected.maker_key = '' or product.maker_key = affected.maker_key)
    join directory_technology as technology on technology.product_id = product.id and technology.shared
    where bulletin.id = ${bulletinId}`
}

export interface RingCounts {
  /** On the list. */
  readonly all: number
  readonly due: number
  readonly held: number
  /** Without an answer, and not on the list: it is too early, or they do not want to be rung. */
  readonly early: number
  readonly declined: number
}

/** The list with its figures, both of one walk through those who owe an answer: it is long where silence is. */
export interface RingList {
  readonly counts: RingCounts
  readonly rows: readonly ToRing[]
}

/**
 * The list in the order in which it is rung: what is due before what waits for a later time, who runs it first, then who cannot be mailed, then by
 * size. `free` leaves out what others hold and what is not due yet; the figures are of everybody.
 */
export async function listToRing(
  db: Reader<Visible>,
  asked: Asked,
  { limit, isFree = false }: { readonly limit: number | null; readonly isFree?: boolean },
): Promise<RingList> {
  const { rows } = await sql<{ readonly counts: RingCounts } & (ToRing | { readonly organisationId: null })>`
    with holder as materialized (${holders(asked.bulletin.id)}), silent as materialized (${await unanswered(db, asked)}),
    counted as (
      select count(*) filter (where is_willing and is_on_list)::int as "all", count(*) filter (where is_willing and is_on_list and is_due)::int as due,
        count(*) filter (where is_willing and is_on_list and held_by is not null)::int as held,
        count(*) filter (where is_willing and not is_on_list)::int as early, count(*) filter (where not is_willing)::int as declined
      from silent
    ), listed as (
      select silent.*, holder.organisation_id is not null as runs, organisation.code, organisation.name, organisation.type, organisation.size
      from silent join directory_organisation as organisation on organisation.id = silent.organisation_id
      left join holder on holder.organisation_id = silent.organisation_id
      where is_willing and is_on_list ${isFree ? sql`and is_due and held_by is null` : sql``}
    )
    select row_to_json(counted) as counts, organisation_id as "organisationId", code, listed.name, type, is_reachable as "isReachable", runs, coalesce(calls, 0) as calls,
      outcome as "lastOutcome", at as "lastAt", call_again_at as "callAgainAt", held_by as "heldById", person.name as "heldBy"
    from counted left join listed on true left join directory_person as person on person.id = listed.held_by
    order by not is_due, coalesce(calls, 0) > 0, runs desc, is_reachable, size desc nulls last, code
    ${limit === null ? sql`` : sql`limit ${limit}`}`.execute(db)
  const [first] = rows
  if (first === undefined) throw new Error('Figures are one row, of nobody too.')
  return { counts: first.counts, rows: rows.flatMap(({ counts: _, ...row }) => (row.organisationId === null ? [] : [row])) }
}

/** The numbers of organisations as they are rung: their contacts', those for the night last, then the switchboard. */
export async function numbersOf(db: Reader<Visible>, organisationIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: string; numbers: string }>`
    select organisation_id as id, string_agg(words, '; ' order by is_switchboard, out_of_hours, name, contact_id) as numbers from (
      select contact.organisation_id, false as is_switchboard, contact.out_of_hours, contact.name, contact.id as contact_id,
        contact.name || case when contact.out_of_hours then ' (out of hours)' else '' end || ' ' || concat_ws(' or ', contact.phone, contact.mobile) as words
      from directory_contact as contact
      where contact.organisation_id = any(${organisationIds}::text[]) and contact.ended_at is null and (contact.phone is not null or contact.mobile is not null)
      union all
      select organisation.id, true, false, '', '', 'Switchboard ' || organisation.phone from directory_organisation as organisation
      where organisation.id = any(${organisationIds}::text[]) and organisation.phone is not null
    ) as number group by organisation_id`.execute(db)
  return new Map(rows.map(({ id, numbers }) => [id, numbers]))
}

/** What was said on the telephone, newest first. */
export interface PastCall {
  readonly at: Instant
  readonly by: string | null
  readonly outcome: string
  readonly spokeTo: string | null
  readonly note: string | null
  readonly callAgainAt: Instant | null
}

export function callsTo(db: Reader<Visible>, bulletinId: string, organisationId: string): Promise<readonly PastCall[]> {
  return db
    .selectFrom('broadcast_call as call')
    .leftJoin('directory_person as person', 'person.id', 'call.by_id')
    .where('call.bulletin_id', '=', bulletinId)
    .where('call.organisation_id', '=', organisationId)
    .orderBy('call.at', 'desc')
    .orderBy('call.id', 'desc')
    .limit(50)
    .select(['call.at', 'person.name as by', 'call.outcome', 'call.spoke_to as spokeTo', 'call.note', 'call.call_again_at as callAgainAt'])
    .execute()
}

/** Which of an organisation's contacts were last found to have a wrong number, on whatever bulletin, and not reached by telephone since. */
export async function wrongNumbersOf(db: Reader<Visible>, organisationId: string): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    select id from (
      select distinct on (call.contact_id) call.contact_id as id, call.outcome from broadcast_call as call
      where call.organisation_id = ${organisationId} and call.contact_id is not null order by call.contact_id, call.at desc, call.id desc
    ) as newest where outcome = 'wrong-number'`.execute(db)
  return new Set(rows.map(({ id }) => id))
}

/** Who holds an organisation's call now; `undefined` for nobody. */
export function holdOn(
  db: Reader<Visible>,
  bulletinId: string,
  organisationId: string,
  now: Instant,
): Promise<{ readonly byId: string; readonly by: string | null; readonly until: Instant } | undefined> {
  return db
    .selectFrom('broadcast_call_hold as hold')
    .leftJoin('directory_person as person', 'person.id', 'hold.held_by')
    .where('hold.bulletin_id', '=', bulletinId)
    .where('hold.organisation_id', '=', organisationId)
    .where('hold.held_until', '>', now)
    .select(['hold.held_by as byId', 'person.name as by', 'hold.held_until as until'])
    .executeTakeFirst()
}

/** What a caller needs to know of an organisation on a bulletin; `undefined` when it did not go to it, or is not the caller's to see. */
export async function callFacts(
  db: Reader<Visible>,
  bulletinId: string,
  organisationId: string,
): Promise<{ readonly phone: string | null; readonly hasAnswered: boolean; readonly runs: readonly string[] } | undefined> {
  const row = await db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'recipient.organisation_id')
    .where('recipient.bulletin_id', '=', bulletinId)
    .where('recipient.organisation_id', '=', organisationId)
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'recipient.bulletin_id')
    .select(['organisation.phone', owesAnswer('recipient', 'bulletin').as('owesAnswer')])
    .executeTakeFirst()
  if (row === undefined) return undefined
  const release = await releaseOf(db, bulletinId)
  const matches = release === undefined ? [] : await matchesOf(db, organisationId, release)
  return {
    phone: row.phone,
    hasAnswered: !row.owesAnswer,
    runs: matches.map(({ maker, product, version, count }) => {
      const name = [maker, product, version].filter(part => part !== '').join(' ')
      return count === null ? name : `${count.toLocaleString('en-GB')} × ${name}`
    }),
  }
}
