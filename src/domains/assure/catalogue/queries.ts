import { sql, type SqlBool } from 'kysely'
import { NotFound } from '../../../kernel/errors.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { improvementContent, overlapContent, scenarioContent, sizeContent } from '../entry-content.ts'
import type { Visible } from '../tables.ts'
import type { EntryKind } from '../tables/investment.ts'
import type { Catalogue, Entry, Versions } from './model.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom'>

export const ENTRY_SORTS = ['name', '-name', 'changed', '-changed'] as const

export interface EntryQuery {
  readonly search: string
  readonly sort: (typeof ENTRY_SORTS)[number]
}

/** The entries in use of one kind, a page of them. */
export async function entriesOf(db: Asks, kind: EntryKind, { search, sort }: EntryQuery, request: PageRequest): Promise<Page<Entry<unknown>>> {
  const matching = entries(db)
    .where('entry.kind', '=', kind)
    .where('entry.is_current', '=', true)
    .where('entry.is_withdrawn', '=', false)
    .$if(search !== '', query =>
      query.where(
        sql<SqlBool>`position(lower(${search}) in lower(entry.name || ' ' || entry.code || ' ' || coalesce(entry.content ->> 'summary', ''))) > 0`,
      ),
    )
  const { total } = await matching
    .clearSelect()
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const isUp = !sort.startsWith('-')
  const key = sort.endsWith('name') ? sql<string>`lower(entry.name)` : sql<string>`to_char(entry.at at time zone 'UTC', 'YYYYMMDDHH24MISSUS')`
  const [after, code] = decodeCursor(request.cursor, 2) ?? []
  const rows = await matching
    .select(key.as('key'))
    .$if(typeof after === 'string' && typeof code === 'string', query =>
      query.where(sql<SqlBool>`(${key}, entry.code) ${sql.raw(isUp ? '>' : '<')} (${after ?? null}::text, ${code ?? null}::text)`),
    )
    .orderBy(key, isUp ? 'asc' : 'desc')
    .orderBy('entry.code', isUp ? 'asc' : 'desc')
    .limit(request.limit + 1)
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return { rows: shown, total, next: rows.length > request.limit && last !== undefined ? encodeCursor([last.key, last.code]) : null }
}

/** One version of an entry: the one in use unless another is named. Throws `NotFound`. */
export async function entryOf(db: Asks, kind: EntryKind, code: string, version: number | null = null): Promise<Entry<unknown>> {
  const found = await entries(db)
    .where('entry.kind', '=', kind)
    .where('entry.code', '=', code)
    .where(eb => (version === null ? eb('entry.is_current', '=', true) : eb('entry.version', '=', version)))
    .executeTakeFirst()
  if (found === undefined) throw new NotFound('assure.catalogue.unknown', 'There is no such entry in the catalogue. Look at the list.')
  return found
}

/** Every version of an entry, the newest first. */
export async function versionsOf(db: Asks, kind: EntryKind, code: string): Promise<readonly Entry<unknown>[]> {
  return entries(db).where('entry.kind', '=', kind).where('entry.code', '=', code).orderBy('entry.version', 'desc').execute()
}

/** The names of the scenarios in use, by code. */
export async function scenarioNames(db: Asks): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('assure_catalogue_entry')
    .where('kind', '=', 'scenario')
    .where('is_current', '=', true)
    .select(['code', 'name'])
    .execute()
  return new Map(rows.map(({ code, name }) => [code, name]))
}

/** The versions in use of all that is not withdrawn: what a case that begins today goes by. */
export async function versionsInUse(db: Asks): Promise<Versions> {
  const rows = await db
    .selectFrom('assure_catalogue_entry')
    .where('is_current', '=', true)
    .where('is_withdrawn', '=', false)
    .select(['kind', 'code', 'version'])
    .orderBy('kind')
    .orderBy('code')
    .execute()
  const of = (kind: EntryKind) => Object.fromEntries(rows.filter(row => row.kind === kind).map(({ code, version }) => [code, version]))
  return { improvement: of('improvement'), scenario: of('scenario'), rule: of('rule') }
}

/** The catalogue in those versions. Throws `NotFound` when a rule is missing. */
export async function catalogueAt(db: Asks, versions: Versions): Promise<Catalogue> {
  const rows = await entries(db)
    .innerJoin(
      sql<{ kind: string; code: string; version: number }>`(select kinds.key as kind, codes.key as code, codes.value::integer as version
        from jsonb_each(${JSON.stringify(versions)}::jsonb) as kinds, jsonb_each_text(kinds.value) as codes)`.as('wanted'),
      join =>
        join
          .onRef('wanted.kind', '=', 'entry.kind')
          .onRef('wanted.code', '=', 'entry.code')
          .on(sql<SqlBool>`wanted.version = entry.version`),
    )
    .select('entry.kind')
    .orderBy('entry.code')
    .execute()
  const read = <C>(kind: EntryKind, schema: { parse(value: unknown): C }): readonly Entry<C>[] =>
    rows.filter(row => row.kind === kind).map(({ kind: _, ...row }) => ({ ...row, content: schema.parse(row.content) }))
  const rule = <C>(code: string, schema: { parse(value: unknown): C }): Entry<C> => {
    const found = rows.find(row => row.kind === 'rule' && row.code === code)
    if (found === undefined) throw new NotFound('assure.catalogue.rule', `The catalogue has no rule ${code}. The centre puts it back.`)
    const { kind: _, ...row } = found
    return { ...row, content: schema.parse(row.content) }
  }
  return {
    improvements: read('improvement', improvementContent),
    scenarios: read('scenario', scenarioContent),
    size: rule('size', sizeContent),
    overlap: rule('overlap', overlapContent),
  }
}

function entries(db: Asks) {
  return db
    .selectFrom('assure_catalogue_entry as entry')
    .select([
      'entry.code',
      'entry.version',
      'entry.name',
      'entry.content',
      'entry.is_current as isCurrent',
      'entry.is_withdrawn as isWithdrawn',
      'entry.reason',
      'entry.at',
      'entry.by_id as by',
    ])
}
