import { sql } from 'kysely'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'

/** An object that the writer may read, and so may say that it was seen. */
export interface SeenObject {
  readonly objectId: string
  readonly bulletinId: string | null
  readonly body: string
}

/** Those of the objects that the writer may read, by id. */
export async function readableObjects(db: Reader<Visible>, ids: readonly string[]): Promise<ReadonlyMap<string, SeenObject>> {
  const rows = await db
    .selectFrom('interop_taxii_object')
    .select(['object_id as objectId', 'bulletin_id as bulletinId', 'body'])
    .where('object_id', '=', sql<string>`any(${[...ids]}::text[])`)
    .where('bulletin_id', 'is not', null)
    .where('is_last', '=', true)
    .execute()
  return new Map(rows.map(row => [row.objectId, row]))
}
