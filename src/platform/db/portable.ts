import { sql, type Kysely, type Transaction } from 'kysely'
import { Conflict } from '../../kernel/errors.ts'
import type { Reader } from '../work/read.ts'

/**
 * Rows on their way out of one database and into another: table after table in the order of their foreign keys, each row as JSON. Backups and
 * exports are written so, and loaded so.
 */

/** One row and the table that it is of. */
export type PortableRow = readonly [table: string, row: unknown]

const BATCH = 500

/** Not ours to carry over: the migrator's own notes, which workers run just now, what programs were answered today, and sums that the database makes again from the rows. */
const LEFT_OUT = new Set([
  'platform_migration',
  'platform_migration_lock',
  'platform_worker',
  'auth_session',
  'auth_challenge',
  'auth_attempt',
  'platform_answered',
  'broadcast_tally',
  'directory_address',
])

/** Filled by migrations: the rows that come take their place. */
const SEEDED = new Set([
  'directory_organisation_type',
  'auth_token_policy',
  'watch_source',
  'watch_maker_alias',
  'broadcast_response_deadline',
  'broadcast_clearance',
  'broadcast_stale_contact',
  'broadcast_reason',
  'broadcast_signature_policy',
  'broadcast_chase_policy',
  'broadcast_closed_day',
  'broadcast_holding_template',
  'broadcast_digest_policy',
  'assure_benchmark_cohort',
  'assure_benchmark_policy',
  'assure_size_band',
  'assure_risk_rule',
  'assure_catalogue_entry',
  'assure_funding_status',
  'assure_plan_reminder',
  'interop_csaf_state',
  'interop_taxii_clock',
  'interop_taxii_collection',
  'interop_cap_policy',
  'interop_feed_stamp',
  'assure_evidence_grade',
  'assure_framework',
  'assure_framework_node',
  'assure_indicator',
  'assure_crosswalk',
  'assure_crosswalk_pair',
])

/** What tells others of a new row, which was told of before, or counts it by rows that are not there yet: its sums come with the rest. */
const TELLING = [
  { table: 'broadcast_announcement', trigger: 'broadcast_announced' },
  { table: 'broadcast_delivery', trigger: 'broadcast_delivery_made' },
] as const

/** What the clock would send: a backup cannot know what of it went out after it was taken, and twice is worse than by hand. */
const HELD = [
  sql`update broadcast_mailing set paused_at = now(), paused_by = null, pause_reason = 'Restored from a backup: look, then resume'
    where paused_at is null and id in (select mailing_id from broadcast_delivery where state in ('queued', 'sending', 'failed'))`,
  sql`update broadcast_digest_letter set state = 'given-up', due_at = null, words = 'Restored from a backup' where state in ('queued', 'sending', 'failed')`,
  sql`update broadcast_webhook_message set state = 'given-up', due_at = null, words = 'Restored from a backup: replay it if its receiver lacks it'
    where state in ('waiting', 'sending', 'failed')`,
  sql`update broadcast_schedule set state = 'failed', ended_at = now(), words = 'Restored from a backup: look whether it went out, then release it'
    where state = 'waiting' and release_at <= now()`,
  sql`update broadcast_release set is_chased = false where is_chased`,
]

/** What only the installation that it comes from can use: its keeper types the address and makes a secret anew. */
const SEALED = [
  sql`update broadcast_webhook set state = 'disabled', state_at = now(), state_reason = 'Came with an import: add it anew, its address and secret stayed behind'
    where state in ('active', 'paused')`,
]

async function tell(db: Kysely<unknown>, how: 'disable' | 'enable'): Promise<void> {
  for (const { table, trigger } of TELLING) await sql`alter table ${sql.table(table)} ${sql.raw(how)} trigger ${sql.ref(trigger)}`.execute(db)
}

/** Whatever can be asked for rows: the database, or a reader in somebody's scope. */
type Source = Kysely<unknown> | Reader<unknown>

/** The tables that hold what is ours, those first that others refer to. */
export async function tablesInOrder(db: Kysely<unknown>): Promise<string[]> {
  const tables = await sql<{ name: string }>`select tablename as name from pg_tables where schemaname = 'public' order by 1`.execute(db)
  const references = await sql<{ child: string; parent: string }>`
    select child.relname as child, parent.relname as parent from pg_constraint
    join pg_class child on child.oid = conrelid join pg_class parent on parent.oid = confrelid where contype = 'f' and conrelid <> confrelid`.execute(
    db,
  )
  const waiting = new Set(tables.rows.map(row => row.name).filter(name => !LEFT_OUT.has(name)))
  const ordered: string[] = []
  while (waiting.size > 0) {
    const free = [...waiting].filter(name => !references.rows.some(({ child, parent }) => child === name && waiting.has(parent)))
    // A circle of foreign keys has no order; there is none in our schema.
    if (free.length === 0) throw new Conflict('platform.backup.circle', 'The tables refer to each other in a circle.', [...waiting].join(', '))
    for (const name of free) waiting.delete(name)
    ordered.push(...free)
  }
  return ordered
}

/** Every row of a table that the reader may see, as it was when the transaction began. One table at a time. */
export async function* rowsOf(db: Source, table: string): AsyncGenerator {
  await sql`declare portable_rows no scroll cursor for select to_jsonb(whole) as row from ${sql.table(table)} whole`.execute(db)
  for (;;) {
    const { rows } = await sql<{ row: unknown }>`fetch ${sql.raw(String(BATCH))} from portable_rows`.execute(db)
    if (rows.length === 0) break
    for (const { row } of rows) yield row
  }
  await sql`close portable_rows`.execute(db)
}

/**
 * Loads rows into a database that nobody has used yet, in one transaction: all of them, or none. What was still to go out is held back for a
 * person to look at (`HELD`). Gives how many. Throws `Conflict` when the database is in use, and what `unknownTable` makes for a table that is not ours.
 */
export async function loadRows(
  db: Transaction<unknown>,
  lines: AsyncIterable<PortableRow>,
  options: {
    readonly unknownTable: () => Error
    readonly onProgress: (rows: number) => void
    /** Whether the rows come from another installation, whose secret does not open here what it sealed. */
    readonly isElsewhere?: boolean
  },
): Promise<number> {
  const order = await tablesInOrder(db)
  // What refers to others goes first.
  for (const table of order.toReversed()) {
    if (SEEDED.has(table)) await sql`delete from ${sql.table(table)}`.execute(db)
    else if ((await sql`select from ${sql.table(table)} limit 1`.execute(db)).rows.length > 0) {
      throw new Conflict(
        'platform.restore.not-empty',
        'This database is in use. Restore into an empty one: name another CARECERT_DATA or DATABASE_URL.',
        table,
      )
    }
  }
  await tell(db, 'disable')
  const known = new Set(order)
  let rows = 0
  let pending: { table: string; rows: unknown[] } = { table: '', rows: [] }
  const flush = async () => {
    if (pending.rows.length > 0) await insertRows(db, pending.table, pending.rows)
    rows += pending.rows.length
    options.onProgress(rows)
  }
  for await (const [table, row] of lines) {
    if (!known.has(table)) throw options.unknownTable()
    if (table !== pending.table || pending.rows.length === BATCH) {
      await flush()
      pending = { table, rows: [] }
    }
    pending.rows.push(row)
  }
  await flush()
  await tell(db, 'enable')
  for (const hold of options.isElsewhere === true ? [...HELD, ...SEALED] : HELD) await hold.execute(db)
  await resetSequences(db)
  return rows
}

/** Whether the database refused what was to be loaded (classes 22 and 23 of SQLSTATE): no installation has written it so. */
export function isUnfit(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^2[23]...$/.test(String(error.code))
}

async function insertRows(db: Kysely<unknown>, table: string, rows: readonly unknown[]): Promise<void> {
  const columns = sql.join((await storedColumns(db, table)).map(name => sql.ref(name)))
  await sql`insert into ${sql.table(table)} (${columns}) overriding system value
    select ${columns} from jsonb_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows)}::jsonb)`.execute(db)
}

/** The columns that hold what was written; the database derives the others itself. */
async function storedColumns(db: Kysely<unknown>, table: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_schema = 'public' and table_name = ${table} and is_generated = 'NEVER' order by ordinal_position`.execute(db)
  return rows.map(({ name }) => name)
}

/** So that the next number given by the database is a new one. */
async function resetSequences(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ table: string; column: string; sequence: string }>`
    select table_name as table, column_name as column, pg_get_serial_sequence(quote_ident(table_name), column_name) as sequence
    from information_schema.columns where table_schema = 'public' and is_identity = 'YES'`.execute(db)
  const owned = [...rows, { table: 'broadcast_bulletin', column: 'number', sequence: 'broadcast_bulletin_number' }]
  for (const { table, column, sequence } of owned) {
    await sql`select setval(${sequence}, max(${sql.ref(column)})) from ${sql.table(table)} having max(${sql.ref(column)}) is not null`.execute(db)
  }
}
