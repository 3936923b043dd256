import { sql, type RawBuilder, type Selectable } from 'kysely'
import type { Instant, LocalDate } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { DirectoryTables, OrganisationChangeTable, OrganisationTable } from '../../tables.ts'
import type { OrganisationFacts } from '../comparison.ts'
import type { OrganisationChange } from '../model.ts'

type Db = Reader<Pick<DirectoryTables, 'directory_organisation'>>

const FACTS = [
  'name',
  'name_key',
  'type',
  'country',
  'region_code',
  'board_code',
  'parent_code',
  'address',
  'postcode',
  'phone',
  'opened_on',
  'closed_on',
  'status',
  'source',
] as const satisfies readonly (keyof OrganisationFacts)[]

/** The columns of what is stored, in the order in which `organisationsToStore` gives them. */
export const STORED = ['id', 'code', ...FACTS, 'updated_at'] as const satisfies readonly (keyof StoredOrganisation)[]

/** What we know of the organisations with these codes, by code. */
export async function knownOrganisations(
  db: Db,
  codes: readonly string[],
): Promise<ReadonlyMap<string, { readonly id: string; readonly facts: OrganisationFacts }>> {
  const rows = await db
    .selectFrom('directory_organisation')
    .select(['id', 'code', ...FACTS])
    .where('code', '=', sql<string>`any(${codes}::text[])`)
    .execute()
  return new Map(rows.map(({ id, code, ...facts }) => [code, { id, facts }]))
}

/** Open organisations whose closing date has come. */
export async function organisationsDueToClose(db: Db, today: LocalDate): Promise<readonly { id: string; code: string; source: string }[]> {
  return db
    .selectFrom('directory_organisation')
    .select(['id', 'code', 'source'])
    .where('status', '=', 'open')
    .where('closed_on', '<=', today)
    .orderBy('code')
    .limit(5_000)
    .execute()
}

export interface StoredOrganisation extends OrganisationFacts {
  readonly id: string
  readonly code: string
  readonly updated_at: Instant
}

/** Rows to insert or update from, sent as one value: many times faster than a parameter for each field. */
export function organisationsToStore(db: Reader<DirectoryTables>, rows: readonly StoredOrganisation[]) {
  // Written as JSON, read back as JSON: for the compiler the address is the text that it is written as.
  const incoming: RawBuilder<Omit<Selectable<OrganisationTable>, 'size' | 'created_at' | 'address'> & { address: string }> =
    sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)`
  return db
    .selectFrom(
      incoming.as<'incoming'>(sql`incoming (id text, code text, name text, name_key text, type text, country text, region_code text, board_code text, parent_code text,
        address jsonb, postcode text, phone text, opened_on date, closed_on date, status text, source text, updated_at timestamptz)`),
    )
    .select(STORED)
}

/** The history to insert, sent as one value. */
export function changesToStore(db: Reader<DirectoryTables>, rows: readonly (OrganisationChange & { readonly organisation_id: string })[]) {
  const incoming: RawBuilder<Omit<Selectable<OrganisationChangeTable>, 'id'>> = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)`
  return db
    .selectFrom(
      incoming.as<'incoming'>(sql`incoming (organisation_id text, at timestamptz, kind text, field text, before text, after text, source text)`),
    )
    .select(['organisation_id', 'at', 'kind', 'field', 'before', 'after', 'source'])
}
