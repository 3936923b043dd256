import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Instant } from '../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { isOrganisationNamed } from '../scope.ts'
import type { Visible } from '../tables.ts'
import type { GroupMark } from './model.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom'>

export interface SharingGroup {
  readonly id: string
  readonly name: string
  readonly purpose: string
  readonly madeAt: Instant
  readonly endedAt: Instant | null
  readonly endReason: string | null
  /** How many are members today, of those that the reader may see. */
  readonly members: number
}

/** The groups in the reader's scope, by name: for the centre all, for an organisation those that it is or was a member of. */
export async function sharingGroups(db: Asks, filter: { readonly search?: string; readonly ended?: boolean } = {}): Promise<readonly SharingGroup[]> {
  const { search = '', ended } = filter
  return groups(db)
    .$if(search !== '', query =>
      query.where(sql<SqlBool>`(position(lower(${search}) in lower(sharing.name)) > 0 or sharing.id = ${search.trim().toLowerCase()})`),
    )
    .$if(ended !== undefined, query => query.where('sharing.ended_at', ended === true ? 'is not' : 'is', null))
    .orderBy(sql`lower(sharing.name)`)
    .execute()
}

/** The group of that UUID. Throws `NotFound` where there is none in the reader's scope. */
export async function sharingGroup(db: Asks, id: string): Promise<SharingGroup> {
  const found = await groups(db).where('sharing.id', '=', id).executeTakeFirst()
  if (found === undefined)
    throw new NotFound('broadcast.sharing-group.unknown', 'There is no such sharing group. Look at the list of sharing groups.')
  return found
}

function groups(db: Asks) {
  return db.selectFrom('broadcast_sharing_group as sharing').select(eb => [
    'sharing.id',
    'sharing.name',
    'sharing.purpose',
    'sharing.made_at as madeAt',
    'sharing.ended_at as endedAt',
    'sharing.end_reason as endReason',
    eb
      .selectFrom('broadcast_sharing_group_member as member')
      .whereRef('member.group_id', '=', 'sharing.id')
      .where('member.until', 'is', null)
      .select(({ fn }) => fn.countAll<number>().as('members'))
      .$asScalar()
      .$notNull()
      .as('members'),
  ])
}

/** The content with its group named as the group is. Throws `Invalid` where there is no such group; one that was ended is named: its audience says so. */
export async function withGroupName<C extends { readonly sharingGroup?: GroupMark | undefined }>(db: Asks, content: C): Promise<C> {
  if (content.sharingGroup === undefined) return content
  const { id } = content.sharingGroup
  const found = await db.selectFrom('broadcast_sharing_group').where('id', '=', id).select('name').executeTakeFirst()
  if (found === undefined) throw new Invalid('broadcast.sharing-group.unknown', 'There is no such sharing group. Choose one from the list, or none.')
  return { ...content, sharingGroup: { id, name: found.name } }
}

/** The ids of those who are members at this instant, as a set to look in: nobody where the group is ended or unknown. */
export function currentMembers(groupId: string): RawBuilder<unknown> {
  return sql`select member.organisation_id from broadcast_sharing_group_member as member
    join broadcast_sharing_group as sharing on sharing.id = member.group_id
    where member.group_id = ${groupId} and member.until is null and sharing.ended_at is null`
}

/** Why a bulletin for that group would reach nobody; `null` when it has members. */
export async function groupProblem(db: Asks, groupId: string): Promise<string | null> {
  const found = await groups(db).where('sharing.id', '=', groupId).executeTakeFirst()
  if (found === undefined) return 'The bulletin is for a sharing group that is not known here, so it reaches nobody. Choose another group.'
  if (found.endedAt !== null) return `The sharing group ${found.name} has been ended, so the bulletin reaches nobody. Choose another group.`
  if (found.members === 0)
    return `The sharing group ${found.name} has no members, so the bulletin reaches nobody. Add members, or choose another group.`
  return null
}

export const MEMBER_STATES = ['', 'former', 'all'] as const

/** Which memberships are asked for: `''` is those of today. */
export interface MemberQuery {
  readonly search: string
  readonly state: (typeof MEMBER_STATES)[number]
}

export interface Membership {
  readonly id: number
  readonly code: string
  readonly name: string
  readonly type: string
  readonly since: Instant
  readonly until: Instant | null
  /** Why it left. */
  readonly reason: string | null
}

/** The memberships of a group, by the organisation's code. */
export async function membershipsOf(db: Asks, groupId: string, { search, state }: MemberQuery, request: PageRequest): Promise<Page<Membership>> {
  const matching = db
    .selectFrom('broadcast_sharing_group_member as member')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'member.organisation_id')
    .where('member.group_id', '=', groupId)
    .$if(search !== '', query => query.where(isOrganisationNamed(search, 'organisation')))
    .$if(state === '', query => query.where('member.until', 'is', null))
    .$if(state === 'former', query => query.where('member.until', 'is not', null))
  const { total } = await matching.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const [code, id] = decodeCursor(request.cursor, 2) ?? []
  const rows = await matching
    .select(['member.id', 'organisation.code', 'organisation.name', 'organisation.type', 'member.since', 'member.until', 'member.reason'])
    .$if(typeof code === 'string' && typeof id === 'number', query =>
      query.where(sql<SqlBool>`(organisation.code collate "C", member.id) > (${code ?? null}::text, ${id ?? null}::bigint)`),
    )
    .orderBy(sql`organisation.code collate "C"`)
    .orderBy('member.id')
    .limit(request.limit + 1)
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return { rows: shown, total, next: rows.length > request.limit && last !== undefined ? encodeCursor([last.code, last.id]) : null }
}
