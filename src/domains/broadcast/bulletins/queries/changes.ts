import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { differenceOf } from '../difference.ts'
import { versionOf, type Version } from '../queries.ts'

/** The fields in which a version differs from the one before it, in the order of the page; `null` for the first version. */
export async function fieldsChangedIn(db: Reader<Visible>, bulletinId: string, version: Version): Promise<readonly string[] | null> {
  if (version.version === 1) return null
  const before = await versionOf(db, bulletinId, version.version - 1)
  return differenceOf(before.content, version.content).map(({ field }) => field)
}
