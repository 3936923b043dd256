import { sql } from 'kysely'
import type { Reader } from '../../../../platform/work/read.ts'
import { owesAnswer } from '../../scope.ts'
import type { Visible } from '../../tables.ts'
import { isOneOf } from '../queries.ts'

/** Which of those organisations owe no answer to the bulletin any more. */
export async function answeredAmong(db: Reader<Visible>, bulletinId: string, organisationIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'recipient.bulletin_id')
    .where('recipient.bulletin_id', '=', bulletinId)
    .where(isOneOf('recipient.organisation_id', [...new Set(organisationIds)]))
    .where(sql<boolean>`${owesAnswer('recipient', 'bulletin')} is not true`)
    .select('recipient.organisation_id as id')
    .execute()
  return new Set(rows.map(({ id }) => id))
}
