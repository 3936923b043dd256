import { sql, type Kysely } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import { OWN_TABLES } from '../../src/domains/assure/take-away/tables.ts'
import type { TestPlatform } from './platform.ts'

/**
 * Fills every table of an organisation's own review and plan with a row whose every text says where it stands: whoever finds one of those texts has found what is the
 * organisation's. Made from the schema, so that a table or column of tomorrow is filled too.
 */

export const SECRET = 'zqsecret'
/** The text that stands in that column. */
export function secretOf(table: string, column: string): string {
  return `${SECRET}-${table.replace('assure_', '')}-${column}`.replaceAll('_', '-')
}

export interface Planted {
  /** The id of the row of each table that has one. */
  readonly ids: ReadonlyMap<string, string>
  /** Every text that was planted. */
  readonly secrets: readonly string[]
}

export interface Whose {
  readonly organisationId: string
  readonly leadId: string
  readonly assessorId: string
  readonly receiverId: string
}

const PREFIX: Readonly<Record<string, string>> = {
  assure_assessment: 'asm',
  assure_engagement: 'eng',
  assure_comment: 'cmt',
  assure_finding: 'fin',
  assure_agreement_signature: 'sgn',
  assure_evidence: 'evd',
  assure_evidence_check: 'evc',
  assure_plan: 'pln',
  assure_action: 'act',
  assure_plan_signature: 'sgn',
  assure_case: 'ivs',
  assure_practice: 'pra',
  assure_share: 'shr',
  assure_look: 'lok',
  assure_contribution: 'ctb',
}

const HASH = 'a'.repeat(64)
/** What the pages compute with, where a secret would be no value at all; the texts within are secrets too. */
const VALUES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  assure_assessment: { state: 'agreeing', period: '2026-27' },
  assure_view: { view: 'self', state: 'recorded' },
  assure_answer: { view: 'self', answer: 'yes' },
  assure_answer_change: { view: 'self' },
  assure_engagement: { kind: 'independent', sample: null, submitted_at: '2026-11-01T00:00:00Z', declared_at: '2026-11-01T00:00:00Z' },
  assure_evidence: { kind: 'file', bytes: 20, expires_on: '2026-12-01', media_type: 'text/plain', replaces: null },
  assure_action: {
    source_kind: 'hand',
    source_id: null,
    case_id: null,
    due_on: '2027-03-31',
    original_date: '2027-03-31',
    done_on: null,
    accepted_until: null,
  },
  assure_share: { item: 'outcome', part_code: 'A1' },
  assure_practice: { state: 'offered', is_named: false, offer_id: null },
  assure_view_change: { view: 'independent' },
  assure_contribution: { levels: '0', period: '2026-27' },
  assure_conclusion: { compared: '{}', risk: 'low', risk_rule_id: null },
}

/** Codes and levels of the framework of `plantFramework`. */
const BY_NAME: Readonly<Record<string, string>> = {
  outcome_code: 'A1',
  indicator_code: 'A1.1',
  framework_id: 'fwk_secrets',
  status: 'met',
  answer: 'yes',
  hash: HASH,
  content_hash: HASH,
  inputs_hash: HASH,
  sha256: HASH,
  view: 'self',
  organisation_type: 'trust',
  size_band: 'small',
}

interface ColumnFacts {
  readonly name: string
  readonly type: string
  readonly isNullable: boolean
  readonly isNumbered: boolean
  readonly allowed: string | null
  readonly refersTo: string | null
}

/** As it is stored: all met is met. */
const RULE = '{"steps":[{"when":"all","of":"met","gives":"met"}],"otherwise":"not-met"}'

export async function plantFramework(db: Kysely<never>): Promise<void> {
  const levels = JSON.stringify([
    { code: 'met', label: 'Met', tone: 'good' },
    { code: 'not-met', label: 'Not met', tone: 'bad' },
  ])
  await sql`insert into assure_framework (id, code, version, name, source, rule, levels, content_hash, loaded_at, loaded_by)
    values ('fwk_secrets', 'try', '1', 'Try', 'here', ${RULE}, ${levels}, 'x', now(), 't')`.execute(db)
  await sql`insert into assure_framework_node (framework_id, code, kind, parent_code, title, position, levels) values
    ('fwk_secrets', 'A', 'group', null, 'Objective A', 1, '{}'), ('fwk_secrets', 'A1', 'outcome', 'A', 'First', 2, '{met,not-met}')`.execute(db)
  await sql`insert into assure_indicator (framework_id, code, outcome_code, level, text, position)
    values ('fwk_secrets', 'A1.1', 'A1', 'met', 'It is so.', 1)`.execute(db)
}

/** Fills every own table, past every rule and lock: what a leak would show. */
export async function plantSecrets(platform: TestPlatform, whose: Whose): Promise<Planted> {
  const db = platform.database.kysely as unknown as Kysely<never>
  const ids = new Map<string, string>()
  const secrets: string[] = []
  for (const { table } of OWN_TABLES) {
    const row: Record<string, unknown> = {}
    for (const column of await factsOf(db, table)) {
      const value = (await firstCode(db, column)) ?? valueOf(table, column, whose, ids)
      if (value === undefined) continue
      row[column.name] = value
      if (typeof value === 'string' && value.includes(SECRET)) secrets.push(secretOf(table, column.name))
    }
    if (typeof row['id'] === 'string') ids.set(table, row['id'])
    const names = Object.keys(row)
    await sql`insert into ${sql.table(table)} (${sql.join(names.map(name => sql.ref(name)))})
      values (${sql.join(names.map(name => row[name]))})`.execute(db)
  }
  const content = Buffer.from(secretOf('assure_evidence_file', 'content'))
  await sql`insert into assure_evidence_file (evidence_id, content) values (${ids.get('assure_evidence')}, ${content})`.execute(db)
  await sql`update assure_evidence set sha256 = encode(sha256(${content}), 'hex'), bytes = ${content.length}`.execute(db)
  secrets.push(content.toString())
  return { ids, secrets }
}

/** A code of a list that ships, where the column holds one. */
async function firstCode(db: Kysely<never>, { refersTo, name }: ColumnFacts): Promise<string | undefined> {
  if (refersTo !== 'assure_evidence_grade' && refersTo !== 'assure_funding_status') return undefined
  const { rows } = await sql<{ code: string }>`select code from ${sql.table(refersTo)} order by position limit 1`.execute(db)
  return name === 'id' ? undefined : rows[0]?.code
}

function valueOf(table: string, column: ColumnFacts, whose: Whose, ids: ReadonlyMap<string, string>): unknown {
  const { name, type } = column
  const set = VALUES[table]
  if (set !== undefined && name in set) return set[name] ?? undefined
  if (column.isNumbered) return undefined
  if (name === 'id') return `${PREFIX[table] ?? 'row'}_${uuidv7().replaceAll('-', '')}`
  if (name === 'organisation_id') return whose.organisationId
  if (name === 'receiver_id') return whose.receiverId
  if (name === 'assessor_id') return whose.assessorId
  if (name === 'profile_id' || name === 'carried_from' || name === 'reopened_from') return undefined
  const above = ids.get(`assure_${name.replace(/_id$/, '')}`) ?? ids.get(column.refersTo ?? '')
  if (name.endsWith('_id') && above !== undefined) return above
  if (name in BY_NAME && type === 'text') return BY_NAME[name]
  if (/_(?:by|id)$/.test(name)) return column.isNullable && column.refersTo !== null ? undefined : whose.leadId
  if (column.allowed !== null) return column.allowed
  if (type.startsWith('timestamp')) return column.isNullable ? undefined : name === 'until' ? '2199-01-01T00:00:00Z' : '2026-11-10T09:00:00Z'
  if (type === 'date') return '2026-11-10'
  if (type === 'boolean') return false
  if (/^(?:integer|bigint|double precision|numeric)$/.test(type)) return 1
  if (type === 'jsonb') return JSON.stringify({ said: secretOf(table, name) })
  if (type === 'ARRAY') return [secretOf(table, name)]
  return secretOf(table, name)
}

async function factsOf(db: Kysely<never>, table: string): Promise<readonly ColumnFacts[]> {
  const { rows } = await sql<ColumnFacts>`
    select columns.column_name as name, columns.data_type as type, columns.is_nullable = 'YES' as "isNullable", columns.is_identity = 'YES' as "isNumbered",
      (select substring(pg_get_constraintdef(found.oid) from $re$'([^']+)'::text$re$) from pg_constraint found
        where found.conrelid = columns.table_name::regclass and found.contype = 'c' and pg_get_constraintdef(found.oid) like '%ANY%'
          and found.conkey = array[columns.ordinal_position]::smallint[] limit 1) as allowed,
      (select parent.relname from pg_constraint found join pg_class parent on parent.oid = found.confrelid
        where found.conrelid = columns.table_name::regclass and found.contype = 'f' and columns.ordinal_position = any (found.conkey) limit 1) as "refersTo"
    from information_schema.columns columns where columns.table_schema = 'public' and columns.table_name = ${table} order by columns.ordinal_position`.execute(
    db,
  )
  return rows
}
