import { sql, type SqlBool } from 'kysely'
import { NotFound } from '../../../kernel/errors.ts'
import type { Instant } from '../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { shareState, type ShareItem, type ShareState } from './model.ts'

type Db = Reader<Visible>

export interface Part {
  readonly code: string
  readonly title: string
}

/** The objectives of a framework (its groups at the top), or its outcomes. */
export function partsOf(db: Db, frameworkId: string, item: 'objective' | 'outcome'): Promise<readonly Part[]> {
  return db
    .selectFrom('assure_framework_node')
    .where('framework_id', '=', frameworkId)
    .where('kind', '=', item === 'outcome' ? 'outcome' : 'group')
    .$if(item === 'objective', query => query.where('parent_code', 'is', null))
    .select(['code', 'title'])
    .orderBy('position')
    .execute()
}

export interface Body {
  readonly code: string
  readonly name: string
}

/** Whom an organisation most often shares with: the centre, and its own region. */
export async function usualReceivers(db: Db, organisationId: string): Promise<readonly Body[]> {
  return db
    .selectFrom('directory_organisation as body')
    .where('body.status', '=', 'open')
    .where('body.id', '<>', organisationId)
    .where(({ or, eb, selectFrom }) =>
      or([
        eb('body.type', '=', 'centre'),
        eb(
          'body.code',
          'in',
          selectFrom('directory_organisation as own')
            .where('own.id', '=', organisationId)
            .select(sql<string>`coalesce(own.region_code, '')`.as('code')),
        ),
      ]),
    )
    .select(['body.code', 'body.name'])
    .orderBy('body.type')
    .orderBy('body.code')
    .limit(5)
    .execute()
}

export interface Share {
  readonly id: string
  readonly organisationId: string
  readonly assessmentId: string | null
  readonly item: ShareItem
  readonly part: string | null
  readonly receiverCode: string
  readonly receiverName: string
  readonly purpose: string
  readonly until: Instant
  readonly givenAt: Instant
  readonly givenBy: string | null
  readonly revokedAt: Instant | null
  readonly isReceiverClosed: boolean
  readonly revokeReason: string | null
  readonly looks: number
  readonly lastLookAt: Instant | null
  readonly state: ShareState
}

export interface ShareFilter {
  readonly search: string
  readonly state: ShareState | 'all'
}

/** What an organisation has shared of one review, and of its plan, the newest first. */
export async function listShares(
  db: Db,
  of: { readonly organisationId: string; readonly assessmentId: string },
  { search, state }: ShareFilter,
  now: Instant,
  request: PageRequest,
): Promise<Page<Share>> {
  const matching = ownShares(db, of.organisationId)
    .where(({ or, eb }) => or([eb('share.assessment_id', '=', of.assessmentId), eb('share.assessment_id', 'is', null)]))
    .$if(search !== '', query =>
      query.where(
        sql<SqlBool>`position(lower(${search}) in lower(concat_ws(' ', receiver.name, receiver.code, share.purpose, share.part_code))) > 0`,
      ),
    )
    .$if(state === 'live', query =>
      query.where('share.revoked_at', 'is', null).where('share.until', '>', now).where('receiver.status', '<>', 'closed'),
    )
    .$if(state === 'ended', query =>
      query.where('share.revoked_at', 'is', null).where(({ or, eb }) => or([eb('share.until', '<=', now), eb('receiver.status', '=', 'closed')])),
    )
    .$if(state === 'revoked', query => query.where('share.revoked_at', 'is not', null))
  const { total } = await matching
    .clearSelect()
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const [after] = decodeCursor(request.cursor, 1) ?? []
  const rows = await matching
    .$if(typeof after === 'string', query => query.where('share.id', '<', String(after)))
    .orderBy('share.id', 'desc')
    .limit(request.limit + 1)
    .execute()
  return pageOf(
    rows.map(row => ({ ...row, state: shareState(row, now) })),
    total,
    request.limit,
  )
}

function ownShares(db: Db, organisationId: string) {
  return db
    .selectFrom('assure_share as share')
    .innerJoin('directory_organisation as receiver', 'receiver.id', 'share.receiver_id')
    .leftJoin('directory_person as giver', 'giver.id', 'share.given_by')
    .where('share.organisation_id', '=', organisationId)
    .select(({ selectFrom }) => [
      'share.id',
      'share.organisation_id as organisationId',
      'share.assessment_id as assessmentId',
      'share.item',
      'share.part_code as part',
      'receiver.code as receiverCode',
      'receiver.name as receiverName',
      'share.purpose',
      'share.until',
      'share.given_at as givenAt',
      'giver.name as givenBy',
      'share.revoked_at as revokedAt',
      sql<boolean>`receiver.status = 'closed'`.as('isReceiverClosed'),
      'share.revoke_reason as revokeReason',
      selectFrom('assure_look as look')
        .whereRef('look.share_id', '=', 'share.id')
        .select(({ fn }) => fn.countAll<number>().as('looks'))
        .$asScalar()
        .$notNull()
        .as('looks'),
      selectFrom('assure_look as look')
        .whereRef('look.share_id', '=', 'share.id')
        .select(({ fn }) => fn.max('look.at').as('last'))
        .as('lastLookAt'),
    ])
}

/** A share of the actor's own organisation. Throws `NotFound` for any other. */
export async function ownShare(db: Db, actor: Pick<Actor, 'organisationId'>, id: string): Promise<Omit<Share, 'state'>> {
  const row = await ownShares(db, actor.organisationId ?? '')
    .where('share.id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw new NotFound('assure.sharing.unknown', 'There is no such share. Look at the list of what you share.')
  return row
}

export interface Look {
  readonly id: string
  readonly at: Instant
  readonly personName: string
  readonly personRole: string
  readonly byProgram: boolean
  readonly receiverCode: string
  readonly receiverName: string
  readonly what: string
}

/** Who looked at what an organisation shares of a review, and of its plan, the newest first. */
export async function listLooks(
  db: Db,
  of: { readonly organisationId: string; readonly assessmentId: string },
  search: string,
  request: PageRequest,
): Promise<Page<Look>> {
  const matching = db
    .selectFrom('assure_look as look')
    .innerJoin('assure_share as share', 'share.id', 'look.share_id')
    .innerJoin('directory_organisation as receiver', 'receiver.id', 'share.receiver_id')
    .where('look.organisation_id', '=', of.organisationId)
    .where(({ or, eb }) => or([eb('share.assessment_id', '=', of.assessmentId), eb('share.assessment_id', 'is', null)]))
    .$if(search !== '', query =>
      query.where(sql<SqlBool>`position(lower(${search}) in lower(concat_ws(' ', look.person_name, receiver.name, receiver.code, look.what))) > 0`),
    )
  const { total } = await matching.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const [after] = decodeCursor(request.cursor, 1) ?? []
  const rows = await matching
    .$if(typeof after === 'string', query => query.where('look.id', '<', String(after)))
    .select([
      'look.id',
      'look.at',
      'look.person_name as personName',
      'look.person_role as personRole',
      'look.by_program as byProgram',
      'receiver.code as receiverCode',
      'receiver.name as receiverName',
      'look.what',
    ])
    .orderBy('look.id', 'desc')
    .limit(request.limit + 1)
    .execute()
  return pageOf(rows, total, request.limit)
}

export interface SharedWithUs {
  readonly id: string
  readonly organisationId: string
  readonly organisationCode: string
  readonly organisationName: string
  readonly item: ShareItem
  readonly part: string | null
  readonly assessmentId: string | null
  readonly purpose: string
  readonly until: Instant
  readonly givenAt: Instant
}

/** What lives and is shared with the reader's body, the newest first: that it is shared, for what and until when. What lies in it opens by a look. */
export async function listSharedWithUs(
  db: Db,
  filter: { readonly search: string; readonly item: ShareItem | '' },
  request: PageRequest,
): Promise<Page<SharedWithUs>> {
  const { search, item } = filter
  const matching = sharedWithUs(db)
    .$if(search !== '', query =>
      query.where(sql<SqlBool>`position(lower(${search}) in lower(concat_ws(' ', giver.name, giver.code, share.purpose))) > 0`),
    )
    .$if(item !== '', query => query.where('share.item', '=', item === '' ? 'plan' : item))
  const { total } = await matching
    .clearSelect()
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const [after] = decodeCursor(request.cursor, 1) ?? []
  const rows = await matching
    .$if(typeof after === 'string', query => query.where('share.id', '<', String(after)))
    .orderBy('share.id', 'desc')
    .limit(request.limit + 1)
    .execute()
  return pageOf(rows, total, request.limit)
}

/** Row-level security leaves the live ones for one's own body, and one's own: those are for others. */
function sharedWithUs(db: Db) {
  return db
    .selectFrom('assure_share as share')
    .innerJoin('directory_organisation as giver', 'giver.id', 'share.organisation_id')
    .where(sql<SqlBool>`share.id in (select assure_shared())`)
    .select([
      'share.id',
      'share.organisation_id as organisationId',
      'giver.code as organisationCode',
      'giver.name as organisationName',
      'share.item',
      'share.part_code as part',
      'share.assessment_id as assessmentId',
      'share.purpose',
      'share.until',
      'share.given_at as givenAt',
    ])
}

/**
 * Names the share that this transaction looks at, by which row-level security opens what lies in it (migration 0040), and gives it; `undefined` where it does not
 * live or is for another body. For `lookAt` alone, which records the look in the same unit.
 */
export async function startLooking(db: Db, shareId: string): Promise<SharedWithUs | undefined> {
  const shared = await sharedWithUs(db).where('share.id', '=', shareId).executeTakeFirst()
  if (shared !== undefined) await db.selectNoFrom(sql`set_config('carecert.looking', ${shareId}, true)`.as('looking')).execute()
  return shared
}

function pageOf<T extends { readonly id: string }>(rows: readonly T[], total: number, limit: number): Page<T> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { rows: shown, total, next: rows.length > limit && last !== undefined ? encodeCursor([last.id]) : null }
}
