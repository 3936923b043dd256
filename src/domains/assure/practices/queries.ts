import { sql, type SqlBool } from 'kysely'
import { NotFound } from '../../../kernel/errors.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { findingsOf } from '../independent/queries.ts'
import type { Visible } from '../tables.ts'

type Db = Reader<Visible>

/** How many organisations of one type appear together without their names. */
const FEWEST_ALIKE = 3

export interface Offer {
  readonly id: string
  readonly title: string
  readonly what: string
  readonly helped: string
  readonly framework: string
  readonly outcome: string
  readonly outcomeTitle: string
  readonly organisationType: string
  /** By an organisation of the reader's own type. */
  readonly isLikeOurs: boolean
  /** `null`: offered without a name. */
  readonly organisationName: string | null
  readonly offeredOn: string
}

export interface OfferFilter {
  readonly search: string
  readonly type: string
  /** The code of an outcome, in whatever framework; what a crosswalk says is the same counts. */
  readonly outcome: string
  /** The reader's own type of organisation: what such organisations offer comes first. Empty for nobody's. */
  readonly like: string
}

/** What is offered to everybody: by organisations like the reader's first, and the newest first. */
export async function listOffers(db: Db, { search, type, outcome, like }: OfferFilter, request: PageRequest): Promise<Page<Offer>> {
  const matching = db
    .selectFrom('assure_practice_offer as offer')
    .innerJoin('assure_framework as framework', 'framework.id', 'offer.framework_id')
    .innerJoin('assure_framework_node as node', join =>
      join.onRef('node.framework_id', '=', 'offer.framework_id').onRef('node.code', '=', 'offer.outcome_code'),
    )
    .leftJoin('directory_organisation as giver', 'giver.id', 'offer.organisation_id')
    .$if(search !== '', query =>
      query.where(
        sql<SqlBool>`position(lower(${search}) in lower(concat_ws(' ', offer.title, offer.what, offer.helped, node.title, giver.name))) > 0`,
      ),
    )
    .$if(type !== '', query => query.where('offer.organisation_type', '=', type))
    .$if(outcome !== '', query =>
      query.where(sql<SqlBool>`(offer.outcome_code = ${outcome} or exists (
        select from assure_crosswalk walk join assure_crosswalk_pair pair on pair.crosswalk_id = walk.id
          where walk.from_framework = framework.code and walk.from_version = framework.version and pair.from_code = offer.outcome_code and pair.to_code = ${outcome}
            or walk.to_framework = framework.code and walk.to_version = framework.version and pair.to_code = offer.outcome_code and pair.from_code = ${outcome}))`),
    )
  const { total } = await matching.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const isLike = sql<boolean>`(offer.organisation_type = ${like})`
  const [liked, day, id] = decodeCursor(request.cursor, 3) ?? []
  const rows = await matching
    .$if(typeof day === 'string' && typeof id === 'string', query =>
      query.where(sql<SqlBool>`(${isLike}, offer.offered_on::text, offer.id) < (${liked === 'like'}, ${day ?? ''}, ${id ?? ''})`),
    )
    .select([
      'offer.id',
      'offer.title',
      'offer.what',
      'offer.helped',
      sql<string>`framework.name || ' ' || framework.version`.as('framework'),
      'offer.outcome_code as outcome',
      'node.title as outcomeTitle',
      'offer.organisation_type as organisationType',
      isLike.as('isLikeOurs'),
      'giver.name as organisationName',
      sql<string>`offer.offered_on::text`.as('offeredOn'),
    ])
    .orderBy(isLike, 'desc')
    .orderBy('offer.offered_on', 'desc')
    .orderBy('offer.id', 'desc')
    .limit(request.limit + 1)
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown,
    total,
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.isLikeOurs ? 'like' : '', last.offeredOn, last.id]) : null,
  }
}

export interface OwnPractice {
  readonly id: string
  readonly organisationId: string
  readonly title: string
  readonly outcome: string
  readonly isNamed: boolean
  readonly state: 'draft' | 'offered' | 'withdrawn'
  readonly offerId: string | null
}

/** What the actor's own organisation offers, or offered, the newest first. */
export function ownPractices(db: Db, { organisationId }: Pick<Actor, 'organisationId'>): Promise<readonly OwnPractice[]> {
  return db
    .selectFrom('assure_practice')
    .where('organisation_id', '=', organisationId ?? '')
    .select(['id', 'organisation_id as organisationId', 'title', 'outcome_code as outcome', 'is_named as isNamed', 'state', 'offer_id as offerId'])
    .orderBy('id', 'desc')
    .limit(200)
    .execute()
}

export async function ownPractice(db: Db, actor: Pick<Actor, 'organisationId'>, id: string): Promise<OwnPractice> {
  const found = (await ownPractices(db, actor)).find(practice => practice.id === id)
  if (found === undefined) throw new NotFound('assure.practice.unknown', 'There is no such practice of yours. Look at the list of what you offer.')
  return found
}

/**
 * What was offered without a name and is not shown yet, by a digest of its id: in no order of time. For the nightly round. Only where `FEWEST_ALIKE` organisations of
 * the type wait together: the audit, which the centre reads, says who changed something on that day, and the offer says of what type they are.
 */
export function unpublished(db: Db) {
  return db
    .selectFrom('assure_practice as practice')
    .innerJoin('directory_organisation as giver', 'giver.id', 'practice.organisation_id')
    .where('practice.state', '=', 'offered')
    .where('practice.offer_id', 'is', null)
    .where(
      sql<SqlBool>`(select count(distinct other.organisation_id) from assure_practice other join directory_organisation body on body.id = other.organisation_id
        where other.state = 'offered' and other.offer_id is null and body.type = giver.type) >= ${FEWEST_ALIKE}`,
    )
    .select([
      'practice.id',
      'practice.organisation_id as organisationId',
      'practice.framework_id as frameworkId',
      'practice.outcome_code as outcome',
      'practice.title',
      'practice.what',
      'practice.helped',
    ])
    .orderBy(sql`md5(practice.id)`)
    .limit(1_000)
    .execute()
}

/** A strength that the assessor found in a review, for those who may read what was found; `undefined` for anything else. */
export async function strengthOf(db: Db, assessmentId: string, id: string) {
  return (await findingsOf(db, assessmentId)).find(finding => finding.id === id && finding.kind === 'strength')
}
