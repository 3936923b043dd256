import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/** Whether the organisation lets its unfunded improvements be counted among those of others. */
export async function isPooled(db: Reader<Visible>, organisationId: string): Promise<boolean> {
  const row = await db
    .selectFrom('assure_need_pool')
    .where('organisation_id', '=', organisationId)
    .where('withdrawn_at', 'is', null)
    .select('organisation_id')
    .executeTakeFirst()
  return row !== undefined
}
