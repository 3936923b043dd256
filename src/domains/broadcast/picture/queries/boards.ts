import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { PlacedBoard } from '../map/board-places.ts'
import type { Group } from '../model.ts'

/** Of which region each board of those groups is. */
export async function boardsOf(db: Reader<Visible>, groups: readonly Group[]): Promise<readonly PlacedBoard[]> {
  const codes = groups.flatMap(({ code }) => (code === null ? [] : [code]))
  if (codes.length === 0) return []
  return db.selectFrom('directory_organisation').where('code', 'in', codes).select(['code', 'region_code as regionCode']).execute()
}
