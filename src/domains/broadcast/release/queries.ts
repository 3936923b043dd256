import { sql, type Expression } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { AudienceRule } from '../audience/model.ts'
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
      'release.audience_hash as audienceHash',
      'release.organisations',
      'release.contacts',
      'release.unreachable',
    ])
    .where('release.bulletin_id', '=', bulletinId)
    .executeTakeFirst()
  return row === undefined ? undefined : { ...row, rule: AudienceRule.parse(row.rule) }
}

export interface MailableContact {
  readonly id: string
  readonly organisationId: string
  readonly email: string
}

/** The current contacts of those organisations that receive bulletins and have an e-mail address. */
export async function mailableContacts(db: Asks, organisationIds: readonly string[]): Promise<readonly MailableContact[]> {
  const rows = await db
    .selectFrom('directory_contact')
    .select(['id', 'organisation_id as organisationId', 'email'])
    // One array, not one parameter for each: PostgreSQL takes at most 65,535 of them.
    .where('organisation_id', '=', sql<string>`any(${organisationIds}::text[])`)
    .where('ended_at', 'is', null)
    .where('receives_bulletins', '=', true)
    .orderBy('id')
    .execute()
  return rows.flatMap(({ email, ...row }) => (email === null ? [] : [{ ...row, email }]))
}

export interface RecipientRow {
  readonly organisation_id: string
  readonly is_reachable: boolean
}

/** The rows of a frozen audience, as one statement's source: ten thousand rows in one round trip. */
export function recipientRows(bulletinId: string, releaseId: string, rows: readonly RecipientRow[]): Expression<unknown> {
  return sql`select ${bulletinId}::text, row.organisation_id, ${releaseId}::text, organisation.type, organisation.region_code, organisation.board_code,
      coalesce(organisation.region_code, case organisation.type when 'region' then organisation.code end), row.is_reachable
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row(organisation_id text, is_reachable boolean) join directory_organisation organisation on organisation.id = row.organisation_id`
}

export interface DeliveryRow {
  readonly id: string
  readonly organisation_id: string
  readonly contact_id: string
  readonly address: string
  readonly message_id: string
}

/** The rows of a release's deliveries, all waiting, as one statement's source. */
export function deliveryRows(bulletinId: string, releaseId: string, queuedAt: Instant, rows: readonly DeliveryRow[]): Expression<unknown> {
  return sql`select id, ${releaseId}::text, ${bulletinId}::text, organisation_id, contact_id, 'email', address, 'waiting', ${queuedAt}::timestamptz, message_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row(id text, organisation_id text, contact_id text, address text, message_id text)`
}
