import { sql } from 'kysely'
import { NotFound } from '../../../../kernel/errors.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { bulletinOf } from '../../bulletins/queries.ts'
import { releaseOf, type Release } from '../../release/queries.ts'
import type { Visible } from '../../tables.ts'
import { hashedText } from '../queries.ts'
import type { Asks } from './asks.ts'
import type { CheckedRule } from './checking.ts'
import { candidates, reached } from './matching.ts'

export interface LateJoiner {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly type: string
  readonly region: string | null
  /** How many can be mailed. */
  readonly contacts: number
}

/** The organisations that fit the rule today and are not in the frozen audience, by code. */
export async function lateJoiners(db: Asks, checked: CheckedRule, bulletinId: string, request: PageRequest): Promise<Page<LateJoiner>> {
  if (checked.problems.length > 0) return { rows: [], next: null, total: 0 }
  const [after] = decodeCursor(request.cursor, 1) ?? []
  const { rows } = await sql<{ total: number; rows: LateJoiner[] }>`
    with ${candidates(checked)}, late as materialized (
      select id, code, name, type, region_code as region, mailable_contacts as contacts from (${reached(checked)}) as audience
      where id not in (select organisation_id from broadcast_recipient where bulletin_id = ${bulletinId}))
    select (select count(*)::int from late) as total,
      (select coalesce(json_agg(shown), '[]') from (
        select * from late where code collate "C" > ${typeof after === 'string' ? after : ''} order by code collate "C" limit ${request.limit + 1}) as shown) as rows`.execute(
    db,
  )
  const found = rows[0]?.rows ?? []
  const shown = found.slice(0, request.limit)
  const last = shown.at(-1)
  return { rows: shown, total: rows[0]?.total ?? 0, next: found.length > request.limit && last !== undefined ? encodeCursor([last.code]) : null }
}

export interface CatchUp {
  readonly id: number
  readonly at: Instant
  /** `null` for the operator. */
  readonly by: string | null
  readonly reason: string
  readonly organisations: number
  readonly contacts: number
  readonly audienceHash: string
}

/** Those who were caught up after a release, the newest first. */
export async function catchUpsOf(db: Asks, bulletinId: string): Promise<readonly CatchUp[]> {
  return db
    .selectFrom('broadcast_catch_up as caught')
    .leftJoin('directory_person as person', 'person.id', 'caught.by_id')
    .select([
      'caught.id',
      'caught.at',
      'person.name as by',
      'caught.reason',
      'caught.organisations',
      'caught.contacts',
      'caught.audience_hash as audienceHash',
    ])
    .where('caught.bulletin_id', '=', bulletinId)
    .orderBy('caught.id', 'desc')
    .execute()
}

export interface FrozenRow {
  readonly code: string
  /** As it was when the organisation was told. */
  readonly name: string
  readonly type: string | null
  readonly region: string | null
  readonly board: string | null
  readonly isReachable: boolean
  /** When it was caught up; `null` for the release's own audience. */
  readonly joinedAt: Instant | null
  /** Of the release, or of the catch-up by which it came. */
  readonly audienceHash: string
}

/** The frozen audience of a release with those caught up since, by code. */
export async function frozenAudience(db: Asks, bulletinId: string, request: PageRequest): Promise<Pick<Page<FrozenRow>, 'rows' | 'next'>> {
  const [after] = decodeCursor(request.cursor, 1) ?? []
  const rows = await db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'recipient.organisation_id')
    .innerJoin('broadcast_release as release', 'release.id', 'recipient.release_id')
    .leftJoin('broadcast_catch_up as caught', 'caught.id', 'recipient.catch_up_id')
    .select([
      'organisation.code',
      sql<string>`coalesce(recipient.name, organisation.name)`.as('name'),
      'recipient.type',
      'recipient.region_code as region',
      'recipient.board_code as board',
      'recipient.is_reachable as isReachable',
      'recipient.joined_at as joinedAt',
      sql<string>`coalesce(caught.audience_hash, release.audience_hash)`.as('audienceHash'),
    ])
    .where('recipient.bulletin_id', '=', bulletinId)
    .where(sql<boolean>`organisation.code collate "C" > ${typeof after === 'string' ? after : ''}`)
    .orderBy(sql`organisation.code collate "C"`)
    .limit(request.limit + 1)
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return { rows: shown, next: rows.length > request.limit && last !== undefined ? encodeCursor([last.code]) : null }
}

export interface FrozenAudience {
  readonly release: Release
  /** By code, without those caught up since. */
  readonly organisations: readonly Pick<FrozenRow, 'code' | 'name' | 'isReachable'>[]
  /** What the hash of the release is made over. */
  readonly hashed: string
}

/** The audience of a release as it was frozen. Throws `NotFound` before the release. */
export async function readFrozen(db: Reader<Visible>, number: number): Promise<FrozenAudience> {
  const { id } = await bulletinOf(db, number)
  const release = await releaseOf(db, id)
  if (release === undefined) throw new NotFound('broadcast.audience.not-frozen', 'It has not been released, so its audience is not frozen yet.')
  const organisations = await db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'recipient.organisation_id')
    .select(['organisation.code', sql<string>`coalesce(recipient.name, organisation.name)`.as('name'), 'recipient.is_reachable as isReachable'])
    .where('recipient.bulletin_id', '=', id)
    .where('recipient.catch_up_id', 'is', null)
    .orderBy(sql`organisation.code collate "C"`)
    .execute()
  const codes = organisations.map(({ code }) => code)
  return { release, organisations, hashed: hashedText(release.rule, codes) }
}
