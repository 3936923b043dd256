import { sql } from 'kysely'
import type { Id } from '../../../kernel/id.ts'
import { addDays, addHours, londonDate, parseLocalDate, type Instant, type LocalDate } from '../../../kernel/instant.ts'
import { parseTlp } from '../../../kernel/tlp.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { BulletinContent, fiveLines, isSeverity } from '../bulletins/model.ts'
import { owesAnswer } from '../scope.ts'
import type { Visible } from '../tables.ts'
import { OPEN_LETTERS, STALE_HOURS, type DigestItem, type DigestPolicy } from './model.ts'

export async function digestPolicies(db: Reader<Visible>): Promise<readonly DigestPolicy[]> {
  const rows = await db.selectFrom('broadcast_digest_policy').select(['effective_from', 'weekday', 'hour']).execute()
  return rows.flatMap(({ effective_from: text, weekday, hour }) => {
    const effectiveFrom = parseLocalDate(text)
    return effectiveFrom === undefined ? [] : [{ effectiveFrom, weekday, hour }]
  })
}

/** How many days ahead a date that an organisation set itself is called to mind. */
const PROMISES_DAYS = 7

/**
 * What waits for whoever reads at those addresses, as a source: the live bulletins on which an organisation has decided nothing, and those of
 * which it promised to say more within a week.
 */
function waiting(now: Instant) {
  const until = londonDate(addDays(now, PROMISES_DAYS))
  return sql`
    directory_contact as contact
    join broadcast_recipient as recipient on recipient.organisation_id = contact.organisation_id
    join broadcast_bulletin as bulletin on bulletin.id = recipient.bulletin_id
    where contact.ended_at is null and contact.receives_bulletins and contact.email is not null
      and not exists (select from broadcast_digest_stop as stop where stop.contact_id = contact.id)
      and bulletin.state = 'released' and not bulletin.is_exercise
      and (recipient.decided_at is null or ${owesAnswer('recipient', 'bulletin')} or (recipient.response = 'in-progress' and recipient.next_date <= ${until}::date))`
}

export interface DigestAddress {
  readonly address: string
  readonly name: string
}

/** Every address for which something waits, once, with a name that it goes by. */
export async function addressesWaiting(db: Reader<Visible>, now: Instant): Promise<readonly DigestAddress[]> {
  const { rows } = await sql<DigestAddress>`
    select lower(contact.email) as address, min(contact.name) as name from ${waiting(now)} group by lower(contact.email) order by 1`.execute(db)
  return rows
}

/** A letter with this worker. */
export interface ClaimedLetter {
  readonly id: Id<'letter'>
  readonly address: string
  readonly name: string
  readonly attempts: number
}

/** One thing that waits, for the address that it is told to. */
export interface WaitingItem extends Omit<DigestItem, 'link'> {
  readonly address: string
  /** The newest message that the contact got of the bulletin: its link answers. `null` without one, or when that link was used or taken back. */
  readonly delivery: { readonly id: Id<'delivery'>; readonly generation: number } | null
}

interface ItemRow {
  address: string
  organisation: string
  number: number
  title: string
  severity: string
  tlp: string
  respondBy: Instant | null
  response: string | null
  nextDate: string | null
  deliveryId: string | null
  generation: number | null
}

export async function itemsFor(
  db: Reader<Visible>,
  addresses: readonly string[],
  now: Instant,
): Promise<ReadonlyMap<string, readonly WaitingItem[]>> {
  const { rows } = await sql<ItemRow>`
    select waiting.*, delivery.id as "deliveryId", delivery.link_generation as generation
    from (
      select distinct on (lower(contact.email), recipient.organisation_id, bulletin.id) lower(contact.email) as address, contact.id as contact_id,
        recipient.organisation_id, organisation.name as organisation, bulletin.id as bulletin_id, bulletin.number, bulletin.title, bulletin.severity, bulletin.tlp,
        bulletin.respond_by as "respondBy", recipient.response, recipient.next_date as "nextDate"
      from directory_organisation as organisation join (
        select contact.*, recipient.bulletin_id from ${waiting(now)} and lower(contact.email) = any(${addresses}::text[])
      ) as contact on contact.organisation_id = organisation.id
      join broadcast_recipient as recipient on recipient.bulletin_id = contact.bulletin_id and recipient.organisation_id = organisation.id
      join broadcast_bulletin as bulletin on bulletin.id = contact.bulletin_id
      order by lower(contact.email), recipient.organisation_id, bulletin.id, contact.id
    ) as waiting
    left join lateral (
      select * from broadcast_delivery where broadcast_delivery.bulletin_id = waiting.bulletin_id and broadcast_delivery.organisation_id = waiting.organisation_id
        and broadcast_delivery.contact_id = waiting.contact_id and broadcast_delivery.channel = 'email' order by broadcast_delivery.id desc limit 1
    ) as delivery on delivery.link_spent_at is null and delivery.link_revoked_at is null`.execute(db)
  const asked = await askedBy(db, new Set(rows.map(row => row.number)))
  return Map.groupBy(
    rows.flatMap(row => {
      const tlp = parseTlp(row.tlp)
      // What is not understood is left out rather than told: closed by default.
      if (tlp === undefined || !isSeverity(row.severity)) return []
      const delivery = row.deliveryId === null ? null : { id: row.deliveryId as Id<'delivery'>, generation: row.generation ?? 1 }
      return [{ ...row, tlp, severity: row.severity, doThis: asked.get(row.number) ?? '', nextDate: localDate(row.nextDate), delivery }]
    }),
    ({ address }) => address,
  )
}

/** What each of those bulletins asks first, in a line, by its number. */
async function askedBy(db: Reader<Visible>, numbers: ReadonlySet<number>): Promise<ReadonlyMap<number, string>> {
  if (numbers.size === 0) return new Map()
  const rows = await db
    .selectFrom('broadcast_bulletin as bulletin')
    .innerJoin('broadcast_version as version', join =>
      join.onRef('version.bulletin_id', '=', 'bulletin.id').onRef('version.version', '=', 'bulletin.version'),
    )
    .where('bulletin.number', 'in', [...numbers])
    .select(['bulletin.number', 'version.content'])
    .execute()
  return new Map(rows.map(({ number, content }) => [number, fiveLines(BulletinContent.parse(content)).doThis]))
}

function localDate(text: string | null): LocalDate | null {
  return text === null ? null : (parseLocalDate(text) ?? null)
}

/** Digests with letters that are due and that no worker has: theirs died, or the server was down. */
export async function digestsDue(db: Reader<Visible>, now: Instant): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('broadcast_digest_letter')
    .where('state', 'in', OPEN_LETTERS)
    .where(eb => eb.or([eb('due_at', 'is', null), eb('due_at', '<=', now)]))
    .select('digest_id')
    .distinct()
    .execute()
  return rows.map(row => row.digest_id)
}

/** Digests whose letters that still wait come too late. */
export async function staleDigests(db: Reader<Visible>, now: Instant): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('broadcast_digest_letter as letter')
    .innerJoin('broadcast_digest as digest', 'digest.id', 'letter.digest_id')
    .where('letter.state', 'in', OPEN_LETTERS)
    .where('digest.made_at', '<=', addHours(now, -STALE_HOURS))
    .select('digest.id')
    .distinct()
    .execute()
  return rows.map(row => row.id)
}
