import { sql, type RawBuilder } from 'kysely'
import type { Id } from '../../../../kernel/id.ts'
import { parseInstant, type Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Scope } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { parseBulletinNumber } from '../../bulletins/model.ts'
import { isOrganisationNamed, isOwnRecipient, owesAnswer } from '../../scope.ts'
import type { Visible } from '../../tables.ts'
import { standing } from '../model.ts'

/** One question to an organisation of the reader's: a bulletin that it was sent, and how it stands. */
export interface OpenAnswer {
  readonly bulletinId: string
  readonly number: number
  readonly title: string
  readonly tlp: string
  readonly severity: string
  readonly respondBy: Instant | null
  readonly organisationId: Id<'organisation'>
  readonly organisationCode: string
  readonly organisationName: string
  readonly standing: ReturnType<typeof standing>
  readonly responseAt: Instant | null
  readonly nextDate: string | null
  /** Whether it gave its newest answer before everybody was asked to answer again. */
  readonly isAskedAgain: boolean
}

export interface OpenAnswersFilter {
  /** One bulletin's number, or all live ones. */
  readonly number: number | null
  /** Words of an organisation's name or its code, a bulletin's number, or a part of its title. */
  readonly search: string
  /** Those that have not decided yet or are asked to answer again, the others, or all. */
  readonly show: 'open' | 'decided' | 'all'
}

/** By when an answer is due, the organisation's name, the bulletin's number, or when it was answered last. */
export const ANSWER_SORTS = ['due', '-due', 'organisation', '-organisation', 'bulletin', '-bulletin', 'answered', '-answered'] as const
export type AnswerSort = (typeof ANSWER_SORTS)[number]

/** Live bulletins × the organisations of the reader's scope, most urgent first unless asked otherwise. */
export async function openAnswers(
  db: Reader<Visible>,
  scope: Scope,
  filter: OpenAnswersFilter,
  request: PageRequest,
  sort: AnswerSort = 'due',
): Promise<Page<OpenAnswer>> {
  const isDown = sort.startsWith('-')
  const [direction, beyond] = isDown ? [sql`desc`, sql`<`] : [sql`asc`, sql`>`]
  // The sorts are the keys with or without a minus.
  const key = KEYS[sort.replace('-', '') as keyof typeof KEYS]
  const cursor = readCursor(request.cursor, key.isValue)
  const place = sql`${key.column}, -number, "organisationCode"`
  const after = cursor === null ? sql`true` : sql`(${place}) ${beyond} (${cursor[0]}::${key.type}, ${cursor[1]}::bigint, ${cursor[2]}::text)`
  const order = sql`${key.column} ${direction}, -number ${direction}, "organisationCode" ${direction}`
  // Found once, and from that both counted and cut: to say what a partner may see is most of the work. A count comes without rows, too.
  const { rows: found } = await sql<{ readonly total: number } & (MatchingRow | { readonly bulletinId: null })>`
    with matching as materialized (${matching(scope, filter)})
    select counted.total, shown.* from (select count(*)::int as total from matching) as counted
    left join (select * from matching where ${after} order by ${order} limit ${request.limit + 1}) as shown on true order by ${order}`.execute(db)
  const rows = found.filter(row => row.bulletinId !== null)
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(({ response, isReachable, nameKey: _nameKey, total: _total, ...row }) => ({
      ...row,
      standing: standing({ response, isReachable }),
    })),
    total: found[0]?.total ?? 0,
    next: rows.length > request.limit && last !== undefined ? encodeCursor([key.of(last), -last.number, last.organisationCode]) : null,
  }
}

interface MatchingRow extends Omit<OpenAnswer, 'standing'> {
  readonly nameKey: string
  readonly response: string | null
  readonly isReachable: boolean
}

function matching(scope: Scope, { search, show, number }: OpenAnswersFilter): RawBuilder<unknown> {
  const title = `%${search.replace(/[\\%_]/g, '\\$&')}%`
  // Null where nobody was asked again.
  const waits = sql`(recipient.decided_at is null or ${owesAnswer('recipient', 'bulletin')})`
  const conditions = [
    sql`bulletin.state = 'released'`,
    isOwnRecipient(scope, 'recipient'),
    ...(number === null ? [] : [sql`bulletin.number = ${number}`]),
    ...(show === 'all' ? [] : [show === 'open' ? waits : sql`${waits} is not true`]),
    ...(search === ''
      ? []
      : [
          sql`(${isOrganisationNamed(search, 'organisation')} or bulletin.title ilike ${title} or bulletin.number = ${parseBulletinNumber(search) ?? 0})`,
        ]),
  ]
  return sql`
    select bulletin.id as "bulletinId", bulletin.number, bulletin.title, bulletin.tlp, bulletin.severity, bulletin.respond_by as "respondBy",
      organisation.id as "organisationId", organisation.code as "organisationCode", organisation.name as "organisationName",
      organisation.name_key as "nameKey", recipient.response, recipient.is_reachable as "isReachable", recipient.response_at as "responseAt",
      recipient.next_date as "nextDate",
      recipient.response is not null and coalesce(${owesAnswer('recipient', 'bulletin')}, false) as "isAskedAgain"
    from broadcast_recipient as recipient join broadcast_bulletin as bulletin on bulletin.id = recipient.bulletin_id
      join directory_organisation as organisation on organisation.id = recipient.organisation_id
    where ${sql.join(conditions, sql` and `)}`
}

/** What has no time stands last, as on the first page of those who answer; who never answered, before all who did. */
const KEYS = {
  due: {
    column: sql`coalesce("respondBy", 'infinity')`,
    type: sql`timestamptz`,
    isValue: isTime,
    of: (row: MatchingRow) => time(row.respondBy, 'infinity'),
  },
  organisation: { column: sql`"nameKey"`, type: sql`text`, isValue: isText, of: (row: MatchingRow) => row.nameKey },
  bulletin: { column: sql`number`, type: sql`bigint`, isValue: Number.isSafeInteger, of: (row: MatchingRow) => row.number },
  answered: {
    column: sql`coalesce("responseAt", '-infinity')`,
    type: sql`timestamptz`,
    isValue: isTime,
    of: (row: MatchingRow) => time(row.responseAt, '-infinity'),
  },
}

function time(at: Instant | null, otherwise: string): string {
  return at?.toISOString() ?? otherwise
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && (/^-?infinity$/.test(value) || parseInstant(value) !== undefined)
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function readCursor(cursor: string | null, isValue: (value: unknown) => boolean): readonly (string | number | null)[] | null {
  const values = decodeCursor(cursor, 3)
  const [value, number, code] = values ?? []
  return isValue(value) && Number.isSafeInteger(number) && typeof code === 'string' ? values : null
}
