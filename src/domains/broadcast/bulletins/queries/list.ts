import { sql, type RawBuilder } from 'kysely'
import { parseInstant, type Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, integerIn, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Tlp } from '../../../../kernel/tlp.ts'
import type { Scope } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { answeredIn, NOBODY } from '../../picture/model.ts'
import { funnels } from '../../picture/queries.ts'
import type { Visible } from '../../tables.ts'
import { bulletinNumber, parseBulletinNumber, type BulletinSeverity, type BulletinState } from '../model.ts'

const CVE = /^CVE-\d{4}-\d{4,19}$/i
const MOST_WORDS = 10

export interface BulletinFilter {
  /** Numbers such as CC-5001, CVEs, words: each must occur (`speaksOf`). */
  readonly search: string
  readonly state: BulletinState | ''
  readonly severity: BulletinSeverity | ''
  /** A code: what was released to that organisation. */
  readonly organisation?: string
  /** An id: what was drafted from that threat. */
  readonly threat?: string
  /** Only what was released after it, and only what was withdrawn after its release and after that time: as the first page counts them. */
  readonly releasedSince?: Instant | null
  readonly withdrawnSince?: Instant | null
  /** Exercises left out (`no`), or alone (`only`). */
  readonly exercise?: ExerciseFilter
  /** Only what has changed then or later: a step of its way, for its readers an update, or for those who joined them later that they did. */
  readonly changedSince?: Instant | null
}

export const EXERCISE_FILTERS = ['', 'no', 'only'] as const
export type ExerciseFilter = (typeof EXERCISE_FILTERS)[number]

/** The same, as a filter offers it. */
export const EXERCISE_OPTIONS: readonly { readonly value: ExerciseFilter; readonly text: string }[] = [
  { value: '', text: 'Shown' },
  { value: 'no', text: 'Left out' },
  { value: 'only', text: 'Alone' },
]

/** Newest number first, or last changed first. */
export const BULLETIN_SORTS = ['-number', 'number', '-updated', 'updated'] as const
export type BulletinSort = (typeof BULLETIN_SORTS)[number]

export interface ListedBulletin {
  readonly number: number
  readonly title: string
  readonly state: BulletinState
  readonly severity: BulletinSeverity
  readonly tlp: Tlp
  readonly isExercise: boolean
  readonly author: string | null
  readonly updatedAt: Instant
  readonly releasedAt: Instant | null
  readonly respondBy: Instant | null
  /** Organisations in the reader's scope to which it was released; 0 before. */
  readonly organisations: number
  readonly answered: number
  /** Neither answered nor within reach. */
  readonly unreachable: number
  /** The newest answer of the organisation asked for, or of the reader's own where that is one only. */
  readonly response: string | null
}

/** Bulletins in the reader's scope. The figures count the recipients of the rows shown, each within the reader's scope. */
export async function listBulletins(
  db: Reader<Visible>,
  scope: Scope,
  filter: BulletinFilter,
  sort: BulletinSort,
  request: PageRequest,
): Promise<Page<ListedBulletin>> {
  const { search, organisation = '', threat = '', releasedSince = null, withdrawnSince = null, exercise = '', changedSince = null } = filter
  const matching = db
    .selectFrom('broadcast_bulletin as bulletin')
    .$if(filter.state !== '', query => query.where('bulletin.state', '=', filter.state))
    .$if(filter.severity !== '', query => query.where('bulletin.severity', '=', filter.severity))
    .$if(search !== '', query => query.where(speaksOf(search)))
    .$if(exercise !== '', query => query.where('bulletin.is_exercise', '=', exercise === 'only'))
    .$if(threat !== '', query => query.where('bulletin.threat_id', '=', threat))
    .$if(changedSince !== null, query =>
      // Whoever joined its readers later finds it new then, though it was released before: row-level security shows each the joining of their own.
      query.where(
        sql<boolean>`(bulletin.updated_at >= ${changedSince} or exists (select from broadcast_recipient as late where late.bulletin_id = bulletin.id and late.joined_at >= ${changedSince}))`,
      ),
    )
    .$if(releasedSince !== null, query => query.where('bulletin.released_at', '>', releasedSince))
    .$if(withdrawnSince !== null, query => query.where('bulletin.withdrawn_at', '>', withdrawnSince).where('bulletin.released_at', 'is not', null))
    .$if(organisation !== '', query =>
      query.where(sql<boolean>`bulletin.id in (select bulletin_id from broadcast_recipient where organisation_id = ${idOf(organisation)})`),
    )
  const descending = sort.startsWith('-')
  const column = sort.endsWith('number') ? 'bulletin.number' : 'bulletin.updated_at'
  const cursor = decodeCursor(request.cursor, 2)
  const { total } = await matching.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const beyond = integerIn(cursor?.[1])
  const from = column === 'bulletin.number' ? integerIn(cursor?.[0]) : (parseInstant(String(cursor?.[0])) ?? null)
  const after = beyond === null ? null : from
  // The page is cut first, so that the figures are counted for its rows alone.
  const cut = matching
    .$if(after !== null, query =>
      query.where(sql<boolean>`(${sql.ref(column)}, bulletin.number) ${sql.raw(descending ? '<' : '>')} (${after}, ${beyond})`),
    )
    .orderBy(column, descending ? 'desc' : 'asc')
    .orderBy('bulletin.number', descending ? 'desc' : 'asc')
    .limit(request.limit + 1)
    .selectAll('bulletin')
    .as('bulletin')
  const rows = await db
    .selectFrom(cut)
    .leftJoin('directory_person as author', 'author.id', 'bulletin.author_id')
    .orderBy(column, descending ? 'desc' : 'asc')
    .orderBy('bulletin.number', descending ? 'desc' : 'asc')
    .select([
      'bulletin.id',
      'bulletin.number',
      'bulletin.title',
      'bulletin.state',
      'bulletin.severity',
      'bulletin.tlp',
      'bulletin.is_exercise as isExercise',
      'author.name as author',
      'bulletin.updated_at as updatedAt',
      'bulletin.released_at as releasedAt',
      'bulletin.respond_by as respondBy',
    ])
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  const ids = shown.map(({ id }) => id)
  const [figures, own] = [await funnels(db, scope, ids), await responsesOf(db, scope, organisation, ids)]
  return {
    // Our own commands alone write these columns, each from the type that is asserted here.
    rows: shown.map(({ id, ...row }) => {
      const counts = figures.get(id) ?? NOBODY
      return {
        ...row,
        state: row.state as BulletinState,
        severity: row.severity as BulletinSeverity,
        tlp: row.tlp as Tlp,
        organisations: counts.audience,
        answered: answeredIn(counts),
        unreachable: counts.unreachable,
        response: own.get(id) ?? null,
      }
    }),
    total,
    next:
      rows.length > request.limit && last !== undefined
        ? encodeCursor([column === 'bulletin.number' ? last.number : last.updatedAt.toISOString(), last.number])
        : null,
  }
}

/**
 * Whether a bulletin is about what was typed: each CC number is its own or occurs in its text, and each CVE and word occurs there, or begins
 * a word there, in any of its English forms. The text is the version's that the reader may see. A part of the title is enough too.
 */
export function speaksOf(words: string): RawBuilder<boolean> {
  // A blank for what would end a quotation, and for a slash, as in the index.
  const parts = words
    .split(/[\s'\\/\0]+/)
    .filter(part => part !== '')
    .slice(0, MOST_WORDS)
  const numbers = parts.flatMap(part => parseBulletinNumber(part) ?? [])
  const others = parts.filter(part => parseBulletinNumber(part) === undefined)
  const conditions = [
    ...numbers.map(number => sql`(bulletin.number = ${number} or ${isInText(`'${bulletinNumber(number)}'`)})`),
    ...(others.length === 0 ? [] : [isInText(others.map(part => (CVE.test(part) ? `'${part}'` : `'${part}':*`)).join(' & '))]),
  ]
  const inTitle = sql`bulletin.title ilike ${`%${words.trim().replace(/[\\%_]/g, match => `\\${match}`)}%`}`
  return conditions.length === 0 ? sql<boolean>`${inTitle}` : sql<boolean>`(${inTitle} or (${sql.join(conditions, sql` and `)}))`
}

function isInText(query: string): RawBuilder<unknown> {
  return sql`bulletin.id in (select broadcast_search(to_tsquery('english', ${query})))`
}

function idOf(organisation: string): RawBuilder<string> {
  return sql<string>`(select id from directory_organisation where code = ${organisation.toUpperCase()})`
}

/** The newest answers of one organisation: the one asked for, or the reader's own. Row-level security hides every other's. */
async function responsesOf(
  db: Reader<Visible>,
  scope: Scope,
  organisation: string,
  bulletinIds: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const one = organisation !== '' ? idOf(organisation) : scope.kind === 'organisation' ? sql<string>`${scope.organisationId}` : null
  if (one === null || bulletinIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('broadcast_recipient')
    .where('organisation_id', '=', one)
    .where('bulletin_id', 'in', [...bulletinIds])
    .select(['bulletin_id', 'response'])
    .execute()
  return new Map(rows.map(row => [row.bulletin_id, row.response]))
}
