import { parseInstant, type Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Scope } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { isInScope } from '../../../directory/contract.ts'
import { parseBulletinNumber } from '../../bulletins/model.ts'
import type { ExerciseFilter } from '../../bulletins/queries/list.ts'
import { isOrganisationNamed } from '../../scope.ts'
import type { Visible } from '../../tables.ts'
import type { ResponseState } from '../model.ts'
import { reasonLabels } from './reasons.ts'

export interface AnswersFilter {
  /** A bulletin's number such as CC-5001, an organisation's code, or words of its name. */
  readonly search: string
  readonly state: ResponseState | null
  /** Only those given after it. */
  readonly since: Instant | null
  /** Exercises left out (`no`), or alone (`only`). */
  readonly exercise: ExerciseFilter
  /** Only those given then or later: no answer is ever changed. */
  readonly changedSince?: Instant | null
}

export const NO_ANSWERS_FILTER: AnswersFilter = { search: '', state: null, since: null, exercise: '' }

export const ANSWER_SORTS = ['-at', 'at'] as const
export type AnswerSort = (typeof ANSWER_SORTS)[number]

/** One answer as it came in: an organisation that changed its mind stands here twice. */
export interface AnswerRow {
  readonly id: string
  readonly at: Instant
  readonly state: string
  readonly number: number
  readonly title: string
  readonly tlp: string
  readonly isExercise: boolean
  readonly organisationCode: string
  readonly organisationName: string
  /** `null` when the reader may not know the name. */
  readonly by: string | null
  readonly via: string
  readonly note: string | null
  readonly reason: string | null
  /** The name of the reason chosen, from the policy. */
  readonly reasonLabel: string | null
}

/** How many answers of the reader's own organisations the filter lets through. */
export async function countAnswers(db: Reader<Visible>, scope: Scope, filter: AnswersFilter): Promise<number> {
  const { count } = await matching(db, scope, filter)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** The answers of the reader's own organisations to every bulletin, in the order in which they came in. */
export async function listAnswers(
  db: Reader<Visible>,
  scope: Scope,
  filter: AnswersFilter,
  sort: AnswerSort,
  request: PageRequest,
): Promise<Page<AnswerRow>> {
  const direction = sort === 'at' ? 'asc' : 'desc'
  const all = matching(db, scope, filter)
  const [at, id] = decodeCursor(request.cursor, 2) ?? []
  const after = parseInstant(String(at))
  const rest =
    after === undefined
      ? all
      : all.where(eb => eb(eb.refTuple('answer.at', 'answer.id'), direction === 'asc' ? '>' : '<', eb.tuple(after, String(id))))
  const rows = await rest
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'answer.bulletin_id')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'answer.organisation_id')
    // What the organisation keeps is joined for its own readers alone: row-level security says so.
    .leftJoin('broadcast_response_detail as detail', 'detail.response_id', 'answer.id')
    .leftJoin('directory_person as person', join => join.onRef('person.id', '=', 'answer.by_id').on('answer.by_kind', '=', 'person'))
    .leftJoin('directory_contact as contact', join => join.onRef('contact.id', '=', 'answer.by_id').on('answer.by_kind', '=', 'contact'))
    .orderBy('answer.at', direction)
    .orderBy('answer.id', direction)
    .limit(request.limit + 1)
    .select(eb => [
      'answer.id',
      'answer.at',
      'answer.state',
      'bulletin.number',
      'bulletin.title',
      'bulletin.tlp',
      'bulletin.is_exercise as isExercise',
      'organisation.code as organisationCode',
      'organisation.name as organisationName',
      'person.name as person',
      'contact.name as contact',
      'answer.via',
      'answer.reason_code as reasonCode',
      eb.fn.coalesce('detail.note', 'answer.note').as('note'),
      eb.fn.coalesce('detail.reason', 'answer.reason').as('reason'),
    ])
    .execute()
  const labels = await reasonLabels(db)
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(({ person, contact, reasonCode, ...row }) => ({
      ...row,
      by: person ?? contact,
      reasonLabel: reasonCode === null ? null : (labels.get(reasonCode) ?? reasonCode),
    })),
    total: await countAnswers(db, scope, filter),
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.at.toISOString(), last.id]) : null,
  }
}

/** Said by subqueries, so that counting joins nothing. */
function matching(db: Reader<Visible>, scope: Scope, { search, state, since, exercise, changedSince = null }: AnswersFilter) {
  const number = parseBulletinNumber(search)
  return db
    .selectFrom('broadcast_response as answer')
    .where(isInScope(scope, 'answer.organisation_id'))
    .$if(changedSince !== null, query => query.where('answer.at', '>=', changedSince))
    .$if(since !== null, query => query.where('answer.at', '>', since))
    .$if(state !== null, query => query.where('answer.state', '=', state))
    .$if(exercise !== '', query =>
      query.where('answer.bulletin_id', exercise === 'only' ? 'in' : 'not in', eb =>
        eb.selectFrom('broadcast_bulletin').select('id').where('is_exercise', '=', true),
      ),
    )
    .$if(number !== undefined, query =>
      query.where('answer.bulletin_id', '=', eb =>
        eb
          .selectFrom('broadcast_bulletin')
          .select('id')
          .where('number', '=', number ?? 0),
      ),
    )
    .$if(number === undefined && search !== '', query =>
      query.where('answer.organisation_id', 'in', eb =>
        eb.selectFrom('directory_organisation as named').select('named.id').where(isOrganisationNamed(search, 'named')),
      ),
    )
}
