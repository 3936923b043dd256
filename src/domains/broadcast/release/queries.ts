import { sql, type Expression } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { AudienceRule, conditionsOf } from '../audience/model.ts'
import { ruleOf } from '../audience/queries.ts'
import type { Lines } from '../audience/queries/lines.ts'
import { reviewsOf } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom'>

/** What was frozen when a bulletin was released. */
export interface Release {
  readonly id: string
  readonly version: number
  readonly releasedAt: Instant
  readonly releasedById: string
  /** `null` for the operator, and for a reader who may not know. */
  readonly releasedBy: string | null
  readonly rule: AudienceRule
  /** The lines of technology by which it reached organisations. */
  readonly matched: Lines
  readonly audienceHash: string
  readonly organisations: number
  readonly contacts: number
  readonly unreachable: number
}

/** The release of a bulletin; `undefined` before it. */
export async function releaseOf(db: Asks, bulletinId: string): Promise<Release | undefined> {
  const row = await db
    .selectFrom('broadcast_release as release')
    .leftJoin('directory_person', 'directory_person.id', 'release.released_by')
    .select([
      'release.id',
      'release.version',
      'release.released_at as releasedAt',
      'release.released_by as releasedById',
      'directory_person.name as releasedBy',
      'release.rule',
      'release.matched',
      'release.audience_hash as audienceHash',
      'release.organisations',
      'release.contacts',
      'release.unreachable',
    ])
    .where('release.bulletin_id', '=', bulletinId)
    .executeTakeFirst()
  return row === undefined ? undefined : { ...row, rule: AudienceRule.parse(row.rule) }
}

/** A change of who gets a bulletin that its approver has not seen. */
export interface LateChange {
  readonly at: Instant
  readonly byId: string
  /** `null` for the operator. */
  readonly by: string | null
}

/** The newest change of who gets it since that version was approved, by its own rule or by a saved audience that the rule uses; `undefined` without one. */
export async function audienceChangedSinceApproval(db: Asks, bulletinId: string, version: number): Promise<LateChange | undefined> {
  const approval = (await reviewsOf(db, bulletinId)).find(review => review.decision === 'approved' && review.version === version)
  if (approval === undefined) return undefined
  const { rule } = await ruleOf(db, bulletinId)
  const names = conditionsOf(rule).flatMap(condition => (condition.is === 'saved' ? [condition.audience] : []))
  const own = db.selectFrom('broadcast_audience').where('bulletin_id', '=', bulletinId).select(['saved_at', 'saved_by'])
  const saved = db.selectFrom('broadcast_saved_audience').where('name', 'in', names).select(['saved_at', 'saved_by'])
  return db
    .selectFrom((names.length === 0 ? own : own.unionAll(saved)).as('change'))
    .leftJoin('directory_person as person', 'person.id', 'change.saved_by')
    .where('change.saved_at', '>', approval.at)
    .orderBy('change.saved_at', 'desc')
    .select(['change.saved_at as at', 'change.saved_by as byId', 'person.name as by'])
    .executeTakeFirst()
}

export interface RecipientRow {
  readonly organisation_id: string
  readonly is_reachable: boolean
}

/** The rows of a frozen audience, as one statement's source: ten thousand rows in one round trip. */
export function recipientRows(bulletinId: string, releaseId: string, rows: readonly RecipientRow[]): Expression<unknown> {
  return sql`select ${bulletinId}::text, row.organisation_id, ${releaseId}::text, organisation.type, organisation.region_code, organisation.board_code,
      coalesce(organisation.region_code, case organisation.type when 'region' then organisation.code end), row.is_reachable, organisation.name
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row(organisation_id text, is_reachable boolean) join directory_organisation organisation on organisation.id = row.organisation_id`
}
