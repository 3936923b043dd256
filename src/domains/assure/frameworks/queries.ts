import type { CrosswalkPair, FrameworkKey } from '../../../kernel/framework.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import type { Framework, Indicator, Level, Outcome } from './model.ts'
import type { ScoringRule } from './scoring.ts'

/** The framework of that id, withdrawn or not: an old assessment still reads it. */
export async function frameworkById(db: Reader<Visible>, id: string): Promise<Framework | undefined> {
  const row = await frameworks(db).where('framework.id', '=', id).executeTakeFirst()
  return row && frameworkOf(row)
}

export async function frameworkByKey(db: Reader<Visible>, code: string, version: string): Promise<Framework | undefined> {
  const row = await frameworks(db).where('framework.code', '=', code).where('framework.version', '=', version).executeTakeFirst()
  return row && frameworkOf(row)
}

/** The outcomes of a framework, in its own order. */
export async function outcomesOf(db: Reader<Visible>, frameworkId: string): Promise<readonly Outcome[]> {
  const rows = await db
    .selectFrom('assure_framework_node')
    .where('framework_id', '=', frameworkId)
    .where('kind', '=', 'outcome')
    .select(['code', 'parent_code as parentCode', 'title', 'description', 'position', 'levels'])
    .orderBy('position')
    .execute()
  return rows
}

/** The indicators of a framework, or of one outcome of it, in its own order. */
export async function indicatorsOf(db: Reader<Visible>, frameworkId: string, outcomeCode: string | null = null): Promise<readonly Indicator[]> {
  return db
    .selectFrom('assure_indicator')
    .where('framework_id', '=', frameworkId)
    .$if(outcomeCode !== null, query => query.where('outcome_code', '=', outcomeCode ?? ''))
    .select(['code', 'outcome_code as outcomeCode', 'level', 'text', 'position'])
    .orderBy('position')
    .orderBy('code')
    .execute()
}

/** The level that a profile asks of each outcome that it names. */
export async function profileLevels(db: Reader<Visible>, profileId: string): Promise<ReadonlyMap<string, string>> {
  const rows = await db.selectFrom('assure_profile_level').where('profile_id', '=', profileId).select(['outcome_code', 'level']).execute()
  return new Map(rows.map(row => [row.outcome_code, row.level]))
}

/**
 * How the outcomes of one framework stand to those of another, or of another version of the same. `null` where no crosswalk ties the two: then nothing may be
 * compared, for a code alone means nothing. One that was written the other way round is turned. A trend may join what is `equal`; `intersect` is only near it.
 */
export async function crosswalkBetween(db: Reader<Visible>, from: FrameworkKey, to: FrameworkKey): Promise<readonly CrosswalkPair[] | null> {
  const rows = await db
    .selectFrom('assure_crosswalk as crosswalk')
    .innerJoin('assure_crosswalk_pair as pair', 'pair.crosswalk_id', 'crosswalk.id')
    .where(eb =>
      eb.or([
        eb.and({ from_framework: from.code, from_version: from.version, to_framework: to.code, to_version: to.version }),
        eb.and({ from_framework: to.code, from_version: to.version, to_framework: from.code, to_version: from.version }),
      ]),
    )
    .select([
      'crosswalk.from_framework',
      'crosswalk.from_version',
      'pair.from_code',
      'pair.to_code',
      'pair.relation',
      'pair.strength',
      'pair.rationale',
    ])
    .orderBy('pair.from_code')
    .orderBy('pair.to_code')
    .execute()
  if (rows.length === 0) return null
  const isForward = (row: (typeof rows)[number]): boolean => row.from_framework === from.code && row.from_version === from.version
  const chosen = rows.some(isForward) ? rows.filter(isForward) : rows
  return chosen.map(row => {
    const { relation, strength, rationale } = row
    return isForward(row)
      ? { fromCode: row.from_code, toCode: row.to_code, relation, strength, rationale }
      : { fromCode: row.to_code, toCode: row.from_code, relation: TURNED[relation], strength, rationale }
  })
}

const TURNED = { equal: 'equal', subset: 'superset', superset: 'subset', intersect: 'intersect' } as const

function frameworks(db: Reader<Visible>) {
  return db
    .selectFrom('assure_framework as framework')
    .select([
      'framework.id',
      'framework.code',
      'framework.version',
      'framework.name',
      'framework.description',
      'framework.publisher',
      'framework.source',
      'framework.licence',
      'framework.subject',
      'framework.rule',
      'framework.levels',
    ])
}

/** The rule and the levels were checked when the framework was taken in. */
function frameworkOf(row: Omit<Framework, 'rule' | 'levels'> & { readonly rule: unknown; readonly levels: unknown }): Framework {
  return { ...row, rule: row.rule as ScoringRule, levels: row.levels as readonly Level[] }
}
