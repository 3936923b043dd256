import { sql, type Kysely } from 'kysely'

/**
 * What every query under row-level security pays for, once a session instead of once a query: PostgreSQL plans the body of a function in SQL anew
 * for each query that asks it, and the body of one in PL/pgSQL once. The rules of who may see are the same, to the letter.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const name of SCOPE_FUNCTIONS) await planOnce(db, name)
}

/** The functions that the policies ask. Each is security definer, stable and without arguments. */
const SCOPE_FUNCTIONS = [
  'carecert_region',
  'carecert_organisations',
  'carecert_people',
  'carecert_strict_bulletins',
  'carecert_bulletins',
  'carecert_sharing_groups',
]

interface ScopeFunction {
  readonly body: string
  readonly isSet: boolean
  readonly rows: number
}

async function planOnce(db: Kysely<unknown>, name: string): Promise<void> {
  const { rows } = await sql<ScopeFunction>`
    select btrim(prosrc, E' \\n;') as body, proretset as "isSet", prorows::integer as rows from pg_proc
    where proname = ${name} and pronamespace = 'public'::regnamespace and prolang = (select oid from pg_language where lanname = 'sql')`.execute(db)
  for (const { body, isSet, rows: expected } of rows) {
    await sql`
      create or replace function ${sql.ref(name)}() returns ${sql.raw(isSet ? 'setof text' : 'text')} language plpgsql stable security definer
        ${sql.raw(isSet ? `rows ${expected}` : '')} set search_path = public, pg_temp
      as $$ begin return ${sql.raw(isSet ? `query ${body}` : `(${body})`)}; end $$`.execute(db)
  }
}
