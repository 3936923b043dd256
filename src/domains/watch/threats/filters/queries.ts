import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/** A filter of the list that a person keeps under a name. */
export interface SavedFilter {
  readonly name: string
  /** The address of the list so narrowed. */
  readonly address: string
}

/** The filters that a person keeps, by name. Row-level security shows nobody another's. */
export function savedFilters(db: Reader<Visible>, personId: string): Promise<readonly SavedFilter[]> {
  return db.selectFrom('watch_threat_filter').select(['name', 'address']).where('person_id', '=', personId).orderBy('name').execute()
}
