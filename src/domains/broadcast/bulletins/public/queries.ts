import { sql } from 'kysely'
import { NotFound } from '../../../../kernel/errors.ts'
import { parseInstant, type Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, integerIn, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { BulletinContent, type BulletinSeverity } from '../model.ts'
import { speaksOf } from '../queries/list.ts'
import type { PublicState } from './model.ts'

/** Everything here reads the views of migration 0034, which show everybody the same: whoever asks, signed in or not, finds what anybody finds. */
type Asks = Pick<Reader<Visible>, 'selectFrom'>

export interface PublicFilter {
  /** Numbers such as CC-5001, CVEs, words: each must occur. */
  readonly search: string
  readonly severity: BulletinSeverity | ''
  readonly state: PublicState | ''
}

/** Newest release first, or newest change first. */
export const PUBLIC_SORTS = ['-released', 'released', '-changed', 'changed'] as const
export type PublicSort = (typeof PUBLIC_SORTS)[number]

interface PublicHead {
  readonly number: number
  readonly title: string
  readonly severity: BulletinSeverity
  readonly state: PublicState
  readonly isHolding: boolean
  readonly releasedAt: Instant
  readonly changedAt: Instant
}

/** A bulletin in the list for everybody. */
export type ListedPublic = PublicHead

/** A bulletin as its page for everybody shows it. */
export interface PublicBulletin extends PublicHead {
  readonly id: string
  readonly content: BulletinContent
  readonly withdrawnAt: Instant | null
  readonly withdrawnReason: string | null
  readonly replacedBy: number | null
  /** Newest first. */
  readonly updates: readonly PublicUpdate[]
}

export interface PublicUpdate {
  readonly at: Instant
  readonly title: string
  readonly body: string
  readonly isMaterial: boolean
}

/** A page of the bulletins that anybody may read. */
export async function listPublic(db: Asks, filter: PublicFilter, sort: PublicSort, request: PageRequest): Promise<Page<ListedPublic>> {
  const { search, severity, state } = filter
  const matching = db
    .selectFrom('broadcast_public_bulletin as bulletin')
    .$if(severity !== '', query => query.where('bulletin.severity', '=', severity))
    .$if(state !== '', query => query.where(sql<boolean>`bulletin.state = ${state}`))
    .$if(search !== '', query => query.where(speaksOf(search)))
  const { total } = await matching.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const isDescending = sort.startsWith('-')
  const column = sort.endsWith('released') ? 'bulletin.released_at' : 'bulletin.changed_at'
  const [time, position] = decodeCursor(request.cursor, 2) ?? []
  const at = typeof time === 'string' ? parseInstant(time) : undefined
  const number = integerIn(position)
  const rows = await matching
    .$if(at !== undefined && number !== null, query =>
      query.where(sql<boolean>`(${sql.ref(column)}, bulletin.number) ${sql.raw(isDescending ? '<' : '>')} (${at}, ${number}::integer)`),
    )
    .orderBy(column, isDescending ? 'desc' : 'asc')
    .orderBy('bulletin.number', isDescending ? 'desc' : 'asc')
    .limit(request.limit + 1)
    .select(HEAD)
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  const isMore = rows.length > request.limit && last !== undefined
  return {
    rows: shown.map(headFrom),
    total,
    next: isMore ? encodeCursor([(column === 'bulletin.released_at' ? last.releasedAt : last.changedAt).toISOString(), last.number]) : null,
  }
}

/** The bulletin of that number, where anybody may read it. Throws `NotFound`, also for one that exists and is not for everybody. */
export async function publicBulletin(db: Asks, number: number): Promise<PublicBulletin> {
  const row = await db
    .selectFrom('broadcast_public_bulletin as bulletin')
    .where('bulletin.number', '=', number)
    .select([
      ...HEAD,
      'bulletin.id',
      'bulletin.content',
      'bulletin.withdrawn_at as withdrawnAt',
      'bulletin.withdrawn_reason as withdrawnReason',
      'bulletin.replaced_by as replacedBy',
    ])
    .executeTakeFirst()
  if (row === undefined)
    throw new NotFound('broadcast.public.not-found', 'There is no bulletin of that number for everybody. If it was sent to you, sign in to read it.')
  const updates = await db
    .selectFrom('broadcast_public_update')
    .where('bulletin_id', '=', row.id)
    .orderBy('id', 'desc')
    .select(['at', 'title', 'body', 'is_material as isMaterial'])
    .execute()
  return { ...row, ...headFrom(row), content: BulletinContent.parse(row.content), updates }
}

const HEAD = [
  'bulletin.number',
  'bulletin.title',
  'bulletin.severity',
  'bulletin.state',
  'bulletin.is_holding as isHolding',
  'bulletin.released_at as releasedAt',
  'bulletin.changed_at as changedAt',
] as const

interface HeadRow extends Omit<PublicHead, 'severity'> {
  readonly severity: string
}

/** Our own commands alone write the severity, from the type that is asserted here. */
function headFrom({ number, title, severity, state, isHolding, releasedAt, changedAt }: HeadRow): PublicHead {
  return { number, title, severity: severity as BulletinSeverity, state, isHolding, releasedAt, changedAt }
}
