import { sql, type RawBuilder } from 'kysely'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { FRAMEWORK_TABLES, OWN_TABLES, PROFILE_TABLES, type OwnTable } from './tables.ts'

type Db = Reader<Visible>

/** A row as JSON: names of columns and their values. */
export type Row = Readonly<Record<string, unknown>>

/** All rows of a table that are the organisation's, as far as the reader may see them. */
export async function ownRows(db: Db, table: OwnTable, organisationId: string): Promise<readonly Row[]> {
  const { rows } = await sql<{ row: Row }>`
    select to_jsonb(whole) as row from ${sql.table(table.table)} whole where ${isOwn(table, organisationId)} order by whole::text`.execute(db)
  return rows.map(({ row }) => row)
}

function isOwn({ column, parent }: OwnTable, organisationId: string): RawBuilder<unknown> {
  if (parent === null) return sql`whole.${sql.ref(column)} = ${organisationId}`
  const above = OWN_TABLES.find(({ table }) => table === parent)
  const whose = above?.parent === null ? sql`${sql.ref(above.column)} = ${organisationId}` : sql`false`
  return sql`whole.${sql.ref(column)} in (select id from ${sql.table(parent)} where ${whose})`
}

/** The frameworks and profiles that those rows refer to, table by table. */
export async function referredRows(
  db: Db,
  of: { readonly frameworkIds: readonly string[]; readonly profileIds: readonly string[] },
): Promise<readonly { readonly table: string; readonly rows: readonly Row[] }[]> {
  const found: { table: string; rows: readonly Row[] }[] = []
  for (const [tables, ids] of [
    [FRAMEWORK_TABLES, of.frameworkIds],
    [PROFILE_TABLES, of.profileIds],
  ] as const) {
    for (const { table, column } of tables) {
      const { rows } = await sql<{ row: Row }>`
        select to_jsonb(whole) as row from ${sql.table(table)} whole where whole.${sql.ref(column)} = any (${[...ids]}::text[]) order by whole::text`.execute(
        db,
      )
      found.push({ table, rows: rows.map(({ row }) => row) })
    }
  }
  return found
}

export interface Column {
  readonly name: string
  readonly type: string
  /** Whether the database gives its values itself. */
  readonly isNumbered: boolean
}

/** The columns of a table of ours. */
export async function columnsOf(db: Db, table: string): Promise<readonly Column[]> {
  const { rows } = await sql<Column>`
    select column_name as name, data_type as type, is_identity = 'YES' as "isNumbered" from information_schema.columns
    where table_schema = 'public' and table_name = ${table} order by ordinal_position`.execute(db)
  return rows
}

/** Of these ids those that are in the table already, with whose they are and when they changed last. */
export async function rootsThere(
  db: Db,
  table: string,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly organisationId: string; readonly changedAt: string | null }[]> {
  const { rows } = await sql<{ id: string; organisationId: string; changedAt: string | null }>`
    select id, organisation_id as "organisationId", to_jsonb(whole) ->> 'changed_at' as "changedAt" from ${sql.table(table)} whole
    where id = any (${[...ids]}::text[])`.execute(db)
  return rows
}

export interface FrameworkKey {
  readonly id: string
  readonly code: string
  readonly version: string
  readonly contentHash: string
}

export function frameworksThere(db: Db): Promise<readonly FrameworkKey[]> {
  return db.selectFrom('assure_framework').select(['id', 'code', 'version', 'content_hash as contentHash']).execute()
}

export function profilesThere(db: Db): Promise<readonly { readonly id: string; readonly frameworkId: string; readonly code: string }[]> {
  return db.selectFrom('assure_profile').where('withdrawn_at', 'is', null).select(['id', 'framework_id as frameworkId', 'code']).execute()
}

export function riskRulesThere(db: Db): Promise<readonly { readonly id: number }[]> {
  return db.selectFrom('assure_risk_rule').select('id').execute()
}
