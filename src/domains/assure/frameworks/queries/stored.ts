import { sql } from 'kysely'
import { NotFound } from '../../../../kernel/errors.ts'
import type { CrosswalkPair, FrameworkDocument, FrameworkKey } from '../../../../kernel/framework.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { frameworkById } from '../queries.ts'

/** What an import must know of a framework that is there already. */
export async function storedFramework(db: Reader<Visible>, code: string, version: string) {
  return db
    .selectFrom('assure_framework')
    .where('code', '=', code)
    .where('version', '=', version)
    .select(['id', 'content_hash as contentHash', 'is_shipped as isShipped', 'withdrawn_at as withdrawnAt'])
    .executeTakeFirst()
}

/** Whether anybody has begun to answer it: true or false, and never who. */
export async function isInUse(db: Reader<Visible>, frameworkId: string): Promise<boolean> {
  const row = await db.selectNoFrom(sql<boolean>`assure_framework_in_use(${frameworkId})`.as('used')).executeTakeFirstOrThrow()
  return row.used
}

/** The frameworks that have all of these outcomes, and are not withdrawn. */
export async function frameworksWith(db: Reader<Visible>, outcomes: readonly string[]): Promise<readonly { readonly id: string }[]> {
  const codes = [...new Set(outcomes)]
  if (codes.length === 0) return []
  return db
    .selectFrom('assure_framework_node as node')
    .innerJoin('assure_framework as framework', 'framework.id', 'node.framework_id')
    .where('framework.withdrawn_at', 'is', null)
    .where('node.kind', '=', 'outcome')
    .where('node.code', '=', sql<string>`any(${codes}::text[])`)
    .groupBy('framework.id')
    .having(eb => eb.fn.countAll<number>(), '=', codes.length)
    .select('framework.id')
    .execute()
}

/** A framework as it is stored, in the shape in which it was read. Throws `NotFound`. */
export async function documentOf(db: Reader<Visible>, id: string): Promise<FrameworkDocument> {
  const framework = await frameworkById(db, id)
  if (framework === undefined) throw new NotFound('assure.framework.unknown', 'There is no such framework. The list of frameworks names them.')
  const nodes = await db
    .selectFrom('assure_framework_node')
    .where('framework_id', '=', id)
    .select(['code', 'kind', 'parent_code as parentCode', 'title', 'description'])
    .orderBy('position')
    .execute()
  const indicators = await db
    .selectFrom('assure_indicator')
    .where('framework_id', '=', id)
    .select(['code', 'outcome_code as outcomeCode', 'level', 'text', 'reference'])
    .orderBy('position')
    .execute()
  return { ...framework, nodes, indicators, profiles: [], findings: [] }
}

/** The profile of that code that is in force. */
export async function liveProfile(db: Reader<Visible>, frameworkId: string, code: string) {
  return db
    .selectFrom('assure_profile')
    .where('framework_id', '=', frameworkId)
    .where('code', '=', code)
    .where('withdrawn_at', 'is', null)
    .select(['id', 'source'])
    .executeTakeFirst()
}

/** Every code of a framework, groups and outcomes; none where it is not loaded. */
export async function codesOf(db: Reader<Visible>, key: FrameworkKey): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('assure_framework_node as node')
    .innerJoin('assure_framework as framework', 'framework.id', 'node.framework_id')
    .where('framework.code', '=', key.code)
    .where('framework.version', '=', key.version)
    .select('node.code')
    .execute()
  return rows.map(row => row.code)
}

export async function versionsOf(db: Reader<Visible>, code: string): Promise<readonly string[]> {
  const rows = await db.selectFrom('assure_framework').where('code', '=', code).select('version').execute()
  return rows.map(row => row.version)
}

/** A crosswalk with its pairs, by their codes. */
export async function storedCrosswalk(db: Reader<Visible>, from: FrameworkKey, to: FrameworkKey) {
  const crosswalk = await db
    .selectFrom('assure_crosswalk')
    .where('from_framework', '=', from.code)
    .where('from_version', '=', from.version)
    .where('to_framework', '=', to.code)
    .where('to_version', '=', to.version)
    .select(['id', 'name', 'source'])
    .executeTakeFirst()
  if (crosswalk === undefined) return undefined
  const rows = await db
    .selectFrom('assure_crosswalk_pair')
    .where('crosswalk_id', '=', crosswalk.id)
    .select(['from_code as fromCode', 'to_code as toCode', 'relation', 'strength', 'rationale'])
    .execute()
  const pairs: readonly CrosswalkPair[] = rows.toSorted((a, b) => (`${a.fromCode}\n${a.toCode}` < `${b.fromCode}\n${b.toCode}` ? -1 : 1))
  return { ...crosswalk, pairs }
}
