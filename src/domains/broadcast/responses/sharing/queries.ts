import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/** Whether an organisation shares the detail of its answers unless it says otherwise for one. It does not until it says so. */
export async function sharesDetail(db: Reader<Visible>, organisationId: string): Promise<boolean> {
  const row = await db.selectFrom('broadcast_sharing').where('organisation_id', '=', organisationId).select('shares_detail').executeTakeFirst()
  return row?.shares_detail ?? false
}
