import type { StixIdentity } from '../../codecs/stix/writing/parts.ts'
import type { DirectoryVisible } from '../../domains/directory/contract.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Reader } from '../../platform/work/read.ts'

/** The centre as an author: its organisation in the directory. A sector without one has a centre without a name, since `now`. */
export async function centreIdentity<T extends DirectoryVisible>(db: Reader<T>, now: Instant): Promise<StixIdentity> {
  const row = await (db as unknown as Reader<DirectoryVisible>)
    .selectFrom('directory_organisation')
    .select(['id as key', 'name', 'created_at as since', 'updated_at as changed'])
    .where('type', '=', 'centre')
    .where('closed_on', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return row ?? { key: 'centre', name: 'Cyber centre', since: now, changed: now }
}
