import { sql } from 'kysely'
import { bulletinNumber, parseBulletinNumber } from '../../../../domains/broadcast/bulletins/model.ts'
import { nameKey } from '../../../../kernel/name-key.ts'
import { holding } from '../../../../platform/db/search.ts'
import type { Reader } from '../../../../platform/work/read.ts'

type Executor = Pick<Reader<unknown>, 'getExecutor'>

/** What people call something of which the audit has the id. */
export interface Named {
  readonly name: string
  /** The label of what the name gives away; `null` where there is none. */
  readonly tlp: string | null
}

/**
 * The names behind ids, as far as the reader's scope shows them. The audit itself holds ids and codes alone, so that a name that changes,
 * or must be forgotten, changes nothing of what is proved.
 */
export async function namesOf(db: Executor, ids: readonly (string | null)[]): Promise<ReadonlyMap<string, Named>> {
  const asked = [...new Set(ids.filter(id => id !== null))]
  const numbers = asked.filter(id => /^\d{1,9}$/.test(id)).map(Number)
  const isAsked = (column: string) => sql`${sql.ref(column)} = any(${asked}::text[])`
  const { rows } = await sql<Named & { id: string }>`
    select id, name, null as tlp from directory_person where ${isAsked('id')}
    union all select id, name || ' (' || code || ')', null from directory_organisation where ${isAsked('id')}
    union all select code, name || ' (' || code || ')', null from directory_organisation where ${isAsked('code')}
    union all select contact.id, concat_ws(', ', contact.name, organisation.name), null
      from directory_contact contact join directory_organisation organisation on organisation.id = contact.organisation_id where ${isAsked('contact.id')}
    union all select partnership.id, partner.name || ' for ' || organisation.name, null
      from directory_partnership partnership join directory_organisation partner on partner.id = partnership.partner_id
      join directory_organisation organisation on organisation.id = partnership.organisation_id where ${isAsked('partnership.id')}
    union all select id::text, concat_ws(' ', nullif(maker, ''), product), null from directory_product where id = any(${numbers}::integer[])
    union all select id, name, null from watch_source where ${isAsked('id')}
    union all select id, title, nullif(tlp, 'CLEAR') from watch_threat where ${isAsked('id')}
    union all select id, 'CC-' || number, null from broadcast_bulletin where ${isAsked('id')}
    union all select release.id, 'CC-' || bulletin.number, null
      from broadcast_release release join broadcast_bulletin bulletin on bulletin.id = release.bulletin_id where ${isAsked('release.id')}
    union all select mailing.id, 'CC-' || bulletin.number || ', ' || mailing.kind, null
      from broadcast_mailing mailing join broadcast_bulletin bulletin on bulletin.id = mailing.bulletin_id
      where ${isAsked('mailing.id')} and mailing.id <> mailing.release_id
    union all select delivery.id, 'CC-' || bulletin.number || ' to ' || organisation.name, null
      from broadcast_delivery delivery join broadcast_bulletin bulletin on bulletin.id = delivery.bulletin_id
      join directory_organisation organisation on organisation.id = delivery.organisation_id where ${isAsked('delivery.id')}`.execute(db)
  return new Map(rows.map(({ id, name, tlp }) => [id, { name, tlp }]))
}

/**
 * The ids under which records may have what a person names: part of the name of a person, contact or source, a CC number, the code or
 * whole name of an organisation, or an id itself.
 */
export async function idsNamed(db: Executor, text: string): Promise<readonly string[]> {
  const part = holding(text.toLowerCase())
  const { rows } = await sql<{ id: string }>`
    select id from directory_person where search_key like ${part}
    union all select id from directory_contact where lower(name) like ${part}
    union all select id from watch_source where lower(name || ' ' || code) like ${part}
    union all select id from directory_organisation where code = ${text.toUpperCase()} or name_key = ${nameKey(text)}`.execute(db)
  return [...new Set([...rows.map(row => row.id), ...(await sameSubject(db, text)), text.toUpperCase()])]
}

/**
 * Every form in which records have one thing. A bulletin is recorded by its CC number, but older records of its answers and of messages
 * tried again have its internal id, and no record is ever changed.
 */
export async function sameSubject(db: Executor, id: string): Promise<readonly string[]> {
  const number = parseBulletinNumber(id) ?? -1
  const { rows } = await sql<{
    id: string
    number: number
  }>`select id, number from broadcast_bulletin where number = ${number} or id = ${id}`.execute(db)
  return [...new Set([id, ...rows.flatMap(row => [row.id, bulletinNumber(row.number)])])]
}
