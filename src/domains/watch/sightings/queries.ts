import { sql, type SqlBool } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import { holdsWords } from '../../../platform/db/search.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'

/** Whether the centre takes sightings of that organisation. */
export async function isSightingWriter(db: Reader<Visible>, organisationId: string): Promise<boolean> {
  const row = await db.selectFrom('watch_sighting_writer').select('since').where('organisation_id', '=', organisationId).executeTakeFirst()
  return row !== undefined
}

/** Those of the sightings that were told before, by what the organisation's tool calls them. */
export async function heldSightings(
  db: Reader<Visible>,
  organisationId: string,
  stixIds: readonly string[],
): Promise<ReadonlyMap<string, { readonly id: string; readonly modified: Instant }>> {
  const rows = await db
    .selectFrom('watch_sighting')
    .select(['id', 'stix_id as stixId', 'modified'])
    .where('organisation_id', '=', organisationId)
    .where('stix_id', '=', sql<string>`any(${[...new Set(stixIds)]}::text[])`)
    .execute()
  return new Map(rows.map(row => [row.stixId, row]))
}

/** What one organisation saw of a threat, of all its sightings. */
export interface OrganisationSightings {
  readonly code: string
  readonly name: string
  /** How often it was seen, all told. */
  readonly count: number
  readonly firstSeen: Instant | null
  readonly lastSeen: Instant | null
}

/** The organisations that saw a threat or an indicator of it, those that saw it last in front. Those that looked and met nothing are left out. */
export function sightingsOfThreat(db: Reader<Visible>, threatId: string): Promise<readonly OrganisationSightings[]> {
  return db
    .selectFrom('watch_sighting as sighting')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'sighting.organisation_id')
    .where('sighting.count', '>', 0)
    .where(eb =>
      eb.or([
        eb('sighting.threat_id', 'in', eb.selectFrom('watch_threat').select('id').where('id', '=', threatId)),
        eb('sighting.threat_id', 'in', eb.selectFrom('watch_threat').select('id').where('merged_into', '=', threatId)),
        sql<SqlBool>`(sighting.indicator_type, sighting.indicator_value) in (
          select indicator.type, indicator.value from watch_threat_item link
          join watch_indicator indicator on indicator.item_id = link.item_id where link.threat_id = ${threatId})`,
      ]),
    )
    .groupBy(['organisation.id', 'organisation.code', 'organisation.name'])
    .select(({ fn }) => [
      'organisation.code',
      'organisation.name',
      fn.sum<number>('sighting.count').as('count'),
      sql<Instant | null>`min(coalesce(sighting.first_seen, sighting.last_seen))`.as('firstSeen'),
      sql<Instant | null>`max(coalesce(sighting.last_seen, sighting.first_seen, sighting.at))`.as('lastSeen'),
    ])
    .orderBy('lastSeen', 'desc')
    .orderBy('organisation.code')
    .execute()
}

export interface SightingWriterRow {
  readonly code: string
  readonly name: string
  readonly since: Instant
  readonly by: string | null
  readonly reason: string
  /** How many sightings it has told. */
  readonly told: number
}

/** A page of the organisations whose sightings are taken, by name. */
export async function listWriters(db: Reader<Visible>, search: string, request: PageRequest): Promise<Page<SightingWriterRow>> {
  const matching = db
    .selectFrom('watch_sighting_writer as writer')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'writer.organisation_id')
    .leftJoin('directory_person as person', 'person.id', 'writer.by_id')
    .where(holdsWords(sql`organisation.name || ' ' || organisation.code`, search))
  const { total } = await matching.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const [afterName, afterCode] = decodeCursor(request.cursor, 2) ?? []
  const rows = await matching
    .$if(afterName !== undefined, query =>
      query.where(sql<SqlBool>`(organisation.name, organisation.code) > (${afterName ?? ''}, ${afterCode ?? ''})`),
    )
    .select(['organisation.code', 'organisation.name', 'writer.since', 'writer.reason', 'person.name as by'])
    .select(eb =>
      eb
        .selectFrom('watch_sighting as sighting')
        .whereRef('sighting.organisation_id', '=', 'writer.organisation_id')
        .select(({ fn }) => fn.countAll<number>().as('told'))
        .as('told'),
    )
    .orderBy('organisation.name')
    .orderBy('organisation.code')
    .limit(request.limit + 1)
    .execute()
  const shown = rows.slice(0, request.limit).map(row => ({ ...row, told: row.told ?? 0 }))
  const last = shown.at(-1)
  return { rows: shown, total, next: rows.length > request.limit && last !== undefined ? encodeCursor([last.name, last.code]) : null }
}
