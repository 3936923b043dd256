import type { Id } from '../../../../kernel/id.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { Target } from '../commands.ts'

/** The recipients that rows of a list name, by `number code`, as far as they lie in the reader's scope. */
export async function targetsOf(
  db: Reader<Visible>,
  lines: readonly { readonly number: number; readonly code: string }[],
): Promise<ReadonlyMap<string, Target>> {
  if (lines.length === 0) return new Map()
  const rows = await db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'recipient.bulletin_id')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'recipient.organisation_id')
    .where('bulletin.number', 'in', [...new Set(lines.map(({ number }) => number))])
    .where('organisation.code', 'in', [...new Set(lines.map(({ code }) => code))])
    .select(['bulletin.number', 'organisation.code', 'recipient.bulletin_id', 'recipient.organisation_id'])
    .execute()
  return new Map(
    rows.map(row => [`${row.number} ${row.code}`, { bulletinId: row.bulletin_id, organisationId: row.organisation_id as Id<'organisation'> }]),
  )
}
